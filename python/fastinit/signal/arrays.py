"""Readings of NumPy arrays, for frameworks whose tensors are converted to them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from fastinit.signal.readings import Reading, merged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_CHUNK = 1 << 20  # elements that are measured at once, whose copies in float64 stay small


def measure(array: NDArray[Any]) -> Reading:
    """Measures an array of floating numbers of any type.

    Example:
        >>> measure(np.array([0.0, 2.0, np.nan], np.float32))
        Reading(size=3, mean=1.0, std=1.0, zeros=0.3333333333333333, nonfinite=1)
    """
    return merged(map(_measured, _chunks(array.reshape(-1)))) if array.size else Reading(0, math.nan, math.nan, 0.0, 0)


def _chunks(flat: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
    for start in range(0, flat.size, _CHUNK):
        yield flat[start : start + _CHUNK].astype(np.float64)


def _measured(values: NDArray[np.float64]) -> Reading:
    finite = values[np.isfinite(values)]
    zeros = 1 - np.count_nonzero(values) / values.size
    if not finite.size:
        return Reading(values.size, math.nan, math.nan, zeros, values.size)
    scale = float(np.abs(finite).max()) or 1.0  # without it, squares could overflow
    finite = finite / scale
    return Reading(
        values.size, scale * float(finite.mean()), scale * float(finite.std()), zeros, values.size - finite.size
    )


def dead_units(array: NDArray[Any], axis: int) -> float:
    """The share of units along an axis that are zero for the whole batch."""
    others = tuple(dim for dim in range(array.ndim) if dim != axis % array.ndim)
    return float(np.mean(~np.any(array != 0, axis=others)))


def share_outside(array: NDArray[Any], low: float, high: float) -> float:
    """The share of values at or beyond the ends of an interval."""
    return float(np.mean((array <= low) | (array >= high)))


def is_equal_along(array: NDArray[Any], axis: int) -> bool:
    """Whether an array repeats itself along an axis."""
    if array.ndim < 2 or array.shape[axis] < 2:
        return False
    first = array.take([0], axis)
    return bool(np.array_equal(array.take([1], axis), first) and np.all(array == first))
