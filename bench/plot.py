"""The plot of a result: a dot per subject, in a group per fill, and where the memory's limit lies for each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fastinit.pictures import COLOURS, MARKERS, QUIET, decimals, new_figure, save

from .limits import limit_of
from .tables import fill_name, nanoseconds

if TYPE_CHECKING:
    from pathlib import Path

RUNNERS = ("fastinit", "torch", "numpy", "jax", "mkl")
LINE, MARGINS = 0.23, 1.1  # inches of a line, and of what is above and below all
GAP = 1.6  # lines between two groups, of which the title takes one


def colour_of(runner: str) -> str:
    return COLOURS[RUNNERS.index(runner)] if runner in RUNNERS else QUIET


def machine_of(result: dict[str, Any]) -> str:
    about = result["machine"]
    return f"{about['processor']}, {about['cores']} cores, {about['date']}"


def plot(result: dict[str, Any], path: Path) -> None:
    """Draws the rows that have targets, in the result's order, from the top down.

    Dots and not bars, since a logarithmic axis has no zero for bars to begin at.
    """
    rows = [row for row in result["rows"] if any(s.get("target") for s in row["subjects"])]
    titles = {fill_name(row) for row in rows}
    lines = sum(len(row["subjects"]) + GAP for row in rows)
    figure = new_figure(10, LINE * lines + MARGINS)
    axes = figure.subplots()
    axes.set_xscale("log")
    y, ticks = 0.0, {}
    for row in rows:
        ticks[y] = fill_name(row)
        _draw_limit(axes, nanoseconds(row, limit_of(row, result["limits"])), y, y + len(row["subjects"]))
        for subject in row["subjects"]:
            y += 1
            ticks[y] = subject["label"]
            axes.axhline(y, color="#dddddd", lw=0.6, zorder=0)
            _draw_subject(axes, row, subject, y)
        y += GAP
    _finish(axes, y, ticks)
    for label in axes.get_yticklabels():
        label.set_fontweight("bold" if label.get_text() in titles else "normal")
    title = f"Time for one element of a fill, best of {result['repeats']} rounds: {machine_of(result)}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    save(figure, path)


def _draw_limit(axes: Any, at: float, top: float, bottom: float) -> None:
    """Draws the time in which the machine writes an element, next to the lines of a group, and names it."""
    if math.isfinite(at):
        axes.plot([at, at], [top + 0.5, bottom + 0.5], color="black", lw=1.2, ls=(0, (3, 1.5)), label="limit")
        axes.text(at, top, "memory's write limit", va="center", fontsize=8)


def _draw_subject(axes: Any, row: dict[str, Any], subject: dict[str, Any], y: float) -> None:
    if not subject["samples"]:
        style = {"color": QUIET, "va": "center", "fontsize": 8, "transform": axes.get_yaxis_transform()}
        axes.text(0.01, y, subject["status"], **style)
        return
    time, runner = nanoseconds(row, min(subject["samples"])), subject["runner"]
    marker = MARKERS[RUNNERS.index(runner) if runner in RUNNERS else -1]
    axes.plot([time], [y], color=colour_of(runner), marker=marker, ms=7, ls="none")
    style = {"textcoords": "offset points", "va": "center", "fontsize": 8, "color": colour_of(runner)}
    axes.annotate(f"{time:.3g}", (time, y), (8, 0), bbox={"fc": "white", "ec": "none", "pad": 1}, **style)


def _finish(axes: Any, end: float, ticks: dict[float, str]) -> None:
    low, high = axes.get_xlim()
    axes.set_xlim(low, high * 1.3)  # room for the last number
    axes.set_ylim(end - 0.6, -0.8)
    axes.set_yticks([*ticks], [*ticks.values()], fontsize=8)
    axes.tick_params(axis="y", length=0)
    decimals(axes.xaxis)
    axes.tick_params(axis="x", labelsize=8)
    axes.set_xlabel("nanoseconds per element, on a logarithmic axis; further left is faster", fontsize=9)
    axes.spines[["top", "right", "left"]].set_visible(False)
