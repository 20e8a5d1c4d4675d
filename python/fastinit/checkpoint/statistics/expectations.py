"""The predictions of a rule for a tensor: mean, spread, bounds and zeros, after rounding to the element type.

A type may have few values between the bounds: always with 8 and 16 bits, and in wider types if the mean is far larger
than the spread. Then the probability of each value is computed from the distribution function at the edges of the
interval that rounds to it, so that everything is exact. Otherwise rounding has no measurable effect, and the textbook's
moments are right.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, assert_never

import ml_dtypes
import numpy as np

from fastinit.checkpoint.statistics.monotone import Monotone, moments, monotone
from fastinit.distributions import Bits, Constant, Normal, Structured, Transformed, TruncatedNormal, Uniform
from fastinit.dtypes import FLOATS, STORED, ElementType
from fastinit.normal_tail import REACH, farthest, tails

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fastinit.distributions import Distribution, Real

# The largest error of a normal's z against its formula, by ElementType.wide; see docs/streams.md.
_NORMAL_ERROR = {True: 4e-15, False: 4e-7}
_TRUNCATED_ERROR = {True: 4e-15, False: 1e-6}
_FEW = 2**17  # values of a type between the bounds
_NODES = 200  # of a quadrature: exact to float64 for a Gaussian over 20 standard deviations
# The probability of an exact zero between values of both signs: a normal's sine or cosine is 0 for 2 of 2**32 words ...
_ZEROS_CENTRED = 2.0**-30
# ... a float32 sum is zero more often if its terms are coarser, and clamping makes zeros.
_ZEROS_SHIFTED = 2.0**-24
_ZEROS_TRUNCATED = 2.0**-20

_Edges: TypeAlias = "NDArray[np.longdouble]"
_Floats: TypeAlias = "NDArray[np.float64]"


@dataclass(frozen=True, slots=True)
class Law:
    """The distribution of one element. Its moments are over finite values.

    Attributes:
        kurtosis: The fourth central moment over std**4: 3 for a normal; 0 where std is 0.
        low: The least value that can occur, after rounding.
        high: The greatest.
        zeros: The probability of a zero.
        extra_zeros: The most that the core's arithmetic may add to that probability.
        nonfinite: The probability of a value beyond the largest of the type.
        error: The largest difference of an element from its formula.
    """

    mean: float
    std: float
    kurtosis: float
    low: float
    high: float
    zeros: float
    extra_zeros: float = 0.0
    nonfinite: float = 0.0
    error: float = 0.0


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a whole tensor should look like: `size` elements, of which padding_idx forces `padding` to zero."""

    distribution: Distribution
    law: Law
    size: int
    padding: int

    @property
    def mean(self) -> float:
        """The mean of the finite elements."""
        return self._drawn * self.law.mean

    @property
    def std(self) -> float:
        """The standard deviation of the finite elements."""
        drawn = self._drawn
        return math.hypot(math.sqrt(drawn) * self.law.std, math.sqrt(drawn * (1 - drawn)) * self.law.mean)

    @property
    def low(self) -> float:
        """The least possible value."""
        return min(self.law.low, 0.0) if self.padding else self.law.low

    @property
    def high(self) -> float:
        """The greatest possible value."""
        return max(self.law.high, 0.0) if self.padding else self.law.high

    @property
    def zeros(self) -> float:
        """The share of zeros."""
        return 1 - self._drawn + self._drawn * self.law.zeros

    @property
    def nonfinite(self) -> float:
        """The share of elements that are not finite."""
        return self._drawn * self.law.nonfinite

    @property
    def _drawn(self) -> float:
        return 1 - self.padding / self.size if self.size else 1.0


@functools.lru_cache(maxsize=4096)
def law_of(distribution: Distribution, dtype: str) -> Law | None:
    """Returns the law of one element of a type; None if there is no simple one.

    Args:
        distribution: A distribution, such as a planned tensor's.
        dtype: A name in `fastinit.dtypes.STORED`.

    Example:
        >>> law = law_of(Normal(0.0, 0.02), "float8_e4m3fn")
        >>> f"{law.std:.6f} {law.high} {law.zeros:.4f}"
        '0.020000 0.15625 0.0389'
    """
    element = STORED[dtype]
    if isinstance(distribution, Bits | Structured):
        return None
    if isinstance(distribution, Constant):
        return _constant(distribution.value, element)
    if dtype not in FLOATS:
        return None
    ideal = _ideal(distribution, element)
    if ideal is None:
        return None
    if ideal.low == ideal.high:
        return _constant(ideal.low, element)
    return _rounded(ideal, element)


