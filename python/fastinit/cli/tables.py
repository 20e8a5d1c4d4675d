"""Plans and results as rows, lines and JSON."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastinit.checkpoint.sizes import format_bytes
from fastinit.checkpoint.values import matrix_bytes
from fastinit.cli.output import print_line
from fastinit.cli.style import paint, width
from fastinit.columns import aligned, folded
from fastinit.recipes.compress import compress_set, folded_names, folded_set

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from fastinit.checkpoint import CheckpointStats, Plan, PlannedTensor, Verification

_LONG_NUMBER = re.compile(r"(?<![\w.])\d+\.\d{6,}(?:e[-+]?\d+)?(?![\w.])")


def print_table(rows: Sequence[Sequence[str]], left: Collection[str], styles: Mapping[int, str] | None = None) -> None:
    """Prints rows in aligned columns; the first has the titles, of which `left` are left-aligned.

    A terminal gets lines that fit it; a file or a pipe gets a line for each row, whole.

    Args:
        rows: Of texts.
        left: Titles.
        styles: Of `style.paint`, by the row's number.
    """
    room = width()
    painted = {0: "bold", **(styles or {})}
    whole = ([line] for line in aligned(rows, left))
    for number, lines in enumerate(whole if room is None else folded(rows, left, room)):
        for line in lines:
            print_line(paint(line, painted[number], sys.stdout) if number in painted else line)


def plan_rows(plan: Plan, show_bytes: Callable[[int], str] = "{:,}".format) -> list[tuple[str, ...]]:
    """The table of `fastinit plan`, titles first: a row for tensors of numbered layers that are alike."""
    titles = ("tensor", "shape", "dtype", "rule", "std", "bytes")
    named = {tensor.name: tensor for tensor in plan.tensors}
    alike = folded_names(
        (tensor.name, (str(list(tensor.shape)), tensor.dtype, tensor.calls)) for tensor in named.values()
    )
    return [
        titles,
        *(
            (
                name,
                *texts,
                _span([named[member].distribution.std for member in members]),
                show_bytes(sum(named[member].nbytes for member in members)),
            )
            for name, texts, members in alike
        ),
    ]


def _span(stds: Sequence[float]) -> str:
    low, high = f"{min(stds):.6g}", f"{max(stds):.6g}"
    return low if low == high else f"{low} to {high}"


def stats_rows(found: CheckpointStats, is_whole: bool) -> tuple[list[tuple[str, ...]], dict[int, str], str]:
    """The table of `fastinit stats`, titles first, the styles of its rows, and what its last line has to add.

    Args:
        found: The statistics.
        is_whole: A row for each tensor, as they are in the files. Otherwise tensors of numbered layers that are alike
            share one, unless they are marked, and columns that say nothing are left out.
    """
    rows = found.rows()
    dtypes = ""
    if not is_whole:
        rows, dtypes = short(without_empty([rows[0], *_by_layers(rows)]))
    faults = rows[0].index("faults") if "faults" in rows[0] else None
    styles = {k: "red" for k, row in enumerate(rows) if k and faults is not None and row[faults]}
    return rows, styles, dtypes


def _by_layers(rows: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """A row for the tensors whose names differ in numbers only, at the place of the first one."""
    places = {row[0]: place for place, row in enumerate(rows)}
    fixed = [k for k, title in enumerate(rows[0]) if title in ("shape", "dtype", "expected", "faults")]
    alike: dict[tuple[str, ...], list[str]] = {}
    for row in rows[1:]:
        alike.setdefault(tuple(row[k] for k in fixed), []).append(row[0])
    groups = [
        (name, [places[member] for member in members])
        for (*_, faults), names in alike.items()
        for name, members in ([(name, [name]) for name in names] if faults else folded_set(names))
    ]
    for name, members in sorted(groups, key=lambda group: min(group[1])):
        columns = [*zip(*(rows[place] for place in members), strict=True)]
        yield (name, *(_between(title, cells) for title, cells in zip(rows[0][1:], columns[1:], strict=True)))


def _between(title: str, cells: Sequence[str]) -> str:
    """What the cells of one column have in common, or the least and the most of them."""
    if len({*cells}) == 1:
        return cells[0]
    ordered = sorted(cells, key=lambda cell: -math.inf if cell == "-" else float(cell.rstrip("%")))
    if title in ("min", "max"):
        return ordered[0 if title == "min" else -1]
    if title == "mean":  # whose digits after the second one are chance
        ordered = [cell if cell == "-" else f"{float(cell):.2g}" for cell in ordered]
    return f"{ordered[0]}..{ordered[-1]}"


def without_empty(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Leaves out the columns that have nothing to tell, unless there are no rows."""
    if len(rows) == 1:
        return [*rows]
    kept = [
        k for k, column in enumerate(zip(*rows, strict=True)) if column[0] == "mean" or {*column[1:]} - {"", "0", "-"}
    ]
    return [tuple(row[k] for k in kept) for row in rows]


