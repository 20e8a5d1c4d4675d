"""One picture for a whole model, or several: spread of activations and gradients against depth."""

from __future__ import annotations

import itertools
import math
import textwrap
from typing import TYPE_CHECKING, Any

from fastinit.errors import printable
from fastinit.pictures import COLOURS, MARKED, MARKERS, QUIET, apart, clean, decimals, new_figure, save, without_middle

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from fastinit.signal.readings import Stage
    from fastinit.signal.report import ProbeReport

_WIDTH = 130  # characters of a title's line
_NAMED = 24  # stages that are named below the axis
_NUMBERED = 8  # else, of those that are numbered
_LONGEST = 16  # characters of a name there
_ACROSS = 40  # characters of all names; longer ones are written vertically
_LONGEST_LINE = 28  # characters of the name next to a line
_WIDTH_OF_LINE, _WIDTH_OF_MARKER, _RIM = 1.4, 5.0, 2.4  # points
_LINE = 0.055  # of the height of axes: a line of text


def plot_profiles(reports: Sequence[ProbeReport], path: str | os.PathLike[str]) -> None:
    """Draws reports of one model, or of several, into a picture: see `ProbeReport.plot`.

    A line is a report's chain. The points around it are the other stages, each at its place between stages of the
    chain. Values that are zero or not finite have no place on a logarithmic axis: they are shown as a cross at the
    edge, and the line has a gap there. Stages that findings name have a red ring.

    Args:
        reports: One report, whose verdict is the title, or several, whose names are at the ends of their lines.
        path: The picture; its suffix says the format.

    Raises:
        PictureError: matplotlib is missing, or the picture cannot be written. An OSError.
    """
    figure = new_figure(11, 4.6)
    titles = " and ".join(dict.fromkeys(printable(report.title) for report in reports))
    lines = textwrap.wrap(titles, _WIDTH, max_lines=2)
    if len(reports) == 1:
        lines += textwrap.wrap(printable(reports[0].verdict), _WIDTH, max_lines=4)
    figure.suptitle("\n".join(lines), x=0.01, ha="left", fontsize=10, parse_math=False)
    panels = figure.subplots(1, 2, sharex=True)
    for axes, label, value in zip(panels, _LABELS, (activation, gradient), strict=True):
        draw_profiles(axes, [(report.title, report) for report in reports], value)
        axes.set_title(label, loc="left", fontsize=10)
    save(figure, path)


_LABELS = ("activations: root mean square", "gradients at the outputs: norm")


def activation(stage: Stage) -> float | None:
    """The value that is drawn for a stage's output."""
    return stage.output.rms


def gradient(stage: Stage) -> float | None:
    """The value that is drawn for the gradient at a stage's output."""
    return None if stage.gradient is None else stage.gradient.norm


