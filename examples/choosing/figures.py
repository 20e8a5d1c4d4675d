"""Figures of the experiments, in the style of fastinit's own: profiles by layer, and curves of the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.ticker import LogLocator

from fastinit.pictures import COLOURS, clean, new_figure, save
from fastinit.signal.plot import activation, draw_profiles, gradient, name_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from fastinit.signal import ProbeReport, Stage

    Value = Callable[[Stage], float | None]

ACTIVATIONS = ("activations: root mean square", activation)
GRADIENTS = ("gradients at the activations: norm", gradient)


def panels(title: str, count: int, *, height: float = 4.0) -> tuple[Any, Sequence[Any]]:
    """An empty figure with a title, and its axes side by side."""
    figure = new_figure(5.5 * count if count > 1 else 7.5, height)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, weight="bold")
    return figure, list(figure.subplots(1, count, squeeze=False)[0])


def profiles(path: Path, title: str, reports: Mapping[str, ProbeReport], *values: tuple[str, Value]) -> None:
    """Draws a figure with a panel for each value of the reports' stages. `values` are panels' titles and functions."""
    figure, axes = panels(title, len(values))
    for each, (label, value) in zip(axes, values, strict=True):
        draw_layers(each, reports, label, value)
    save(figure, path)


def draw_layers(axes: Any, reports: Mapping[str, ProbeReport], label: str, value: Value) -> None:
    """Draws one panel of `profiles`. Layers have numbers, from 1, because an axis has no room for their names."""
    draw_profiles(axes, list(reports.items()), value)
    axes.set_title(label, loc="left", fontsize=10)
    count = len(next(iter(reports.values())).chain)
    every = max(count // 5 // 5 * 5, 1)
    places = [1, *range(every, count + 1, every)] if every > 1 else range(1, count + 1)
    axes.set_xticks([place - 1 for place in places], places)
    axes.set_xlabel("layer")


def curves(axes: Any, losses: Mapping[str, Sequence[float]], *, smooth: int = 20) -> None:
    """Draws the losses over the steps, as means of `smooth` steps, with names at the ends."""
    lines = []
    for (name, values), colour in zip(losses.items(), COLOURS, strict=False):
        means = [sum(values[at : at + smooth]) / smooth for at in range(0, len(values) - smooth + 1, smooth)]
        points = [(smooth * (number + 0.5), mean) for number, mean in enumerate(means)]
        axes.plot(*zip(*points, strict=True), color=colour, lw=1.6)
        lines.append((name, colour, points))
    axes.set(yscale="log", xlabel="step of training", xlim=(0, None))
    axes.set_title(f"loss: cross entropy in nats, means of {smooth} steps", loc="left", fontsize=10)
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("")
    clean(axes)
    name_lines(axes, lines)
