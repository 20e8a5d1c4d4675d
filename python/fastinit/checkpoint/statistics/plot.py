"""The picture of `fastinit stats`: std over the layers against what is expected, and some histograms."""

from __future__ import annotations

import math
import re
import textwrap
from collections import defaultdict
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np

from fastinit.checkpoint.statistics.expectations import shares
from fastinit.checkpoint.statistics.scan import sample
from fastinit.errors import printable
from fastinit.pictures import COLOURS, MARKED, MARKERS, clean, new_figure, save

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from fastinit.checkpoint.statistics.stats import CheckpointStats, TensorStats

DASHES = (0, (4, 3))
MAX_LINES = 14  # with a line in the legend
MAX_NAMES = 12  # under the tensors outside the layers
MAX_MARKED = 3  # that are named above
HISTOGRAMS = 3
_BINS = 100
_FEW_VALUES = 200  # of a coarse type: a bar each
_NUMBER = re.compile(r"(?<![^.])[0-9]+(?![^.])")
MAX_NAME = 44  # characters


def plot_stats(stats: CheckpointStats, path: str | os.PathLike[str]) -> None:
    """Draws statistics into a picture file.

    Tensors whose names differ only in numbers share a line over the first of these, the layer. Tensors
    with faults have a red ring, and are named above. Those without spread, constant or not finite, have no
    place among the others: they are counted.

    Args:
        stats: From `tensor_stats`, whose files are read again for the histograms, in part.
        path: The picture; its suffix says the format.

    Raises:
        PictureError: matplotlib is missing, or the picture cannot be written. An OSError.
    """
    shown = [entry for entry in stats.tensors if _std(entry) > 0]
    chosen = _for_histograms(shown)
    figure = new_figure(12, 7.5 if chosen else 4.5)
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
    if stats.marked:
        _name_marked(figure, stats.marked)
    upper, lower = figure.subfigures(2, 1, height_ratios=(1.35, 1)) if chosen else (figure.subfigures(1, 1), None)
    _draw_std(upper, stats, shown)
    if lower is not None:
        for axes, entry in zip(np.ravel(lower.subplots(1, len(chosen))), chosen, strict=True):
            _draw_histogram(axes, stats, entry)
    save(figure, path)


def _name_marked(figure: Any, marked: Sequence[TensorStats]) -> None:
    """Names what is marked, those first that have no place on an axis."""
    first = sorted(marked, key=lambda entry: _std(entry) > 0)[:MAX_MARKED]
    lines = [f"marked: {entry.tensor.name[-60:]}: {'; '.join(entry.faults)}" for entry in first]
    if len(marked) > MAX_MARKED:
        lines.append(f"and {len(marked) - MAX_MARKED:,} more tensors")
    text = "\n".join(textwrap.shorten(printable(line), 150, placeholder=" ...") for line in lines)
    figure.suptitle(text, x=0.02, ha="left", color=MARKED, fontsize=9, parse_math=False)


def _std(entry: TensorStats) -> float:
    """A positive number, or 0 for what has no place on an axis."""
    found = entry.found
    return found.std if found is not None and found.count and math.isfinite(found.std) else 0.0


def _draw_std(part: Any, stats: CheckpointStats, shown: Sequence[TensorStats]) -> None:
    lines: defaultdict[str, list[tuple[int, TensorStats]]] = defaultdict(list)
    single: list[TensorStats] = []
    for entry in shown:
        number = _NUMBER.search(entry.tensor.name)
        if number is None or len(number[0]) > 6:
            single.append(entry)
        else:
            lines[_template(entry)].append((int(number[0]), entry))
    axes, beside = _axes_of_std(part, bool(lines), len(single))
    legend: list[tuple[Any, str]] = []
    if lines:
        legend = _draw_lines(axes, lines)
    if single:
        _draw_points(beside, single)
    every = [a for a in (axes, beside) if a is not None]
    _scale(every, shown)
    every[0].set_ylabel("std")
    if not shown:
        every[0].text(0.5, 0.5, "no tensor has a spread", transform=every[0].transAxes, ha="center")
        every[0].set_xticks([])
        every[0].set_yticks([])
    title = f"{len(stats.tensors):,} tensors"
    if hidden := len(stats.tensors) - len(shown):
        title += f", {hidden:,} of them without spread and not shown"
    every[0].set_title(f"{title}; {len(stats.marked):,} marked", loc="left", fontsize=11)
    _draw_legend(part, legend, shown)


def _axes_of_std(part: Any, has_lines: bool, points: int) -> tuple[Any, Any]:
    """Axes for the layers and, as far as there are any, for the tensors outside them."""
    if not has_lines or not points:
        axes = part.subplots()
        return (axes, None) if has_lines or not points else (None, axes)
    width = min(max(points, 2), MAX_NAMES)
    return tuple(part.subplots(1, 2, sharey=True, width_ratios=(24, width)))


