"""Parts of tensors as NumPy arrays, which frameworks take over without a copy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from fastinit._core import DefaultFloatEnvironment
from fastinit.buffers import Buffer, address_of
from fastinit.distributions import WholeTensor
from fastinit.fill import fill_buffer
from fastinit.index import index_box, whole_box

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fastinit.distributions import Distribution
    from fastinit.dtypes import ElementType

    Index = tuple[slice, ...]

# Of the memory that JAX and TensorFlow take as it is, in bytes.
ALIGNMENT = 64


def draw_part(
    spec: Distribution | WholeTensor,
    shape: tuple[int, ...],
    element: ElementType,
    seed: int,
    stream: int,
    index: Index | None = None,
) -> NDArray[Any]:
    """Returns the part `index` of a tensor of that shape, None for all of it."""
    box = whole_box(shape) if index is None else index_box(index, shape)
    array = aligned_array(box.shape, element)
    fill_part(array, spec, shape, element, seed, stream, index)
    return array


def fill_part(
    array: NDArray[Any],
    spec: Distribution | WholeTensor,
    shape: tuple[int, ...],
    element: ElementType,
    seed: int,
    stream: int,
    index: Index | None = None,
) -> None:
    """Fills a contiguous array with the part `index` of a tensor of that shape, None for all of it."""
    box = whole_box(shape) if index is None else index_box(index, shape)
    buffer = Buffer(address_of(array), array.shape, element, array)
    # Frameworks' threads flush subnormals, which NumPy's linear algebra would notice.
    with DefaultFloatEnvironment():
        fill_buffer(spec, buffer, box, index=index, seed=seed, stream=stream)


def aligned_array(shape: tuple[int, ...], element: ElementType) -> NDArray[Any]:
    """Returns a new NumPy array whose memory JAX and TensorFlow take over without a copy."""
    nbytes = math.prod(shape) * element.itemsize
    memory = np.empty(nbytes + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    array: NDArray[Any] = memory[start : start + nbytes].view(element.numpy).reshape(shape)
    return array


def part_of(
    spec: Distribution | WholeTensor, draw: Callable[[Any], NDArray[Any]]
) -> Callable[[tuple[slice, ...]], NDArray[Any]]:
    """Returns a function from indices to the parts of one tensor, for `jax.make_array_from_callback`.

    Several devices may ask for the same part, which is drawn once, and so is a tensor that is only drawn
    as a whole.

    Args:
        spec: What is drawn.
        draw: Draws the part of an index; the whole of None.
    """
    drawn: dict[Any, NDArray[Any]] = {}

    def once(key: Any, index: Any) -> NDArray[Any]:
        if key not in drawn:
            drawn[key] = draw(index)
        return drawn[key]

    def part(index: tuple[slice, ...]) -> NDArray[Any]:
        if isinstance(spec, WholeTensor):
            return once(None, None)[index]
        # Slices are no keys before Python 3.12.
        return once(tuple((axis.start, axis.stop) for axis in index), index)

    return part
