"""Fills on an NVIDIA GPU: `python -m bench --device cuda`. Needs a GPU, CuPy and a build with CUDA."""
