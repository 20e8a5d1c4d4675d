"""The random stream, version 2, a second time: plain NumPy, written from docs/streams.md alone.

Nothing here shares code, constants or operation order with the core, so an error has to be made
twice to pass. Words are exact. Values are the formulas of the contract in a wider format than the
element type, without the final rounding to the element type:

    32-bit element types   float64
    float64                numpy.longdouble (64-bit mantissa on x86)

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11; known
answers in tests/core/data/philox4x32_10_kat.txt.
"""

from __future__ import annotations

import functools
import hashlib
import math
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray
from scipy import special

Words32 = NDArray[np.uint32]
Words64 = NDArray[np.uint64]
Reals = NDArray[Any]

LOW32 = np.uint64(0xFFFFFFFF)
MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
WEYL = (0x9E3779B9, 0xBB67AE85)

# 40 decimal digits are about 133 bits: enough for every constant rounded to longdouble.
EXACT = mpmath.mp.clone()
EXACT.dps = 40


# ---------------------------------------------------------------------------------------- words


def philox4x32(counter: tuple[Any, Any, Any, Any], key: tuple[int, int], rounds: int = 10) -> Any:
    """Four uint32 words (or arrays of them) for a counter of four words and a key of two."""
    c0, c1, c2, c3 = (np.asarray(c, np.uint64) for c in counter)
    k0, k1 = key
    for _ in range(rounds):
        product0 = MULTIPLIERS[0] * c0
        product1 = MULTIPLIERS[1] * c2
        c0 = (product1 >> np.uint64(32)) ^ c1 ^ np.uint64(k0)
        c1 = product1 & LOW32
        c2 = (product0 >> np.uint64(32)) ^ c3 ^ np.uint64(k1)
        c3 = product0 & LOW32
        k0 = (k0 + WEYL[0]) & 0xFFFFFFFF
        k1 = (k1 + WEYL[1]) & 0xFFFFFFFF
    return tuple(c.astype(np.uint32) for c in (c0, c1, c2, c3))


def split64(value: int) -> tuple[int, int]:
    """(low, high) 32-bit halves."""
    return value & 0xFFFFFFFF, value >> 32


def blocks(seed: int, stream: int, block: Words64) -> Words32:
    """The four words of each block: shape (len(block), 4)."""
    counter = (block & LOW32, block >> np.uint64(32), *split64(stream))
    return np.stack(np.broadcast_arrays(*philox4x32(counter, split64(seed))), axis=-1)


def words32(seed: int, stream: int, start: int, count: int) -> Words32:
    """Words start .. start + count - 1 of the stream: what element i of a 32-bit type uses."""
    first, last = start // 4, (start + count + 3) // 4
    block = np.arange(last - first, dtype=np.uint64) + np.uint64(first)
    return blocks(seed, stream, block).reshape(-1)[start - 4 * first :][:count]


def words64(seed: int, stream: int, start: int, count: int) -> Words64:
    """64-bit words: element i of float64 uses words 2i (low half) and 2i + 1 (high half)."""
    return join64(words32(seed, stream, 2 * start, 2 * count))


def join64(words: Words32) -> Words64:
    """Pairs of words (low half first) as 64-bit words."""
    pairs = words.reshape(-1, 2).astype(np.uint64)
    return pairs[:, 0] | (pairs[:, 1] << np.uint64(32))


def unphilox4x32(words: tuple[Any, Any, Any, Any], key: tuple[Any, Any]) -> Any:
    """The counter whose block these words are: each round is undone, from the last to the first."""
    c0, c1, c2, c3 = (np.asarray(w, np.uint64) for w in words)
    inverses = [np.uint64(pow(int(m), -1, 1 << 32)) for m in MULTIPLIERS]
    for round_ in reversed(range(10)):
        k0, k1 = ((np.asarray(k, np.uint64) + np.uint64(round_ * w)) & LOW32 for k, w in zip(key, WEYL, strict=True))
        before0, before2 = (inverses[0] * c3) & LOW32, (inverses[1] * c1) & LOW32
        c1, c3 = (
            ((MULTIPLIERS[1] * before2) >> np.uint64(32)) ^ c0 ^ k0,
            ((MULTIPLIERS[0] * before0) >> np.uint64(32)) ^ c2 ^ k1,
        )
        c0, c2 = before0, before2
    return c0, c1, c2, c3


