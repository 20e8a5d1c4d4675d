"""How all figures look: one set of colours, names at the ends of lines instead of a legend, files without a date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Okabe and Ito's colours, which colour-blind readers can tell apart.
BLUE, ORANGE, GREEN, PINK, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#6b6b6b"
_LINE = 0.06  # of the height of the axes: what a name needs
_STYLE = {
    "font.size": 10,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "fastinit",  # the same file from the same numbers
}


def panels(title: str, count: int = 1, rows: int = 1, **options: Any) -> tuple[Figure, Sequence[Any]]:
    """An empty figure with a title and axes in rows."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(4.9 * count if count > 1 else 7.5, 3.4 * rows + 0.5), layout="constrained")
        axes = figure.subplots(rows, count, squeeze=False, **options)
    figure.suptitle(title, x=0.01, ha="left", weight="bold", size=11.5)
    return figure, list(axes.ravel())


def line(axes: Any, x: Sequence[float], y: Sequence[float], name: str, colour: str, marker: str = "o", **options: Any) -> None:
    """A line whose name `name_lines` writes at its end."""
    axes.plot(x, y, color=colour, marker=marker, markersize=3.5, linewidth=1.6, label=name, **options)


def name_lines(axes: Any) -> None:
    """Writes each line's name at its right end, apart from the others."""
    axes.figure.canvas.draw()  # fixes the limits
    lines = [line for line in axes.get_lines() if not line.get_label().startswith("_")]
    across = axes.transAxes.inverted()
    ends = sorted((across.transform(axes.transData.transform(line.get_xydata()[-1]))[1], line) for line in lines)
    heights: list[float] = []
    for height, _ in ends:
        heights.append(max(min(height, 1.0), heights[-1] + _LINE if heights else 0.0))
    over = max(heights[-1] - 1.0, 0.0)
    for height, (_, each) in zip(heights, ends, strict=True):
        place = (1.01, height - over)
        axes.annotate(
            each.get_label(), place, xycoords="axes fraction", color=each.get_color(), va="center", annotation_clip=False
        )


def save(figure: Figure, path: Path) -> None:
    """Writes an SVG (or PNG) that depends on nothing but the figure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(_STYLE):
        figure.savefig(path, dpi=120, metadata={"Date": None} if path.suffix == ".svg" else None)
