"""Measures how fills and checkpoints scale with threads: `python -m bench.threads`."""
