"""One picture of a coordinate check: the size of each layer's output against width, a line for each step."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

from fastinit.errors import printable
from fastinit.pictures import MARKED, QUIET, clean, new_figure, save, shade, without_middle
from fastinit.signal.plot import scale_axis, shared_start

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from fastinit.signal.coordinates import CoordinateReport, Layer

_CHARACTERS = 13  # of a title's line, in an inch
_ACROSS, _MOST = 4, 12  # panels
_MOST_WIDTHS = 5  # that have their numbers below a panel
_LONGEST = 30  # characters of a panel's title
_LINE = 0.09  # of the height of a panel: a line of text


def plot_coordinates(report: CoordinateReport, path: str | os.PathLike[str]) -> None:
    """Draws a coordinate check into a picture: see `CoordinateReport.plot`.

    Args:
        report: With one layer at least.
        path: The picture; its suffix says the format.

    Raises:
        PictureError: matplotlib is missing, or the picture cannot be written. An OSError.
    """
    layers = _chosen(report)
    across = min(len(layers), _ACROSS)
    down = math.ceil(len(layers) / across)
    width = max(2.9 * across, 7)
    figure = new_figure(width, 0.9 + 2.4 * down)
    shown = "" if len(layers) == len(report.layers) else f" ({len(layers)} of {len(report.layers)} layers)"
    lines = [f"{report.title}{shown}", *textwrap.wrap(printable(report.verdict), int(_CHARACTERS * width))]
    figure.suptitle("\n".join(lines), x=0.01, ha="left", fontsize=10, parse_math=False)
    panels = [*figure.subplots(down, across, squeeze=False).flat]
    marked = report.concerned
    shared = shared_start([layer.name for layer in layers if not layer.is_output])
    for axes, layer in zip(panels, layers, strict=False):
        _draw(axes, report, layer)
        name = without_middle(layer.name.removeprefix(shared), _LONGEST)
        colour = MARKED if layer.name in marked else "black"
        note = "" if layer.is_wide or layer.is_output else " (not judged)"
        axes.set_title(printable(name + note), loc="left", fontsize=9, color=colour, parse_math=False)
    for axes in panels[len(layers) :]:
        axes.set_visible(False)
    seeds = "" if len(report.seeds) == 1 else "; bands reach from least to greatest seed"
    names = f"; layers {shared}*" if shared else ""
    text = f"root mean square of the output against width; numbers: steps of training{seeds}{names}"
    figure.supxlabel(printable(text), x=0.01, ha="left", fontsize=8, parse_math=False)
    save(figure, path)


def _chosen(report: CoordinateReport) -> Sequence[Layer]:
    """The layers to draw: all layers, or layers that a finding names, the last one, and others evenly spread."""
    layers = report.layers
    if len(layers) <= _MOST:
        return layers
    marked = {finding.where for finding in report.findings}
    kept = {place for place, layer in enumerate(layers) if layer.name in marked} | {len(layers) - 1}
    others = [place for place in range(len(layers)) if place not in kept]
    room = _MOST - len(kept)
    kept |= {others[number * len(others) // room] for number in range(room)}
    return [layers[place] for place in sorted(kept)]


def _draw(axes: Any, report: CoordinateReport, layer: Layer) -> None:
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    ends = []
    for step in range(report.steps + 1):
        colour = shade(step, report.steps + 1)
        by_width = [[of_seed[place][step] for of_seed in layer.sizes] for place in range(len(report.widths))]
        shown = [
            (width, sizes)
            for width, sizes in zip(report.widths, by_width, strict=True)
            if all(0 < size < math.inf for size in sizes)
        ]
        if shown:
            widths, sizes = zip(*shown, strict=True)
            means = [math.fsum(some) / len(some) for some in sizes]
            axes.fill_between(widths, [*map(min, sizes)], [*map(max, sizes)], color=colour, alpha=0.2, lw=0)
            axes.plot(widths, means, color=colour, lw=1.3, marker="o", ms=3)
            ends.append((str(step), colour, [*zip(widths, means, strict=True)]))
    scale_axis(axes)
    clean(axes)
    axes.minorticks_off()
    step = math.ceil(len(report.widths) / _MOST_WIDTHS)
    axes.set_xticks(report.widths, [str(w) if k % step == 0 else "" for k, w in enumerate(report.widths)], fontsize=8)
    axes.tick_params(axis="y", labelsize=8)
    if ends:
        _number_steps(axes, ends)
    else:
        style = {"ha": "center", "va": "center", "fontsize": 8, "color": QUIET, "transform": axes.transAxes}
        axes.text(0.5, 0.5, "zero or not finite", **style)


def _number_steps(axes: Any, lines: Sequence[tuple[str, Any, Sequence[tuple[float, float]]]]) -> None:
    """Writes the first and the last step's number at the ends of their lines, and others where there is room."""
    low, high = map(math.log, axes.get_ylim())
    heights = [(math.log(points[-1][1]) - low) / (high - low) for *_, points in lines]
    if len(lines) > 1 and max(heights) - min(heights) <= _LINE:  # one name for all, which lie on each other
        (first, *_), (last, *others) = lines[0], lines[-1]
        lines, heights = [(f"{first} to {last}", *others)], heights[-1:]
    taken: list[float] = []
    for (name, colour, points), height in zip((lines[-1], *lines[:-1]), (heights[-1], *heights[:-1]), strict=True):
        if all(abs(height - other) > _LINE for other in taken):
            taken.append(height)
            axes.annotate(
                name,
                points[-1],
                (5, 0),
                textcoords="offset points",
                va="center",
                color=colour,
                fontsize=8,
                annotation_clip=False,
            )
