"""The values of a planned tensor: any run of them into raw memory, any part of it as an array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastinit.distributions import Constant
from fastinit.dtypes import STORED
from fastinit.fill import fill_address
from fastinit.index import Box, index_box

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastinit.checkpoint.plan import PlannedTensor

_ZERO = Constant(0.0)


def fill_run(tensor: PlannedTensor, seed: int, start: int, count: int, address: int) -> None:
    """Fills memory with the elements `start` to `start + count` of a tensor, by flat index."""
    _fill_box(tensor, seed, _run(start, count), address)
    first, last = max(start, tensor.zeros[0]), min(start + count, tensor.zeros[1])
    if first < last:
        offset = (first - start) * STORED[tensor.dtype].itemsize
        fill_address(_ZERO, address + offset, tensor.dtype, seed, 0, _run(0, last - first))


def draw_part(tensor: PlannedTensor, seed: int, index: Any) -> NDArray[Any]:
    """Returns the part `index` of a tensor, as if cut from the whole; see `fastinit.index.index_box`."""
    box = index_box(index, tensor.shape)
    part = np.empty(box.shape, STORED[tensor.dtype].numpy)
    _fill_box(tensor, seed, box, part.ctypes.data)
    if tensor.zeros != (0, 0):
        part[_is_zero(tensor, index)] = 0
    return part


def _fill_box(tensor: PlannedTensor, seed: int, box: Box, address: int) -> None:
    fill_address(tensor.distribution, address, tensor.dtype, seed, tensor.stream, box)


def _run(start: int, count: int) -> Box:
    return Box(shape=(count,), start=start, run=count, extents=(), strides=())


def _is_zero(tensor: PlannedTensor, index: Any) -> NDArray[np.bool_]:
    """Which elements of a part lie in the row that is zero. Rows are cheap: one bit each, broadcast."""
    rows = np.zeros(tensor.shape[0], np.bool_)
    rows[tensor.zeros[0] * tensor.shape[0] // tensor.size] = True
    whole = np.broadcast_to(rows.reshape(-1, *(1,) * (len(tensor.shape) - 1)), tensor.shape)
    part: NDArray[np.bool_] = whole[index]
    return part
