"""`python -m bench.lanes.compilers A B`: compares the speeds of two builds of speed.cpp.

Runs take turns; the best of each counts. The exit status is 1 if they differ by more than `--most`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import frontend
from ..tables import table
from .__main__ import measure

if TYPE_CHECKING:
    from collections.abc import Sequence


def best(results: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The best nanoseconds of each fill."""
    names = results[0]["nanoseconds"]
    return {name: min(result["nanoseconds"][name] for result in results) for name in names}


def main(arguments: Sequence[str] | None = None) -> int:
    top = argparse.ArgumentParser(prog="python -m bench.lanes.compilers", description=__doc__)
    top.add_argument("builds", nargs=2, type=Path, metavar="FILE", help="core_speed, built twice")
    top.add_argument("--turns", type=int, default=5, metavar="N", help="(default 5)")
    top.add_argument("--rounds", type=int, default=60, metavar="N", help="in a turn (default 60)")
    top.add_argument("--most", type=float, default=1.1, metavar="RATIO", help="(default 1.1)")
    top.add_argument("--sets", nargs="+", default=("avx2", "avx512", "neon"), metavar="NAME")
    options = top.parse_args(arguments)
    results: tuple[list[dict[str, Any]], ...] = ([], [])
    for _ in range(options.turns):
        for build, found in zip(options.builds, results, strict=True):
            found.append(measure(build, options.rounds))
    first, second = map(best, results)
    ratios = {name: first[name] / second[name] for name in first}
    lines = [(name, f"{first[name]:.3f}", f"{second[name]:.3f}", f"{ratio:.3f}") for name, ratio in ratios.items()]
    titles = ("fill", *(f"{build.parent.name}, ns" for build in options.builds), "ratio")
    print(*frontend.tables_of(table(titles, lines)), sep="\n")
    apart = [
        name
        for name, ratio in ratios.items()
        if name.split()[0] in options.sets and not 1 / options.most <= ratio <= options.most
    ]
    if apart:
        print(f"more than {options.most:g}x apart: {', '.join(apart)}", file=sys.stderr)
    return 1 if apart else 0


if __name__ == "__main__":
    sys.exit(main())