def shares(distribution: Distribution, dtype: str, edges: _Floats) -> _Floats | None:
    """Returns the probabilities of the intervals between edges, before rounding; None if `law_of` returns None."""
    if isinstance(distribution, Bits | Constant | Structured) or distribution.std == 0:
        return None
    ideal = _ideal(distribution, STORED[dtype])
    return None if ideal is None else ideal.probabilities(edges.astype(np.longdouble))


class _Normal:
    """A normal, cut or not. `lower` and `upper` are in standard deviations."""

    def __init__(self, mean: float, std: float, lower: float, upper: float, wide: bool) -> None:
        self.centre, self.scale = mean, std
        self.lower, self.upper = lower, upper
        self.is_cut = not lower == -upper == -math.inf
        errors = _TRUNCATED_ERROR if self.is_cut else _NORMAL_ERROR
        if self.is_cut:
            low = max(lower, -farthest(-upper, wide))
            high = min(upper, farthest(lower, wide))
        else:
            low, high = -REACH[wide], REACH[wide]
        self.low, self.high = mean + std * low, mean + std * high
        nearest = max(lower, -upper, 0.0)
        self.error = errors[wide] * std * max(1.0, nearest)
        self.extra_zeros = _ZEROS_SHIFTED if mean else _ZEROS_CENTRED
        if self.is_cut:
            self.extra_zeros = _ZEROS_TRUNCATED * max(1.0, nearest**2)

    def moments(self) -> tuple[float, float, float]:
        if not self.is_cut:
            return self.centre, self.scale, 3.0
        peak = min(max(0.0, self.lower), self.upper)
        begin, end = max(self.lower, peak - 10), min(self.upper, peak + 10)
        nodes, weights = np.polynomial.legendre.leggauss(_NODES)
        z = (begin + end) / 2 + (end - begin) / 2 * nodes
        mean, std, kurtosis = moments(z - peak, weights * np.exp(-(z * z - peak * peak) / 2))
        return self.centre + self.scale * (peak + mean), self.scale * std, kurtosis

    def density(self) -> tuple[tuple[float, float], Callable[[float], float], Callable[[float], float]]:
        ends = (self.low - self.centre) / self.scale, (self.high - self.centre) / self.scale
        peak = min(max(0.0, ends[0]), ends[1])
        return ends, lambda z: math.exp((peak - z) * (peak + z) / 2), lambda z: self.centre + self.scale * z

    def probabilities(self, edges: _Edges) -> _Floats:
        z = np.clip(((edges - self.centre) / self.scale).astype(float), self.lower, self.upper)
        # Each difference is computed from the smaller tails, which keep their digits.
        near = list((z / math.sqrt(2)).clip(-40, 40))
        above, below = (np.fromiter((math.erfc(sign * x) / 2 for x in near), float, len(near)) for sign in (1, -1))
        inside: _Floats = np.where(z[:-1] > 0, above[:-1] - above[1:], below[1:] - below[:-1])
        return inside / tails(self.lower, self.upper).inside


class _Uniform:
    def __init__(self, low: float, high: float, wide: bool) -> None:
        self.low, self.high = low, high
        self.centre, self.half = 0.5 * low + 0.5 * high, 0.5 * high - 0.5 * low
        # This includes the error of the core if its type cannot hold centre and half exactly.
        self.error = 1.5 * max(abs(low), abs(high)) * (2.0**-52 if wide else 2.0**-23)
        self.extra_zeros = _ZEROS_SHIFTED if self.centre else _ZEROS_CENTRED

    def moments(self) -> tuple[float, float, float]:
        return self.centre, self.half / math.sqrt(3), 1.8

    def density(self) -> tuple[tuple[float, float], Callable[[float], float], Callable[[float], float]]:
        return (self.low, self.high), lambda _: 1.0, lambda x: x

    def probabilities(self, edges: _Edges) -> _Floats:
        share = (edges - self.centre) / self.half / 2
        return np.diff(np.clip(share.astype(float), -0.5, 0.5))


def _ideal(distribution: Real | Transformed, element: ElementType) -> _Normal | _Uniform | Monotone | None:
    """The distribution before rounding, with the core's parameters; None without a simple law."""
    if isinstance(distribution, Transformed):
        distribution.parameters(element)  # raises if the element type cannot hold them
        if isinstance(distribution.base, Constant):
            return None
        return monotone(_drawn(distribution.base, element), distribution.steps, element.wide)
    return _drawn(distribution, element)


