"""How often each bit pattern is drawn, against its exact probability: what finer histograms than
those of test_statistics.py can see, such as a lattice of values about 0.

Of the narrow types every pattern is a cell, of float32 every pattern of the high 17 bits, and for
the normal also of the low 16 bits. The default run takes 2^24 draws a case, `-m slow` 5 * 10^8.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special, stats

from tests.core import corefill
from tests.core import reference as ref
from tests.core.statistics_checks import LIMIT, sigmas

SEED, STREAM = 20, 26
CHUNK = 1 << 22
DRAWS = 1 << 24
SLOW = 5 * 10**8
LEAST_EXPECTED = 10.0
HIGH_BITS = {
    "float32": 17,
    **{name: 8 * corefill.DTYPES[name].itemsize for name in corefill.NARROW},
}

LAWS: dict[str, tuple[str, tuple[float, ...], Any]] = {
    "normal": ("normal", (0.0, 1.0), stats.norm()),
    "uniform": ("uniform", (-1.0, 1.0), stats.uniform(-1, 2)),
    "within 2": ("truncated_normal", (0.0, 1.0, -2.0, 2.0), stats.truncnorm(-2, 2)),
    "within 3": ("truncated_normal", (0.0, 1.0, -3.0, 3.0), stats.truncnorm(-3, 3)),
    "above": ("truncated_normal", (0.0, 1.0, 0.5, math.inf), stats.truncnorm(0.5, math.inf)),
    "aside": ("truncated_normal", (0.0, 1.0, -1.0, 1.5), stats.truncnorm(-1, 1.5)),
}
each_case = pytest.mark.parametrize(("law", "dtype"), [(law, dtype) for law in LAWS for dtype in HIGH_BITS])

# What replaces the draws of a chunk, whose words and values it is given.
Change = Callable[[NDArray[np.uint32], NDArray[Any]], NDArray[Any]]


def counts(law: str, dtype: str, draws: int, change: Change | None = None) -> NDArray[np.int64]:
    """Of each pattern of the high bits."""
    distribution, user, _ = LAWS[law]
    total = np.zeros(1 << HIGH_BITS[dtype], np.int64)
    for start in range(0, draws, CHUNK):
        count = min(CHUNK, draws - start)
        place = {"seed": SEED, "stream": STREAM, "start": start}
        values = corefill.draw(distribution, dtype, user, count, **place)
        if change is not None:
            values = change(corefill.draw("bits", "uint32", (), count, **place), values)
        total += np.bincount(high_bits(values, dtype), minlength=total.size)
    return total


def high_bits(values: NDArray[Any], dtype: str) -> NDArray[Any]:
    patterns = corefill.bits_of(values)
    return patterns >> patterns.dtype.type(8 * patterns.itemsize - HIGH_BITS[dtype])


def as_numbers(patterns: NDArray[Any], dtype: str) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # signalling NaNs
        return patterns.view(corefill.DTYPES[dtype]).astype(np.float64)


@functools.cache
def probabilities(law: str, dtype: str) -> NDArray[np.float64]:
    """The law's mass between the middles of the numbers next to each other in different cells."""
    width = 8 * corefill.DTYPES[dtype].itemsize
    low = width - HIGH_BITS[dtype]
    first = np.arange(1 << HIGH_BITS[dtype]).astype(f"uint{width}") << low
    ends = [as_numbers(first | first.dtype.type(bits), dtype) for bits in (0, (1 << low) - 1)]
    least, largest = np.minimum(*ends), np.maximum(*ends)
    finite = np.flatnonzero(np.isfinite(least) & np.isfinite(largest))
    order = finite[np.lexsort((~np.signbit(least[finite]), least[finite]))]  # -0 before 0
    middles = (largest[order][:-1] + least[order][1:]) / 2
    below, above = LAWS[law][2].cdf(middles), LAWS[law][2].sf(middles)
    steps = np.where(below[1:] < 0.5, np.diff(below), -np.diff(above))
    result = np.zeros(first.size)
    result[order] = np.concatenate([below[:1], steps, above[-1:]])
    return result


def of_low_bits(law: Any) -> NDArray[np.float64]:
    """The density times the gap of float32, summed over the high 16 bits.

    Among equal high bits the density is taken as a parabola through three points: what is left out
    is below 10^-6 of it, since they are within 2^-7 of each other.
    """
    high = np.arange(1 << 16, dtype=np.uint32) << np.uint32(16)
    points = np.array([as_numbers(high | np.uint32(low), "float32") for low in (0, 0x8000, 0xFFFF)])
    points = points[:, (np.abs(points[1]) > 1e-6) & (np.abs(points[1]) < 16)]
    gap = np.abs(points[2] - points[0]) / 0xFFFF
    left, centre, right = (law.pdf(points) * gap).sum(axis=1)
    t = np.linspace(-1, 1, 1 << 16)
    result: NDArray[np.float64] = centre + (right - left) / 2 * t + ((right + left) / 2 - centre) * t * t
    assert math.isclose(result.sum(), 1, rel_tol=1e-5)
    return result / result.sum()


