"""Compares orthogonal matrices with PyTorch's and with the machine's multiply-adds, and measures parts of them."""
