"""Statistics of the tensors in a checkpoint, and what a rule says they should be."""
