"""The benchmark: compares fastinit with the frameworks and with the machine's own limit, in one run.

`python -m bench --help` lists the options, `cases.py` the fills, peers and targets. Each subject
works in a process of its own (`worker.py`), so that no library's threads disturb another's, and the
subjects of a row take turns. Times go to JSON; `report.py` and `plot.py` make docs/benchmarks.md
and the plot from the JSON file alone.
"""
