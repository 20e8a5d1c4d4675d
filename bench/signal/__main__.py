"""`python -m bench.signal`: measures the time that a monitor adds to training, or makes the page of a result."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

import fastinit
from fastinit.torch import Monitor

from .. import frontend, machine
from . import report
from .cases import CASES

if TYPE_CHECKING:
    from .cases import Case


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m bench.signal", description=__doc__)
    add = top.add_argument
    add("--repeats", type=int, default=31, metavar="N", help="steps of each side, in turns (default 31)")
    add("--quick", action="store_true", help="narrow models: does everything work")
    frontend.add_files(top)
    return top


IDLE_STEPS = 2000


def idle(repeats: int) -> dict[str, list[float]]:
    """Times a step of a model that does next to nothing, without a monitor and with one that is not due."""
    model = torch.nn.Identity()
    model.register_parameter("weight", torch.nn.Parameter(torch.ones(1)))
    optimizer, inputs = torch.optim.SGD(model.parameters(), 0.1), torch.ones(1)  # whose gradients are None
    samples: dict[str, list[float]] = {"without": [], "not due": []}

    def steps() -> float:
        before = time.process_time()
        for _ in range(IDLE_STEPS):
            model(inputs)
            optimizer.step()
        return (time.process_time() - before) / IDLE_STEPS

    for _ in range(repeats):
        samples["without"].append(steps())
        with Monitor(model, every=10 * IDLE_STEPS, to=[], start=1):
            samples["not due"].append(steps())
    return samples


def measure(case: Case, repeats: int, scale: float) -> dict[str, Any]:
    """Times steps without a monitor and with one that is due, in turns.

    The seconds are processor time of a single thread. They equal the clock's on a quiet machine and hold on a busy one.
    """
    torch.manual_seed(0)
    model, (inputs, target) = case.make(scale)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4)

    def step() -> float:
        before = time.process_time()
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(inputs).flatten(0, -2), target.flatten())
        loss.backward()
        optimizer.step()
        return time.process_time() - before

    def due() -> float:
        with Monitor(model, to=[to / "run.jsonl", to]):
            return step()

    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder)
        sides = {"without": step, "due": due}
        samples: dict[str, list[float]] = {name: [] for name in sides}
        for number in range(repeats + 1):
            for name, run in sides.items():
                seconds = run()
                if number:  # the first includes PyTorch's preparations
                    samples[name].append(seconds)
        lines = (to / "run.jsonl").read_text().splitlines()
    return {
        "name": case.name,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "modules": len(list(model.modules())),
        "line_bytes": len(lines[-1]),
        "samples": samples,
    }


def run(repeats: int, quick: bool) -> dict[str, Any]:
    torch.set_num_threads(1)
    before = machine.Processors.read()
    scale = 1 / 16 if quick else 1
    rows = [measure(case, repeats, scale) for case in frontend.each(CASES, lambda case: case.name)]
    return {
        "schema": 1,
        "quick": quick,
        "repeats": repeats,
        "machine": {
            **machine.describe(),
            "taken_by_others": machine.Processors.read().taken_by_others(before),
        },
        "versions": {"torch": torch.__version__, "fastinit": fastinit.__version__},
        "idle": idle(repeats),
        "rows": rows,
    }


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    if options.render:
        return frontend.render(options, report.render)
    found = run(3 if options.quick else options.repeats, options.quick)
    return frontend.finish(options, found, report.page(found), prefix="signal-")


if __name__ == "__main__":
    sys.exit(main())
