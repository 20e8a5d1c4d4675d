"""`python -m bench`: parse, measure, write."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from . import frontend, machine, report
from .cases import FULL, QUICK, ROWS, Row
from .cuda import cases as cuda_cases
from .cuda import report as cuda_report
from .cuda import run as cuda_run
from .lanes.report import section_in
from .limits import LIMIT_ROWS, write_limits
from .report import problems
from .worker import Worker

SLOW_SECONDS = 1.0
SLOW_REPEATS = 3


def parser() -> argparse.ArgumentParser:
    names, cuda_names = (", ".join(row.name for row in rows) for rows in (ROWS, cuda_cases.ROWS))
    top = argparse.ArgumentParser(
        prog="python -m bench",
        description="Compare fastinit with other libraries and with the memory's write limit, and check every result.",
        epilog=f"Rows: {names}. On a GPU: {cuda_names}.",
    )
    add = top.add_argument
    add(
        "--rows",
        nargs="+",
        metavar="ROW",
        help="measure these rows only (and zeros, constant: the limits)",
    )
    add("--repeats", type=int, metavar="N", help="rounds of samples (default 9, quick 3)")
    add(
        "--quick",
        action="store_true",
        help=f"2^{QUICK.bit_length() - 1} elements instead of 2^{FULL.bit_length() - 1}, 3 rounds: "
        "does everything work and check; says little of the speed",
    )
    add("--require-peers", action="store_true", help="a peer that is not installed is an error")
    frontend.add_files(top)
    add(
        "--device",
        choices=("cpu", "cuda"),
        default="cpu",
        help="cuda needs an NVIDIA GPU, CuPy and a build with CUDA; without, it says so, measures "
        "nothing, and exits with status 0 (1 with --require-peers)",
    )
    return top


def measure(row: Row, repeats: int) -> dict[str, Any]:
    """Measures one row: prepares, warms up and checks every subject, then takes samples in turns."""
    workers = [Worker(row.work, subject) for subject in row.subjects]
    for round_number in range(repeats):
        for worker in workers:
            slow = worker.about.get("seconds_warm", 0.0) > SLOW_SECONDS
            if worker.measured and not (slow and round_number >= SLOW_REPEATS):
                worker.sample()
    for worker in workers:
        worker.close()
    targets = [{}, *({"target": peer.target, "at_most": peer.at_most} for peer in row.peers)]
    return {
        "name": row.name,
        "work": {
            "kind": row.work.kind,
            "dtype": row.work.dtype,
            "shape": row.work.shape,
            "elements": row.work.elements,
            "bytes": row.work.elements * np.dtype(row.work.dtype).itemsize,
        },
        "subjects": [
            {
                "runner": subject.runner,
                "label": subject.label,
                **target,
                **worker.about,
                "samples": worker.samples,
            }
            for subject, target, worker in zip(row.subjects, targets, workers, strict=True)
        ],
    }


def run(rows: list[Row], repeats: int, quick: bool) -> dict[str, Any]:
    """Measures all rows, and returns the JSON result."""
    result: dict[str, Any] = {
        "schema": 1,
        "quick": quick,
        "repeats": repeats,
        "machine": machine.describe(),
        "versions": {},
        "rows": [],
    }
    before = machine.Processors.read()
    for row in frontend.each(rows, lambda row: row.name):
        measured = measure(replace(row, work=row.work.at_most(QUICK)) if quick else row, repeats)
        for subject in measured["subjects"]:
            for name, version in subject.pop("versions", {}).items():
                result["versions"].setdefault(name, version)
        result["rows"].append(measured)
        frontend.note(f"  {report.progress(measured)}")
    others = machine.Processors.read().taken_by_others(before)
    result["machine"]["taken_by_others"] = round(others, 3)
    result["limits"] = write_limits(result["rows"])
    return result


def chosen(names: list[str] | None) -> list[Row]:
    """Returns the rows of these names and the rows that give the limits, in the table's order."""
    known = {row.name for row in ROWS}
    if unknown := sorted(set(names or ()) - known):
        raise SystemExit(f"`--rows` must name rows of {sorted(known)}, got {unknown}")
    return [row for row in ROWS if names is None or row.name in {*LIMIT_ROWS, *names}]


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    if options.render:
        on_gpu = json.loads(options.render.read_text()).get("device") == "cuda"
        if on_gpu:
            return frontend.render(options, cuda_report.render)
        section = section_in(options.docs)
        return frontend.render(options, partial(report.render, predictions=section))
    if options.device == "cuda":
        return cuda_run.main(options)
    repeats = options.repeats or (3 if options.quick else 9)
    result = run(chosen(options.rows), repeats, options.quick)
    errors = problems(result, options.require_peers)
    return frontend.finish(options, result, report.page(result), summary=report.comparison(result), errors=errors)


if __name__ == "__main__":
    sys.exit(main())
