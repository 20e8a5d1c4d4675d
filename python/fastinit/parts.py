"""Tensors before they are drawn, and their parts as arrays that frameworks use without a copy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fastinit import _core
from fastinit._core import DefaultFloatEnvironment
from fastinit.buffers import Buffer
from fastinit.fill import fill_buffer
from fastinit.index import box_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fastinit.distributions import Distribution
    from fastinit.dtypes import ElementType

    Index = tuple[slice, ...]

# The alignment in bytes of memory that JAX and TensorFlow use without a copy.
ALIGNMENT = 64


@dataclass(frozen=True)
class Draw:
    """A tensor to draw. Equal ones have equal values, for each seed and stream."""

    spec: Distribution
    shape: tuple[int, ...]
    element: ElementType

    @classmethod
    def of(cls, formula: Callable[..., Any], shape: Any, element: ElementType, **parameters: Any) -> Draw:
        """Returns the draw of a formula, independently of the caller's rounding mode."""
        with DefaultFloatEnvironment():
            return cls(formula(shape, **parameters), shape, element)

    def fill(self, array: NDArray[Any], seed: int, stream: int, index: Index | None = None) -> None:
        """Fills a contiguous array with the part `index`, or all."""
        buffer = Buffer(_core.address_of(array), array.shape, self.element, array)
        # Frameworks' threads flush subnormals, which would change results of NumPy's linear algebra.
        with DefaultFloatEnvironment():
            fill_buffer(self.spec, buffer, box_of(index, self.shape), seed=seed, stream=stream)

    def part(self, seed: int, stream: int, index: Index | None = None) -> NDArray[Any]:
        """Returns the part `index`, or all, in memory that frameworks take over without a copy."""
        array = aligned_array(box_of(index, self.shape).shape, self.element)
        self.fill(array, seed, stream, index)
        return array

    def parts(self, seed: int, stream: int) -> Callable[[Index], NDArray[Any]]:
        """Returns a function from indices to parts, for `jax.make_array_from_callback`.

        Several devices may ask for the same part, which is drawn once.
        """
        drawn: dict[Any, NDArray[Any]] = {}

        def part(index: Index) -> NDArray[Any]:
            key = tuple((axis.start, axis.stop) for axis in index)  # slices cannot be keys before Python 3.12
            if key not in drawn:
                drawn[key] = self.part(seed, stream, index)
            return drawn[key]

        return part


def aligned_array(shape: tuple[int, ...], element: ElementType) -> NDArray[Any]:
    """Returns a new NumPy array whose memory JAX and TensorFlow take over without a copy."""
    nbytes = math.prod(shape) * element.itemsize
    memory = np.empty(nbytes + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    array: NDArray[Any] = memory[start : start + nbytes].view(element.numpy).reshape(shape)
    return array