def _drawn(distribution: Real, element: ElementType) -> _Normal | _Uniform:
    rounded = float if element.wide else _float32
    wide = element.wide
    first, second, *bounds = map(rounded, distribution.parameters(element)[:4])
    match distribution:
        case Uniform():
            return _Uniform(first, second, wide)
        case Normal():
            return _Normal(first, second, -math.inf, math.inf, wide)
        case TruncatedNormal():
            ideal = _Normal(first, second, distribution.lower, distribution.upper, wide)
            ideal.low, ideal.high = max(ideal.low, bounds[0]), min(ideal.high, bounds[1])
            return ideal
    assert_never(distribution)


def _float32(value: float) -> float:
    return float(np.float32(value))


def _constant(value: float, element: ElementType) -> Law:
    with np.errstate(over="ignore", invalid="ignore"):
        item = float(np.array(value).astype(element.numpy))
    if not math.isfinite(item):
        return Law(math.nan, math.nan, 0.0, math.nan, math.nan, 0.0, nonfinite=1.0)
    return Law(item, 0.0, 0.0, item, item, float(item == 0))


def _rounded(ideal: _Normal | _Uniform | Monotone, element: ElementType) -> Law:
    first, last = _number(ideal.low, element), _number(ideal.high, element)
    overflow = _number(math.inf, element)
    if first == last and overflow not in (-first, last):
        return _constant(ideal.low, element)
    mean, std, kurtosis = ideal.moments()
    zeros = nonfinite = 0.0
    error = ideal.error
    low, high = (float(x) for x in _values(np.array([first, last]), element))
    if last - first > _FEW:
        if overflow in (-first, last):
            # There is no formula for the moments of the remaining values, because the share already shows the mistake.
            edges = np.array([-np.inf, low, high, np.inf], np.longdouble)
            nonfinite = float(ideal.probabilities(edges)[[0, 2]].sum())
            mean = std = kurtosis = math.nan
        if isinstance(ideal, Monotone):  # exp, for one, may send many values to zero
            half = np.longdouble(_values(np.array([1]), element)[0]) / 2
            zeros = float(ideal.probabilities(np.array([-half, half]))[0])
    else:
        numbers = np.arange(max(first - 1, -overflow), min(last + 1, overflow) + 1)
        values = _values(numbers, element).astype(np.longdouble)
        probabilities = ideal.probabilities(_edges(values, overflow in (-first, last)))
        zeros = float(probabilities[values == 0].sum())
        nonfinite = max(0.0, 1.0 - float(probabilities.sum())) if overflow in (-first, last) else 0.0
        if not probabilities.any():
            return Law(math.nan, math.nan, 0.0, math.nan, math.nan, 0.0, nonfinite=1.0)
        spread = std
        mean, std, kurtosis = moments((values - ideal.centre).astype(float), probabilities)
        mean = float(np.longdouble(ideal.centre) + mean)
        if std:
            # An error can move elements across the edges between values, which may be far apart.
            step = float(np.diff(values).max())
            error *= 1 + step / std * (step / spread)
    return Law(mean, std, kurtosis, low, high, zeros, ideal.extra_zeros, nonfinite, error)


def _edges(values: _Edges, overflows: bool) -> _Edges:
    """The edges of the intervals that round to each value, including both outer ends."""
    first, last = -np.inf, np.inf
    if overflows:
        # At an end that does not overflow, it is harmless to go half a step further.
        first, last = (
            values[0] - (values[1] - values[0]) / 2,
            values[-1] + (values[-1] - values[-2]) / 2,
        )
    return np.concatenate([[first], (values[:-1] + values[1:]) / 2, [last]]).astype(np.longdouble)


def _signed(element: ElementType) -> np.dtype[Any]:
    return np.dtype(f"i{element.itemsize}")


def _number(value: float, element: ElementType) -> int:
    """The rank of a value among the type's values: 0 for zero, 1 for the least above it, and so on.

    A value beyond the type's largest gets the rank of the largest.
    """
    finfo: Any = ml_dtypes.finfo
    limit = float(finfo(element.numpy).max)
    item = np.array(min(max(value, -limit), limit)).astype(element.numpy)
    bits = int(item.view(_signed(element)))
    return bits if bits >= 0 else -(bits + 2 ** (8 * element.itemsize - 1))


def _values(numbers: NDArray[np.int64], element: ElementType) -> NDArray[Any]:
    """The values of these ranks."""
    patterns = np.abs(numbers).astype(_signed(element)).view(element.numpy)
    return np.where(numbers < 0, -patterns, patterns)  # never -0
