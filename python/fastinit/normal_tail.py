"""Tail probabilities of the standard normal distribution, correctly rounded.

They are parameters of the truncated normal, so bits of the stream depend on them, and the platform's
`erfc` is not the same everywhere. Decimal arithmetic has the same digits on every machine.
"""

from __future__ import annotations

import functools
import math
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from typing import NamedTuple

_VANISHES = 40.0  # Phi(-40) < 4e-350, which is 0 in float64 (whose least number is 5e-324)
_GUARD_DIGITS = 60  # beyond the digits that cancel; float64 needs 17


# How far the core's normals reach in standard deviations, by ElementType.wide; see docs/streams.md.
REACH = {True: 9.5, False: 7.54}
_WORD_BITS = {True: 64, False: 32}


def farthest(start: float, wide: bool) -> float:
    """Returns the value at which a tail that begins at `start` has shrunk to the share of the core's last word."""
    # The least and the greatest p are 2**-(bits + 1) from their ends, and the tail falls at least as exp(-z*z/2) does.
    return math.sqrt(max(start, 0.0) ** 2 + 2 * math.log(2) * (_WORD_BITS[wide] + 2))


class Tails(NamedTuple):
    """Probabilities that a standard normal leaves an interval below or above, or stays in it."""

    below: float
    above: float
    inside: float


@functools.lru_cache(maxsize=256)
def tails(lower: float, upper: float) -> Tails:
    """Returns Phi(lower), 1 - Phi(upper) and Phi(upper) - Phi(lower), each to the nearest float64.

    Args:
        lower: Lower bound in standard deviations; may be -inf.
        upper: Upper bound in standard deviations, > lower; may be inf.

    Source:
        Marsaglia, Evaluating the Normal Distribution, J. Stat. Software 11(4), 2004, equation 1.

    Example:
        >>> tails(0.0, math.inf)
        Tails(below=0.5, above=0.0, inside=0.5)
    """
    furthest = max(min(abs(x), _VANISHES) for x in (lower, upper))
    cancelled = furthest * furthest / 2 / math.log(10) + 3
    context = Context(prec=int(2 * cancelled) + _GUARD_DIGITS, Emin=MIN_EMIN, Emax=MAX_EMAX)
    with localcontext(context):
        below_lower, below_upper = _centred(lower), _centred(upper)
        half = Decimal(1) / 2
        return Tails(float(half + below_lower), float(half - below_upper), float(below_upper - below_lower))


def _centred(x: float) -> Decimal:
    """Phi(x) - 1/2, by the series phi(x) (x + x^3/3 + x^5/(3*5) + ...)."""
    if abs(x) > _VANISHES:
        return Decimal(1).copy_sign(Decimal(x)) / 2
    exact = Decimal(x)
    square = exact * exact
    term = total = exact
    divisor, before = 1, None
    while total != before:
        divisor += 2
        term = term * square / divisor
        before, total = total, total + term
    return total * (-square / 2).exp() / (2 * pi()).sqrt()


def pi() -> Decimal:
    """Returns pi to the digits of the current context (the recipe of Python's `decimal` documentation)."""
    before, total, term = Decimal(0), Decimal(3), Decimal(3)
    n, na, d, da = 1, 0, 0, 24
    while total != before:
        before = total
        n, na = n + na, na + 8
        d, da = d + da, da + 32
        term = term * n / d
        total += term
    return total
