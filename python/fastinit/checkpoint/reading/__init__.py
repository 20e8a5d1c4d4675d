"""Reading checkpoints: headers, tensors, and whether every byte is as the recipe says."""