def _draw_lines(axes: Any, lines: dict[str, list[tuple[int, TensorStats]]]) -> list[tuple[Any, str]]:
    """One line for each template, a little beside each other, as many have the same std."""
    layers = sorted({layer for line in lines.values() for layer, _ in line})
    step = 0.7 / max(len(lines), 7)
    size = 5 if len(layers) <= 40 else 3
    legend = []
    expected: dict[tuple[tuple[int, ...], tuple[float, ...]], None] = {}
    for number, (template, line) in enumerate(lines.items()):
        aside = (number - (len(lines) - 1) / 2) * step
        by_layer: defaultdict[int, list[TensorStats]] = defaultdict(list)
        for layer, entry in line:
            by_layer[layer].append(entry)
        x = [layer + aside for layer in sorted(by_layer)]
        entries = [by_layer[layer] for layer in sorted(by_layer)]
        (drawn,) = axes.plot(
            x,
            [_mean(map(_std, some)) for some in entries],
            color=COLOURS[number % len(COLOURS)],
            marker=MARKERS[number // len(COLOURS) % len(MARKERS)],
            ms=size,
            lw=0.8,
        )
        legend.append((drawn, template))
        wanted = [[e.expected.std for e in some if e.expected is not None] for some in entries]
        if all(wanted):
            y = tuple(float(f"{_mean(some):.5g}") for some in wanted)
            expected.setdefault((tuple(sorted(by_layer)), y))  # once: many would fill the gaps
        marked = [(layer + aside, _std(entry)) for layer, entry in line if entry.faults]
        _draw_rings(axes, marked)
    for places, stds in expected:
        x = [places[0] - 0.45, *places, places[-1] + 0.45]
        axes.plot(x, [stds[0], *stds, stds[-1]], color="black", lw=1, ls=DASHES, zorder=3)
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=20))
    axes.set_xlim(layers[0] - 0.6, layers[-1] + 0.6)
    axes.set_xlabel("layer")
    return legend


