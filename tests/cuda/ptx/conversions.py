"""`cvt`: between integers and floats of any width, in any rounding mode.

Every conversion to a float passes through one integer routine that rounds a mantissa, so that nothing
hangs on how NumPy or the processor converts. Source: PTX manual, "cvt".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.cuda.ptx import integers


@dataclass(frozen=True)
class Format:
    """A binary floating-point format, as IEEE 754 lays it out."""

    bits: int
    precision: int  # of the mantissa, with the hidden bit
    least: int  # the smallest subnormal is 2^least

    @property
    def infinity(self) -> int:
        return (1 << (self.bits - 1)) - (1 << (self.precision - 1))

    @property
    def storage(self) -> np.dtype:
        return np.dtype(f"u{self.bits // 8}")


FORMATS = {
    "f16": Format(16, 11, -24),
    "bf16": Format(16, 8, -133),
    "f32": Format(32, 24, -149),
    "f64": Format(64, 53, -1074),
}


def round_to_format(
    negative: np.ndarray, mantissa: np.ndarray, exponent: np.ndarray, form: Format, mode: str
) -> np.ndarray:
    """The bits of (-1)^negative mantissa 2^exponent, rounded once: rn, rz, rm (down) or rp (up)."""
    length = integers.bit_length(mantissa).astype(np.int64)
    # What the result's last place is worth, as a power of two.
    unit = np.maximum(exponent + length - form.precision, form.least)
    unit = np.where(mantissa == 0, form.least, unit)
    drop = unit - exponent
    dropped = np.clip(drop, 0, 64).astype(np.uint32)
    kept = integers.shift_right(mantissa, dropped)
    rest = mantissa - integers.shift_left(kept, dropped)
    if mode == "rn":
        # Where more than 64 bits drop, the mantissa is a float's and less than half of 2^64.
        half = integers.shift_left(np.ones(1, np.uint64), np.maximum(dropped, 1) - np.uint32(1))
        up = (rest > half) | ((rest == half) & (kept & np.uint64(1) == 1))
    else:
        away = {"rz": np.False_, "rm": negative, "rp": ~negative}[mode]
        up = away & (rest != 0)
    kept += up
    raised = np.clip(-drop, 0, 63).astype(np.uint32)
    kept = integers.shift_left(kept, np.where(mantissa == 0, np.uint32(0), raised))
    # The hidden bit of a normal number adds one to its exponent field, so does a carry.
    field = (unit - form.least).astype(np.uint64) << np.uint64(form.precision - 1)
    infinity = np.uint64(form.infinity)
    largest = infinity if mode == "rn" else np.where(away, infinity, infinity - np.uint64(1))
    magnitude = np.where(field + kept >= infinity, largest, field + kept)
    sign = negative.astype(np.uint64) << np.uint64(form.bits - 1)
    return (magnitude | sign).astype(form.storage)


def from_integer(a: np.ndarray, form: Format, mode: str) -> np.ndarray:
    negative = a < 0
    if a.dtype.kind == "i":
        a = a.astype(np.int64).view(np.uint64)
        a = np.where(negative, -a, a)
    return round_to_format(negative, a.astype(np.uint64), np.zeros(1, np.int64), form, mode)


def from_float(bits: np.ndarray, source: Format, form: Format, mode: str) -> np.ndarray:
    """Bits of one format to bits of another."""
    bits = bits.astype(np.uint64)
    negative = bits >> np.uint64(source.bits - 1) != 0
    magnitude = bits & np.uint64((1 << (source.bits - 1)) - 1)
    hidden = np.uint64(1 << (source.precision - 1))
    field = (magnitude >> np.uint64(source.precision - 1)).astype(np.int64)
    fraction = magnitude & (hidden - np.uint64(1))
    mantissa = np.where(field == 0, fraction, fraction | hidden)
    exponent = np.maximum(field, 1) - 1 + source.least
    result = round_to_format(negative, mantissa, exponent, form, mode)
    infinity = np.uint64(form.infinity) | negative.astype(np.uint64) << np.uint64(form.bits - 1)
    result = np.where(magnitude == source.infinity, infinity.astype(form.storage), result)
    nan = form.storage.type((1 << (form.bits - 1)) - 1)  # the canonical one
    return np.where(magnitude > source.infinity, nan, result)


WHOLE = {"rni": np.rint, "rzi": np.trunc, "rmi": np.floor, "rpi": np.ceil}


def to_integer(a: np.ndarray, dtype: np.dtype, mode: str) -> np.ndarray:
    """The integer that the mode rounds to, clamped to the type's range.

    NaN gives 0, but from float64 or to 64 bits the type's top bit alone (manual of PTX 9.0).
    """
    whole = WHOLE[mode](a.astype(np.float64))
    limits = np.iinfo(dtype)
    # Both ends are powers of two as floats; the largest integer may not be a float.
    inside = (whole >= float(limits.min)) & (whole < float(limits.max // 2 + 1) * 2)
    result = np.where(inside, whole, 0.0).astype(dtype)
    result = np.where(whole < float(limits.min), limits.min, result).astype(dtype)
    result = np.where(whole >= float(limits.max // 2 + 1) * 2, limits.max, result).astype(dtype)
    top_bit = np.array([1 << (limits.bits - 1)], np.dtype(f"u{limits.bits // 8}")).view(dtype)
    of_nan = top_bit if a.itemsize == 8 or limits.bits == 64 else dtype.type(0)
    return np.where(np.isnan(a), of_nan, result)


def clamp_integer(a: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """`cvt.sat` between integers: the nearest one that the type holds."""
    limits, own = np.iinfo(dtype), np.iinfo(a.dtype)
    low, high = max(limits.min, own.min), min(limits.max, own.max)
    return np.clip(a, a.dtype.type(low), a.dtype.type(high)).astype(dtype)


def clamp_to_unit(a: np.ndarray) -> np.ndarray:
    """`cvt.sat` to a float: into [0, 1], NaN to +0."""
    zero, one = a.dtype.type(0), a.dtype.type(1)
    return np.where(a > zero, np.where(a > one, one, a), zero)
