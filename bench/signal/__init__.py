"""What a monitor adds to training."""
