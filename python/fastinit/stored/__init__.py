"""Existing checkpoints: the safetensors format, and what the files of a folder hold."""
