"""The record of a calibration: the scale that each weight was given, and the output of its layer with it."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastinit.columns import aligned
from fastinit.signal.readings import number

if TYPE_CHECKING:
    from collections.abc import Iterable

CALIBRATED = "calibrated"  # how the verdict begins if every output is on target
TITLES = ("weight", "rule", "std before", "std", "output before", "output", "target", "input", "note")
_LEFT = ("weight", "rule", "input", "note")
_SHOWN = 4  # weights that a verdict names
_LONG = re.compile(r"\d+\.\d{7,}(?:e-?\d+)?")  # numbers of rules with more digits than a table needs
MOST_ROWS = 60  # rows of a table without whole=True


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """A weight, and the output of the layer that it belongs to.

    Attributes:
        module: The qualified name of the layer. If several layers share the weight, it is the one that runs first.
        parameter: The name of the weight.
        rule: The rule that draws it now, such as "normal(std=0.09)".
        std_before: The standard deviation that its first rule gives.
        std: The standard deviation that `rule` gives.
        output_before: The standard deviation of the layer's output with the first rules; None if it did not run.
        output: The standard deviation of the layer's output with the rules of the calibration.
        target: The standard deviation that the output should have; None for a weight that keeps its rule.
        rounds: How many rounds changed the scale.
        input: The source of the layer's input: "relu", "layer_norm", "add", and so on; "" if it was not determined.
        calls: How often a forward pass runs layers with this weight; `output` is measured at the first call.
        note: The reason why it keeps its rule or is not on target; "" for all others.
    """

    module: str
    parameter: str
    rule: str
    std_before: float
    std: float
    output_before: float | None
    output: float | None
    target: float | None
    rounds: int
    input: str
    calls: int
    note: str

    @property
    def deviation(self) -> float:
        """The relative difference of the output's variance from the target's; infinite if there is no output."""
        if self.target is None or self.output is None or not math.isfinite(self.output):
            return math.inf
        return abs((self.output / self.target) ** 2 - 1)

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON, with null for numbers that are not finite."""
        return {
            "module": self.module,
            "parameter": self.parameter,
            "rule": self.rule,
            "std_before": number(self.std_before),
            "std": number(self.std),
            "output_before": _finite(self.output_before),
            "output": _finite(self.output),
            "target": self.target,
            "rounds": self.rounds,
            "input": self.input,
            "calls": self.calls,
            "note": self.note,
        }


@dataclass(frozen=True)
class CalibrationRecord:
    """The result of a calibration. `print` shows it as a table with the verdict below.

    Attributes:
        rows: One for each weight, in the model's order, including those that keep their rules.
        method: "lsuv" or "gains".
        seed: The seed of all draws.
        tolerance: The largest relative difference of an output's variance from its target.
        rounds: How many times the weights were drawn anew.
    """

    rows: tuple[CalibrationRow, ...]
    method: str
    seed: int
    tolerance: float
    rounds: int

    @property
    def missed(self) -> tuple[CalibrationRow, ...]:
        """The weights whose outputs are not within the tolerance of their targets."""
        return tuple(row for row in self.rows if row.target is not None and not row.deviation <= self.tolerance)

    @property
    def is_calibrated(self) -> bool:
        """Whether every output that was to be calibrated is on target."""
        return not self.missed

    @property
    def verdict(self) -> str:
        """A summary of the rows. It begins with "calibrated" if every output is on target."""
        count = sum(row.target is not None for row in self.rows)
        within = f"within {100 * self.tolerance:g} % of the variance that was asked for"
        rounds = (
            f"after {self.rounds} {'round' if self.rounds == 1 else 'rounds'}" if self.rounds else "as drawn at first"
        )
        missed = self.missed
        if not missed:
            return f"{CALIBRATED}: {'all ' if count > 1 else ''}{_outputs(count)} {within}, {rounds}"
        if self.method == "gains":
            return f"drawn by gains: {_range(self.rows)}"
        named = "; ".join(f"{row.parameter}: {row.note or _off(row)}" for row in missed[:_SHOWN])
        more = f"; and {len(missed) - _SHOWN} more" if len(missed) > _SHOWN else ""
        return f"{count - len(missed)} of {_outputs(count)} {within}, {rounds}. Not on target: {named}{more}"

    def table(self, *, whole: bool = False) -> str:
        """Returns the weights as a table of text.

        Args:
            whole: Whether to show every weight. Otherwise, a table of more than 60 shows the first ones and those that
                are not on target.
        """
        rows = self.rows
        if not whole and len(rows) > MOST_ROWS:
            missed = {id(row) for row in self.missed}
            rows = tuple(row for place, row in enumerate(rows) if place < MOST_ROWS or id(row) in missed)
        lines = list(aligned(_columns(rows), left=_LEFT))
        if len(rows) < len(self.rows):
            lines.append(f"{len(rows)} of {len(self.rows)} weights; table(whole=True) has all")
        return "\n".join(lines)

    def __str__(self) -> str:
        return f"{self.table()}\n{self.verdict}"

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "method": self.method,
            "seed": self.seed,
            "tolerance": self.tolerance,
            "rounds": self.rounds,
            "calibrated": self.is_calibrated,
            "verdict": self.verdict,
            "rows": [row.as_dict() for row in self.rows],
        }

    def to_json(self) -> str:
        """Returns all of it as the text of a JSON document."""
        return json.dumps(self.as_dict(), indent=1, allow_nan=False)


def _columns(rows: Iterable[CalibrationRow]) -> list[tuple[str, ...]]:
    """The cells of a table, without columns that are empty in all rows."""
    table = [TITLES, *map(_cells, rows)]
    used = [place for place, title in enumerate(TITLES) if title not in _LEFT or any(row[place] for row in table[1:])]
    return [tuple(row[place] for place in used) for row in table]


def _cells(row: CalibrationRow) -> tuple[str, ...]:
    stds = (row.std_before, row.std, row.output_before, row.output, row.target)
    return (
        row.parameter,
        _LONG.sub(_shortened, row.rule),
        *("-" if std is None else f"{std:.3g}" for std in stds),
        row.input,
        row.note,
    )


def _shortened(match: re.Match[str]) -> str:
    return f"{float(match[0]):.6g}"


def _outputs(count: int) -> str:
    return f"{count} {'output is' if count == 1 else 'outputs are'}"


def _range(rows: Iterable[CalibrationRow]) -> str:
    """The range of the outputs, in units of their targets."""
    shares = [row.output / row.target for row in rows if row.target and row.output is not None]
    if not all(map(math.isfinite, shares)):
        return "outputs are NaN or infinite"
    return f"the outputs have {min(shares):.3g} to {max(shares):.3g} of the std that was asked for"


def _off(row: CalibrationRow) -> str:
    shown, target = "not measured" if row.output is None else f"{row.output:.3g}", f"{row.target:.3g}"
    if shown == target:
        return f"its output's variance is off by {100 * row.deviation:.1g} %"
    return f"its output's std is {shown}, not {target}"


def _finite(value: float | None) -> float | None:
    return None if value is None else number(value)
