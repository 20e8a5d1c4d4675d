"""Records of training: the figures of a step, under names that JSON lines, TensorBoard and pictures share."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from fastinit import checks
from fastinit.errors import show_path
from fastinit.signal.readings import number

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence

    from fastinit.signal.readings import Stage, Weight
    from fastinit.signal.report import ProbeReport

# The groups of figures of a stage's output, of the gradient at it, and of parameters: see `Record`.
RECORD_START = b'{"step":'  # of a line
STAGE_GROUPS = ("activations", "means", "zeros", "dead", "saturated", "gradients")
WEIGHT_GROUPS = ("weights", "weight_gradients", "gradient_to_weight")


@dataclass(frozen=True, slots=True)
class Record:
    """The figures of one step of training.

    Attributes:
        step: The number of the step, counted from 0.
        time: When it was measured, in seconds since 1970.
        verdict: The verdict, as in a probe's report.
        is_healthy: Whether there are no findings.
        chain: The labels of the stages along which growth is measured.
        figures: Numbers by group, and in it by name, in the order in which modules run. For stages, "activations" has
            the root mean square of the output, "means" the mean, "zeros", "dead" and "saturated" shares, and
            "gradients" the norm of the gradient at the output. For parameters, "weights" has the root mean square,
            "weight_gradients" the same of the gradient, and "gradient_to_weight" their ratio. "growth" has the factors
            per layer. A figure that does not exist is left out. A figure is NaN if none of its values is finite.
    """

    step: int
    time: float
    verdict: str
    is_healthy: bool
    chain: tuple[str, ...]
    figures: Mapping[str, Mapping[str, float]]

    def to_json(self) -> str:
        """Returns all of it as one line, with null for NaN."""
        figures = {group: {name: number(value) for name, value in some.items()} for group, some in self.figures.items()}
        line = {
            "step": self.step,
            "time": self.time,
            "verdict": self.verdict,
            "healthy": self.is_healthy,
            "chain": self.chain,
            **figures,
        }
        return json.dumps(line, separators=(",", ":"), ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, line: str | bytes) -> Record:
        """Returns the record from which `to_json` made a line."""
        fields = json.loads(line)
        step, time, verdict, is_healthy, chain = map(fields.pop, ("step", "time", "verdict", "healthy", "chain"))
        if not isinstance(step, int):
            raise TypeError(f"step {step!r}")
        figures = {
            group: {name: math.nan if value is None else value for name, value in some.items()}
            for group, some in fields.items()
        }
        return cls(step, time, verdict, is_healthy, tuple(chain), figures)


def record_of(report: ProbeReport, step: int, time: float, modules: Sequence[str] | None = None) -> Record:
    """Returns the record of a report.

    Args:
        report: The report of one step.
        step: The number of the step.
        time: The time of the step, in seconds since 1970.
        modules: Patterns such as "encoder.*" for the names of the modules to keep, with all their parameters; None
            for the stages of the chain, those that findings name, and all parameters of two or more dimensions.
    """
    figures: dict[str, dict[str, float]] = {group: {} for group in (*STAGE_GROUPS, *WEIGHT_GROUPS, "growth")}
    stages, weights = _chosen(report, modules)
    for stage in stages:
        _add(figures, STAGE_GROUPS, stage.label, _of_stage(stage))
    for weight in weights:
        _add(figures, WEIGHT_GROUPS, weight.name, _of_weight(weight))
    for what, growth in zip(("activations", "gradients"), report.growths, strict=True):
        _add(figures, ("growth",), what, (None if growth is None else growth.factor,))
    chain = tuple(stage.label for stage in report.chain)
    kept = {group: some for group, some in figures.items() if some}
    return Record(step, time, report.verdict, report.is_healthy, chain, kept)


def _chosen(report: ProbeReport, modules: Sequence[str] | None) -> tuple[list[Stage], list[Weight]]:
    if modules is None:
        chain, named = set(map(id, report.chain)), {finding.where for finding in report.findings}
        stages = [stage for stage in report.stages if id(stage) in chain or stage.label in named]
        return stages, [w for stage in report.stages for w in stage.weights if len(w.shape) > 1]
    stages = [stage for stage in report.stages if any(fnmatchcase(stage.name, pattern) for pattern in modules)]
    return stages, [weight for stage in stages for weight in stage.weights]


def _of_stage(stage: Stage) -> tuple[float | None, ...]:
    output, gradient = stage.output, None if stage.gradient is None else stage.gradient.norm
    return output.rms, output.mean, output.zeros, stage.dead, stage.saturated, gradient


def _of_weight(weight: Weight) -> tuple[float | None, ...]:
    return weight.reading.rms, None if weight.gradient is None else weight.gradient.rms, weight.ratio


def _add(
    figures: dict[str, dict[str, float]], groups: Sequence[str], name: str, values: Sequence[float | None]
) -> None:
    for group, value in zip(groups, values, strict=True):
        if value is not None:
            figures[group][name] = float(f"{value:.6g}")  # what float32 has


def read_records(path: str | os.PathLike[str]) -> list[Record]:
    """Reads the JSON lines of a monitor.

    If a run was resumed at an earlier step than it had reached, the records from that step on are from the later
    run. A last line that a killed process left unfinished is left out.

    Args:
        path: A file that a monitor wrote.

    Returns:
        The records, by step.

    Raises:
        ValueError: A line is not a record. It is an OSError if the file cannot be read.
    """
    records: list[Record] = []
    for count, line in enumerate(_whole_lines(path), 1):
        try:
            record = Record.from_json(line)
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
            rule, remedy = "have a monitor's record in each line", f"line {count} of {show_path(path)}: {error!r}"
            raise ValueError(checks.text("path", rule, line.decode(errors="replace"), remedy)) from None
        while records and records[-1].step >= record.step:
            records.pop()
        records.append(record)
    return records


def _whole_lines(path: str | os.PathLike[str]) -> Iterator[bytes]:
    lines = Path(path).read_bytes().split(b"\n")  # the last one may end within a character
    return (line for line in lines[:-1] if line)
