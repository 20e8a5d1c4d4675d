"""Compares the adapters with the frameworks that they replace: `python -m bench.adapters`.

`cases.py` has the rows and targets. Each framework works in two processes (`worker.py`), one with its own
initializers and one with fastinit's, which take turns; `runners/` has the calls. Results go to a JSON file,
from which `report.py` makes docs/benchmarks-adapters.md.
"""
