"""Measures the time that a monitor adds to training."""
