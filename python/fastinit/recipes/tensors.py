"""The [tensors] table of a recipe: names with ranges, shapes, element types."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from fastinit.dtypes import STORED, canonical
from fastinit.errors import RecipeError, show
from fastinit.recipes.collector import uncollected
from fastinit.recipes.compress import compress
from fastinit.recipes.ranges import RangedName, expand, read_name
from fastinit.recipes.toml import choice, is_int, no_unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_TENSORS = 1_000_000  # in a checkpoint
MAX_DIMENSIONS = 64  # as in NumPy
TENSORS_EXAMPLE = 'a table such as: [tensors] "model.norm.weight" = [2048]'
DTYPE_EXAMPLE = 'a line such as: dtype = "bfloat16"'


class TensorSpec(NamedTuple):
    """A tensor to make."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@uncollected()
def read_tensors(table: object, dtype: str | None) -> tuple[TensorSpec, ...]:
    """Reads the table and expands its ranges, after it has checked how many names they make.

    Args:
        table: Name -> shape, or name -> a table of shape and dtype.
        dtype: The element type of tensors without a dtype of their own; None if each must have one.

    Raises:
        RecipeError: The table is not valid, or too large.
    """
    if not isinstance(table, dict):
        raise RecipeError(f"`tensors` must be a table of names and shapes, got {show(table)}")
    if not table:
        raise RecipeError(f"`tensors` must name at least one tensor; add {TENSORS_EXAMPLE}")
    patterns = list(table)
    ranged: list[RangedName] = []
    kinds: list[tuple[tuple[int, ...], str]] = []
    total = total_bytes = 0
    for pattern, value in table.items():
        kind = _kind(pattern, value, dtype)
        names = read_name(pattern)
        total += names.count
        if total > MAX_TENSORS:
            raise RecipeError(
                f"the recipe has more tensors than the {MAX_TENSORS} that are possible: {show(total)} "
                f"with {show(pattern)}; shorten its ranges"
            )
        total_bytes += names.count * math.prod(kind[0]) * STORED[kind[1]].itemsize
        if total_bytes >= 2**63:
            raise RecipeError(
                "the tensors take 2**63 bytes or more together, with "
                f"{show(pattern)} of shape {show(list(kind[0]))}; check the shape"
            )
        ranged.append(names)
        kinds.append(kind)
    origin: dict[str, int] = {}
    tensors = []
    for name, place in expand(ranged):
        if name in origin:
            raise RecipeError(
                f"tensor {show(name)} is given twice, by "
                f"{show(patterns[origin[name]])} and by {show(patterns[place])}; remove one"
            )
        origin[name] = place
        tensors.append(TensorSpec(name, *kinds[place]))
    return tuple(tensors)


def _kind(pattern: str, value: object, dtype: str | None) -> tuple[tuple[int, ...], str]:
    """Reads the shape and the element type of an entry."""
    if not isinstance(value, dict):
        if dtype is None:
            raise RecipeError(f"`dtype` is missing, and tensor {show(pattern)} names none itself; add {DTYPE_EXAMPLE}")
        return _shape(pattern, value), dtype
    if "shape" not in value:
        raise RecipeError(
            f"the shape of tensor {show(pattern)} must be a list, got a table without `shape`; "
            f'put a name with dots in quotes, as in "model.norm.weight" = [2048]'
        )
    no_unknown(value, ("shape", "dtype"), f"tensor {show(pattern)}")
    shape = _shape(pattern, value["shape"])
    if "dtype" not in value:
        return _kind(pattern, list(shape), dtype)
    try:
        return shape, choice("dtype", canonical(value["dtype"]), STORED)
    except RecipeError as error:
        raise RecipeError(f"tensor {show(pattern)}: {error}") from None


def _shape(name: str, value: object) -> tuple[int, ...]:
    if (
        not isinstance(value, list)
        or len(value) > MAX_DIMENSIONS
        or not all(is_int(n) and 0 <= n < 2**63 for n in value)
    ):
        raise RecipeError(
            f"the shape of tensor {show(name)} must be a list of at most {MAX_DIMENSIONS} whole "
            f"numbers of at least 0, such as [2048, 512], got {show(value)}"
        )
    return tuple(value)


def tensor_table(tensors: Sequence[TensorSpec], dtype: str) -> dict[str, object]:
    """The table from which `read_tensors` reads these tensors.

    Raises:
        RecipeError: A recipe cannot express a tensor's name.
    """
    for tensor in tensors:
        if read_name(tensor.name).ranges:
            raise RecipeError(
                f"tensor {show(tensor.name)} has a name that a recipe would read as a range, so no recipe can name it"
            )
    entries = compress((t.name, (t.shape, t.dtype)) for t in tensors)
    return {
        name: list(shape) if own == dtype else {"shape": list(shape), "dtype": own} for name, (shape, own) in entries
    }
