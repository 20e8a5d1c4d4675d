"""`python -m bench.lanes`: compiles, predicts, measures and writes."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import frontend, machine
from .assembly import hot_loops
from .mca import about, predict
from .paths import FILLS, PATHS
from .report import render, section

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULT = frontend.RESULTS / "lanes.json"
SPEED = Path("build/release/core_speed")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m bench.lanes", description=__doc__)
    add = top.add_argument
    add("--mca", default="llvm-mca-19", metavar="TOOL", help="llvm-mca (default llvm-mca-19)")
    add(
        "--speed",
        type=Path,
        default=SPEED,
        metavar="FILE",
        help=f"the built speed.cpp (default {SPEED}, by cmake --workflow --preset release)",
    )
    add("--rounds", type=int, default=200, metavar="N", help="of measurement (default 200)")
    frontend.add_files(top)
    top.set_defaults(json=RESULT)  # docs/benchmarks.md is made from it
    return top


def measure(speed: Path, rounds: int) -> dict[str, Any]:
    """Measures nanoseconds per element of the fills that run here, and the clock."""
    if not speed.exists():
        raise SystemExit(f"`--speed`: {speed} must exist; run cmake --workflow --preset release")
    done = subprocess.run([speed, str(rounds)], capture_output=True, text=True, check=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def compiler_version(compiler: str) -> str:
    done = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0]


def predictions(tool: str) -> list[dict[str, Any]]:
    """A row for each instruction set, fill and processor."""
    rows = []
    for path in frontend.each(PATHS, lambda path: path.name):
        for fill in FILLS:
            words, values = hot_loops(path, fill, path.compiler)
            for processor in path.processors:
                parts = [predict(tool, loop, path.triple, processor) for loop in (words, values)]
                whole = parts[0] + parts[1]
                rows.append(
                    {
                        "set": path.name,
                        "fill": fill,
                        "processor": processor.name,
                        "cpu": processor.cpu,
                        "words": parts[0].cycles,
                        "values": parts[1].cycles,
                        "cycles": whole.cycles,
                        "bound": whole.bound,
                        "instructions": words.instructions / words.elements + values.instructions / values.elements,
                    }
                )
    return rows


def run(tool: str, speed: Path, rounds: int) -> dict[str, Any]:
    return {
        "schema": 1,
        "machine": machine.describe(),
        "llvm-mca": about(tool),
        "compilers": sorted({compiler_version(path.compiler) for path in PATHS}),
        "measured": measure(speed, rounds),
        "rows": predictions(tool),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    if options.render:
        return frontend.render(options, render)
    result = run(options.mca, options.speed, options.rounds)
    return frontend.finish(options, result, section(result))


if __name__ == "__main__":
    sys.exit(main())
