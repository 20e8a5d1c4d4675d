"""Writing a plan: the working folder, files past the page cache, workers."""
