"""Plans and results as rows, lines and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastinit.checkpoint.sizes import format_bytes
from fastinit.checkpoint.values import matrix_bytes
from fastinit.cli.output import print_line
from fastinit.columns import aligned
from fastinit.recipes.compress import compress, compress_set
from fastinit.recipes.ranges import expand, read_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from fastinit.checkpoint import CheckpointStats, Plan, PlannedTensor, Verification
    from fastinit.signal.report import ProbeReport


def print_table(rows: Iterable[Sequence[str]], left: Collection[str]) -> None:
    """Prints rows in aligned columns; the first has the titles, of which `left` are left-aligned."""
    for line in aligned(rows, left):
        print_line(line)


def plan_rows(plan: Plan) -> list[tuple[str, ...]]:
    """The table of `fastinit plan`, titles first: a row for tensors of numbered layers that are alike."""
    titles = ("tensor", "shape", "dtype", "rule", "std", "bytes")
    planned = list(plan.tensors)
    alike = compress((tensor.name, (str(list(tensor.shape)), tensor.dtype, tensor.calls)) for tensor in planned)
    groups: list[list[PlannedTensor]] = [[] for _ in alike]
    for tensor, (_, place) in zip(planned, expand([read_name(name) for name, _ in alike]), strict=True):
        groups[place].append(tensor)
    return [
        titles,
        *(
            (name, *texts, _span([tensor.distribution.std for tensor in group]), f"{sum(t.nbytes for t in group):,}")
            for (name, texts), group in zip(alike, groups, strict=True)
        ),
    ]


def _span(stds: Sequence[float]) -> str:
    low, high = f"{min(stds):.6g}", f"{max(stds):.6g}"
    return low if low == high else f"{low} to {high}"


def fitted(rows: Sequence[Sequence[str]], title: str, width: int) -> list[tuple[str, ...]]:
    """Cuts the cells of one column, so that lines have at most so many characters, if it can be helped."""
    place = rows[0].index(title)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    room = max(width - sum(widths) - 2 * (len(widths) - 1) + widths[place], 10)
    return [
        tuple(cell if k != place or len(cell) <= room else cell[: room - 3] + "..." for k, cell in enumerate(row))
        for row in rows
    ]


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


def probes(reports: Sequence[ProbeReport], is_whole: bool) -> str:
    """The table of one report with its verdict, or a row for each of several."""
    if len(reports) == 1:
        return f"{reports[0].table(whole=is_whole)}\n{reports[0].verdict}"
    rows: list[tuple[str, ...]] = [("rules", "activations", "gradients", "verdict")]
    for report in reports:
        growths = ("-" if growth is None else f"x{growth.factor:.3g} a layer" for growth in report.growths)
        rows.append((report.title, *growths, report.verdict))
    return "\n".join(aligned(rows, left=("rules", "verdict")))


def instruction_set_rows(isas: Iterable[tuple[str, bool, bool]], chosen: str) -> list[tuple[str, ...]]:
    """The table of `fastinit info`: each instruction set, titles first."""
    titles = ("instruction set", "built", "supported by this processor", "chosen")
    rows: list[tuple[str, ...]] = [titles]
    for name, *states in isas:
        rows.append((name, *("yes" if state else "no" for state in (*states, name == chosen))))
    return rows


def plan_as_dict(plan: Plan) -> dict[str, Any]:
    """What `fastinit plan --json` prints."""
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
                "parameters": dict(tensor.rule.parameters),
                "padding_idx": tensor.rule.padding_idx,
                "calls": tensor.calls,
                "std": tensor.distribution.std,
                "stream": tensor.stream,
                "file": tensor.file,
                "offset": tensor.offset,
                "bytes": tensor.nbytes,
            }
            for tensor in plan.tensors
        ],
    }


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
