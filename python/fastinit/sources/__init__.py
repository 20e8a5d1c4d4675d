"""Makes recipes from a model's configuration, from a checkpoint, or from a preset."""
