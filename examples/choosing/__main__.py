"""Runs all experiments, or the ones that are named. Figures go to docs/choosing/, outcomes into docs/choosing.md.

python -m examples.choosing [NAME ...]
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from . import EXPERIMENTS, shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .shared import Check

PAGE = shared.FIGURES.with_suffix(".md")


def main(names: Sequence[str]) -> None:
    for name in names:
        experiment = import_module(f".{name}", __package__)
        checks = shared.perform(experiment, shared.FIGURES)
        PAGE.write_text(with_outcome(PAGE.read_text(), name, checks, experiment.SOURCE))


def with_outcome(page: str, name: str, checks: Sequence[Check], source: str) -> str:
    """Puts the outcome of an experiment between its two marks in a page."""
    rows = [f"| {check.expected} | {check.found} | {check.says} |" for check in checks]
    table = "\n".join(["| expected | found | |", "| --- | --- | --- |", *rows])
    begin, end = f"<!-- {name}: made by python -m examples.choosing -->", f"<!-- end of {name} -->"
    marked = re.compile(f"({re.escape(begin)}\n).*?({end})", re.DOTALL)
    text = f"\n{table}\n\n{shared.conclusion(checks, source)}\n\n"
    changed, count = marked.subn(lambda match: match[1] + text + match[2], page)
    if count != 1:
        raise ValueError(f"the page must have one place for {name}, between {begin!r} and {end!r}, got {count}")
    return changed


if __name__ == "__main__":
    main(sys.argv[1:] or EXPERIMENTS)
