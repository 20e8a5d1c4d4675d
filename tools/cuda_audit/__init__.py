"""Reads the CUDA compiler's output for the kernels: PTX, machine code (SASS) and resources."""
