"""Whether a PyTorch model passes its signal on, before it is trained and while it is."""
