"""A PTX interpreter over NumPy: runs what nvcc emits for the kernels on machines without a GPU."""
