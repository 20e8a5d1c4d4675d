"""Writing a plan: working folder, files past the page cache, workers."""
