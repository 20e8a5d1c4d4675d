"""The picture of `fastinit stats`: each std over the expected one, with its limits, and a histogram for each rule."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

from fastinit import checks
from fastinit.checkpoint.statistics import histograms
from fastinit.checkpoint.statistics.rows import place_of, rows_of
from fastinit.checkpoint.statistics.stats import CheckpointStats
from fastinit.errors import printable
from fastinit.pictures import COLOURS, MARKED, QUIET, decimals, new_figure, save, short

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from fastinit.checkpoint.statistics.rows import Row

_WIDTH = 10.0  # inches
_LINE = 0.19  # inches of a line of text
_HISTOGRAM = 1.75
_MARGINS = 1.35  # of the title and of what is written below the axis
_LONGEST_NAME, _LONGEST_TEXT = 46, 64  # characters
_LEAST = 3.0  # lines, between which few rows stand
_MOST_DOTS = 200  # in a row; more are drawn as a bar from the least to the greatest
_FAR = 4.0  # limits beyond this factor do not widen the axis
_STRAIGHT = 1.5  # up to this quotient of its ends, an axis is linear
_BAND, _HALF = "#d5dbe0", 0.36  # of the limits: colour, and half of the height of a row


def plot_stats(stats: CheckpointStats, path: str | os.PathLike[str]) -> None:
    """Draws statistics into a picture file.

    Each row has the tensors whose names differ only in numbers, the first layer at its top. A dot is a tensor: its
    standard deviation over the expected one, or the standard deviation itself if the checkpoint has no recipe. The grey
    bar is the range of chance; tensors outside of it are marked. A marked tensor has a red ring, or a red cross
    at the edge if it has no number on the axis, and the row says why in red. Below is a histogram for each rule.

    Args:
        stats: The result of `tensor_stats`. Parts of its files are read again for the histograms.
        path: The picture; its suffix says the format, such as .png, .svg or .pdf.

    Raises:
        PictureError: matplotlib is missing, or the picture cannot be written. An OSError.
    """
    checks.instance("stats", stats, CheckpointStats, "`tensor_stats` reads them from a checkpoint")
    rows = rows_of(stats)
    is_relative = any(entry.spread is not None for entry in stats.tensors)
    told = [row.told(is_relative=is_relative) for row in rows]
    shown = histograms.chosen(stats)
    upper = _LINE * max(sum(map(len, told)), _LEAST) + _MARGINS
    lower = _HISTOGRAM * math.ceil(len(shown) / histograms.ACROSS)
    figure = new_figure(_WIDTH, upper + lower)
    parts = figure.subfigures(2, 1, height_ratios=(upper, lower), squeeze=False).ravel() if shown else [figure]
    _draw_title(parts[0], stats)
    _draw_rows(parts[0].subplots(), rows, told, is_relative=is_relative)
    if shown:
        histograms.draw(parts[1], stats, shown)
    save(figure, path)


def _draw_title(part: Any, stats: CheckpointStats) -> None:
    checkpoint = stats.checkpoint
    name = checkpoint.folder.resolve().name if len(checkpoint.files) != 1 else _own_name(stats)
    source = "no recipe to compare with" if stats.seed is None else f"seed {stats.seed}"
    count = len(stats.marked)
    about = f"{len(stats.tensors):,} {'tensor' if len(stats.tensors) == 1 else 'tensors'}, "
    about += f"{sum(entry.size for entry in stats.tensors):,} elements; {f'{count:,}' if count else 'none'} marked"
    title = f"{short(printable(name), 60)}: {source}\n{about}"
    part.suptitle(title, x=0.01, ha="left", fontsize=11, parse_math=False)


def _own_name(stats: CheckpointStats) -> str:
    """The folder's name if the file has the usual name, which says nothing."""
    (file,) = stats.checkpoint.files
    return stats.checkpoint.folder.resolve().name if file.name == "model.safetensors" else file.name