def find_blocks(words: Words32) -> tuple[Words64, Words64, Words64]:
    """(seed, block, stream) that yield each row of four words, with block below 2^62.

    A quarter of the seeds gives a block that a 64-bit index reaches; the first one that does is it.
    """
    seeds = np.zeros(len(words), np.uint64)
    counters = np.zeros((4, len(words)), np.uint64)
    left = np.arange(len(words))
    for seed in range(256):
        counter = np.stack(unphilox4x32(tuple(words[left].T), (np.full(len(left), seed), 0)))
        reached = counter[1] < np.uint64(1 << 30)
        seeds[left[reached]] = seed
        counters[:, left[reached]] = counter[:, reached]
        left = left[~reached]
        if not len(left):
            break
    assert not len(left)
    high = np.uint64(32)
    return seeds, counters[0] | counters[1] << high, counters[2] | counters[3] << high


def stream_from_text(text: str) -> int:
    """A stream named by text: first 8 bytes of BLAKE2b of its UTF-8, little-endian."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


# ------------------------------------------------------------------------------- words to reals


def real_of(words: NDArray[Any]) -> Any:
    """The format the formulas are evaluated in for these words."""
    return {4: np.float64, 8: np.longdouble}[words.dtype.itemsize]


def fraction(words: NDArray[Any]) -> Reals:
    """(word + 1/2) / 2^bits in (0, 1), relative error at most 2^-64."""
    real, bits = real_of(words), 8 * words.dtype.itemsize
    return np.ldexp(words.astype(real) + real(0.5), -bits)


def uniform(words: NDArray[Any], low: float, high: float) -> Reals:
    """mid + half * (s + 1/2) * 2^-(bits - 1), s = word as signed."""
    real, bits = real_of(words), 8 * words.dtype.itemsize
    signed = words.view(np.dtype(f"int{bits}"))
    mid = (real(low) + real(high)) / 2
    half = (real(high) - real(low)) / 2
    return mid + half * np.ldexp(signed.astype(real) + real(0.5), 1 - bits)


def cos_sin_turns(words: NDArray[Any]) -> tuple[Reals, Reals]:
    """cos and sin of 2 pi word / 2^bits; the quadrant is taken off in integers, so zeros are 0."""
    real, bits = real_of(words), 8 * words.dtype.itemsize
    unsigned = words.dtype.type
    quadrant = (words + unsigned(1 << (bits - 3))) >> unsigned(bits - 2)
    rest = (words - (quadrant << unsigned(bits - 2))).view(np.dtype(f"int{bits}"))
    angle = np.ldexp(rest.astype(real), -bits) * constant("2*pi", real)
    c, s = np.cos(angle), np.sin(angle)
    swap = (quadrant & unsigned(1)) == 1
    cosine = np.where(swap, s, c) * sign(((quadrant + unsigned(1)) & unsigned(2)) == 2)
    sine = np.where(swap, c, s) * sign((quadrant & unsigned(2)) == 2)
    return cosine, sine


def sign(negative: NDArray[np.bool_]) -> NDArray[np.int8]:
    """-1 where negative, else 1."""
    return 1 - 2 * negative.astype(np.int8)


def radius(a: NDArray[Any], b: NDArray[Any]) -> Reals:
    """sqrt(-2 ln U), U from the pair; ln of U near 1 from 1 - U, which is exact in integers."""
    real = real_of(a)
    if real is np.float64:
        integer = (a.astype(np.uint64) << np.uint64(8)) | (b & np.uint32(255)).astype(np.uint64)
        bits, last = 40, np.uint64(2**40 - 1)
    else:
        integer, bits, last = a, 64, np.uint64(2**64 - 1)
    u = np.ldexp(integer.astype(real) + real(0.5), -bits)
    rest = np.ldexp((last - integer).astype(real) + real(0.5), -bits)
    # The minimum only keeps the side not taken away from log1p(-1).
    return np.sqrt(-2 * np.where(u < 0.5, np.log(u), np.log1p(-np.minimum(rest, real(0.75)))))


def standard_normal(words: NDArray[Any]) -> Reals:
    """z of each element for words that start on an even element and come in pairs."""
    a, b = words[0::2], words[1::2]
    r = radius(a, b)
    cosine, sine = cos_sin_turns(b)
    return np.stack([r * cosine, r * sine], axis=-1).reshape(-1)


def standard_truncated(words: NDArray[Any], lower: float, upper: float) -> Reals:
    """Phi^-1(Phi(lower) + p (Phi(upper) - Phi(lower))), carried from the smaller tail."""
    real = real_of(words)
    tails = [to_real(t, real) for t in exact_tails(lower, upper)]
    lower_tail, upper_tail, mass = tails
    below = lower_tail + fraction(words) * mass
    above = upper_tail + fraction(~words) * mass  # 1 - (w + 1/2)/2^n = (~w + 1/2)/2^n
    left = below <= above
    z = lower_quantile(np.where(left, below, above))
    return np.where(left, z, -z)


# -------------------------------------------------------------------------------- normal tails


def exact_tails(lower: float, upper: float) -> tuple[Any, Any, Any]:
    """Phi(lower), 1 - Phi(upper), Phi(upper) - Phi(lower), to 40 digits."""
    return _exact_tails(float(lower), float(upper))


@functools.cache
def _exact_tails(lower: float, upper: float) -> tuple[Any, Any, Any]:
    def tail(x: float) -> Any:  # 1 - Phi(x)
        if math.isinf(x):
            return EXACT.mpf(0 if x > 0 else 1)
        return EXACT.erfc(EXACT.mpf(x) / EXACT.sqrt(2)) / 2

    # The difference of the two smaller tails keeps its digits however far out the bounds are.
    mass = tail(lower) - tail(upper) if lower > 0 else tail(-upper) - tail(-lower)
    return tail(-lower), tail(upper), mass


def to_real(value: Any, real: Any) -> Any:
    """An mpmath number rounded to float64, or to longdouble through two float64 parts."""
    mantissa, exponent = EXACT.frexp(value)
    high = float(mantissa)
    low = float(mantissa - high) if real is not np.float64 else 0.0
    return np.ldexp(real(high) + real(low), exponent)


@functools.cache
def constant(name: str, real: Any) -> Any:
    """A named constant in the given format."""
    return to_real({"2*pi": 2 * EXACT.pi, "1/sqrt(2*pi)": 1 / EXACT.sqrt(2 * EXACT.pi)}[name], real)


def lower_quantile(q: Reals) -> Reals:
    """Phi^-1(q) for q <= 1/2; in longdouble, SciPy's value and one Halley step on an exact tail."""
    if q.dtype == np.float64:
        return np.asarray(special.ndtri(q))
    # Where float64 would underflow SciPy starts from the logarithm, at some cost in time.
    far = q.min() < 1e-290
    first = special.ndtri_exp(np.log(q).astype(float)) if far else special.ndtri(q.astype(float))
    t = -first.astype(np.longdouble)
    density = np.exp(-t * t / 2) * constant("1/sqrt(2*pi)", np.longdouble)
    step = (upper_tail_longdouble(t) - q) / density
    return -(t + step * (1 + t * step / 2))


