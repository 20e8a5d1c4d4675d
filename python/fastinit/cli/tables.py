"""Plans and results as rows, lines and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastinit.checkpoint.sizes import format_bytes
from fastinit.checkpoint.values import matrix_bytes
from fastinit.cli.output import print_line
from fastinit.columns import aligned

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from fastinit.checkpoint import CheckpointStats, Plan, Verification


def print_table(rows: Iterable[Sequence[str]], left: Collection[str]) -> None:
    """Prints rows in aligned columns; the first has the titles, of which `left` are left-aligned."""
    for line in aligned(rows, left):
        print_line(line)


def plan_rows(plan: Plan) -> list[tuple[str, ...]]:
    """The table of `fastinit plan`, titles first."""
    titles = ("tensor", "shape", "dtype", "rule", "match", "std", "bytes", "file")
    rows: list[tuple[str, ...]] = [titles]
    rows += [
        (
            tensor.name,
            str(list(tensor.shape)),
            tensor.dtype,
            tensor.rule.call,
            tensor.match,
            f"{tensor.distribution.std:.6g}",
            f"{tensor.nbytes:,}",
            tensor.file,
        )
        for tensor in plan.tensors
    ]
    return rows


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
