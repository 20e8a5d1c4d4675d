"""`python -m bench.checkpoints`: writes checkpoints in turns with other libraries, watches, and reports."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import frontend, machine
from fastinit.checkpoint import verify
from fastinit.recipes import examples

from . import report
from .trillion import measure_plan
from .watch import watch

SUBJECTS = Path(__file__).with_name("subjects.py")
LIBRARIES = ("torch normal_ + safetensors save_file", "transformers from_config + save_pretrained")
OURS, DISK = "fastinit init", "direct write of ready bytes"
VALUES = "values only, not written"
MOST_CURVE_POINTS = 400
SLOW_SECONDS, SLOW_ROUNDS = 10.0, 2


@dataclass(frozen=True)
class Case:
    """A model to write, and the subjects that write it."""

    name: str
    recipe: Path
    subjects: tuple[str, ...]


CASES = (
    Case("Llama-3.2-1B bfloat16", examples.FOLDER / "llama-3.2-1b.toml", (OURS, DISK, VALUES, *LIBRARIES)),
    Case("Llama-3.1-8B bfloat16", examples.FOLDER / "llama-3.1-8b.toml", (OURS, DISK, VALUES)),
)
TARGETS = {DISK: 0.9, LIBRARIES[0]: 5.0, LIBRARIES[1]: 20.0}  # other time / fastinit's, at least
PEAK_TARGET = 400_000_000


def measure(case: Case, rounds: int, folder: Path) -> dict[str, Any]:
    """Measures the subjects in turns. Each round begins with another, as unfinished disk work slows the next one."""
    found: dict[str, dict[str, Any]] = {name: {"samples": []} for name in case.subjects}
    for number in range(rounds):
        first = number % len(case.subjects)
        for name in (*case.subjects[first:], *case.subjects[:first]):
            about = found[name]
            slow = any(s["seconds"] > SLOW_SECONDS for s in about["samples"])
            if about.get("status") == "not installed" or (slow and number >= SLOW_ROUNDS):
                continue
            out = folder / "out"
            command = (sys.executable, SUBJECTS, name, case.recipe, out)
            watched = watch(list(map(str, command)))
            about |= json.loads(watched.last_line)
            if about["status"] == "measured":
                if name == OURS and number == 0:
                    _check(out)
                about["bytes"] = sum(path.stat().st_size for path in out.iterdir())
                about["samples"].append(
                    {
                        "seconds": about.pop("seconds"),
                        "process_seconds": watched.seconds,
                        "peak_bytes": watched.peak_bytes,
                    }
                )
                step = 1 + len(watched.memory) // MOST_CURVE_POINTS
                about["memory"] = [(round(t, 3), size) for t, size in watched.memory[::step]]
                frontend.note(f"  {name}: {about['samples'][-1]['seconds']:.2f} s")
            shutil.rmtree(out, ignore_errors=True)
            time.sleep(1)  # until the file system has freed the removed files
    return {"name": case.name, "subjects": found}


def _check(folder: Path) -> None:
    """A speed counts only for the right result."""
    if mismatch := verify(folder, sample=True).mismatch:
        raise RuntimeError(str(mismatch))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.checkpoints", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, metavar="N", help="default 9")
    parser.add_argument("--cases", nargs="+", metavar="TEXT", help="cases whose names contain it")
    parser.add_argument("--folder", type=Path, help="where to write (default: a temporary folder)")
    frontend.add_files(parser)
    options = parser.parse_args(arguments)
    if options.render:
        return frontend.render(options, report.render)
    before = machine.Processors.read()
    result: dict[str, Any] = {"machine": machine.describe(), "rounds": options.rounds, "cases": []}
    result["targets"], result["peak_target"] = TARGETS, PEAK_TARGET
    chosen = [case for case in CASES if not options.cases or any(text in case.name for text in options.cases)]
    for case in frontend.each(chosen, lambda case: case.name):
        with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder) as folder:
            result["cases"].append(measure(case, options.rounds, Path(folder)))
    result["trillion"] = measure_plan(examples.FOLDER / "moe-1t.toml")
    others = machine.Processors.read().taken_by_others(before)
    result["machine"]["taken_by_others"] = round(others, 3)
    return frontend.finish(options, result, report.page(result), prefix="checkpoints-")


if __name__ == "__main__":
    sys.exit(main())
