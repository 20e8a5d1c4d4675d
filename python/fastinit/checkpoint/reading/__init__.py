"""Reads checkpoints: headers and tensors, and checks every byte against the recipe."""
