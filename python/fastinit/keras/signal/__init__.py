"""Measures how activations and gradients pass through a Keras model, before and during training, on all backends."""