NODES_PER_UNIT = 32
TERMS = 18
LAST_NODE = 40


@functools.cache
def tail_table() -> tuple[Reals, Reals]:
    """Taylor coefficients of 1 - Phi at multiples of 1/32: sum_n table[n, k] d^n; and the nodes.

    d^n/dt^n of the density is (-1)^n He_n(t) phi(t), He_n the Hermite polynomials.
    """
    count = LAST_NODE * NODES_PER_UNIT + 1
    table = np.zeros((TERMS, count), np.longdouble)
    for k in range(count):
        t = EXACT.mpf(k) / NODES_PER_UNIT
        phi = EXACT.npdf(t)
        table[0, k] = to_real(EXACT.erfc(t / EXACT.sqrt(2)) / 2, np.longdouble)
        previous, hermite = EXACT.mpf(0), EXACT.mpf(1)
        factorial = EXACT.mpf(1)
        for n in range(1, TERMS):
            factorial *= n
            sign = -1 if n % 2 else 1
            table[n, k] = to_real(sign * hermite * phi / factorial, np.longdouble)
            previous, hermite = hermite, t * hermite - (n - 1) * previous
    return table, np.arange(count).astype(np.longdouble) / NODES_PER_UNIT


def upper_tail_longdouble(t: Reals) -> Reals:
    """1 - Phi(t) for 0 <= t < 40 to a few units of 2^-63 relative."""
    table, nodes = tail_table()
    k = np.rint(t.astype(np.float64) * NODES_PER_UNIT).astype(np.intp)
    d = t - nodes[k]
    total = table[TERMS - 1][k]
    for n in range(TERMS - 2, -1, -1):
        total = total * d + table[n][k]
    return total


