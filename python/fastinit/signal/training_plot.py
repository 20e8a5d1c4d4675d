"""One picture of a training run: the spread of each layer's activations and gradients, step by step."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

from fastinit.errors import printable
from fastinit.pictures import MARKED, clean, new_figure, save, shade, whole
from fastinit.signal.plot import scale_axis

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from fastinit.signal.records import Record

_WIDTH = 175  # characters of a title's line
_PANELS = (
    ("activations", "activations: root mean square"),
    ("gradients", "gradients at the outputs: norm"),
    ("gradient_to_weight", "gradient to weight, of matrices"),
)
_LONGEST = 20  # characters of a name next to its line


def plot_records(records: Sequence[Record], path: str | os.PathLike[str]) -> None:
    """Draws what a monitor has recorded: a line for each layer of the chain, from the first, light, to the last, dark.

    Red marks below are steps whose verdict was not healthy. The first of these verdicts is the title. The line has a
    gap where a value is zero or not finite, because it has no place on a logarithmic axis.

    Args:
        records: The records of one model, ordered by step, such as from `read_records`.
        path: The picture; its suffix says the format.

    Raises:
        ValueError: There are no records.
        PictureError: matplotlib is missing, or the picture cannot be written. An OSError.
    """
    if not records:
        raise ValueError("`records` must not be empty: train with a Monitor first")
    figure = new_figure(13, 4.4)
    figure.suptitle(_title(records), x=0.01, ha="left", fontsize=10, parse_math=False)
    for axes, (group, label) in zip(figure.subplots(1, len(_PANELS), sharex=True), _PANELS, strict=True):
        axes.set_title(label, loc="left", fontsize=10)
        axes.set_xlabel("step")
        whole(axes.xaxis)
        _draw(axes, records, group)
    figure.supxlabel(_notes(records), x=0.01, ha="left", fontsize=8)
    save(figure, path)


def _title(records: Sequence[Record]) -> str:
    sick = [record for record in records if not record.is_healthy]
    first, last = records[0].step, records[-1].step
    span = f"step {first:,}" if len(records) == 1 else f"steps {first:,} to {last:,}, {len(records):,} measured"
    about = f"{span}: "
    if not sick:
        return f"{about}all healthy"
    text = f"{about}{len(sick):,} not healthy, the first at step {sick[0].step:,}: {sick[0].verdict}"
    return "\n".join(textwrap.wrap(printable(text), _WIDTH, max_lines=3))


def _notes(records: Sequence[Record]) -> str:
    notes = ["the first layer is light, the last dark"]
    if not all(record.is_healthy for record in records):
        notes.append("red: the step was not healthy")
    groups = [record.figures.get(group, {}) for record in records for group, _ in _PANELS]
    if not all(0 < value < math.inf for group in groups for value in group.values()):
        notes.append("gap: zero or not finite")
    return "; ".join(notes)


def _draw(axes: Any, records: Sequence[Record], group: str) -> None:
    axes.set_yscale("log")
    named = []
    names = _names(records, group)
    for number, name in enumerate(names):
        colour = shade(number, len(names))
        values = [(record.step, record.figures.get(group, {}).get(name, math.nan)) for record in records]
        shown = [(step, value) for step, value in values if 0 < value < math.inf]
        drawn = [(step, value if 0 < value < math.inf else math.nan) for step, value in values]
        axes.plot(*zip(*drawn, strict=True), color=colour, lw=1.3, marker=".", ms=8 if len(records) == 1 else 3)
        if shown and number in (0, len(names) - 1):
            named.append((shown[-1], name, colour))
    scale_axis(axes)
    clean(axes)
    sick = [record.step for record in records if not record.is_healthy]
    if sick:
        axes.plot(sick, [0.0] * len(sick), "|", color=MARKED, ms=9, transform=axes.get_xaxis_transform(), clip_on=False)
    for (place, name, colour), side in zip(sorted(named, key=lambda line: line[0][1]), ("top", "bottom"), strict=False):
        _name(axes, place, name, colour, side)


def _name(axes: Any, place: tuple[int, float], name: str, colour: Any, side: str) -> None:
    """Writes a name at the end of its line. The lower of two lines has its name below, so that they do not overlap."""
    text = printable(name if len(name) <= _LONGEST else f"\u2026{name[-_LONGEST:]}")
    style = {"ha": "left", "va": side, "color": colour, "fontsize": 8, "annotation_clip": False, "parse_math": False}
    axes.annotate(text, place, (4, 0), textcoords="offset points", **style)


def _names(records: Sequence[Record], group: str) -> list[str]:
    """The names of the chain's stages, or else all names, in the order in which modules run."""
    found = dict.fromkeys(name for record in records for name in record.figures.get(group, ()))
    chain = dict.fromkeys(label for record in records for label in record.chain)
    return [name for name in chain if name in found] or list(found)
