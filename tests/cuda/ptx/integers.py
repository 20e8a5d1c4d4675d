"""Integer and bit operations as the PTX manual says, on arrays of fixed width: all wrap around.

Shift counts, positions and lengths are arrays of unsigned 32-bit integers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tests.cuda.ptx.errors import Undefined

if TYPE_CHECKING:
    from collections.abc import Callable


def width_of(a: np.ndarray) -> int:
    return 8 * a.itemsize


def unsigned(a: np.ndarray) -> np.ndarray:
    return a.view(np.dtype(f"u{a.itemsize}"))


# Products.


def multiply_wide(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The whole product, in twice the width."""
    wide = np.dtype(f"{a.dtype.kind}{2 * a.itemsize}")
    return a.astype(wide) * b.astype(wide)


def multiply_high(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The upper half of the whole product."""
    if a.itemsize < 8:
        return (multiply_wide(a, b) >> width_of(a)).astype(a.dtype)
    high = _multiply_high_u64(unsigned(a), unsigned(b))
    if a.dtype.kind == "i":  # a negative factor counts as 2^64 more when read unsigned
        high -= np.where(a < 0, unsigned(b), np.uint64(0))
        high -= np.where(b < 0, unsigned(a), np.uint64(0))
    return high.view(a.dtype)


def _multiply_high_u64(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    half, low = np.uint64(32), np.uint64(0xFFFFFFFF)
    a0, a1, b0, b1 = a & low, a >> half, b & low, b >> half
    middle = a1 * b0 + (a0 * b0 >> half)
    other = a0 * b1 + (middle & low)
    return a1 * b1 + (middle >> half) + (other >> half)


def divide(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The quotient, cut towards 0."""
    return _quotient_and_remainder(a, b)[0]


def remainder(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """What the cut quotient leaves, with the sign of `a`."""
    return _quotient_and_remainder(a, b)[1]


def _quotient_and_remainder(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if (b == 0).any():
        raise Undefined("the manual leaves integer division by 0 open")
    if a.dtype.kind == "u":
        return a // b, a % b
    least = np.iinfo(a.dtype).min
    if ((a == least) & (b == -1)).any():
        raise Undefined("the quotient of the least integer and -1 does not fit")
    quotient = unsigned(np.abs(a)) // unsigned(np.abs(b))
    quotient = np.where((a < 0) != (b < 0), -quotient.view(a.dtype), quotient.view(a.dtype))
    return quotient, a - quotient * b


# Carry chains.


def add_carry(a: np.ndarray, b: np.ndarray, carry: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """a + b + carry and the carry out of it."""
    partial = a + b
    total = partial + carry.astype(a.dtype)
    return total, (partial < a) | (total < partial)


def subtract_borrow(a: np.ndarray, b: np.ndarray, borrow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """a - (b + borrow) and the borrow out of it."""
    partial = a - b
    total = partial - borrow.astype(a.dtype)
    return total, (a < b) | (partial < total)


# Shifts.


def _count(count: np.ndarray, width: int, dtype: np.dtype) -> np.ndarray:
    """A shift count that NumPy, like C, has a meaning for."""
    return np.minimum(count, width - 1).astype(dtype)


def shift_left(a: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Counts at or past the width shift everything out."""
    width = width_of(a)
    return np.where(count < width, a << _count(count, width, a.dtype), a.dtype.type(0))


def shift_right(a: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Counts at or past the width leave zeros, or copies of a signed number's sign."""
    width = width_of(a)
    shifted = a >> _count(count, width, a.dtype)
    rest = a >> a.dtype.type(width - 1) if a.dtype.kind == "i" else a.dtype.type(0)
    return np.where(count < width, shifted, rest)


def funnel_left(low: np.ndarray, high: np.ndarray, count: np.ndarray) -> np.ndarray:
    """The upper half of high:low shifted left by 0 to 32."""
    both = high.astype(np.uint64) << np.uint64(32) | low
    return (shift_left(both, count) >> np.uint64(32)).astype(np.uint32)


def funnel_right(low: np.ndarray, high: np.ndarray, count: np.ndarray) -> np.ndarray:
    """The lower half of high:low shifted right by 0 to 32."""
    both = high.astype(np.uint64) << np.uint64(32) | low
    return shift_right(both, count).astype(np.uint32)


FUNNEL_COUNTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "wrap": lambda count: count & np.uint32(31),
    "clamp": lambda count: np.minimum(count, np.uint32(32)),
}


# Bits.


def look_up(a: np.ndarray, b: np.ndarray, c: np.ndarray, table: int) -> np.ndarray:
    """Bit i of the result is bit 4 a_i + 2 b_i + c_i of the table."""
    result = np.zeros(np.broadcast(a, b, c).shape, a.dtype)
    for row in range(8):
        if table >> row & 1:
            x = a if row & 4 else ~a
            y = b if row & 2 else ~b
            z = c if row & 1 else ~c
            result |= x & y & z
    return result


def permute(a: np.ndarray, b: np.ndarray, selector: np.ndarray, mode: str) -> np.ndarray:
    """Picks four of the eight bytes of b:a."""
    both = b.astype(np.uint64) << np.uint64(32) | a
    result = np.zeros(np.broadcast(a, b, selector).shape, np.uint64)
    for place in range(4):
        if mode:
            pick = np.array(PERMUTE_MODES[mode], np.uint64)[selector & 3, place]
        else:
            pick = (selector >> np.uint32(4 * place)).astype(np.uint64) & np.uint64(0xF)
        byte = both >> (pick & np.uint64(7)) * np.uint64(8) & np.uint64(0xFF)
        # The fourth bit of a pick asks for eight copies of the byte's sign.
        sign = np.where(byte >= 0x80, np.uint64(0xFF), np.uint64(0))
        byte = np.where(pick & np.uint64(8), sign, byte)
        result |= byte << np.uint64(8 * place)
    return result.astype(np.uint32)


PERMUTE_MODES = {  # for each low two bits of the selector, the bytes picked, lowest first
    "f4e": [[0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [3, 4, 5, 6]],
    "b4e": [[0, 7, 6, 5], [1, 0, 7, 6], [2, 1, 0, 7], [3, 2, 1, 0]],
    "rc8": [[0, 0, 0, 0], [1, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3, 3]],
    "ecl": [[0, 1, 2, 3], [1, 1, 2, 3], [2, 2, 2, 3], [3, 3, 3, 3]],
    "ecr": [[0, 0, 0, 0], [0, 1, 1, 1], [0, 1, 2, 2], [0, 1, 2, 3]],
    "rc16": [[0, 1, 0, 1], [2, 3, 2, 3], [0, 1, 0, 1], [2, 3, 2, 3]],
}


def _low_bits(length: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """As many low ones as `length` says, at most all."""
    return ~shift_left(np.full(1, -1).astype(dtype), length)


def extract_field(a: np.ndarray, position: np.ndarray, length: np.ndarray) -> np.ndarray:
    """`length` bits from `position`; what lies past the top is the field's sign, or 0 if unsigned."""
    position, length = position & np.uint32(0xFF), length & np.uint32(0xFF)
    width, word = width_of(a), unsigned(a)
    kept = _low_bits(length, word.dtype)
    field = shift_right(word, position) & kept
    if a.dtype.kind == "u":
        return field
    top = np.minimum(position + length - np.uint32(1), np.uint32(width - 1))
    sign = (length > 0) & (shift_right(word, top) & word.dtype.type(1) != 0)
    # Bits of the field that lie past the word are copies of its sign too.
    inside = kept & _low_bits(np.uint32(width) - np.minimum(position, np.uint32(width)), word.dtype)
    return np.where(sign, field | ~inside, field).view(a.dtype)


def insert_field(a: np.ndarray, b: np.ndarray, position: np.ndarray, length: np.ndarray) -> np.ndarray:
    """b with its `length` bits from `position` taken from the low bits of a."""
    position, length = position & np.uint32(0xFF), length & np.uint32(0xFF)
    mask = shift_left(_low_bits(length, a.dtype), position)
    return b & ~mask | shift_left(a, position) & mask


def bit_length(a: np.ndarray) -> np.ndarray:
    """The place of the highest one, from 1; 0 for 0. Unsigned only."""
    length = np.zeros(a.shape, np.uint32)
    for step in (32, 16, 8, 4, 2, 1):
        if step < width_of(a):
            above = a >> a.dtype.type(step)
            length += np.where(above != 0, np.uint32(step), np.uint32(0))
            a = np.where(above != 0, above, a)
    return length + (a != 0)


def count_leading_zeros(a: np.ndarray) -> np.ndarray:
    return np.uint32(width_of(a)) - bit_length(a)
