"""Runs llvm-mca: cycles of a loop, and the bound that the throughput of the ports sets."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .assembly import Loop
    from .paths import Processor

ITERATIONS = 300


@dataclass(frozen=True)
class Prediction:
    """The prediction for one loop, per element."""

    cycles: float
    bound: float

    def __add__(self, other: Prediction) -> Prediction:
        return Prediction(self.cycles + other.cycles, self.bound + other.bound)


def about(tool: str) -> dict[str, str]:
    """The tool's version, and the model of this machine's processor."""
    text = _run([tool, "--version"])
    fields = {"version": r"LLVM version (\S+)", "host": r"Host CPU: (\S+)"}
    found = {name: re.search(pattern, text) for name, pattern in fields.items()}
    return {name: match[1] if match else "" for name, match in found.items()}


def predict(tool: str, loop: Loop, triple: str, processor: Processor) -> Prediction:
    command = [
        tool,
        f"-mtriple={triple}",
        f"-mcpu={processor.cpu}",
        f"-iterations={ITERATIONS}",
        "-resource-pressure",
        "-json",
    ]
    result = json.loads(_run(command, "\n".join(loop.lines) + "\n"))
    region = result["CodeRegions"][0]
    summary = region["SummaryView"]
    units = result["TargetInfo"]["Resources"]
    bound = max(summary["BlockRThroughput"], port_bound(region, units, processor))
    cycles = summary["TotalCycles"] / ITERATIONS
    return Prediction(cycles / loop.elements, bound / loop.elements)


def port_bound(region: dict[str, Any], units: list[str], processor: Processor) -> float:
    """The fewest cycles that the vector units need for one turn, whatever the assignment of work to units.

    For any set of units, a bound is the work that no other unit can do, divided by the set's size. llvm-mca's
    own bound looks at each kind of instruction apart, though kinds share their units.
    """
    count = len(region["Instructions"])
    work: dict[int, dict[int, float]] = {}
    for use in region["ResourcePressureView"]["ResourcePressureInfo"]:
        index, unit = use["InstructionIndex"], use["ResourceIndex"]
        if index < count and re.fullmatch(processor.units, units[unit]):
            work.setdefault(index, {})[unit] = use["ResourceUsage"]
    needs = [(frozenset(uses), sum(uses.values())) for uses in work.values()]
    unions = {frozenset[int]()}
    for choice in {choice for choice, _ in needs}:
        unions |= {union | choice for union in unions}
    return max((sum(cycles for choice, cycles in needs if choice <= union) / len(union)) for union in unions if union)


def _run(command: list[str], text: str | None = None) -> str:
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise SystemExit(f"{command[0]} is needed, and is not installed") from None
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout
