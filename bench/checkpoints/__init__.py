"""Measures how fast a checkpoint is written to the disk, and with how much memory: `python -m bench.checkpoints`.

Each subject is a process of its own (`subjects.py`), watched from outside (`watch.py`); results go to a
JSON file, from which `report.py` makes docs/benchmarks-checkpoints.md and its plot.
"""
