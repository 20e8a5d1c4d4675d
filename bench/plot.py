"""The plot of a result: a group of bars per fill, and where the memory's limit lies for each."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

COLOURS = {
    "fastinit": "#0b6e4f",
    "torch": "#d1495b",
    "numpy": "#3d6cb9",
    "jax": "#8d5fb3",
    "mkl": "#c98a1b",
    "machine": "#8a8f98",
}


def plot(result: dict[str, Any], path: Path) -> None:
    """Draw the rows that have targets, in the result's order, from the top down."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    from .limits import limit_of
    from .tables import fill_name, nanoseconds

    rows = [row for row in result["rows"] if any(s.get("target") for s in row["subjects"])]
    bars = sum(len(row["subjects"]) + 1.6 for row in rows)
    figure, axes = pyplot.subplots(figsize=(10, 0.27 * bars + 1.2), layout="constrained")
    across = axes.get_yaxis_transform()  # x from 0 to 1, y as in the data
    y, ticks, names = 0.0, [], []
    for row in rows:
        axes.text(0.0, y, fill_name(row), transform=across, weight="bold", va="center")
        top = y + 0.5
        for subject in row["subjects"]:
            y += 1
            ticks.append(y)
            names.append(textwrap.fill(subject["label"], 46))
            if not subject["samples"]:
                axes.text(0.01, y, subject["status"], transform=across, va="center")
                continue
            time = nanoseconds(row, min(subject["samples"]))
            axes.barh(y, time, color=COLOURS[subject["runner"]], height=0.8)
            axes.text(time * 1.04, y, f"{time:.3g}", va="center", fontsize=8)
        at = nanoseconds(row, limit_of(row, result["limits"]))
        if math.isfinite(at):
            axes.plot([at, at], [top, y + 0.5], color="black", lw=1.4, ls=(0, (3, 1.5)), label="limit")
        y += 1.6
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    axes.set_xlim(low * 0.7, high * 1.3)
    axes.set_ylim(y - 0.6, -0.8)
    axes.set_yticks(ticks, names, fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("ns per element, logarithmic (shorter is better)")
    about = result["machine"]
    axes.set_title(f"{about['processor']}, {about['cores']} cores, {about['date']}", loc="left")
    axes.spines[["top", "right", "left"]].set_visible(False)
    if handles := axes.get_legend_handles_labels()[0]:
        text = ["memory's write limit"]
        axes.legend(handles[:1], text, loc="lower right", bbox_to_anchor=(1, 1), frameon=False)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
