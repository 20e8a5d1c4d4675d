"""Checks whether a PyTorch model passes its signal on, before and during training."""
