"""Reads what the CUDA compiler made of the kernels: PTX, machine code (SASS) and resources."""
