"""The tests, by what they test. A package, so that no folder here hides a framework of its name."""
