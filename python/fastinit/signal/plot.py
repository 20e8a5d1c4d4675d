"""One picture for a whole model, or several: spread of activations and gradients against depth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fastinit.errors import printable
from fastinit.pictures import COLOURS, MARKED, MARKERS, clean, new_figure, save

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from fastinit.signal.readings import Stage
    from fastinit.signal.report import ProbeReport

_WIDTH = 96  # characters of a title's line
_NAMED = 16  # stages that are named below the axis


def plot_profiles(reports: Sequence[ProbeReport], path: str | os.PathLike[str]) -> None:
    """Draws reports of one model, or of several, into a picture: see `ProbeReport.plot`.

    A line is a report's chain; the points around it are the other stages, between those that they lie between. What is
    not finite, or zero, has no place on a logarithmic axis: a cross at the edge stands for it. The stages that findings
    name have a red ring.

    Args:
        reports: One, whose verdict is then the title, or several, each named at the end of its line.
        path: The picture; its suffix says the format.

    Raises:
        PictureError: matplotlib is missing, or the picture cannot be written. An OSError.
    """
    figure = new_figure(11, 4.6)
    title = reports[0].title if len(reports) == 1 else " and ".join(dict.fromkeys(r.title for r in reports[:3]))
    lines = [printable(title)] + (_wrapped(reports[0].verdict) if len(reports) == 1 else [])
    figure.suptitle("\n".join(lines), x=0.01, ha="left", fontsize=10, parse_math=False)
    panels = figure.subplots(1, 2, sharex=True)
    for axes, label, value in zip(panels, _LABELS, (activation, gradient), strict=True):
        draw_profiles(axes, [(report.title, report) for report in reports], value, are_named=len(reports) > 1)
        axes.set_title(label, loc="left", fontsize=10)
    save(figure, path)


_LABELS = ("activations: root mean square", "gradients at the outputs: norm")


def activation(stage: Stage) -> float | None:
    """What is drawn of a stage's output."""
    return stage.output.rms


def gradient(stage: Stage) -> float | None:
    """What is drawn of the gradient at a stage's output."""
    return None if stage.gradient is None else stage.gradient.norm


def draw_profiles(
    axes: Any,
    reports: Sequence[tuple[str, ProbeReport]],
    value: Callable[[Stage], float | None],
    *,
    are_named: bool,
) -> None:
    """Draws one figure of reports against depth, on axes that are logarithmic."""
    axes.set_yscale("log")
    ends = []
    for number, (name, report) in enumerate(reports):
        colour = COLOURS[number % len(COLOURS)]
        places = _places(report)
        chain = [(places[id(stage)], value(stage)) for stage in report.chain]
        if len(reports) == 1:
            inner = [(places[id(s)], value(s)) for s in report.stages if not (s.call or id(s) in map(id, report.chain))]
            _points(axes, inner, color="#9aa5ab", ms=3, ls="none")
        shown = _points(axes, chain, color=colour, ms=5, lw=1.4, marker=MARKERS[number % len(MARKERS)])
        marked = {finding.where for finding in report.findings}
        rings = [(places[id(stage)], value(stage)) for stage in report.stages if stage.label in marked]
        _points(axes, rings, color=MARKED, ms=11, mew=1.8, mfc="none", ls="none")
        if shown:
            ends.append((*shown[-1], name, colour))
    clean(axes)
    if are_named:
        _name_lines(axes, ends)
    _name_depth(axes, reports[0][1])


def _places(report: ProbeReport) -> dict[int, float]:
    """Where on the axis each stage lies: those of the chain at whole numbers, others between."""
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
    """Draws what has a place on a logarithmic axis, and crosses at the edges for what has none."""
    style.setdefault("marker", "o")
    shown = [(x, y) for x, y in points if y is not None and 0 < y < math.inf]
    if shown:
        axes.plot(*zip(*shown, strict=True), **style)
    for edge, xs in (
        (0.02, [x for x, y in points if y == 0]),
        (0.98, [x for x, y in points if y is not None and not y < math.inf]),
    ):
        axes.plot(
            xs, [edge] * len(xs), color=style["color"], marker="x", ls="none", transform=axes.get_xaxis_transform()
        )
    return shown


def _name_lines(axes: Any, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Names each line at its end, moved apart where two are close."""
    low, high = map(math.log, axes.get_ylim())
    least = 0.06 * (high - low)
    y = -math.inf
    for x, end, name, colour in sorted(ends, key=lambda end: end[1]):
        y = max(math.log(end), y + least)
        axes.annotate(
            printable(name), (x, end), (x + 0.02 * max(x, 1), math.exp(y)), color=colour, fontsize=8, va="center",
            annotation_clip=False, parse_math=False,
        )  # fmt: skip


def _name_depth(axes: Any, report: ProbeReport) -> None:
    labels = [stage.label for stage in report.chain]
    if len(labels) <= _NAMED and max(map(len, labels), default=0) <= 24:
        axes.set_xticks(range(len(labels)), labels, rotation=90 if len("".join(labels)) > 40 else 0, fontsize=8)
    else:
        axes.set_xlabel(f"layers from {labels[0]} to {labels[-1]}" if labels else "layers", parse_math=False)


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(printable(text), _WIDTH)[:4]
