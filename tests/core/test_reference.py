"""The model against known answers, SciPy and mpmath, before it judges the core."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from tests.core import reference as ref

if TYPE_CHECKING:
    import mpmath

mp = ref.EXACT
RNG = np.random.default_rng(20240601)


def exact_normal_pair(a: int, b: int, bits: int) -> tuple[mpmath.mpf, mpmath.mpf]:
    """The contract's formula for one pair, in 40 digits, from Python integers."""
    u = (mp.mpf(256 * a + b % 256) + 0.5) / mp.mpf(2) ** 40
    if bits == 64:
        u = (mp.mpf(a) + 0.5) / mp.mpf(2) ** 64
    r = mp.sqrt(-2 * mp.log(u))
    turns = mp.mpf(b) / mp.mpf(2) ** bits
    return r * mp.cospi(2 * turns), r * mp.sinpi(2 * turns)


def edge_words(bits: int) -> list[int]:
    """Powers of two and their neighbours, quadrant edges, both ends."""
    top = 2**bits
    chosen = {0, 1, 2, 255, 256, 257, top - 1, top - 2, top - 256}
    for k in range(0, bits, 5):
        chosen |= {2**k - 1, 2**k, 2**k + 1}
    for eighth in range(8):
        chosen |= {(eighth * top // 8 + d) % top for d in (-1, 0, 1)}
    return sorted(chosen)


@pytest.mark.parametrize(("bits", "limit"), [(32, 1e-15), (64, 1e-18)])
def test_model_normal_matches_exact_arithmetic(bits: int, limit: float) -> None:
    unsigned = np.dtype(f"uint{bits}")
    pairs = [(a, b) for a in edge_words(bits) for b in edge_words(bits)[::3]]
    random = RNG.integers(0, 2**bits, (1000, 2), unsigned).tolist()
    pairs += [tuple(p) for p in random]
    words = np.array(pairs, unsigned).reshape(-1)
    z = ref.standard_normal(words)
    for i, (a, b) in enumerate(pairs):
        for got, want in zip(z[2 * i : 2 * i + 2], exact_normal_pair(a, b, bits), strict=True):
            error = abs(mp.mpf(float(got)) + mp.mpf(float(got - float(got))) - want)
            assert error <= limit * max(1, abs(want)), (a, b)


@pytest.mark.parametrize(("bits", "limit"), [(32, 4e-15), (64, 2e-18)])
@pytest.mark.parametrize(
    "bounds",
    [
        (-2, 2),
        (-math.inf, math.inf),
        (-3, 1),
        (5, 6),
        (-6, -5),
        (8, math.inf),
        (-0.1, 1),
        (-math.inf, -37),
    ],
)
def test_model_truncated_matches_exact_arithmetic(bits: int, limit: float, bounds: tuple[float, float]) -> None:
    unsigned = np.dtype(f"uint{bits}")
    words = np.array(edge_words(bits), unsigned)
    words = np.concatenate([words, RNG.integers(0, 2**bits, 50, unsigned)])
    z = ref.standard_truncated(words, *bounds)
    lower_tail, _, mass = ref.exact_tails(*bounds)
    for w, got in zip(words.tolist(), z, strict=True):
        p = (mp.mpf(w) + 0.5) / mp.mpf(2) ** bits
        exact = mp.mpf(float(got)) + mp.mpf(float(got - float(got)))
        # One Newton step in exact arithmetic: how far the model's z is from the root.
        with mp.workdps(60):
            miss = mp.ncdf(exact) - (lower_tail + p * mass)
            if exact > 0:
                miss = (ref.exact_tails(*bounds)[1] + (1 - p) * mass) - mp.ncdf(-exact)
            error = abs(miss) / mp.npdf(exact)
        assert error <= limit * max(1, abs(exact)), w


@pytest.mark.parametrize("bits", [32, 64])
def test_model_uniform_matches_exact_arithmetic(bits: int) -> None:
    words = np.array(edge_words(bits), np.dtype(f"uint{bits}"))
    for low, high in [(-1.0, 1.0), (0.0, 3.0), (0.1, 0.3)]:
        x = ref.uniform(words, low, high)
        for w, got in zip(words.tolist(), x, strict=True):
            s = w - 2**bits if w >= 2 ** (bits - 1) else w
            want = (mp.mpf(low) + high) / 2 + (mp.mpf(high) - low) / 2 * (mp.mpf(s) + 0.5) * 2 / (mp.mpf(2) ** bits)
            error = abs(mp.mpf(float(got)) + mp.mpf(float(got - float(got))) - want)
            assert error <= 2.0 ** (-52 if bits == 32 else -63) * max(abs(low), abs(high))


def test_model_quadrant_edges_are_exact() -> None:
    for unsigned in (np.uint32, np.uint64):
        bits = 8 * np.dtype(unsigned).itemsize
        quarter = np.arange(4, dtype=unsigned) << unsigned(bits - 2)
        cosine, sine = ref.cos_sin_turns(quarter)
        assert cosine.tolist() == [1, 0, -1, 0]
        assert sine.tolist() == [0, 1, 0, -1]


def test_model_range_of_the_normal() -> None:
    z32 = ref.standard_normal(np.array([0, 0], np.uint32))
    z64 = ref.standard_normal(np.array([0, 0], np.uint64))
    assert float(z32[0]) == pytest.approx(math.sqrt(82 * math.log(2)), rel=1e-15)
    assert float(z64[0]) == pytest.approx(math.sqrt(130 * math.log(2)), rel=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_model_follows_its_distributions(dtype: str) -> None:
    """SciPy's own distribution functions, so a formula misread the same way twice still shows."""
    draws = {
        "uniform": ((-1.0, 3.0), stats.uniform(-1, 4)),
        "normal": ((0.5, 2.0), stats.norm(0.5, 2)),
        "truncated_normal": ((1.0, 2.0, -1.0, 1.5), stats.truncnorm(-1, 1.5, 1, 2)),
    }
    for distribution, (user, theory) in draws.items():
        sample = ref.values(distribution, dtype, user, 20_000, seed=5, stream=6)
        assert stats.kstest(sample.astype(np.float64), theory.cdf).pvalue > 1e-4, distribution


def test_model_ranges_are_slices_of_the_whole() -> None:
    for dtype in ("float32", "float64"):
        for distribution, user in [("uniform", (0.0, 1.0)), ("normal", (0.0, 1.0))]:
            whole = ref.values(distribution, dtype, user, 64, seed=9, stream=2)
            for start in range(12):
                part = ref.values(distribution, dtype, user, 13, seed=9, stream=2, start=start)
                np.testing.assert_array_equal(part, whole[start : start + 13])


@pytest.mark.parametrize(("text", "digest"), [("abc", "d8bb14d833d59559"), ("größe", "f4f8e155c9329ae9")])
def test_stream_from_text_known_answer(text: str, digest: str) -> None:
    """As `printf %s TEXT | b2sum --length=64` prints it, read little-endian."""
    assert ref.stream_from_text(text) == int.from_bytes(bytes.fromhex(digest), "little")
