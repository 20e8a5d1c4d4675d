"""Tensors whose elements are functions of their index alone: the results of the formulas in `closed_forms`.

They are small immutable values, as in `structures`. A part costs only the time of its own elements.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fastinit import fans, ramps
from fastinit.distributions import Constant, check_range
from fastinit.sines import sines, turns
from fastinit.structures import Computed, WithGain, channels, place_in_kernel, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fastinit.dtypes import ElementType
    from fastinit.structures import Array, Ranges

_BLOCK = 2**16  # elements that are computed at once, so that intermediate results stay in cache
_SAMPLE = 4096  # places of a ramp from which its standard deviation is estimated


class _OfIndex(Computed):
    """A tensor that needs no random words."""

    __slots__ = ()
    is_random: ClassVar[bool] = False

    def compute(self, part: Ranges, dtype: np.dtype[Any], seed: int, stream: int, xp: Any) -> Array:  # noqa: ARG002
        """See `Computed.compute`."""
        lengths = tuple(map(len, part))
        if 0 in lengths:
            return _array(xp.empty(lengths, dtype))
        return _array(xp.broadcast_to(self.values(part, dtype, xp), lengths))

    def values(self, part: Ranges, dtype: np.dtype[Any], xp: Any) -> Any:
        """Returns the values of a part that is not empty, or an array that broadcasts to them."""
        raise NotImplementedError


class _WithValue(_OfIndex):
    """A tensor that has `value` at some places and zero elsewhere."""

    __slots__ = ()
    value: float

    def spread(self, count: int, size: int) -> float:
        """Returns the standard deviation of the finite elements, of which `count` of `size` have the value."""
        return spread(count, size, self.value) if math.isfinite(self.value) else 0.0

    def parameters(self, element: ElementType) -> tuple[float, ...]:
        """Refuses what the element type cannot hold."""
        Constant(self.value).pattern(element)
        return ()


@dataclass(frozen=True, slots=True)
class Hadamard(WithGain, _OfIndex):
    """The upper left of Sylvester's Hadamard matrix of order 2^m >= both sizes, times gain 2^(-m/2)."""

    shape: tuple[int, ...]
    gain: float

    @property
    def std(self) -> float:
        """The root mean square of an element."""
        return abs(_hadamard_value(max(self.shape), self.gain)) if math.prod(self.shape) else 0.0

    def values(self, part: Ranges, dtype: np.dtype[Any], xp: Any) -> Any:
        """See `_OfIndex.values`."""
        rows, columns = part
        return _hadamard(rows, columns, _hadamard_value(max(self.shape), self.gain), dtype, xp)


