"""Statistics of the tensors in any checkpoint, compared with the predictions of their rules if these are known.

Memory stays the same for any checkpoint: each thread has one buffer. Blocks are combined in order, so that the result
does not depend on the number of threads.
"""

from __future__ import annotations

import hashlib
import math
import os
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from fastinit.checkpoint.plan import make_plan
from fastinit.checkpoint.statistics.expectations import Expectation, law_of
from fastinit.checkpoint.statistics.faults import Spread, find_faults, spread_of, tell_nonfinite, unlike_padding
from fastinit.checkpoint.statistics.moments import Moments
from fastinit.checkpoint.statistics.scan import BLOCK_BYTES, Job, measured
from fastinit.dtypes import STORED
from fastinit.errors import CheckpointError, RecipeError, show, show_path
from fastinit.files import read_small
from fastinit.recipes.literals import Literal
from fastinit.recipes.recipe import MAX_RECIPE_BYTES, parse_recipe
from fastinit.recipes.slices import Sliced
from fastinit.stored import layout
from fastinit.stored.literals import read_beside
from fastinit.stored.reader import read_checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastinit.checkpoint.plan import Plan, PlannedTensor
    from fastinit.distributions import Distribution
    from fastinit.stored.reader import StoredCheckpoint, StoredTensor

