"""Sines and cosines of p * f for whole numbers p, with the same bits on every machine.

A frequency f is kept as f / (2 pi) turns, in fixed point with 128 bits after the point. Integer
arithmetic removes the whole turns of p times that, so that large positions lose no digits. Polynomials do the rest in
float64, by additions and multiplications alone, which IEEE 754 rounds exactly, so that values do not depend on a
mathematics library.

Limits: p < 2^32, frequencies in [2^-64, 1]. Values are within 4e-16 of the exact ones, relative to their size. The
values are pinned in tests/core/test_golden.py.
"""

from __future__ import annotations

import functools
import math
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from fastinit.normal_tail import pi

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST_POSITIONS = 2**32
LOWEST_FREQUENCY = 2.0**-64

_FRACTION_BITS = 128
_LIMB_BITS = 32  # so that the product with a position fits 64 bits
_LIMB = 2**_LIMB_BITS - 1
_DIGITS = Context(prec=60, Emin=MIN_EMIN, Emax=MAX_EMAX)  # 128 bits are 39
# Taylor's series, the highest power first. At pi/4 the next terms are 8e-20 and 2e-18.
_SINE = tuple((-1) ** (k // 2) / math.factorial(k) for k in range(17, 1, -2))
_COSINE = tuple((-1) ** (k // 2) / math.factorial(k) for k in range(16, 0, -2))
_RADIANS = math.ldexp(math.pi, 1 - 64)  # in 2^-64 turns


@functools.lru_cache(maxsize=2**16)
def turns(temperature: float, number: int, intervals: int) -> int:
    """Returns the turns of a frequency, temperature^(-number / intervals) / (2 pi), in units of 2^-128.

    Args:
        temperature: In [1, 2^64].
        number: At least 0.
        intervals: At least 1, and at least `number`.

    Example:
        >>> turns(10000.0, 0, 4) / 2**128 * 2 * math.pi
        1.0
    """
    with localcontext(_DIGITS):
        exponent = Decimal(temperature).ln() * number / intervals
        fraction = (-exponent).exp() / (2 * pi()) * 2**_FRACTION_BITS
        return int(fraction.to_integral_value(ROUND_HALF_EVEN))


def sines(positions: NDArray[Any], frequencies: Sequence[int], quarters: NDArray[Any], xp: Any) -> Any:
    """Returns sin(p f), or cos(p f), of every position and frequency.

    Args:
        positions: Whole numbers in [0, 2^32), of NumPy's.
        frequencies: From `turns`.
        quarters: For each frequency 0 for the sine, and 1 for the cosine.
        xp: NumPy or CuPy.

    Returns:
        An array of float64 on `xp`, positions by frequencies.

    Example:
        >>> sines(np.arange(2), [turns(10000.0, 0, 1)] * 2, np.array([0, 1]), np).round(3).tolist()
        [[0.0, 1.0], [0.841, 0.54]]
    """
    high, low = _fractions(xp.asarray(positions.astype(np.uint64)[:, None]), frequencies, xp)
    quadrant = (high + np.uint64(1 << 61)) >> np.uint64(62)
    rest = (high - (quadrant << np.uint64(62))).view(np.int64)  # within an eighth of a turn
    # The lower half matters if the upper one is small. Its first 53 bits are a float64 without rounding.
    below = (low >> np.uint64(11)).astype(np.float64) * 2.0**-53
    angle = (rest.astype(np.float64) + below) * _RADIANS
    square = angle * angle
    sine = angle + angle * (square * _horner(square, _SINE))
    cosine = 1.0 + square * _horner(square, _COSINE)
    quadrant = quadrant + xp.asarray(quarters.astype(np.uint64))
    value = xp.where((quadrant & np.uint64(1)).astype(bool), cosine, sine)
    return xp.where((quadrant & np.uint64(2)).astype(bool), -value, value)


def _fractions(positions: Any, frequencies: Sequence[int], xp: Any) -> tuple[Any, Any]:
    """The fractions of turns: two arrays of 64 bits each."""
    words = []
    carry: Any = np.uint64(0)
    for place in range(0, _FRACTION_BITS, _LIMB_BITS):
        limbs = np.array([(each >> place) & _LIMB for each in frequencies], np.uint64)
        product = positions * xp.asarray(limbs) + carry
        words.append(product & np.uint64(_LIMB))
        carry = product >> np.uint64(_LIMB_BITS)
    shift = np.uint64(_LIMB_BITS)
    return words[3] << shift | words[2], words[1] << shift | words[0]


def _horner(x: Any, coefficients: Sequence[float]) -> Any:
    total = coefficients[0]
    for coefficient in coefficients[1:]:
        total = x * total + coefficient
    return total