def _draw_points(axes: Any, single: Sequence[TensorStats]) -> None:
    places = range(len(single))
    axes.plot(places, list(map(_std, single)), color="#333333", marker="o", ms=5, ls="none")
    for at, entry in zip(places, single, strict=True):
        if entry.expected is not None:
            axes.hlines(entry.expected.std, at - 0.4, at + 0.4, color="black", lw=1, ls=DASHES)
    _draw_rings(axes, [(at, _std(e)) for at, e in zip(places, single, strict=True) if e.faults])
    axes.set_xlim(-0.8, len(single) - 0.2)
    if len(single) <= MAX_NAMES:
        names = _shortened([entry.tensor.name for entry in single], MAX_NAME // 2)
        axes.set_xticks(places, names, rotation=90, fontsize=8, parse_math=False)
    else:
        axes.set_xticks([])
        axes.set_xlabel("tensors outside layers, in order")


def _draw_rings(axes: Any, marked: Sequence[tuple[float, float]]) -> None:
    if marked:
        x, y = zip(*marked, strict=True)
        axes.plot(x, y, color=MARKED, marker=".", ms=4, ls="none", zorder=4)
        axes.plot(x, y, color=MARKED, marker="o", ms=11, mew=1.8, mfc="none", ls="none", zorder=4)


def _scale(every: Sequence[Any], shown: Iterable[TensorStats]) -> None:
    """Chooses the range of std: never so narrow that mere chance looks like a difference."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

    stds = [_std(entry) for entry in shown]
    stds += [e.expected.std for e in shown if e.expected is not None and e.expected.std > 0]
    for axes in every:
        clean(axes)
    if not stds:
        return
    low, high = min(stds), max(stds)
    axes = every[0]
    if high > 4 * low:
        axes.set_yscale("log")
        margin = (high / low) ** 0.06
        axes.set_ylim(low / margin, high * margin)
        decades = math.log10(high / low)
        subs = (1, 2, 5) if decades < 4 else (1,)
        axes.yaxis.set_major_locator(LogLocator(subs=subs, numticks=12))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        middle = (low + high) / 2
        half = max((high - low) * 0.6, 0.08 * middle)
        axes.set_ylim(middle - half, middle + half)


def _draw_legend(part: Any, lines: list[tuple[Any, str]], shown: Sequence[TensorStats]) -> None:
    from matplotlib.lines import Line2D

    entries = lines[:MAX_LINES]
    names = _shortened([template for _, template in entries])
    handles = [line for line, _ in entries]
    if len(lines) > MAX_LINES:
        handles.append(Line2D([], [], ls="none"))
        names.append(f"and {len(lines) - MAX_LINES:,} more")
    if any(entry.expected is not None for entry in shown):
        handles.append(Line2D([], [], color="black", lw=1, ls=DASHES))
        names.append("expected")
    if any(entry.faults for entry in shown):
        ring: dict[str, Any] = {"marker": "o", "ms": 9, "mew": 1.8, "mfc": "none", "ls": "none"}
        handles.append(Line2D([], [], color=MARKED, **ring))
        names.append("marked")
    if handles:
        legend = part.legend(handles, ["?"] * len(handles), loc="outside right upper", frameon=False, fontsize=8)
        for text, name in zip(legend.get_texts(), names, strict=True):
            text.set_parse_math(False)
            text.set_text(name)


def _draw_histogram(axes: Any, stats: CheckpointStats, entry: TensorStats) -> None:
    values = sample(stats.checkpoint, entry.tensor)
    found = entry.found
    assert found is not None
    with np.errstate(over="ignore", invalid="ignore"):
        values = values[np.abs(values - found.mean) <= 6 * found.std]
    distinct = np.unique(values)
    if len(distinct) > _FEW_VALUES:
        edges = np.histogram_bin_edges(values, _BINS)
    else:
        between = (distinct[:-1] + distinct[1:]) / 2
        step = between[:1] - distinct[:1] if len(distinct) > 1 else np.array([found.std])
        last = distinct[-1:] - between[-1:] if len(distinct) > 1 else step
        edges = np.concatenate([distinct[:1] - step, between, distinct[-1:] + last])
    widths = np.diff(edges)
    counts = np.histogram(values, edges)[0]
    axes.stairs(counts / max(counts.sum(), 1) / widths, edges, fill=True, color="#9dbcdf")
    if entry.expected is not None:
        fine = np.linspace(edges[0], edges[-1], 401)
        expected = shares(entry.expected.distribution, entry.tensor.dtype, fine)
        if expected is not None:
            middle = (fine[:-1] + fine[1:]) / 2
            axes.plot(middle, expected / np.diff(fine), color="black", lw=1, ls=DASHES)
    axes.set_yticks([])
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.locator_params(axis="x", nbins=6)
    axes.tick_params(labelsize=8)
    axes.set_title(
        _short(entry.tensor.name, MAX_NAME),
        fontsize=9,
        loc="left",
        parse_math=False,
        color=MARKED if entry.faults else "black",
    )
    text = f"{entry.tensor.dtype}\nmean {found.mean:.3g}\nstd {found.std:.3g}"
    axes.set_ylim(0, 1.3 * axes.get_ylim()[1])  # room for the text
    axes.text(0.01, 0.97, text, transform=axes.transAxes, va="top", fontsize=8)


def _for_histograms(shown: Sequence[TensorStats]) -> list[TensorStats]:
    """The largest tensors of different parts of the model, and of different kinds if there is one part.

    Those with faults come first.
    """
    chosen: list[TensorStats] = []
    largest = sorted(shown, key=lambda entry: (not entry.faults, -entry.size))
    for depth in (2, 0):  # how many words at the end of a name do not make another part
        seen = {_template(entry).rsplit(".", depth)[0] for entry in chosen}
        for entry in largest:
            part = _template(entry).rsplit(".", depth)[0]
            if len(chosen) < HISTOGRAMS and part not in seen and entry not in chosen:
                seen.add(part)
                chosen.append(entry)
    return sorted(chosen, key=shown.index)


def _template(entry: TensorStats) -> str:
    return _NUMBER.sub("*", entry.tensor.name)


def _shortened(names: list[str], most: int = MAX_NAME) -> list[str]:
    """Leaves out the words at both ends that all names share, and the middle of long ones."""
    split = [name.split(".") for name in names]
    head = _common(split)
    tail = _common([words[::-1] for words in split])
    if len(names) == 1:
        head, tail = 0, int(split[0][-1] == "weight")
    longest = min(map(len, split), default=1) - 1
    head = min(head, longest)
    tail = min(tail, longest - head)
    return [_short(".".join(words[head : len(words) - tail]), most) for words in split]


def _common(names: list[list[str]]) -> int:
    """How many words all begin with."""
    columns = zip(*names, strict=False)  # up to the end of the shortest
    return sum(1 for _ in takewhile(lambda words: len(set(words)) == 1, columns))


def _short(name: str, most: int) -> str:
    """A name that any font can show, on one line."""
    name = name.encode("ascii", "backslashreplace").decode()
    half = (most - 3) // 2
    return name if len(name) <= most else f"{name[:half]}...{name[-half:]}"


def _mean(values: Iterable[float]) -> float:
    some = list(values)
    return math.fsum(some) / len(some)
