"""The values of ramps, from the first place to the last, with the same bits on every machine.

Straight ramps are quotients of whole numbers, which Python rounds once, to the nearest float64. Others are computed
in decimal to 40 digits and then rounded, so that they do not depend on a mathematics library. The values are pinned in
tests/core/test_golden.py.
"""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIGITS = Context(prec=40, Emin=MIN_EMIN, Emax=MAX_EMAX)  # float64 needs 17
_BLOCK = 512  # places that share one exponential


def straight(low: float, high: float, last: int, places: range) -> Iterator[float]:
    """Yields low + (high - low) i / last for each place i, rounded once.

    Args:
        low: At place 0.
        high: At place `last`.
        last: At least 1.
        places: Within [0, last].

    Example:
        >>> list(straight(0.0, 3.0, 3, range(1, 4)))
        [1.0, 2.0, 3.0]
    """
    (first, divisor), (second, other) = low.as_integer_ratio(), high.as_integer_ratio()
    common = max(divisor, other)  # both are powers of two
    first, second = first * (common // divisor), second * (common // other)
    common *= last
    for i in places:
        yield (first * (last - i) + second * i) / common


def geometric(low: float, high: float, last: int, places: range) -> Iterator[float]:
    """Yields low (high / low)^(i / last) for each place i.

    Args:
        low: At place 0; not 0.
        high: At place `last`, of the same sign.
        last: At least 1.
        places: Within [0, last].

    Example:
        >>> list(geometric(1.0, 8.0, 3, range(4)))
        [1.0, 2.0, 4.0, 8.0]
    """
    with localcontext(_DIGITS):
        step = (Decimal(high) / Decimal(low)).ln() / last
        fine = [(step * j).exp() for j in range(min(_BLOCK, last + 1))]
        blocks = range(places.start // _BLOCK, -(-places.stop // _BLOCK))
        coarse = {k: Decimal(low) * (step * (k * _BLOCK)).exp() for k in blocks}
    multiply = _DIGITS.multiply
    for i in places:
        yield float(multiply(coarse[i // _BLOCK], fine[i % _BLOCK]))


def bent(low: float, high: float, last: int, places: range, power: float, *, log: bool) -> Iterator[float]:
    """Yields a ramp of t = (i / last)^power in place of i / last; see `straight`, and for `log` see `geometric`.

    Values are rounded to 40 digits and then to float64. A place takes logarithms and exponentials, about 0.1 ms.

    Example:
        >>> list(bent(0.0, 9.0, 3, range(4), 2.0, log=False))
        [0.0, 1.0, 4.0, 9.0]
    """
    for i in places:
        with localcontext(_DIGITS):
            t = ((Decimal(i) / last).ln() * Decimal(power)).exp() if i else Decimal(0)
            if log:
                value = Decimal(low) * ((Decimal(high) / Decimal(low)).ln() * t).exp()
            else:
                value = Decimal(low) * (1 - t) + Decimal(high) * t
        yield float(value)
