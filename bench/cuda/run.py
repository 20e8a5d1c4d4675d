"""Measure fills on a GPU by CUDA's own events, and check every result against the CPU's bits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import check, frontend, machine
from ..timing import calls_for
from . import calls, report, subjects
from .cases import QUICK, ROWS, SIZED, Row

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from ..cases import Work
    from ..runners import Prepared
    from .cases import Subject

    Seconds = Callable[[Callable[[], Any], int], float]

SKIPPED = 0  # the exit status without a GPU, because nothing went wrong


def absence() -> str | None:
    """Returns the reason why nothing can be measured here; None if there is none."""
    import fastinit

    try:
        import cupy
    except ImportError as error:
        return f"CuPy cannot be imported ({error})"
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        return f"CUDA finds none ({error})"
    if count == 0:
        return "CUDA finds none"
    if fastinit.build_info()["cuda"] == "off":
        return "this build of fastinit is without CUDA"
    return None


def seconds_by_events(run: Callable[[], Any], calls: int) -> float:
    """Seconds per call on CuPy's current stream, from one event of the GPU to another."""
    import cupy

    stream = cupy.cuda.get_current_stream()
    start, end = cupy.cuda.Event(), cupy.cuda.Event()
    start.record(stream)
    for _ in range(calls):
        run()
    end.record(stream)
    end.synchronize()
    return float(cupy.cuda.get_elapsed_time(start, end)) / 1e3 / calls


def describe() -> dict[str, Any]:
    """The machine, its GPU included."""
    import cupy

    runtime = cupy.cuda.runtime
    about = runtime.getDeviceProperties(runtime.getDevice())
    return {
        **machine.describe(),
        "gpu": about["name"].decode(),
        "compute_capability": f"{about['major']}.{about['minor']}",
        "multiprocessors": about["multiProcessorCount"],
        "gpu_memory_gib": round(about["totalGlobalMem"] / 2**30, 1),
        "driver_and_runtime": f"{runtime.driverGetVersion()} / {runtime.runtimeGetVersion()}",
    }


def measure(
    row: Row,
    repeats: int,
    prepare: Callable[[Work, Subject], Prepared] = subjects.prepare,
    seconds_of: Seconds = seconds_by_events,
) -> dict[str, Any]:
    """Measures one row: prepares, warms up and checks every subject, then takes samples in turns."""
    found: list[dict[str, Any]] = []
    ready: list[tuple[dict[str, Any], Prepared]] = []
    for subject in row.subjects:
        about: dict[str, Any] = {"runner": subject.runner, "label": subject.label, "samples": []}
        found.append(about)
        try:
            prepared = prepare(row.work, subject)
            result = prepared.run()
            seconds = seconds_of(prepared.run, 1)
            values = prepared.view(result)
        except ImportError as error:
            about |= {"status": "not installed", "reason": str(error)}
            continue
        except Exception as error:  # noqa: BLE001  whatever a peer raises is a line of the report
            about |= {"status": "failed", "reason": f"{type(error).__name__}: {error}"}
            continue
        faults = check.faults(values, row.work)
        if subject.runner == "fastinit" and not same_bits(values, subjects.on_the_cpu(row.work)):
            faults.append("the bits differ from the CPU's")
        about |= {"status": "measured", "faults": faults, "calls_per_sample": calls_for(seconds)}
        ready.append((about, prepared))
    for _ in range(repeats):
        for about, prepared in ready:
            about["samples"].append(seconds_of(prepared.run, about["calls_per_sample"]))
    size = row.work.elements * np.dtype(row.work.dtype).itemsize
    work = {
        "kind": row.work.kind,
        "dtype": row.work.dtype,
        "shape": row.work.shape,
        "elements": row.work.elements,
        "bytes": size,
    }
    return {"name": row.name, "work": work, "subjects": found}


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and bool(np.array_equal(a.view(np.uint8), b.view(np.uint8)))


def chosen(names: list[str] | None, quick: bool = False) -> list[Row]:
    """Returns the rows of these names and the yardsticks, in the table's order. A quick run has one size only."""
    every = ROWS if quick else (*ROWS, *SIZED)
    known = {row.name for row in every}
    if unknown := sorted(set(names or ()) - known):
        raise SystemExit(f"`--rows` must name rows of {sorted(known)}, got {unknown}")
    return [row for row in every if names is None or row.name in {"copy", *names}]


def problems(result: dict[str, Any], require_peers: bool) -> list[str]:
    """Returns the errors that make the exit status 1: fastinit is wrong or missing, or a required peer is missing."""
    lines = []
    for row in result["rows"]:
        for subject in row["subjects"]:
            own = subject["runner"] in ("fastinit", "machine")
            if subject["status"] != "measured" and (own or require_peers):
                reason = subject["reason"]
                lines.append(f"{row['name']}: {subject['label']}: {subject['status']}: {reason}")
            if own:
                faults = subject.get("faults", ())
                lines += [f"{row['name']}: {subject['label']}: {fault}" for fault in faults]
    return lines


def run(rows: list[Row], repeats: int, quick: bool) -> dict[str, Any]:
    """Measures all rows on one stream, and returns the JSON result."""
    import cupy

    result: dict[str, Any] = {
        "schema": 1,
        "device": "cuda",
        "quick": quick,
        "repeats": repeats,
        "machine": describe(),
        "versions": subjects.versions(),
        "rows": [],
    }
    with cupy.cuda.Stream(non_blocking=True):
        for row in frontend.each(rows, lambda row: row.name):
            small = replace(row, work=row.work.at_most(QUICK)) if quick else row
            result["rows"].append(measure(small, repeats))
            cupy.get_default_memory_pool().free_all_blocks()
        subjects.leave_stream()
    return result


def main(options: argparse.Namespace) -> int:
    names = chosen(options.rows, options.quick)
    if reason := absence():
        line = f"`--device cuda` needs an NVIDIA GPU, and {reason}: skipped, nothing was measured"
        print(line)
        return 1 if options.require_peers else SKIPPED
    repeats = options.repeats or (3 if options.quick else 9)
    result = run(names, repeats, options.quick)
    frontend.save(options, result, "cuda-")  # saved before the calls, which may still fail
    if options.rows is None:
        result["latency"] = calls.latency(repeats)
        result["model"] = [] if options.quick else calls.model(min(repeats, 3))
    errors = problems(result, options.require_peers)
    return frontend.finish(options, result, report.page(result), errors=errors)
