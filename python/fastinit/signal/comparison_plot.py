"""One picture of a comparison: losses against steps, and activations and gradients at the start against depth."""

from __future__ import annotations

import math
import statistics
import textwrap
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from fastinit.errors import printable
from fastinit.pictures import COLOURS, clean, decimals, new_figure, save, whole
from fastinit.signal.plot import activation, draw_profiles, gradient, name_lines, widths_of

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from fastinit.signal.comparison import Comparison, Trial
    from fastinit.signal.readings import Stage

_WIDTH = 170  # characters of a title's line
_BAND = 0.16  # opacity
_MOST = 3.0  # times the first loss of the best set: losses above would leave too little room for the others
_MARGIN = 1.05  # beyond the least and the greatest loss

_Lines = list[tuple[str, str, list[tuple[float, float]]]]


def plot_comparison(comparison: Comparison, path: str | os.PathLike[str]) -> None:
    """Draws a comparison into a picture: see `Comparison.plot`.

    Args:
        comparison: With one trial at least.
        path: The picture; its suffix says the format.

    Raises:
        PictureError: matplotlib is missing, or the picture cannot be written. An OSError.
    """
    figure = new_figure(15, 5)
    title = f"{comparison.title}: {comparison.verdict}"
    lines = textwrap.wrap(printable(title), _WIDTH, max_lines=4)
    figure.suptitle("\n".join(lines), x=0.01, ha="left", fontsize=10, parse_math=False)
    losses, *profiles = figure.subplots(1, 3)
    sets = [[trial for trial in comparison.trials if trial.rules == name] for name in comparison.names]
    _draw_losses(losses, comparison, sets)
    for axes, (label, value) in zip(profiles, _PROFILES, strict=True):
        _draw_bands(axes, sets, value)
        draw_profiles(axes, [(trials[0].rules, trials[0].start) for trials in sets], value)
        axes.set_title(f"{label}, before the first step", loc="left", fontsize=10)
    figure.supxlabel(_notes(comparison), x=0.01, ha="left", fontsize=8)
    save(figure, path)


_PROFILES = (("activations: root mean square", activation), ("gradients: norm", gradient))


def _notes(comparison: Comparison) -> str:
    first, *others = dict.fromkeys(trial.seed for trial in comparison.trials)
    text = f"losses: mean over {len(others) + 1} seeds; profiles: seed {first}; bands reach from least to greatest seed"
    notes = [text if others else f"one seed: {first}"]
    if any(trial.ended_at is not None for trial in comparison.trials):
        notes.append("cross at the top of losses: the loss was not finite")
    return "; ".join(notes)


def _draw_losses(axes: Any, comparison: Comparison, sets: Sequence[Sequence[Trial]]) -> None:
    values = [loss for trial in comparison.trials for loss in _finite(trial)]
    firsts = [abs(losses[0]) for trial in comparison.ranking[0].trials if (losses := _finite(trial))]
    most = _MOST * max(firsts, default=math.inf)
    names: _Lines = []
    by_set = [[_known(losses) for losses in zip_longest(*map(_finite, trials))] for trials in sets]
    widths = widths_of([[*map(statistics.fmean, steps)] for steps in by_set])
    for number, (trials, steps) in enumerate(zip(sets, by_set, strict=True)):
        colour = COLOURS[number % len(COLOURS)]
        xs = range(1, len(steps) + 1)
        means = [*map(statistics.fmean, steps)]
        axes.fill_between(xs, [*map(min, steps)], [*map(max, steps)], color=colour, alpha=_BAND, lw=0)
        axes.plot(xs, means, color=colour, lw=widths[number], marker="o" if len(means) == 1 else "")
        ends = [trial.ended_at for trial in trials if trial.ended_at is not None]
        axes.plot(ends, [0.98] * len(ends), color=colour, marker="x", ls="none", transform=axes.get_xaxis_transform())
        if means:
            is_above = means[-1] > most
            name = f"{trials[0].rules} \u2191" if is_above else trials[0].rules
            names.append((printable(name), colour, [(1.0, min(means[0], most)), (len(means), min(means[-1], most))]))
    shown = [min(loss, most) for loss in values]
    if shown and min(shown) > 0:
        axes.set_yscale("log")
        axes.set_ylim(min(shown) / _MARGIN, max(shown) * _MARGIN)
        decimals(axes.yaxis)
    elif shown:
        axes.set_ylim(top=max(shown))
    clean(axes)
    if names:
        name_lines(axes, names)
    whole(axes.xaxis)
    axes.set_xlabel("step")
    axes.set_title(f"loss: {comparison.loss}", loc="left", fontsize=10, parse_math=False)


def _known(losses: Sequence[float | None]) -> list[float]:
    return [loss for loss in losses if loss is not None]


def _finite(trial: Trial) -> Sequence[float]:
    return trial.losses if trial.ended_at is None else trial.losses[:-1]


def _draw_bands(axes: Any, sets: Sequence[Sequence[Trial]], value: Callable[[Stage], float | None]) -> None:
    axes.set_yscale("log")
    for number, trials in enumerate(sets):
        of_stages = [[*map(value, stages)] for stages in zip(*(trial.start.chain for trial in trials), strict=False)]
        points = [
            (place, min(some), max(some))
            for place, found in enumerate(of_stages)
            if (some := [each for each in found if each is not None and 0 < each < math.inf])
        ]
        if points:
            axes.fill_between(*zip(*points, strict=True), color=COLOURS[number % len(COLOURS)], alpha=_BAND, lw=0)
