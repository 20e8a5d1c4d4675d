"""Mean, spread, bounds and counts of stored elements, measured in blocks and combined without loss.

Source of the combination: Chan, Golub and LeVeque, Algorithms for computing the sample variance, The American
Statistician 37(3), 1983, equation 2.1.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fastinit.dtypes import FLOATS, STORED

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK = 2**17  # elements: as float64 they take 1 MiB, which fits a core's own cache
# Types that NumPy converts slowly are converted with a table of all their values.
_BY_TABLE = {name for name, element in FLOATS.items() if element.itemsize < 4} - {"bfloat16"}


@dataclass(slots=True)
class Moments:
    """Sums over elements. Mean, spread and bounds are over the finite ones.

    Attributes:
        count: The number of finite elements.
        squares: The sum of squared differences from the mean.
        low: The least element; None if there is none.
        high: The greatest.
    """

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    low: float | None = None
    high: float | None = None
    zeros: int = 0
    nans: int = 0
    infinities: int = 0

    @property
    def size(self) -> int:
        """The number of elements, finite or not."""
        return self.count + self.nans + self.infinities

    @property
    def std(self) -> float:
        """The standard deviation of the elements themselves, not an estimate from a sample."""
        return math.sqrt(self.squares / self.count) if self.count else math.nan

    def add(self, other: Moments) -> None:
        """Adds the elements of another."""
        if other.count:
            count = self.count + other.count
            shift = other.mean - self.mean
            self.mean += shift * (other.count / count)
            self.squares += other.squares
            if self.count:  # otherwise the shift is from 0, and its square may not be finite
                self.squares += shift * shift * (self.count * (other.count / count))
            self.count = count
            assert other.low is not None
            assert other.high is not None
            self.low = other.low if self.low is None else min(self.low, other.low)
            self.high = other.high if self.high is None else max(self.high, other.high)
        self.zeros += other.zeros
        self.nans += other.nans
        self.infinities += other.infinities


class Scratch:
    """The memory that one thread needs to measure."""

    def __init__(self) -> None:
        self._decoded = np.empty(_BLOCK, np.float32)
        self._shifted = np.empty(_BLOCK, np.float64)
        self._is_zero = np.empty(_BLOCK, np.bool_)

    def measure(self, content: NDArray[np.uint8], dtype: str) -> Moments:
        """Measures whole elements of a type of `fastinit.dtypes.STORED`."""
        elements = content.view(STORED[dtype].numpy)
        total = Moments()
        # A spread beyond float64's range is infinite. A block with NaN is measured again without it.
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, elements.size, _BLOCK):
                block = elements[start : start + _BLOCK]
                total.add(self._block(decode(block, dtype, self._decoded[: block.size])))
        return total

    def _block(self, x: NDArray[Any]) -> Moments:
        size = x.size
        first = float(x[0])
        shifted = self._shifted[:size]
        # Differences from an element of the block lose few digits in a sum, and none if all elements are equal.
        np.subtract(x, first, out=shifted, dtype=np.float64)
        total = float(np.add.reduce(shifted))
        if not math.isfinite(total) and not (is_finite := np.isfinite(x)).all():
            nans = int(np.count_nonzero(np.isnan(x)))
            finite = x[is_finite]
            found = self._block(finite) if finite.size else Moments()
            found.nans, found.infinities = nans, size - finite.size - nans
            return found
        np.multiply(shifted, shifted, out=shifted)
        squares = float(np.add.reduce(shifted)) - total * (total / size)
        zeros = np.equal(x, 0, out=self._is_zero[:size])
        return Moments(
            count=size,
            mean=first + total / size,
            squares=max(squares, 0.0),
            low=x.min().item(),
            high=x.max().item(),
            zeros=int(np.count_nonzero(zeros)),
        )


def decode(elements: NDArray[Any], dtype: str, out: NDArray[np.float32] | None = None) -> Any:
    """Returns the same values in a type with which NumPy calculates, in `out` if that is float32."""
    if dtype == "bool":  # any byte may be stored
        return (elements.view(np.uint8) != 0).view(np.uint8)
    if dtype in _BY_TABLE:
        numbers = elements.view(f"u{elements.itemsize}")
        return np.take(_table(dtype), numbers, out=out, mode="clip")  # without it, `out` is copied
    if dtype != "bfloat16":
        return elements
    decoded = np.empty(elements.shape, np.float32) if out is None else out
    np.copyto(decoded, elements)
    return decoded


@functools.cache
def _table(dtype: str) -> NDArray[np.float32]:
    element = STORED[dtype]
    numbers = np.arange(2 ** (8 * element.itemsize), dtype=f"u{element.itemsize}")
    with np.errstate(invalid="ignore"):  # signalling NaN
        return numbers.view(element.numpy).astype(np.float32)
