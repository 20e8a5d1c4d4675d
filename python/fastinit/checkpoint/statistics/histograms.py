"""Histograms of stored elements, one for each rule, with the density that the rule gives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from fastinit.checkpoint.statistics.expectations import shares
from fastinit.checkpoint.statistics.scan import sample
from fastinit.pictures import COLOURS, MARKED, QUIET, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastinit.checkpoint.statistics.stats import CheckpointStats, TensorStats

MAX_HISTOGRAMS = 6
ACROSS = 3
_MOST_BINS = 60
_ROOM = 1.2  # above the curves, for text
_REACH = 5  # standard deviations to either side; values beyond are only counted
_FILL = "#9cc3df"
_LONGEST = 38  # characters of a title's line


def chosen(stats: CheckpointStats) -> list[TensorStats]:
    """Returns a tensor for each rule that draws, a marked one if there is one, or else the largest.

    If no recipe gives the rules, the words in a tensor's name before the last replace them.
    """
    kinds: dict[str, TensorStats] = {}
    spread = [entry for entry in stats.tensors if entry.found and entry.found.count and 0 < entry.found.std < math.inf]
    drawn = [entry for entry in spread if entry.expected is None or entry.expected.std > 0]  # not a rule of one value
    for entry in sorted(drawn, key=lambda entry: (not entry.faults, -entry.size)):
        words = [word for word in entry.tensor.name.split(".") if not word.isdigit()]
        kinds.setdefault(entry.rule or ".".join(words[-2:]), entry)
    first = [*kinds.values()][:MAX_HISTOGRAMS]
    return sorted(first, key=stats.tensors.index)


def draw(part: Any, stats: CheckpointStats, entries: Sequence[TensorStats]) -> None:
    """Draws a histogram of each into a part of a figure; the first names its two curves."""
    down = math.ceil(len(entries) / ACROSS)
    panels = part.subplots(down, ACROSS, squeeze=False).ravel()
    for axes in panels[len(entries) :]:
        axes.remove()
    expecting = [axes for axes, entry in zip(panels, entries, strict=False) if _draw(axes, stats, entry)]
    for axes in expecting[:1]:
        style = {"ha": "right", "va": "top", "fontsize": 8, "transform": axes.transAxes}
        axes.text(1, 1, "expected", color="black", **style)
        axes.text(0.75, 1, "stored", color=COLOURS[0], **style)
    for axes in panels[: len(entries) : ACROSS]:
        axes.set_ylabel("density", fontsize=8)


def _draw(axes: Any, stats: CheckpointStats, entry: TensorStats) -> bool:
    """Draws one; says whether there was an expectation to draw as well."""
    found = entry.found
    assert found is not None
    values = sample(stats.checkpoint, entry.tensor)
    values = values[np.isfinite(values)]
    with np.errstate(over="ignore", invalid="ignore"):
        inside = values[np.abs(values - found.mean) <= _REACH * found.std]
    edges = _edges(inside, found.std)
    counts = np.histogram(inside, edges)[0]
    axes.stairs(counts / max(len(values), 1) / np.diff(edges), edges, fill=True, color=_FILL, label="stored")
    expected = None
    if entry.expected is not None:
        fine = np.linspace(edges[0], edges[-1], 401)
        expected = shares(entry.expected.distribution, entry.tensor.dtype, fine)
        if expected is not None:
            middle = (fine[:-1] + fine[1:]) / 2
            axes.plot(middle, expected / np.diff(fine), color="black", lw=1.2, label="expected")
    axes.set_ylim(0, _ROOM * axes.get_ylim()[1])
    axes.spines[["top", "right"]].set_visible(False)
    axes.locator_params(axis="x", nbins=4)
    axes.locator_params(axis="y", nbins=3)
    axes.tick_params(labelsize=8)
    colour = MARKED if entry.faults else "black"
    lines = (entry.rule or f"{entry.tensor.dtype}", entry.tensor.name)
    title = "\n".join(short(line, _LONGEST) for line in lines)
    axes.set_title(title, fontsize=8, loc="left", parse_math=False, color=colour)
    if outside := len(values) - len(inside):
        text = f"{100 * outside / len(values):.2g}% beyond"
        axes.text(0.02, 1, text, color=QUIET, fontsize=8, va="top", transform=axes.transAxes)
    return expected is not None


def _edges(values: NDArray[np.float64], std: float) -> NDArray[np.float64]:
    """Edges of bins, each halfway between two values that occur: else coarse types would beat with bins."""
    distinct = np.unique(values)
    if len(distinct) < 2:
        centre = distinct[0] if len(distinct) else 0.0
        half = std or 1.0
        return np.array([centre - half, centre + half])
    between = (distinct[:-1] + distinct[1:]) / 2
    wanted = np.linspace(distinct[0], distinct[-1], min(math.isqrt(len(values)), _MOST_BINS) + 1)[1:-1]
    inner = np.unique(between[np.searchsorted(between, wanted).clip(0, len(between) - 1)])
    first, last = 2 * distinct[0] - between[0], 2 * distinct[-1] - between[-1]
    return np.concatenate([[first], inner, [last]])
