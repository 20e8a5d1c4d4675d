"""The standard deviation of a transformed draw, by numerical integration, because there is no general closed form.

The base's interval is cut where a step is not smooth, and each part is integrated by tanh-sinh quadrature. Its nodes
are dense at the part's ends, where a logarithm or a reciprocal grows. Source: Takahasi and Mori, Publ. RIMS
9, 1974.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fastinit.steps import Step

    Function = Callable[[float], float]

_NODES = 240  # to either side of a part's middle
_REACH = 4.0  # of the variable of integration; beyond, weights are below 1e-35
_HALVINGS = 1100  # of an interval of floats until none is left between its ends


def std_of(low: float, high: float, density: Function, steps: Sequence[Step], start: Function) -> float:
    """Returns the standard deviation of the steps' result for start(x), where x has a density in [low, high].

    Args:
        low: Least x.
        high: Greatest x.
        density: The density of x, up to a factor.
        steps: Functions with `kinks`.
        start: A monotone function.
    """
    if low == high:
        return 0.0
    nodes = weighted_values(low, high, density, steps, start)
    mass = math.fsum(weight for weight, _ in nodes)
    size = max(abs(value) for _, value in nodes) or 1.0
    mean = math.fsum(weight * (value / size) for weight, value in nodes) / mass
    square = math.fsum(weight * (value / size - mean) ** 2 for weight, value in nodes) / mass
    return size * math.sqrt(square)


def weighted_values(
    low: float, high: float, density: Function, steps: Sequence[Step], start: Function
) -> list[tuple[float, float]]:
    """Returns weights and values whose sums are the integrals for `std_of`."""
    return [
        (density(x) * weight, _apply(start(x), steps))
        for begin, end in itertools.pairwise(_cuts(low, high, steps, start))
        for x, weight in _quadrature(begin, end)
    ]


def _apply(x: float, steps: Sequence[Step]) -> float:
    for step in steps:
        x = step(x)
    return x


def _cuts(low: float, high: float, steps: Sequence[Step], start: Function) -> list[float]:
    """The x that lead to a kink of a step, in order, with both ends."""
    cuts = [low, high]
    for place, step in enumerate(steps):
        before = steps[:place]

        def reached(x: float, before: Sequence[Step] = before) -> float:
            return _apply(start(x), before)

        for kink in step.kinks:
            # Between cuts, all before this step is monotone.
            found = [_solve(reached, kink, *ends) for ends in itertools.pairwise(cuts)]
            cuts = sorted({*cuts, *(x for x in found if x is not None)})
    return cuts


def _solve(function: Function, value: float, low: float, high: float) -> float | None:
    """The place where a monotone function has a value, if it is within the interval."""
    if (function(low) < value) == (function(high) < value):
        return None
    is_below = function(low) < value
    for _ in range(_HALVINGS):
        middle = low + (high - low) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if (function(middle) < value) == is_below else (low, middle)
    return high


def _quadrature(low: float, high: float) -> Iterator[tuple[float, float]]:
    """Nodes of an interval, with their weights."""
    step = _REACH / _NODES
    for k in range(-_NODES, _NODES + 1):
        t = k * step
        tail = math.pi * math.sinh(abs(t))
        from_end = (high - low) / (1 + math.exp(tail))  # from the nearer end, so that its digits are kept
        x = low + from_end if t < 0 else high - from_end
        yield x, (high - low) * step * math.pi * math.cosh(t) / (2 + 2 * math.cosh(tail))
