"""The rows of a picture of statistics: tensors whose names differ only in numbers share one."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastinit.recipes.compress import compress_set

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastinit.checkpoint.statistics.stats import CheckpointStats, TensorStats

MAX_ROWS = 40
MAX_TOLD = 3  # marked tensors of a row whose faults are shown; the others are counted
_NUMBER = re.compile(r"(?<![^.])[0-9]+(?![^.])")


@dataclass(frozen=True)
class Row:
    """Tensors that are alike; in the last row, all tensors for which there was no other row.

    Attributes:
        name: The name of them all, with ranges.
        entries: The tensors, in the order of the files.
    """

    name: str
    entries: tuple[TensorStats, ...]

    @property
    def marked(self) -> tuple[TensorStats, ...]:
        """Those with faults."""
        return tuple(entry for entry in self.entries if entry.faults)

    def told(self, *, is_relative: bool) -> list[str]:
        """The text about the row: the faults of marked tensors, or else the numbers."""
        marked = self.marked
        if not marked:
            return [_numbers(self.entries, is_relative=is_relative)]
        lines = []
        for entry in marked[:MAX_TOLD]:
            which = "" if len(self.entries) == 1 else f"{_own_part(entry.tensor.name, self)}: "
            more = f"; {len(entry.faults) - 1} more" if len(entry.faults) > 1 else ""
            lines.append(f"{which}{entry.faults[0]}{more}")
        if len(marked) > MAX_TOLD:
            lines.append(f"and {len(marked) - MAX_TOLD:,} more that are marked")
        return lines


def rows_of(stats: CheckpointStats) -> list[Row]:
    """Returns the rows in the order of the files. If there are too many, the smallest share the last one."""
    alike: dict[str, list[TensorStats]] = {}
    for entry in stats.tensors:
        alike.setdefault(_NUMBER.sub("*", entry.tensor.name), []).append(entry)
    rows = [Row(_name(template, entries), tuple(entries)) for template, entries in alike.items()]
    if len(rows) <= MAX_ROWS:
        return rows
    by_weight = sorted(rows, key=lambda row: (not row.marked, -sum(entry.size for entry in row.entries)))
    kept = {id(row) for row in by_weight[: MAX_ROWS - 1]}
    rest = tuple(entry for row in rows if id(row) not in kept for entry in row.entries)
    return [*(row for row in rows if id(row) in kept), Row(f"{len(rest):,} more tensors", rest)]


def place_of(entry: TensorStats, *, is_relative: bool) -> float | None:
    """The place of a tensor on the axis of ratios, or of standard deviations; None if it has no number there."""
    if is_relative:
        return None if entry.spread is None else entry.spread.ratio
    found = entry.found
    return found.std if found is not None and found.count and 0 < found.std < math.inf else None


def _name(template: str, entries: Sequence[TensorStats]) -> str:
    names = compress_set(entry.tensor.name for entry in entries)
    return names[0] if len(names) == 1 else template


def _own_part(name: str, row: Row) -> str:
    """The part of a name that differs within a row: the numbers, or in the last row the whole name."""
    alike = {_NUMBER.sub("*", entry.tensor.name) for entry in row.entries}
    return ".".join(_NUMBER.findall(name)) if len(alike) == 1 else name


def _numbers(entries: Sequence[TensorStats], *, is_relative: bool) -> str:
    """The standard deviations as text, followed by the expected ones; or the value of a constant tensor."""
    finite = [entry.found for entry in entries if entry.found is not None and entry.found.count]
    if not finite:
        return "no finite value" if any(entry.found and entry.found.size for entry in entries) else "nothing to measure"
    if all(found.low == found.high for found in finite):
        return f"all {_span([found.mean for found in finite])}"
    text = f"std {_span([found.std for found in finite])}"
    wanted = [entry.expected.std for entry in entries if entry.expected is not None]
    if is_relative:
        text += f", expected {_span(wanted)}" if wanted else ", nothing is expected"
    return text


def _span(numbers: Sequence[float]) -> str:
    some = [number for number in numbers if math.isfinite(number)]
    if not some:
        return "beyond float64"
    low, high = f"{min(some):.3g}", f"{max(some):.3g}"
    return low if low == high else f"{low} to {high}"
