"""The README's picture of a result: three fills, each library's best time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastinit.pictures import new_figure, save

from .plot import colour_of
from .tables import nanoseconds

if TYPE_CHECKING:
    from pathlib import Path

FILLS = {
    "uniform": "uniform numbers",
    "normal": "normal numbers",
    "truncated-normal": "truncated normal numbers",
}


def plot_summary(result: dict[str, Any], path: Path) -> None:
    """Draws a panel for each of the fills that were measured: fastinit, and the others; each axis begins at zero."""
    rows = {row["name"]: row for row in result["rows"]}
    measured = [name for name in FILLS if name in rows]
    figure = new_figure(10, 1.9)
    for place, name in enumerate(measured, 1):
        axes = figure.add_subplot(1, len(measured), place)
        first, *others = rows[name]["subjects"]
        peers = [subject for subject in others if subject["runner"] != first["runner"] and subject["samples"]]
        for y, subject in enumerate([first, *peers]):
            time = nanoseconds(rows[name], min(subject["samples"]))
            colour = colour_of(subject["runner"])
            axes.barh(y, time, color=colour, edgecolor=colour, height=0.7)  # the edge shows a bar that is too short
            axes.annotate(f"{time:.2g} ns", (time, y), (4, 0), textcoords="offset points", va="center", fontsize=9)
        names = [f"{subject['runner']}, {subject['label'].rpartition(', ')[2]}" for subject in (first, *peers)]
        axes.set_yticks(range(len(names)), names, fontsize=9)
        axes.set_ylim(3.6, -0.6)  # room for four libraries, the first at the top
        axes.margins(x=0.25)
        axes.set_xlim(left=0)
        axes.set_title(FILLS[name], loc="left", fontsize=10)
        axes.spines[["top", "right", "bottom"]].set_visible(False)
        axes.tick_params(length=0)
        axes.set_xticks([])
    about = result["machine"]
    figure.supxlabel(
        f"time for one of 2^26 float32 elements; {about['processor']}, {about['cores']} cores; shorter is better; "
        "a library without a row was not measured",
        fontsize=9,
    )
    save(figure, path)