def _draw_rows(axes: Any, rows: Sequence[Row], told: Sequence[Sequence[str]], *, is_relative: bool) -> None:
    _scale(axes, rows, is_relative=is_relative)
    y, places = 0.0, []
    for row, lines in zip(rows, told, strict=True):
        middle = y + len(lines) / 2
        places.append(middle)
        _draw_row(axes, row, middle, is_relative=is_relative)
        axes.annotate(
            "\n".join(textwrap.shorten(line, _LONGEST_TEXT, placeholder=" ...") for line in lines),
            (1, middle),
            (6, 0),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=MARKED if row.marked else QUIET,
            annotation_clip=False,
            parse_math=False,
        )
        y += len(lines)
    room = max(_LEAST - y, 0) / 2
    axes.set_ylim(y + room, -room)
    axes.set_yticks(places, [short(row.name, _LONGEST_NAME) for row in rows], fontsize=8, parse_math=False)
    for label, row in zip(axes.get_yticklabels(), rows, strict=True):
        label.set_color(MARKED if row.marked else "black")
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    what = "standard deviation over the expected one" if is_relative else "standard deviation"
    notes = ["a dot is a tensor, the first layer at the top"]
    if is_relative:
        notes.append("grey: where chance may put it")
    if any(row.marked for row in rows):
        notes.append("red: marked")
    axes.set_xlabel(f"{what}\n{'; '.join(notes)}", fontsize=8)
    axes.tick_params(axis="x", labelsize=8)


def _draw_row(axes: Any, row: Row, middle: float, *, is_relative: bool) -> None:
    limits = {(entry.spread.least, entry.spread.most) for entry in row.entries if entry.spread is not None}
    low, high = axes.get_xlim()
    for least, most in sorted(limits):  # widest first, as a tensor of few elements has
        left, right = max(least, low), min(most, high)
        axes.barh(middle, right - left, 2 * _HALF, left, color=_BAND, lw=0, label="limits")
    numbers = [place_of(entry, is_relative=is_relative) for entry in row.entries]
    step = 2 * _HALF / max(len(numbers), 2)
    heights = [middle + (number - (len(numbers) - 1) / 2) * step for number in range(len(numbers))]
    points = [(x, y) for x, y in zip(numbers, heights, strict=True) if x]  # neither None nor 0
    if len(points) > _MOST_DOTS:
        ends = [min(x for x, _ in points), max(x for x, _ in points)]
        axes.plot(ends, [middle, middle], color=COLOURS[0], lw=3, solid_capstyle="butt", marker="|", label="range")
    elif points:
        axes.plot(*zip(*points, strict=True), color=COLOURS[0], marker="o", ms=3, mew=0, ls="none", label="tensors")
    rings = [(x, y) for x, y, e in zip(numbers, heights, row.entries, strict=True) if e.faults and x]
    if rings:
        axes.plot(*zip(*rings, strict=True), color=MARKED, marker="o", ms=3, mew=0, ls="none")
        axes.plot(*zip(*rings, strict=True), color=MARKED, marker="o", ms=8, mfc="none", ls="none", label="marked")
    crosses = [y for x, y, e in zip(numbers, heights, row.entries, strict=True) if e.faults and not x]
    if crosses:
        across = axes.get_yaxis_transform()
        axes.plot([0.015] * len(crosses), crosses, "X", color=MARKED, transform=across, label="marked")


def _scale(axes: Any, rows: Sequence[Row], *, is_relative: bool) -> None:
    """Sets the range: of all numbers and, of the limits, those that are not far; logarithmic where it is wide."""
    entries = [entry for row in rows for entry in row.entries]
    numbers = [x for entry in entries if (x := place_of(entry, is_relative=is_relative))]
    if is_relative:
        spreads = [entry.spread for entry in entries if entry.spread is not None]
        numbers += [x for s in spreads for x in (1.0, s.least, s.most) if 1 / _FAR <= x <= _FAR]
    if not numbers:
        axes.set_xticks([])
        axes.text(0.5, 0.5, "no tensor has a spread", transform=axes.transAxes, ha="center", va="center", color=QUIET)
        return
    low, high = min(numbers), max(numbers)
    if high > _STRAIGHT * low:
        axes.set_xscale("log")
        margin = (high / low) ** 0.06
        axes.set_xlim(low / margin, high * margin)
    else:
        margin = 0.06 * (high - low) or 0.1 * low  # so that a single number is in the middle
        axes.set_xlim(low - margin, high + margin)
    decimals(axes.xaxis)
    axes.grid(axis="x", color="#e3e3e3", lw=0.6)
    axes.set_axisbelow(True)
    if is_relative:
        axes.axvline(1, color="black", lw=0.8, zorder=1.5, label="expected")
