"""Checkpoints that exist: the safetensors format, and what the files of a folder say."""