@dataclass(frozen=True, slots=True)
class HadamardIdentity(WithGain, _OfIndex):
    """ZerO's kernel: at its centre a part of the identity, or of a Hadamard matrix where outputs are more than inputs.

    Attributes:
        shape: Of the kernel, or of a matrix.
        layout: Where its channels are: see `fans.LAYOUTS`.
        gain: Of the Hadamard matrix alone.
    """

    shape: tuple[int, ...]
    layout: str
    gain: float

    @property
    def std(self) -> float:
        """The root mean square of an element of a Hadamard kernel, the standard deviation of others."""
        inputs, outputs, kernel = channels(self.shape, self.layout)
        if outputs > inputs:
            share = bool(inputs) / (math.prod(kernel) or 1)
            return abs(_hadamard_value(outputs, self.gain)) * math.sqrt(share)
        return spread(outputs, math.prod(self.shape), 1.0)

    def values(self, part: Ranges, dtype: np.dtype[Any], xp: Any) -> Any:
        """See `_OfIndex.values`."""
        tensor = xp.zeros(tuple(map(len, part)), dtype)
        inputs, outputs, kernel = channels(self.shape, self.layout)
        centre = place_in_kernel([size // 2 for size in kernel], part, self.layout)
        if centre is not None:
            axes = fans.LAYOUTS[self.layout]
            given, taken = part[axes[0]], part[axes[1]]
            if outputs > inputs:
                matrix = _hadamard(given, taken, _hadamard_value(outputs, self.gain), dtype, xp)
            else:
                matrix = xp.eye(len(given), len(taken), given.start - taken.start, dtype=dtype)
            xp.moveaxis(tensor, axes, (-2, -1))[tuple(centre.values())] = matrix
        return tensor


@dataclass(frozen=True, slots=True)
class Triangular(_WithValue):
    """Matrices, on the last two axes, with `value` on and below a diagonal, or on and above it.

    Attributes:
        shape: Of the tensor.
        diagonal: 0 for the main one, positive ones above it.
        is_lower: Whether the value is below.
        value: Any number.
    """

    shape: tuple[int, ...]
    diagonal: int
    is_lower: bool
    value: float

    @property
    def std(self) -> float:
        """The standard deviation of the finite elements."""
        rows, columns = self.shape[-2:]
        shift = self.diagonal if self.is_lower else self.diagonal - 1
        below = _clipped_sum(rows + shift, columns) - _clipped_sum(shift, columns)
        return self.spread(below if self.is_lower else rows * columns - below, rows * columns)

    def values(self, part: Ranges, dtype: np.dtype[Any], xp: Any) -> Any:
        """See `_OfIndex.values`."""
        rows, columns = part[-2:]
        shift = rows.start - columns.start + self.diagonal
        last = xp.arange(len(rows))[:, None] + max(-len(rows), min(shift, len(columns)))
        column = xp.arange(len(columns))
        is_inside = column <= last if self.is_lower else column >= last
        return xp.where(is_inside, dtype.type(self.value), dtype.type(0))


@dataclass(frozen=True, slots=True)
class Delta(_WithValue):
    """A tensor with `value` at one place along an axis, and zero elsewhere."""

    shape: tuple[int, ...]
    axis: int
    place: int
    value: float

    @property
    def std(self) -> float:
        """The standard deviation of the finite elements."""
        return self.spread(1, self.shape[self.axis])

    def values(self, part: Ranges, dtype: np.dtype[Any], xp: Any) -> Any:
        """See `_OfIndex.values`."""
        places = part[self.axis]
        line = np.zeros(len(places), dtype)
        if self.place in places:
            line[self.place - places.start] = self.value
        return _along(self.axis, len(part), xp.asarray(line))


@dataclass(frozen=True, slots=True)
class Modulo(_OfIndex):
    """The index modulo a number, as a number or one-hot along the last axis.

    Attributes:
        shape: Of the tensor.
        divisor: At least 1.
        axis: The axis whose index is used; None for the flat index, which leaves out a one-hot axis.
        is_one_hot: Whether the last axis, of size `divisor`, holds ones and zeros.
    """

    shape: tuple[int, ...]
    divisor: int
    axis: int | None
    is_one_hot: bool

    @property
    def std(self) -> float:
        """The standard deviation of the elements where all remainders occur equally often."""
        if self.is_one_hot:
            return spread(1, self.divisor, 1.0)
        count = min(self.divisor, math.prod(self.shape) if self.axis is None else self.shape[self.axis])
        return math.sqrt(max(0, count * count - 1) / 12)

    def values(self, part: Ranges, dtype: np.dtype[Any], xp: Any) -> Any:
        """See `_OfIndex.values`."""
        sizes, ranges = (self.shape[:-1], part[:-1]) if self.is_one_hot else (self.shape, part)
        axes = range(len(sizes)) if self.axis is None else (self.axis,)
        total: Any = xp.zeros((1,) * len(sizes), np.uint64)
        for axis in axes:  # no flat index leaves 64 bits
            stride = math.prod(sizes[axis + 1 :]) if self.axis is None else 1
            line = np.arange(len(ranges[axis]), dtype=np.uint64) + np.uint64(ranges[axis].start)
            total = total + _along(axis, len(sizes), xp.asarray(line * np.uint64(stride)))
        total = total % np.uint64(self.divisor)
        if self.is_one_hot:
            total = total[..., None] == xp.asarray(np.arange(part[-1].start, part[-1].stop, dtype=np.uint64))
        return total.astype(dtype)


@dataclass(frozen=True, slots=True)
class Ramp(_OfIndex):
    """Values from `low` to `high` along an axis; see `ramps`."""

    shape: tuple[int, ...]
    low: float
    high: float
    axis: int
    power: float
    log: bool

    @property
    def std(self) -> float:
        """The standard deviation of the elements, of some thousand of them where they are more."""
        if not math.prod(self.shape):
            return 0.0
        size = self.shape[self.axis]
        values = np.fromiter(self._line(range(0, size, -(-size // _SAMPLE))), float)
        return float(values.std())

    def parameters(self, element: ElementType) -> tuple[float, ...]:
        """Refuses what the element type cannot hold."""
        check_range(element, low=self.low, high=self.high)
        return ()

    def values(self, part: Ranges, dtype: np.dtype[Any], xp: Any) -> Any:
        """See `_OfIndex.values`."""
        places = part[self.axis]
        line = np.fromiter(self._line(places), np.float64, len(places)).astype(dtype)
        return _along(self.axis, len(part), xp.asarray(line))

    def _line(self, places: range) -> Iterable[float]:
        last = self.shape[self.axis] - 1
        if last < 1:
            return (self.low for _ in places)
        if self.power != 1:
            return ramps.bent(self.low, self.high, last, places, self.power, log=self.log)
        return (ramps.geometric if self.log else ramps.straight)(self.low, self.high, last, places)


@dataclass(frozen=True, slots=True)
class SinCos(_OfIndex):
    """Sines and cosines of positions, positions by channels on the last two axes.

    Attributes:
        shape: Of the tensor.
        extra: The first rows, which are zero; the positions follow.
        grid: Positions along each axis of space, the last axis the fastest.
        order: The axes of space, in the order of the equal shares of the channels that encode them.
        is_interleaved: Whether a sine and its cosine are neighbours; else all sines come before all cosines.
        temperature: The frequencies go from 1 towards its reciprocal.
        has_endpoint: Whether they reach it.
    """

    shape: tuple[int, ...]
    extra: int
    grid: tuple[int, ...]
    order: tuple[int, ...]
    is_interleaved: bool
    temperature: float
    has_endpoint: bool

    @property
    def std(self) -> float:
        """The standard deviation of the elements, from the squares' mean of 1/2 and the sums of Dirichlet's kernel."""
        if not math.prod(self.shape) or not math.prod(self.grid):
            return 0.0
        pairs = self._pairs
        of_axes = []
        for size in self.grid:
            halves = [self.temperature ** (-number / self._intervals) / 2 for number in range(pairs)]
            sums = (
                math.sin(size * w) / math.sin(w) * math.sqrt(2) * math.sin((size - 1) * w + math.pi / 4) for w in halves
            )
            of_axes.append(sum(sums) / (size * 2 * pairs))
        share = 1 - self.extra / self.shape[-2]
        mean = share * sum(of_axes) / len(of_axes)
        return math.sqrt(max(0.0, share / 2 - mean * mean))

    def values(self, part: Ranges, dtype: np.dtype[Any], xp: Any) -> Any:
        """See `_OfIndex.values`."""
        rows, columns = part[-2:]
        table = xp.zeros((len(rows), len(columns)), dtype)
        first = max(rows.start, self.extra)
        if first >= rows.stop:
            return table
        places = np.unravel_index(np.arange(first - self.extra, rows.stop - self.extra), self.grid)
        width = self.shape[-1] // len(self.order)
        for share, axis in enumerate(self.order):
            held = columns[max(0, share * width - columns.start) : max(0, (share + 1) * width - columns.start)]
            if held:
                positions, where = np.unique(places[axis], return_inverse=True)
                own = range(held.start - share * width, held.stop - share * width)
                values = self._of_axis(positions, own, dtype, xp)
                at = slice(held.start - columns.start, held.stop - columns.start)
                table[first - rows.start :, at] = values[xp.asarray(where)]
        return table

    def _of_axis(self, positions: Array, columns: range, dtype: np.dtype[Any], xp: Any) -> Any:
        pairs = self._pairs
        frequencies, quarters = zip(
            *((c // 2, c % 2) if self.is_interleaved else (c % pairs, c // pairs) for c in columns), strict=True
        )
        kept = [turns(self.temperature, number, self._intervals) for number in frequencies]
        phases = np.array(quarters)
        return _in_blocks(
            range(len(positions)),
            len(columns),
            lambda block: sines(positions[block.start : block.stop], kept, phases, xp),
            dtype,
            xp,
        )

    @property
    def _pairs(self) -> int:
        return self.shape[-1] // len(self.order) // 2

    @property
    def _intervals(self) -> int:
        return max(1, self._pairs - self.has_endpoint)


def _array(values: Any) -> Array:
    array: Array = values
    return array


def _along(axis: int, dimensions: int, line: Any) -> Any:
    """A line of values as an array that varies along one axis."""
    return line.reshape(tuple(-1 if each == axis else 1 for each in range(dimensions)))


def _in_blocks(rows: range, columns: int, compute: Callable[[range], Any], dtype: np.dtype[Any], xp: Any) -> Any:
    """A table that is computed some rows at a time."""
    table = xp.empty((len(rows), columns), dtype)
    step = max(1, _BLOCK // columns)
    for start in range(0, len(rows), step):
        block = rows[start : start + step]
        table[start : start + len(block)] = compute(block)
    return table


def _hadamard_value(size: int, gain: float) -> float:
    """The elements' absolute value, with a sign for a negative gain."""
    order = max(size - 1, 0).bit_length()
    return gain * (math.ldexp(1.0, -(order // 2)) * (math.sqrt(0.5) if order % 2 else 1.0))


def _hadamard(rows: range, columns: range, value: float, dtype: np.dtype[Any], xp: Any) -> Any:
    """Elements (-1)^(number of ones of i & j) of Sylvester's matrix, times a value."""
    columns_ = xp.asarray(np.arange(columns.start, columns.stop, dtype=np.uint64))

    def compute(block: range) -> Any:
        bits = xp.asarray(np.arange(block.start, block.stop, dtype=np.uint64)[:, None]) & columns_
        for shift in (32, 16, 8, 4, 2, 1):
            bits = bits ^ bits >> np.uint64(shift)
        return xp.where((bits & np.uint64(1)).astype(bool), dtype.type(-value), dtype.type(value))

    return _in_blocks(rows, len(columns), compute, dtype, xp)


def _clipped_sum(count: int, most: int) -> int:
    """The sum of min(t, most) for t = 1 .. count."""
    if count <= most:
        return max(count, 0) * (max(count, 0) + 1) // 2
    return most * (most + 1) // 2 + (count - most) * most
