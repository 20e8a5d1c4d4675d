"""Probabilities of a transformed distribution, from the inverse of its transform if that is monotone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from fastinit.spread import weighted_values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from fastinit.steps import Step

    Floats = NDArray[np.float64]
    Interval = tuple[float, float]

_ULP = {True: 2.0**-52, False: 2.0**-23}  # by ElementType.wide
# If a draw has fewer values within a standard deviation than about this, its steps would show in the result.
_LEAST_VALUES = 2e4

_INVERSES: dict[str, Callable[..., Any]] = {
    "scale": lambda y, factor: y / factor,
    "shift": lambda y, distance: y - distance,
    "exp": np.log,
    "log": np.exp,
    "clamp": lambda y, _lower, _upper: y,
    "abs": lambda y: y,
    "softplus_inverse": lambda y: np.logaddexp(0.0, y),
    "reciprocal": lambda y: 1.0 / y,
}


class Base(Protocol):
    """A distribution before it is transformed and rounded."""

    low: float
    high: float
    error: float

    def moments(self) -> tuple[float, float, float]: ...
    def probabilities(self, edges: Any) -> Floats: ...
    def density(self) -> tuple[Interval, Callable[[float], float], Callable[[float], float]]:
        """An interval of x, the density of x, and the value that belongs to x."""


def moments(x: Floats, weights: Floats) -> tuple[float, float, float]:
    """Returns mean, standard deviation and kurtosis of weighted values."""
    exponent = math.frexp(float(abs(x).max()))[1]
    x = np.ldexp(x, -exponent)  # squares of the largest values are not finite
    share = weights / weights.sum()
    mean = float((share * x).sum())
    if abs(mean) < 1e-12 * float(abs(x).max()):  # the values mirror each other
        mean = 0.0
    square = (x - mean) ** 2
    variance = float((share * square).sum())
    kurtosis = float((share * square * square).sum()) / variance**2 if variance else 0.0
    return math.ldexp(mean, exponent), math.ldexp(math.sqrt(variance), exponent), kurtosis


class Monotone:
    """A transformed distribution, with the same members as the untransformed ones in `expectations`."""

    centre = 0.0

    def __init__(self, base: Base, steps: Sequence[Step], wide: bool) -> None:
        self._base, self._steps = base, steps
        self._intervals: list[Interval] = [(base.low, base.high)]
        for step in steps:
            self._intervals.append(step.image(*self._intervals[-1]))
        first, last = (_apply(steps, end) for end in (base.low, base.high))
        self._is_decreasing = last < first
        self.low, self.high = sorted((first, last))
        ends, density, start = base.density()
        nodes = weighted_values(*ends, density, steps, start)
        self._weights, self._values = (np.array(column) for column in zip(*nodes, strict=True))
        self.error = self._error(_ULP[wide])
        # The probability of a single number of the draw, with a margin.
        self.extra_zeros = max(2.0**-20, 4 / _LEAST_VALUES * base.error / base.moments()[1])

    def _error(self, ulp: float) -> float:
        """The largest error of an element: the draw's times the steepest slope, the steps' own, and a rounding."""
        first, last = self._intervals[0]
        x = np.linspace(first, last, 4097)
        y = np.array([_apply(self._steps, each) for each in x.tolist()])
        slope = float(np.abs(np.diff(y) / np.diff(x)).max())
        drawn = self._base.error + ulp * max(abs(first), abs(last))
        return slope * drawn + (1e-14 + ulp) * float(np.abs(y).max())

    def moments(self) -> tuple[float, float, float]:
        """Mean, standard deviation and kurtosis."""
        return moments(self._values, self._weights)

    def probabilities(self, edges: Any) -> Floats:
        """The probabilities of the intervals between edges."""
        x = np.clip(edges, self.low, self.high).astype(np.float64)
        for step, before, after in reversed([*zip(self._steps, self._intervals, self._intervals[1:], strict=False)]):
            with np.errstate(divide="ignore", over="ignore"):
                x = _INVERSES[step.name](np.clip(x, *after), *step.numbers)
            if step.name == "abs" and before[1] <= 0:
                x = -x
            x = np.clip(x, *before)
        return self._base.probabilities(x[::-1])[::-1] if self._is_decreasing else self._base.probabilities(x)


def _apply(steps: Sequence[Step], x: float) -> float:
    for step in steps:
        x = step(x)
    return x


def monotone(base: Base, steps: Sequence[Step], wide: bool) -> Monotone | None:
    """Returns the transformed distribution; None if the transform is not strictly monotone, or the draw too coarse.

    Args:
        base: The distribution that is drawn.
        steps: The steps, defined for all its values.
        wide: Whether the draw is in float64.
    """
    largest = max(abs(base.low), abs(base.high))
    if base.low == base.high or _ULP[wide] * largest * _LEAST_VALUES > base.moments()[1]:
        return None
    interval = base.low, base.high
    for step in steps:
        low, high = interval
        is_strict = not (
            (step.name == "scale" and not step.numbers[0])
            or (step.name == "abs" and low < 0 < high)
            or (step.name == "clamp" and not step.numbers[0] <= low <= high <= step.numbers[1])
        )
        interval = step.image(low, high)
        if not is_strict or interval[0] == interval[1]:
            return None
    return Monotone(base, steps, wide)
