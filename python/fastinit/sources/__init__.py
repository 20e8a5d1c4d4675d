"""Where recipes are made from: a model's configuration, a checkpoint, a preset by name."""
