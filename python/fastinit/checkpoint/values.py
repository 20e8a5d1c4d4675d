"""The values of a planned tensor: any run of them into raw memory, or any part as an array."""

from __future__ import annotations

import ctypes
import os
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from fastinit.buffers import Buffer
from fastinit.distributions import Constant, Structured
from fastinit.dtypes import STORED
from fastinit.fill import fill_address, fill_buffer
from fastinit.index import Box, index_box, whole_box
from fastinit.recipes.literals import Literal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastinit.checkpoint.plan import PlannedTensor

_ZERO = Constant(0.0)


def fill_run(tensor: PlannedTensor, seed: int, start: int, count: int, address: int) -> None:
    """Fills memory with the elements `start` to `start + count` of a tensor, by flat index.

    A matrix whose elements depend on each other is drawn whole, once for consecutive runs, and is kept until
    `forget_matrices`.
    """
    if isinstance(tensor.distribution, Structured):
        item = STORED[tensor.dtype].itemsize
        whole = _matrices.drawn(tensor, seed)
        ctypes.memmove(address, whole.ctypes.data + start * item, count * item)
    else:
        fill_address(tensor.distribution, address, tensor.dtype, seed, tensor.stream, _run(start, count))
    first, last = max(start, tensor.zeros[0]), min(start + count, tensor.zeros[1])
    if first < last:
        offset = (first - start) * STORED[tensor.dtype].itemsize
        fill_address(_ZERO, address + offset, tensor.dtype, seed, 0, _run(0, last - first))


def draw_part(tensor: PlannedTensor, seed: int, index: Any) -> NDArray[Any]:
    """Returns the part `index` of a tensor, the same as if cut from the whole; see `fastinit.index.index_box`."""
    box = index_box(index, tensor.shape)
    part = np.empty(box.shape, STORED[tensor.dtype].numpy)
    if box.size:
        memory = Buffer(part.ctypes.data, box.shape, STORED[tensor.dtype], part)
        fill_buffer(tensor.distribution, memory, box, seed=seed, stream=tensor.stream)
    if tensor.zeros != (0, 0):
        part[_is_zero(tensor, index)] = 0
    return part


def matrix_bytes(tensor: PlannedTensor) -> int:
    """The memory that drawing a tensor takes: a whole matrix, and for an orthogonal one its reflectors."""
    if not isinstance(tensor.distribution, Structured) or isinstance(tensor.distribution, Literal):
        return 0
    if not tensor.distribution.is_core:
        return tensor.nbytes
    return tensor.nbytes + tensor.size * (8 if STORED[tensor.dtype].wide else 4)


def forget_matrices() -> None:
    """Frees the memory of matrices."""
    _matrices.drop()


class _Matrices:
    """The last two matrices that were drawn whole: threads that go through files meet at most two at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # held while drawing, so that no matrix is drawn twice
        self._drawn: dict[Any, NDArray[Any]] = {}

    def drawn(self, tensor: PlannedTensor, seed: int) -> NDArray[Any]:
        key = (tensor.name, tensor.distribution, tensor.dtype, seed)
        with self._lock:
            if key not in self._drawn:
                while len(self._drawn) > 1:
                    del self._drawn[next(iter(self._drawn))]
                whole = np.empty(tensor.shape, STORED[tensor.dtype].numpy)
                memory = Buffer(whole.ctypes.data, whole.shape, STORED[tensor.dtype], whole)
                box = whole_box(tensor.shape)
                fill_buffer(tensor.distribution, memory, box, seed=seed, stream=tensor.stream)
                self._drawn[key] = whole
            return self._drawn[key]

    def drop(self) -> None:
        with self._lock:
            self._drawn.clear()


_matrices = _Matrices()


def _new_matrices() -> None:
    global _matrices
    _matrices = _Matrices()


os.register_at_fork(after_in_child=_new_matrices)  # the lock may be held by another thread


def _run(start: int, count: int) -> Box:
    return Box(shape=(count,), start=start, run=count, extents=(), strides=())


def _is_zero(tensor: PlannedTensor, index: Any) -> NDArray[np.bool_]:
    """Which elements of a part lie in the row that is zero, as one bit for each row, broadcast."""
    rows = np.zeros(tensor.shape[0], np.bool_)
    rows[tensor.zeros[0] * tensor.shape[0] // tensor.size] = True
    whole = np.broadcast_to(rows.reshape(-1, *(1,) * (len(tensor.shape) - 1)), tensor.shape)
    part: NDArray[np.bool_] = whole[index]
    return part