def short(rows: Sequence[tuple[str, ...]]) -> tuple[list[tuple[str, ...]], str]:
    """The same table for a terminal, and what its last line has to add.

    Where all rows have one dtype, the last line says it in place of a column. Numbers within rules have six digits.
    """
    place = rows[0].index("dtype")
    dtypes = {row[place] for row in rows[1:]}
    if len(dtypes) == 1:
        rows = [row[:place] + row[place + 1 :] for row in rows]
    shown = [tuple(_LONG_NUMBER.sub(lambda match: f"{float(match[0]):.6g}", cell) for cell in row) for row in rows]
    return shown, f", all {dtypes.pop()}" if len(dtypes) == 1 else ""


def differences(one: Plan, other: Plan) -> list[tuple[str, ...]]:
    """What differs between two plans, titles first: tensors that only one has, or that have other values."""
    said = [{tensor.name: _described(tensor) for tensor in plan.tensors} for plan in (one, other)]
    found: dict[tuple[str, str], list[str]] = {}
    for name in dict.fromkeys((*said[0], *said[1])):
        pair = (said[0].get(name, "absent"), said[1].get(name, "absent"))
        if pair[0] != pair[1]:
            found.setdefault(pair, []).append(name)
    if one.recipe.seed != other.recipe.seed:
        found = {(f"seed {one.recipe.seed}", f"seed {other.recipe.seed}"): ["(all that is drawn)"], **found}
    rows = [(name, *pair) for pair, names in found.items() for name in compress_set(names)]
    return [("tensor", one.recipe.source, other.recipe.source), *rows]


def _described(tensor: PlannedTensor) -> str:
    std = f", std {tensor.distribution.std:.6g}" if tensor.distribution.is_random else ""
    return f"{list(tensor.shape)} {tensor.dtype} {tensor.calls}{std}"


def instruction_set_rows(isas: Iterable[tuple[str, bool, bool]], chosen: str) -> list[tuple[str, ...]]:
    """The table of `fastinit info`: each instruction set, titles first."""
    titles = ("instruction set", "built", "supported by this processor", "chosen")
    rows: list[tuple[str, ...]] = [titles]
    for name, *states in isas:
        rows.append((name, *("yes" if state else "no" for state in (*states, name == chosen))))
    return rows


def plan_as_dict(plan: Plan) -> dict[str, Any]:
    """What `fastinit plan --json` prints, with null for numbers that are not finite."""
    return {
        "seed": plan.recipe.seed,
        "recipe_sha256": plan.recipe.sha256,
        "shard_bytes": plan.shard_bytes,
        "parameters": plan.parameters,
        "tensor_bytes": plan.tensor_bytes,
        "files": {shard.file: shard.nbytes for shard in plan.shards},
        "tensors": [
            {
                "name": tensor.name,
                "shape": tensor.shape,
                "dtype": tensor.dtype,
                "init": tensor.rule.init,
                "parameters": _for_json(tensor.rule.parameters),
                "padding_idx": tensor.rule.padding_idx,
                "calls": tensor.calls,
                "std": _for_json(tensor.distribution.std),
                "stream": tensor.stream,
                "file": tensor.file,
                "offset": tensor.offset,
                "bytes": tensor.nbytes,
            }
            for tensor in plan.tensors
        ],
    }


def _for_json(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _for_json(each) for key, each in value.items()}
    return [*map(_for_json, value)] if isinstance(value, tuple) else value


def totals(plan: Plan) -> str:
    """Sums up a plan in a line."""
    tensors, files = sum(1 for _ in plan.tensors), len(plan.shards)
    return (
        f"{tensors:,} {'tensor' if tensors == 1 else 'tensors'}, {plan.parameters:,} parameters, "
        f"{format_bytes(plan.tensor_bytes)} in {files:,} {'file' if files == 1 else 'files'}"
    )


def memory(plan: Plan) -> str | None:
    """Says what the largest matrix takes while it is written, if the plan has one."""
    largest = max(map(matrix_bytes, plan.tensors), default=0)
    return f"its largest matrix takes {format_bytes(largest)} of memory while it is drawn" if largest else None


def wrote(plan: Plan, out: str, written: int, seconds: float) -> str:
    """Sums up what `fastinit init` did, which after an interruption is a part of it."""
    if written == 0:
        return f"{out} is complete already: {totals(plan)}"
    time = f"{seconds:.2f} s ({format_bytes(written / seconds)}/s)"
    if written < plan.file_bytes:
        return f"completed {totals(plan)} in {out}, {format_bytes(written)} of it in {time}"
    return f"wrote {totals(plan)} to {out} in {time}"


def verified(found: Verification, seconds: float) -> str:
    """Sums up a check that found nothing."""
    checked, total = format_bytes(found.bytes_checked), format_bytes(found.bytes_total)
    rate = f"{seconds:.2f} s ({format_bytes(found.bytes_checked / seconds)}/s)"
    if found.bytes_checked == found.bytes_total:
        return f"every byte is as recorded: {total} in {rate}"
    return f"no difference in {checked} of {total}, {found.share:.2%}, in {rate}"


def judged(found: CheckpointStats) -> str:
    """Sums up statistics in a line."""
    tensors, marked = len(found.tensors), len(found.marked)
    expected = sum(stats.expected is not None for stats in found.tensors)
    return f"{tensors:,} tensors, {expected:,} with a rule to compare with, {marked:,} marked"
