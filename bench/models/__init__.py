"""Tests which models of other libraries work with fastinit: `python -m bench.models`.

`sources/` has a module for each library, which lists its models and tries one. `Steps` records how far it came, and
`compare.py` whether its tensors have the statistics that the library itself gives them. `pool.py` tries them in worker
processes. Results go to a JSON file, from which `report.py` makes docs/models.md.
"""