def surprise(got: NDArray[np.int64], probability: NDArray[np.float64]) -> float:
    """Pearson's chi-square in standard deviations; rare patterns are one cell with their neighbours."""
    expected = got.sum() * probability
    shared = np.floor(np.cumsum(expected) / LEAST_EXPECTED)
    own = -1 - np.arange(expected.size)
    _, cell = np.unique(np.where(expected < LEAST_EXPECTED, shared, own), return_inverse=True)
    expected, observed = np.bincount(cell, expected), np.bincount(cell, got)
    possible = expected > LEAST_EXPECTED / 100
    assert not observed[expected == 0].any()
    statistic = ((observed - expected)[possible] ** 2 / expected[possible]).sum()
    return sigmas(float(stats.chi2.sf(statistic, np.count_nonzero(possible) - 1)))


def assert_patterns_are_right(law: str, dtype: str, draws: int) -> None:
    sigma = surprise(counts(law, dtype, draws), probabilities(law, dtype))
    print(f"{law} {dtype}, {draws:.3g} draws: {sigma:.2f} sigma")
    assert sigma < LIMIT


@each_case
def test_each_pattern_comes_as_often_as_it_should(law: str, dtype: str) -> None:
    assert_patterns_are_right(law, dtype, DRAWS)


@pytest.mark.slow
@each_case
def test_each_pattern_comes_as_often_as_it_should_in_many_draws(law: str, dtype: str) -> None:
    assert_patterns_are_right(law, dtype, SLOW)


def low_counts(draws: int) -> NDArray[np.int64]:
    """Of each pattern of the low 16 bits of normals in float32."""
    total = np.zeros(1 << 16, np.int64)
    for start in range(0, draws, CHUNK):
        values = corefill.draw("normal", "float32", (0.0, 1.0), CHUNK, seed=SEED, start=start)
        total += np.bincount(corefill.bits_of(values).astype(np.uint16), minlength=total.size)
    return total


@pytest.mark.parametrize("draws", [DRAWS, pytest.param(SLOW, marks=pytest.mark.slow)])
def test_low_bits_of_normals_come_as_often_as_they_should(draws: int) -> None:
    got = low_counts(draws)
    assert surprise(got, of_low_bits(stats.norm())) < LIMIT
    got[::2] += got[1::2] // 50  # a last bit that is too often zero
    got[1::2] -= got[1::2] // 50
    assert surprise(got, of_low_bits(stats.norm())) > LIMIT


# -------------------------------------------------------------------- wrong samples are rejected


def without_last_bit(_words: NDArray[np.uint32], values: NDArray[Any]) -> NDArray[Any]:
    """One draw in ten has an even pattern."""
    values = values.copy()
    patterns = corefill.bits_of(values)[::10]
    dtype = str(values.dtype)
    patterns -= (high_bits(values[::10], dtype) % 2) << (8 * values.itemsize - HIGH_BITS[dtype])
    return values


@each_case
def test_a_missing_bit_is_seen(law: str, dtype: str) -> None:
    assert surprise(counts(law, dtype, DRAWS, without_last_bit), probabilities(law, dtype)) > LIMIT


def tail_in_steps(words: NDArray[np.uint32], values: NDArray[Any]) -> NDArray[Any]:
    """Stream version 1 about 0: the smaller tail in float32, whose steps there are 2^-25."""
    values = values.copy()
    near = np.flatnonzero(np.abs(values.astype(np.float32)) < 2.0**-6)
    lower, _, mass = (float(t) for t in ref.exact_tails(-2, 2))
    p = (words[near].astype(np.float64) + 0.5) / 2.0**32
    tail = (np.minimum(p, 1 - p) * np.float32(mass) + np.float32(lower)).astype(np.float32)
    z = special.ndtri(tail.astype(np.float64)) * np.where(p < 0.5, 1, -1)
    values[near] = z.astype(np.float32).astype(values.dtype)
    return values


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_a_lattice_about_zero_is_seen(dtype: str) -> None:
    got = counts("within 2", dtype, SLOW, tail_in_steps)
    assert surprise(got, probabilities("within 2", dtype)) > LIMIT


def between(values: NDArray[np.float32]) -> tuple[int, int]:
    """The float32 numbers from the least to the largest value, and how many of them are drawn."""
    patterns = np.unique(corefill.bits_of(values))
    return int(patterns[-1]) - int(patterns[0]) + 1, patterns.size


@pytest.mark.parametrize("law", ["within 2", "within 3", "aside"])
@pytest.mark.parametrize("z", [1e-3, 0.01, 0.1, 0.5, 0.9])
def test_float32_values_about_zero_are_attained(law: str, z: float) -> None:
    distribution, user, _ = LAWS[law]
    lower, _, mass = (float(t) for t in ref.exact_tails(*user[2:]))
    first = int((special.ndtr(z) - lower) / mass * 2**32) // 4 * 4
    words = np.arange(first, first + (1 << 14), dtype=np.uint32)
    values = corefill.transform(distribution, "float32", words, user)
    np.testing.assert_allclose(values, z, rtol=0.05)
    numbers, reached = between(values)
    assert reached > 0.6 * min(numbers, words.size)
    if (law, z) == ("within 2", 0.01):
        numbers, reached = between(tail_in_steps(words, values))
        assert reached < 0.02 * numbers
