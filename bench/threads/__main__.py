"""`python -m bench.threads`: measures with one thread up to all, or makes the page of a result."""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import frontend, machine
from ..cases import Subject, Work
from ..runners import load
from ..timing import seconds_of
from . import report

FULL, QUICK = 2**30, 2**24  # elements of a fill
REPEATS = 3
FILLS = (
    ("memset", Subject("machine", "memset"), Work("constant")),
    ("zeros float32", Subject("fastinit", "zeros"), Work("zeros")),
    ("normal float32", Subject("fastinit", "normal"), Work("normal")),
    ("normal bfloat16", Subject("fastinit", "normal"), Work("normal", "bfloat16")),
)
CHECKPOINT = "checkpoint bfloat16"
RECIPE = """seed = 42
dtype = "bfloat16"

[tensors]
"layers.{{0..15}}.weight" = [{rows}, 8192]

[[rule]]
match = "*"
init = "normal"
std = 0.02
"""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m bench.threads", description=__doc__)
    add = top.add_argument
    add("--threads", nargs="+", type=int, metavar="N", help="default: 1, 2, 4, ... and all")
    add("--quick", action="store_true", help="small fills: does everything work")
    add("--folder", type=Path, metavar="DIR", help="where checkpoints are written, then removed")
    frontend.add_files(top)
    return top


def powers(most: int) -> list[int]:
    """Returns 1, 2, 4, ... and the largest number of threads."""
    return sorted({2**k for k in range(most.bit_length()) if 2**k <= most} | {most})


def fill(subject: Subject, work: Work, threads: int) -> list[float]:
    """Times each fill, in memory whose pages exist."""
    prepared = load(subject.runner).prepare(work, replace(subject, threads=threads))
    prepared.run()
    return [seconds_of(prepared.run)[0] for _ in range(REPEATS)]


def checkpoint(threads: int, rows: int, folder: Path | None) -> tuple[float, int]:
    """Times `fastinit init` in a process of its own, and returns the bytes of the tensors as well."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        recipe, out = Path(place, "recipe.toml"), Path(place, "out")
        recipe.write_text(RECIPE.format(rows=rows))
        command = [sys.executable, "-m", "fastinit", "init", "--quiet", f"--threads={threads}"]
        start = time.perf_counter()
        subprocess.run([*command, str(recipe), str(out)], check=True, env=os.environ)
        return time.perf_counter() - start, 16 * rows * 8192 * 2


def run(threads: list[int], quick: bool, folder: Path | None) -> dict[str, Any]:
    elements = QUICK if quick else FULL
    rows: list[dict[str, Any]] = []
    fills = {name: (subject, replace(work, shape=(elements,))) for name, subject, work in FILLS}
    every = [*itertools.product((*fills, CHECKPOINT), threads)]
    for name, count in frontend.each(every, lambda one: f"{one[0]}, {one[1]} {'thread' if one[1] == 1 else 'threads'}"):
        if name == CHECKPOINT:
            seconds, size = checkpoint(count, 64 if quick else 16384, folder)
            samples = [seconds]
        else:
            subject, work = fills[name]
            size = elements * np.dtype(work.dtype).itemsize
            samples = fill(subject, work, count)
        rows.append({"name": name, "threads": count, "bytes": size, "samples": samples})
    return {"schema": 1, "quick": quick, "machine": machine.describe(), "rows": rows}


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    if options.render:
        return frontend.render(options, report.render)
    most = len(os.sched_getaffinity(0))
    found = run(options.threads or powers(most), options.quick, options.folder)
    return frontend.finish(options, found, report.page(found), prefix="threads-")


if __name__ == "__main__":
    sys.exit(main())
