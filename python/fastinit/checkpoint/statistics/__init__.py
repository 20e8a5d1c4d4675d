"""Statistics of the tensors in a checkpoint, and the values that their rules predict."""