# --------------------------------------------------------------------------- values of a stream


def parameter(value: float, dtype: str) -> float:
    """A parameter as the element type's arithmetic sees it: rounded once to float32, or kept."""
    return float(value) if dtype == "float64" else float(np.float32(value))


def transform(distribution: str, dtype: str, words: Words32, user: tuple[float, ...]) -> Reals:
    """Values of `words` (starting on a block) before rounding; `user` as in `values`."""
    own = join64(words) if dtype == "float64" else words
    if distribution == "uniform":
        return uniform(own, *(parameter(p, dtype) for p in user))
    real = real_of(own)
    mean, std = (real(parameter(p, dtype)) for p in user[:2])
    if distribution == "normal":
        return mean + std * standard_normal(own)
    return mean + std * standard_truncated(own, *user[2:])


def values(
    distribution: str,
    dtype: str,
    user: tuple[float, ...],
    count: int,
    *,
    seed: int,
    stream: int,
    start: int = 0,
) -> Reals:
    """Elements start .. start + count - 1 of a tensor, before rounding to the element type.

    `user` is (low, high), (mean, std) or (mean, std, lower, upper).
    """
    per_element = 2 if dtype == "float64" else 1
    first = start - start % 4
    total = count + start - first
    total += -total % 4
    words = words32(seed, stream, first * per_element, total * per_element)
    return transform(distribution, dtype, words, user)[start - first :][:count]


# ------------------------------------------------------------------------------- transforms

STEPS = {
    "scale": lambda x, factor: x * factor,
    "shift": lambda x, distance: x + distance,
    "exp": lambda x: EXACT.exp(x),
    "log": lambda x: EXACT.log(x),
    "clamp": lambda x, lower, upper: max(min(x, EXACT.mpf(upper)), EXACT.mpf(lower)),
    "abs": abs,
    "softplus_inverse": lambda x: x + EXACT.log(-EXACT.expm1(-x)),
    "reciprocal": lambda x: 1 / x,
}


def transformed(x: float, steps: list[tuple[str, tuple[float, ...]]]) -> Any:
    """What steps make of a drawn value, to 40 digits and without a rounding in between."""
    value = EXACT.mpf(float(x))
    for name, numbers in steps:
        value = STEPS[name](value, *numbers)
    return value