_TITLES = (
    "tensor", "shape", "dtype", "mean", "std", "expected", "min", "max", "zeros", "non-finite", "faults",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TensorStats:
    """The statistics of one tensor.

    Attributes:
        found: The moments of its elements; None for a type with which NumPy cannot calculate.
        expected: The prediction of its rule; None if no rule is known, or the tensor is not the recipe's.
        faults: Short texts, one for each difference too large to be chance.
        spread: The standard deviation over the expected one, with the limits of chance; padding does not count. None
            if there is no expectation.
        rule: The rule of the recipe, as text; None if there is none.
    """

    tensor: StoredTensor
    found: Moments | None
    expected: Expectation | None
    faults: tuple[str, ...]
    spread: Spread | None = None
    rule: str | None = None

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.tensor.shape)

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON, with null for numbers that are not finite or not known."""
        tensor, found, expected = self.tensor, self.found, self.expected
        return {
            "name": tensor.name,
            "shape": list(tensor.shape),
            "dtype": tensor.dtype,
            "size": self.size,
            "bytes": tensor.nbytes,
            "file": tensor.file,
            "mean": _mean(found),
            "std": _number(found.std) if found else None,
            "min": _number(found.low) if found else None,
            "max": _number(found.high) if found else None,
            "zeros": _share(found.zeros, found.size) if found else None,
            "nonfinite": _share(found.nans + found.infinities, found.size) if found else None,
            "nans": found.nans if found else None,
            "infinities": found.infinities if found else None,
            "expected": None
            if expected is None
            else {
                "mean": _number(expected.mean),
                "std": _number(expected.std),
                "min": _number(expected.low),
                "max": _number(expected.high),
                "zeros": _number(expected.zeros),
                "nonfinite": _number(expected.nonfinite),
            },
            "faults": list(self.faults),
        }

    def row(self) -> tuple[str, ...]:
        """The same as texts for a table."""
        values = self.as_dict()
        expected = values["expected"] or {}
        return (
            self.tensor.name,
            str(list(self.tensor.shape)),
            self.tensor.dtype,
            *(_shown(values[key]) for key in ("mean", "std")),
            _shown(expected.get("std")),
            *(_shown(values[key]) for key in ("min", "max")),
            *(_percent(values[key]) for key in ("zeros", "nonfinite")),
            "; ".join(self.faults),
        )


@dataclass(frozen=True, slots=True)
class CheckpointStats:
    """The statistics of a checkpoint. See `tensor_stats`.

    Attributes:
        tensors: The tensors, in the order of the files.
        notes: Texts about the whole checkpoint, such as the reason why there are no expectations.
        seed: The recipe's seed; None if there is no recipe that can be used.
    """

    checkpoint: StoredCheckpoint
    tensors: tuple[TensorStats, ...]
    notes: tuple[str, ...]
    seed: int | None = None

    @property
    def marked(self) -> tuple[TensorStats, ...]:
        """The tensors with faults."""
        return tuple(stats for stats in self.tensors if stats.faults)

    def rows(self) -> list[tuple[str, ...]]:
        """A table of texts, titles first. Without expectations, their column is left out."""
        rows = [_TITLES, *(stats.row() for stats in self.tensors)]
        if any(stats.expected for stats in self.tensors):
            return rows
        at = _TITLES.index("expected")
        return [row[:at] + row[at + 1 :] for row in rows]

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "tensors": [stats.as_dict() for stats in self.tensors],
            "marked": len(self.marked),
            "notes": list(self.notes),
        }


def tensor_stats(path: str | os.PathLike[str], *, progress: Callable[[int], None] | None = None) -> CheckpointStats:
    """Reads all of a checkpoint and measures its tensors.

    Args:
        path: A folder of safetensors files, or one such file. If fastinit wrote it, its recipe gives the
            expectations.
        progress: Called with a number of bytes each time that many have been measured.

    Raises:
        CheckpointError: The files cannot be read, or are not a checkpoint.

    Example:
        >>> import tempfile
        >>> from fastinit.checkpoint import make_plan, parse_recipe, write
        >>> recipe = parse_recipe('''
        ... seed = 0
        ... dtype = "bfloat16"
        ... tensors."h.0.weight" = [768, 768]
        ... rule = [{match = "*", init = "normal", std = 0.02}]
        ... ''')
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = write(make_plan(recipe), f"{folder}/model")
        ...     stats = tensor_stats(f"{folder}/model")
        >>> [f"{stats.tensors[0].found.std:.3f}", stats.marked]
        ['0.020', ()]
    """
    checkpoint = read_checkpoint(path)
    plan, notes = _plan_of(checkpoint)
    planned = {} if plan is None else {tensor.name: tensor for tensor in plan.tensors}
    stored = checkpoint.tensors
    body = {name: Moments() for name in stored}
    padding = {name: Moments() for name in stored}
    jobs = (job for tensor in stored.values() for job in _jobs(tensor, planned.get(tensor.name)))
    for job, found in measured(checkpoint, jobs):
        (padding if job.is_padding else body)[job.tensor.name].add(found)
        if progress is not None:
            progress(job.nbytes)
    results = []
    for name, tensor in stored.items():
        if tensor.dtype in STORED:
            results.append(_judged(tensor, body[name], padding[name], planned.get(name)))
        else:
            results.append(TensorStats(tensor, None, None, ()))
            if progress is not None:
                progress(tensor.nbytes)
    missing = [name for name in planned if name not in stored]
    if missing and os.path.isdir(path):
        notes.append(f"{len(missing):,} tensors of the recipe are missing; the first is {show(missing[0])}")
    return CheckpointStats(checkpoint, tuple(results), tuple(notes), None if plan is None else plan.recipe.seed)


def _judged(tensor: StoredTensor, body: Moments, padding: Moments, planned: PlannedTensor | None) -> TensorStats:
    """Compares a tensor with its rule, then combines its parts."""
    faults: list[str] = []
    expected = spread = None
    if planned is None:
        faults += tell_nonfinite(body)
    elif (planned.shape, planned.dtype) != (tensor.shape, tensor.dtype):
        faults.append(f"the recipe has shape {show(list(planned.shape))} of {planned.dtype}")
        faults += tell_nonfinite(body)
    else:
        law = law_of(planned.distribution, tensor.dtype)
        faults += unlike_padding(padding)
        if isinstance(planned.distribution, Literal):  # literal values may be anything
            pass
        elif law is None:  # elements that depend on each other
            if _is_finite(planned.distribution):
                faults += tell_nonfinite(body)
        else:
            expected = Expectation(planned.distribution, law, body.size + padding.size, padding.size)
            faults += find_faults(body, law)
            spread = spread_of(body, law)
    body.add(padding)
    rule = None if planned is None else f"rule {planned.rule.number}: {planned.rule.call}"
    return TensorStats(tensor, body, expected, tuple(faults), spread, rule)


def _is_finite(distribution: Distribution) -> bool:
    """Whether the values that a rule names are finite; a mask of attention may be -inf."""
    parts = distribution.parts if isinstance(distribution, Sliced) else (distribution,)
    return all(math.isfinite(getattr(part, "value", 0.0)) for part in parts)


def _jobs(tensor: StoredTensor, planned: PlannedTensor | None) -> Iterator[Job]:
    """Cuts a tensor into blocks, and separates the part that its recipe sets to zero."""
    if tensor.dtype not in STORED:
        return
    cuts = [0, tensor.nbytes]
    if planned is not None and (planned.shape, planned.dtype) == (tensor.shape, tensor.dtype):
        first, last = (place * STORED[tensor.dtype].itemsize for place in planned.zeros)
        cuts = [0, first, last, tensor.nbytes]
    for number, (begin, end) in enumerate(pairwise(cuts)):
        for offset in range(begin, end, BLOCK_BYTES):
            yield Job(tensor, offset, min(BLOCK_BYTES, end - offset), number == 1)


def _plan_of(checkpoint: StoredCheckpoint) -> tuple[Plan | None, list[str]]:
    """The plan of the recipe in a checkpoint, and notes about it."""
    try:
        stored = _stored_recipe(checkpoint)
        if stored is None:
            return None, []
        return make_plan(read_beside(parse_recipe(*stored), checkpoint.folder)), []
    except (RecipeError, CheckpointError) as error:
        return None, [f"there are no expected values, because the recipe cannot be used: {error}"]


def _stored_recipe(checkpoint: StoredCheckpoint) -> tuple[str, str] | None:
    """The recipe's text and its place: the files that hold the tensors, or else a file next to them."""
    inside = {
        (file.metadata[layout.RECIPE_KEY], file.metadata.get(layout.HASH_KEY))
        for file in checkpoint.files
        if layout.RECIPE_KEY in file.metadata
    }
    if len(inside) > 1:
        raise RecipeError("the files have different recipes")
    if inside:
        text, told = inside.pop()
        source = f"the recipe in {show_path(checkpoint.files[0].name)}"
        found = hashlib.sha256(text.encode()).hexdigest()
        if told not in (None, found):
            raise RecipeError(f"{source} has the SHA-256 {found} instead of {show(told)}")
        return text, source
    path = checkpoint.folder / layout.RECIPE_FILE
    if not path.is_file():
        return None
    try:
        return read_small(path, MAX_RECIPE_BYTES).decode(), show_path(path)
    except UnicodeDecodeError:
        raise RecipeError(f"{show_path(path)} is not UTF-8 text") from None


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _mean(found: Moments | None) -> float | None:
    return _number(found.mean) if found is not None and found.count else None


def _share(count: int, size: int) -> float | None:
    return count / size if size else None


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _percent(value: float | None) -> str:
    """Shows a share. A tiny share is shown differently from none."""
    if value is None:
        return "-"
    if value == 0:
        return "0"
    return f"{100 * value:.3g}%" if value < 1 else "100%"
