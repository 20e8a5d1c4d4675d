"""`python -m bench.adapters`: parses, compares each framework with its adapter row by row, and writes."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from bench import frontend, machine
from bench.report import problems, progress
from bench.runners.fastinit import versions as fastinit_versions

from . import report
from .cases import FASTINIT, FRAMEWORKS, PACE, ROWS
from .worker import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .cases import Row

REPEATS, QUICK_REPEATS = 5, 2
MEASURED_DRAWS = 3


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m bench.adapters",
        description="Compare the adapters with the frameworks that they stand in for, over the weights of "
        "models and on small tensors, and check every result.",
    )
    add = top.add_argument
    add("--frameworks", nargs="+", choices=FRAMEWORKS, metavar="NAME", help=", ".join(FRAMEWORKS))
    add("--repeats", type=int, metavar="N", help=f"rounds of samples (default {REPEATS})")
    add(
        "--quick",
        action="store_true",
        help="small parts of the tensors, 2 rounds: does everything work and check; says little of the speed",
    )
    add("--require-peers", action="store_true", help="a framework not installed is an error")
    frontend.add_files(top)
    return top


def measure(row: Row, sides: dict[str, Side], repeats: int, *, quick: bool) -> dict[str, Any]:
    """Measures a row: prepares, warms up and checks every side, takes samples in turns, and times the draws alone."""
    found = {side: {**sides[side].begin(row), "samples": []} for side in row.sides}
    running = [side for side in row.sides if found[side]["status"] == "measured"]
    for side in running:
        if found[side]["takes"] > PACE["long"]:
            found[side]["samples"].append(found[side]["seconds_first"])
    for _ in range(repeats):
        for side in running:
            if len(found[side]["samples"]) < _most(found[side]["takes"], repeats):
                found[side]["samples"].append(sides[side].sample())
    for side in running:
        draws = [sides[side].draws() for _ in range(min(repeats, MEASURED_DRAWS))]
        found[side]["draws"] = [seconds for seconds in draws if seconds is not None]
    pieces = row.pieces(quick=quick)
    return {
        "name": row.name,
        "framework": row.framework,
        "model": row.model.name if row.model else None,
        "work": {
            "kind": row.call.initializer,
            "dtype": row.dtype,
            "tensors": row.tensors,
            "elements": round(sum(piece.elements * piece.weight for piece in pieces)),
        },
        "subjects": [
            {
                "runner": "fastinit" if side in FASTINIT else row.framework,
                "label": row.label(side),
                "target": row.targets.get(side),
                "at_most": False,
                **found[side],
            }
            for side in row.sides
        ],
    }


def _most(takes: float, repeats: int) -> int:
    """Returns how many samples a side takes, which depends on the time of its first pass."""
    if takes > PACE["long"]:
        return PACE["long_repeats"]
    return min(repeats, PACE["slow_repeats"]) if takes > PACE["slow"] else repeats


def run(frameworks: Sequence[str], repeats: int, *, quick: bool) -> dict[str, Any]:
    """Measures all rows of some frameworks, and returns the JSON result."""
    before = machine.Processors.read()
    result: dict[str, Any] = {
        "schema": 1,
        "quick": quick,
        "repeats": repeats,
        "machine": machine.describe(),
        "versions": fastinit_versions(),
        "rows": [],
    }
    for framework in frameworks:
        rows = [row for row in ROWS if row.framework == framework]
        names = dict.fromkeys(side for row in rows for side in row.sides)
        sides = {side: Side(framework, side, quick) for side in names}
        for side in sides.values():  # they start at the same time
            side.wait()
        for row in frontend.each(rows, lambda row: row.name):
            measured = measure(row, sides, repeats, quick=quick)
            for subject in measured["subjects"]:
                result["versions"] |= subject.pop("versions", {})
            result["rows"].append(measured)
            frontend.note(f"  {progress(measured)}")
        for side in sides.values():
            side.close()
    others = machine.Processors.read().taken_by_others(before)
    result["machine"]["taken_by_others"] = round(others, 3)
    return result


def wrong(result: dict[str, Any], require_peers: bool) -> list[str]:
    """Returns the errors that make the exit status 1. An adapter whose framework is missing counts as an error too."""
    rows = [
        row for row in result["rows"] if require_peers or any(s["status"] != "not installed" for s in row["subjects"])
    ]
    return problems({**result, "rows": rows}, require_peers)


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    if options.render:
        return frontend.render(options, report.render)
    repeats = options.repeats or (QUICK_REPEATS if options.quick else REPEATS)
    result = run(options.frameworks or list(FRAMEWORKS), repeats, quick=options.quick)
    errors = wrong(result, options.require_peers)
    return frontend.finish(options, result, report.page(result), prefix="adapters-", errors=errors)


if __name__ == "__main__":
    sys.exit(main())