def draw_profiles(
    axes: Any, reports: Sequence[tuple[str, ProbeReport]], value: Callable[[Stage], float | None]
) -> None:
    """Draws one number of each report against depth. If there are several lines, each has its name next to it."""
    axes.set_yscale("log")
    lines = []
    widths = widths_of([[value(stage) for stage in report.chain] for _, report in reports])
    for number, (name, report) in enumerate(reports):
        colour = COLOURS[number % len(COLOURS)]
        places = _places(report)
        chain = {id(stage) for stage in report.chain}
        if len(reports) == 1:
            others = [(places[id(stage)], value(stage)) for stage in report.stages if id(stage) not in chain]
            _points(axes, others, color="#9aa5ab", ms=3, ls="none")
        shown = _points(
            axes,
            [(places[id(stage)], value(stage)) for stage in report.chain],
            color=colour,
            ms=_WIDTH_OF_MARKER + widths[number] - _WIDTH_OF_LINE,
            lw=widths[number],
            marker=MARKERS[(number + number // len(COLOURS)) % len(MARKERS)],  # another where a colour comes again
        )
        marked = {finding.where for finding in report.findings}
        rings = [(places[id(stage)], value(stage)) for stage in report.stages if stage.label in marked]
        _points(axes, rings, color=MARKED, ms=11, mew=1.8, mfc="none", ls="none")
        lines.append((printable(name), colour, shown))
    scale_axis(axes)
    clean(axes)
    named = [line for line in lines if line[2]]
    if len(reports) > 1 and named:
        name_lines(axes, named)
    notes = ["grey: other modules"] if len(reports) == 1 else []
    if any(line.get_marker() == "x" and len(line.get_xdata()) for line in axes.lines):
        notes.append("cross: zero (below) or not finite (above)")
    elif not named:
        style = {"ha": "center", "va": "center", "color": QUIET}
        axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, **style)
    _name_depth(axes, reports[0][1], notes)


def widths_of(lines: Sequence[Sequence[float | None]]) -> list[float]:
    """The widths of lines, in the order of drawing. A line that others cover is wider, so that all show."""
    return [
        _WIDTH_OF_LINE + _RIM * sum(_is_same(line, later) for later in lines[number + 1 :])
        for number, line in enumerate(lines)
    ]


def _is_same(one: Sequence[float | None], other: Sequence[float | None]) -> bool:
    return len(one) == len(other) and all(
        a == b or (a is not None and b is not None and math.isclose(a, b, rel_tol=0.02))
        for a, b in zip(one, other, strict=True)
    )


def scale_axis(axes: Any) -> None:
    """Makes the axis span at least a decade, so that chance does not look like growth, and writes plain numbers."""
    low, high = axes.get_ylim()
    if high < 10 * low:
        middle = math.sqrt(low * high)
        axes.set_ylim(middle / math.sqrt(10), middle * math.sqrt(10))
    decimals(axes.yaxis)


def _places(report: ProbeReport) -> dict[int, float]:
    """The place of each stage on the axis: stages of the chain at whole numbers, others between."""
    chain = {id(stage) for stage in report.chain}
    gaps: list[list[int]] = [[]]
    for stage in sorted(report.stages, key=lambda stage: stage.ended):
        if id(stage) in chain:
            gaps.append([])
        else:
            gaps[-1].append(id(stage))
    places = {id(stage): float(number) for number, stage in enumerate(report.chain)}
    for number, gap in enumerate(gaps):
        places |= {each: number - 1 + (k + 1) / (len(gap) + 1) for k, each in enumerate(gap)}
    return places


def _points(axes: Any, points: Sequence[tuple[float, float | None]], **style: Any) -> list[tuple[float, float]]:
    """Draws the points that have a place on a logarithmic axis; the others are gaps, and crosses at the edges."""
    style.setdefault("marker", "o")
    drawn = [(x, y if 0 < y < math.inf else math.nan) for x, y in points if y is not None]
    shown = [(x, y) for x, y in drawn if y > 0]
    if shown:
        axes.plot(*zip(*drawn, strict=True), **style)
    for edge, xs in (
        (0.02, [x for x, y in points if y == 0]),
        (0.98, [x for x, y in points if y is not None and not y < math.inf]),
    ):
        axes.plot(
            xs, [edge] * len(xs), color=style["color"], marker="x", ls="none", transform=axes.get_xaxis_transform()
        )
    return shown


def name_lines(axes: Any, lines: Sequence[tuple[str, str, Sequence[tuple[float, float]]]]) -> None:
    """Writes each line's name next to it, on the side where the lines are farther apart.

    Args:
        axes: The axes, whose scale and limits are set.
        lines: The name, the colour and the points of each line.
    """
    scale = axes.yaxis.get_transform().transform
    low, high = scale(axes.get_ylim())
    starts, ends = (scale([points[place][1] for *_, points in lines]) for place in (0, -1))
    at_end = ends.max() - ends.min() >= starts.max() - starts.min()
    sides = sorted(zip(ends if at_end else starts, lines, strict=True), key=lambda side: side[0])
    heights = apart([(y - low) / (high - low) for y, _ in sides], _LINE)
    for height, (_, (name, colour, _)) in zip(heights, sides, strict=True):
        axes.annotate(
            without_middle(name, _LONGEST_LINE),
            (1 if at_end else 0, height),
            (3 if at_end else -3, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="left" if at_end else "right",
            va="center",
            color=colour,
            fontsize=8,
            annotation_clip=False,
            parse_math=False,
        )
    if not at_end:  # where the numbers would be
        axes.yaxis.tick_right()
        axes.spines[["left"]].set_visible(False)
        axes.spines[["right"]].set_visible(True)


def _name_depth(axes: Any, report: ProbeReport, notes: Sequence[str]) -> None:
    """Names the chain below the axis, by the parts in which its names differ if all fit."""
    labels = [stage.label for stage in report.chain]
    shared = shared_start(labels)
    own = [label.removeprefix(shared) for label in labels]
    if len(own) <= _NAMED and max(map(len, own), default=0) <= _LONGEST:
        rotation = 90 if len("".join(own)) > _ACROSS else 0
        axes.set_xticks(range(len(own)), own, rotation=rotation, fontsize=8, parse_math=False)
        text = f"layers {shared}*" if shared else "layers"
    else:
        step = math.ceil(len(own) / _NUMBERED)
        places = range(step - 1, len(own), step)
        axes.set_xticks(places, [str(place + 1) for place in places], fontsize=8)
        text = f"{len(own)} layers, from {labels[0]} to {labels[-1]}"
    axes.set_xlabel("; ".join([text, *notes]), parse_math=False)


def shared_start(labels: Sequence[str]) -> str:
    """The common start of all names, up to a dot; nothing for a single one."""
    parts = zip(*(label.split(".")[:-1] for label in labels), strict=False)
    shared = [several[0] for several in itertools.takewhile(lambda several: len(set(several)) == 1, parts)]
    return "".join(f"{part}." for part in shared) if len(labels) > 1 else ""
