"""`python -m bench.matrices`: measures orthogonal matrices, or makes the page of a result."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import fastinit

from .. import frontend, machine
from ..timing import calls_for, seconds_of
from . import report

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPES = ((64, 64), (256, 256), (1024, 1024), (4096, 1024), (1024, 4096), (4096, 4096))
QUICK = ((64, 64), (256, 256))
PARTS = 4
PEAK = Path(__file__).with_name("peak.cpp")
# Runs in a process of its own: prints how much the peak of its memory grew during the call.
MEMORY = """
import re, numpy, fastinit
def most():
    return 1024 * int(re.search("VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
out = numpy.ones(({0}, {0}), numpy.float32)
fastinit.orthogonal((64, 64), seed=1)
before = most()
fastinit.orthogonal(({0}, {0}), seed=1, out=out)
print(most() - before)
"""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m bench.matrices", description=__doc__)
    add = top.add_argument
    add("--repeats", type=int, default=7, metavar="N", help="samples of each side, in turns (default 7)")
    add("--quick", action="store_true", help="small matrices: does everything work")
    frontend.add_files(top)
    return top


def in_turns(sides: dict[str, Callable[[], Any]], repeats: int) -> dict[str, list[float]]:
    """Times the calls in turns, so that other work of the machine affects all of them alike."""
    calls = {name: calls_for(min(seconds_of(run)[0] for _ in range(2))) for name, run in sides.items()}
    found: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, run in sides.items():
            found[name].append(seconds_of(run, calls[name])[0])
    return found


def sides_of(shape: tuple[int, int], threads: int) -> dict[str, Callable[[], Any]]:
    """The calls of fastinit and, if it is installed, of PyTorch, into memory that exists."""
    out = np.zeros(shape, np.float32)
    sides: dict[str, Callable[[], Any]] = {"fastinit": lambda: fastinit.orthogonal(shape, seed=1, out=out)}
    try:
        import torch
    except ImportError:
        return sides
    torch.set_num_threads(threads)
    tensor = torch.zeros(shape)
    sides["torch"] = lambda: torch.nn.init.orthogonal_(tensor)
    return sides


def peak(threads: int, repeats: int) -> list[float]:
    """The operations per second of multiply-adds alone, in a program that is compiled for this processor."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "peak")
        command = ["c++", "-O3", "-march=native", "-ffp-contract=fast", "-pthread", str(PEAK), "-o", str(program)]
        subprocess.run(command, check=True)
        run = [str(program), str(threads)]
        return [float(subprocess.run(run, capture_output=True, check=True).stdout) for _ in range(repeats)]


def parts(size: int) -> dict[str, Callable[[], Any]]:
    """Measures the whole matrix, and each quarter of its columns."""
    step = size // PARTS
    out, part = np.zeros((size, size), np.float32), np.zeros((size, step), np.float32)

    def quarter(number: int) -> Callable[[], Any]:
        index = np.s_[:, number * step : (number + 1) * step]
        return lambda: fastinit.orthogonal((size, size), seed=1, index=index, out=part)

    whole = {"whole": lambda: fastinit.orthogonal((size, size), seed=1, out=out)}
    return {**whole, **{f"quarter {number + 1}": quarter(number) for number in range(PARTS)}}


def run(repeats: int, quick: bool) -> dict[str, Any]:
    threads = len(os.sched_getaffinity(0))
    fastinit.set_num_threads(threads)
    shapes, size = (QUICK, 256) if quick else (SHAPES, 4096)
    rows = [
        {"shape": shape, "samples": in_turns(sides_of(shape, threads), repeats)}
        for shape in frontend.each(shapes, lambda shape: f"{shape[0]} x {shape[1]}")
    ]
    memory = subprocess.run([sys.executable, "-c", MEMORY.format(size)], capture_output=True, text=True, check=True)
    return {
        "schema": 1,
        "quick": quick,
        "threads": threads,
        "machine": machine.describe(),
        "isa": fastinit.build_info()["isa"],
        "rows": rows,
        "peak": peak(threads, repeats),
        "parts": {"size": size, "samples": in_turns(parts(size), repeats)},
        "memory": {"size": size, "bytes": int(memory.stdout)},
    }


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    if options.render:
        return frontend.render(options, report.render)
    found = run(2 if options.quick else options.repeats, options.quick)
    return frontend.finish(options, found, report.page(found), prefix="matrices-")


if __name__ == "__main__":
    sys.exit(main())
