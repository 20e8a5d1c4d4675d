"""Parts of tensors: an index expression and the global shape give a box of flat indices."""

from __future__ import annotations

import functools
import math
import operator
from typing import Any, NamedTuple

import numpy as np

from fastinit import checks


class Box(NamedTuple):
    """A box of a tensor, in the core's form.

    Element (e_0, e_1, ..., j) has the flat index `start + sum(e_k * strides[k]) + j`, with e_k below
    `extents[k]` and j below `run`. `shape` is the part's shape, and `index` is the caller's index; None for a whole
    tensor.
    """

    shape: tuple[int, ...]
    start: int
    run: int
    extents: tuple[int, ...]
    strides: tuple[int, ...]
    index: Any = None

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.extents) * self.run


@functools.lru_cache(maxsize=256)
def whole_box(shape: tuple[int, ...]) -> Box:
    """Returns the box of a whole tensor.

    Example:
        >>> whole_box((2, 3))
        Box(shape=(2, 3), start=0, run=6, extents=(), strides=(), index=None)
    """
    return Box(shape, 0, math.prod(shape), (), ())


def box_of(index: Any, shape: tuple[int, ...]) -> Box:
    """Returns the box that `index` cuts out of a tensor; None means the whole tensor."""
    return whole_box(shape) if index is None else index_box(index, shape)


def index_box(index: Any, shape: tuple[int, ...]) -> Box:
    """Returns the box that `index` cuts out of a tensor, with NumPy's meaning of the index.

    Args:
        index: A slice with step 1, an int or `...`, or a tuple of them; negative ones count from the
            end, slices are clipped to the shape.
        shape: The shape of the whole tensor.

    Raises:
        TypeError: Something else in `index`.
        ValueError: A step other than 1, or two `...`.
        IndexError: An int out of range, or more parts than dimensions.

    Example:
        >>> index_box((slice(1, None), slice(2)), (3, 4))[:5]
        ((2, 2), 4, 2, (2,), (4,))
    """
    parts = _full_index(index, shape)
    kept, start, stride = [], 0, 1
    # (extent, stride) of the box, the inner first, adjacent dimensions merged where they continue.
    dims: list[tuple[int, int]] = []
    empty = False
    for part, size in zip(reversed(parts), reversed(shape), strict=True):
        positions = _positions(part, size, index, shape)
        extent = positions.stop - positions.start  # `len` ends at 2**63
        if isinstance(part, slice):
            kept.append(extent)
        start += positions.start * stride
        empty |= extent == 0
        if extent != 1:
            if dims and stride == dims[-1][0] * dims[-1][1]:
                dims[-1] = (extent * dims[-1][0], dims[-1][1])
            else:
                dims.append((extent, stride))
        stride *= size
    box_shape = tuple(reversed(kept))
    if empty:
        return Box(box_shape, 0, 0, (), (), index)
    run = dims.pop(0)[0] if dims and dims[0][1] == 1 else 1
    dims.reverse()
    extents, strides = tuple(d[0] for d in dims), tuple(d[1] for d in dims)
    return Box(box_shape, start, run, extents, strides, index)


def ranges_of(index: Any, shape: tuple[int, ...]) -> tuple[range, ...]:
    """Returns the positions along each axis of the part that `index` cuts out, of all of it for None.

    Raises:
        TypeError: As in `index_box`.
        ValueError: As in `index_box`.
        IndexError: As in `index_box`.

    Example:
        >>> ranges_of((slice(1, None), 2), (3, 4))
        (range(1, 3), range(2, 3))
    """
    if index is None:
        return tuple(map(range, shape))
    parts = _full_index(index, shape)
    return tuple(_positions(part, size, index, shape) for part, size in zip(parts, shape, strict=True))


def _positions(part: Any, size: int, index: Any, shape: tuple[int, ...]) -> range:
    """Those along one axis."""
    if isinstance(part, slice):
        low, high = _bounds(part, size, index)
        return range(low, max(low, high))
    low = _position(part, size, index, shape)
    return range(low, low + 1)


def _full_index(index: Any, shape: tuple[int, ...]) -> list[Any]:
    """One slice or int for each dimension: `...` and missing parts become full slices."""
    parts = list(index) if isinstance(index, tuple) else [index]
    ellipses = [place for place, part in enumerate(parts) if part is Ellipsis]
    if len(ellipses) > 1:
        raise ValueError(checks.text("index", "have at most one `...`", index))
    missing = len(shape) - len(parts) + len(ellipses)
    if missing < 0:
        rule = f"have at most {len(shape)} parts for shape {shape}"
        raise IndexError(checks.text("index", rule, index))
    at = ellipses[0] if ellipses else len(parts)
    parts[at : at + len(ellipses)] = [slice(None)] * missing
    return parts


def _bounds(part: slice, size: int, index: Any) -> tuple[int, int]:
    try:
        low, high, step = part.indices(size)
    except TypeError:
        raise TypeError(checks.text("index", "have slices of ints", index)) from None
    except ValueError:  # a step of 0
        step = 0
    if step != 1:
        remedy = "draw the range and step through it"
        raise ValueError(checks.text("index", "have slices with step 1", index, remedy))
    return low, high


def _position(part: Any, size: int, index: Any, shape: tuple[int, ...]) -> int:
    try:
        number = None if checks.is_bool(part) or np.ndim(part) else operator.index(part)
    except TypeError:
        number = None
    if number is None:
        rule = "be made of slices with step 1, ints and `...`"
        raise TypeError(checks.text("index", rule, index, "index the result for anything else"))
    if not -size <= number < size:
        rule = f"stay inside the shape {shape}"
        raise IndexError(checks.text("index", rule, index))
    return number + size if number < 0 else number
