"""Orthogonal matrices beside PyTorch's, beside the machine's multiply-adds, and by part."""
