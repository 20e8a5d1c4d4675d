"""Floating-point operations as IEEE 754 and the PTX manual say, on float32 and float64 arrays.

NumPy's own add, subtract, multiply, divide and sqrt are correctly rounded and keep subnormals, as PTX's
`.rn` forms without `.ftz` do. Everything else is spelled out here, because libraries differ. A NaN
result is the canonical one, as single precision gives it; the manual leaves other payloads open.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    Binary = Callable[[np.ndarray, np.ndarray], np.ndarray]

SIGN = {4: np.uint32(1 << 31), 8: np.uint64(1 << 63)}  # by the type's size
CANONICAL_NAN = {
    4: np.uint32(0x7FFFFFFF).view(np.float32),
    8: np.uint64(0x7FFFFFFFFFFFFFFF).view(np.float64),
}


def bits_of(x: np.ndarray) -> np.ndarray:
    return x.view(np.dtype(f"u{x.itemsize}"))


def canonical(x: np.ndarray) -> np.ndarray:
    """The values with every NaN made the canonical one."""
    is_nan = np.isnan(x)
    return np.where(is_nan, CANONICAL_NAN[x.itemsize], x) if is_nan.any() else x


def add(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return canonical(a + b)


def subtract(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return canonical(a - b)


def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return canonical(a * b)


def divide(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return canonical(a / b)


def square_root(a: np.ndarray) -> np.ndarray:
    return canonical(np.sqrt(a))


def reciprocal_root(a: np.ndarray) -> np.ndarray:
    """rsqrt.approx.ftz.f32, as bad as a GPU may be: some results are an ulp off, either way.

    The PTX manual allows a little more (2^-22.9 of the value), and flushes subnormal numbers to zero.
    """
    tiny = np.float32(2**-126)
    a = np.where(np.abs(a) < tiny, np.copysign(np.float32(0), a), a)
    with np.errstate(divide="ignore"):
        exact = (1 / np.sqrt(a.astype(np.float64))).astype(np.float32)
    is_finite = np.isfinite(exact) & (exact != 0)
    off = np.where(is_finite, (bits_of(a) * np.uint32(0x9E3779B9) >> 8) % 3, 1).astype(np.uint32)
    return canonical((bits_of(exact) + off - np.uint32(1)).view(np.float32))


def negate(a: np.ndarray) -> np.ndarray:
    return (bits_of(a) ^ SIGN[a.itemsize]).view(a.dtype)


def absolute(a: np.ndarray) -> np.ndarray:
    return (bits_of(a) & ~SIGN[a.itemsize]).view(a.dtype)


# Fused multiply-add.


def fma(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """a b + c, rounded once to nearest even."""
    a, b, c = np.broadcast_arrays(a, b, c)
    return canonical(_fma32(a, b, c) if a.dtype == np.float32 else _fma64(a, b, c))


def _fma32(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    # The product of two float32 is exact in float64, and far from its range's ends. A sum rounded
    # to odd keeps what the final rounding needs (Boldo and Melquiond, IEEE Trans. Comp. 57, 2008).
    product = a.astype(np.float64) * b.astype(np.float64)
    return _sum_to_odd(product, c.astype(np.float64)).astype(np.float32)


def _fma64(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    # The same paper's algorithm 5, where neither end of the range is near; elsewhere fractions.
    safe = _exponent_within(a, 250) & _exponent_within(b, 250)
    safe &= _exponent_within(c, 500) | (c == 0)
    if safe.all():
        return _fma64_safe(a, b, c)
    result = a * b + c  # right for infinities and NaN, and where a product with 0 is added
    finite = np.isfinite(a) & np.isfinite(b) & np.isfinite(c) & (a != 0) & (b != 0)
    result[safe] = _fma64_safe(a[safe], b[safe], c[safe])
    for i in np.flatnonzero(finite & ~safe):
        result[i] = _fma_of_fractions(float(a[i]), float(b[i]), float(c[i]))
    return result


def _exponent_within(x: np.ndarray, most: int) -> np.ndarray:
    field = (bits_of(x) >> np.uint64(52)) & np.uint64(0x7FF)
    return (field > 1023 - most) & (field < 1023 + most)


def _fma64_safe(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    product, product_error = _two_product(a, b)
    low, low_error = _two_sum(c, product_error)
    high, high_error = _two_sum(product, low)
    return high + _sum_to_odd(low_error, high_error)


def _two_sum(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """a + b = sum + error, exactly (Knuth)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _two_product(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """a b = product + error, exactly (Dekker)."""
    product = a * b
    (a_high, a_low), (b_high, b_low) = _halves(a), _halves(b)
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, error


def _halves(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    shifted = x * 134217729.0  # 2^27 + 1
    high = shifted - (shifted - x)
    return high, x - high


def _sum_to_odd(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a + b in float64, rounded to odd: an inexact sum becomes the neighbour with an odd last bit."""
    total, error = _two_sum(a, b)
    even = (bits_of(total) & np.uint64(1)) == 0
    inexact = even & (error != 0) & np.isfinite(total)
    # The neighbours of an even number are odd; the exact sum lies on the error's side.
    odd = np.nextafter(total, np.copysign(np.inf, error))
    return np.where(inexact, odd, total)


def _fma_of_fractions(a: float, b: float, c: float) -> float:
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    try:
        return float(exact)  # rounds once, to nearest even
    except OverflowError:
        return float("inf") if exact > 0 else float("-inf")


# Comparisons, minimum and maximum.


def either_nan(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.isnan(a) | np.isnan(b)


def _ordered(compare: Binary) -> Binary:
    return lambda a, b: compare(a, b) & ~either_nan(a, b)


def _unordered(compare: Binary) -> Binary:
    return lambda a, b: compare(a, b) | either_nan(a, b)


ORDERS: dict[str, Binary] = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
COMPARISONS: dict[str, Binary] = {
    **{name: _ordered(compare) for name, compare in ORDERS.items()},
    **{f"{name}u": _unordered(compare) for name, compare in ORDERS.items()},
    "num": lambda a, b: ~either_nan(a, b),
    "nan": either_nan,
}


def minimum(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The smaller, -0 before +0; a NaN loses."""
    take_a = (a < b) | ((a == b) & np.signbit(a)) | np.isnan(b)
    return canonical(np.where(take_a, a, b))


def maximum(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The larger, +0 after -0; a NaN loses."""
    take_a = (a > b) | ((a == b) & ~np.signbit(a)) | np.isnan(b)
    return canonical(np.where(take_a, a, b))


def nan_wins(choose: Binary) -> Binary:
    """The `.NaN` form of a minimum or maximum."""

    def chosen(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.where(either_nan(a, b), CANONICAL_NAN[a.itemsize], choose(a, b))

    return chosen
