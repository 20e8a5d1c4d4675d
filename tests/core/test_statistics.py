"""Statistics of the draws, and a wrong sample that each check rejects.

The default run takes about 4 * 10^6 draws per case; `-m slow` takes 2^30 normals through every check
and 2^33 through the tail counts, where 17 draws beyond six sigma are expected.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tests.core import corefill
from tests.core import statistics_checks as checks
from tests.core.statistics_checks import LIMIT, Tally, Theory

SEEDS = (0, 1, 2, 2**32)
STREAMS = (0, 1, 2, 2**63)
SEQUENCES = tuple(itertools.product(SEEDS, STREAMS))  # so that seeds and streams are both compared
ROW = 1 << 14  # draws of one sequence at a time: 16 rows of float64 are 2 MiB, about a cache
SMALL = 1 << 18  # draws per sequence in the default run
WRONG = 1 << 17  # and of a wrong sample
SLOW = 1 << 26
TAIL_DRAWS = 1 << 34

NORMAL = Theory.of(stats.norm(), -8, 8)
CASES: dict[str, tuple[str, tuple[float, ...], Theory]] = {
    "normal": ("normal", (0.0, 1.0), NORMAL),
    "uniform": ("uniform", (-1.0, 1.0), Theory.of(stats.uniform(-1, 2), -1, 1)),
    "uniform from 0": ("uniform", (0.0, 3.0), Theory.of(stats.uniform(0, 3), 0, 3)),
    "truncated": (
        "truncated_normal",
        (0.0, 1.0, -2.0, 2.0),
        Theory.of(stats.truncnorm(-2, 2), -2, 2),
    ),
    "truncated aside": (
        "truncated_normal",
        (0.0, 1.0, -1.0, 3.0),
        Theory.of(stats.truncnorm(-1, 3), -1, 3),
    ),
}

Change = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def draw_rows(case: str, dtype: str, start: int) -> NDArray[Any]:
    """ROW draws of each sequence from index `start`."""
    distribution, user, _ = CASES[case]
    sample: NDArray[Any] = np.empty((len(SEQUENCES), ROW), dtype)
    with corefill.threads(1):  # rows are too short to share out
        for row, (seed, stream) in zip(sample, SEQUENCES, strict=True):
            place = {"seed": seed, "stream": stream, "start": start}
            corefill.draw(distribution, dtype, user, ROW, out=row, **place)
    return sample


def tally(case: str, dtype: str, draws: int, change: Change | None = None) -> Tally:
    """`draws` of each sequence, changed into a wrong sample where one is wanted."""
    result = Tally(CASES[case][2], len(SEQUENCES))
    for start in range(0, draws, ROW):
        sample = draw_rows(case, dtype, start)
        result.add(sample if change is None else change(sample.astype(np.float64)))
    return result


def assert_unsurprising(result: Tally, what: str) -> None:
    surprises = {check.__name__: check(result) for check in checks.CHECKS}
    if result.theory is NORMAL:
        surprises["tails_of"] = checks.tails_of(result)
    shown = ", ".join(f"{name} {sigma:.2f}" for name, sigma in surprises.items())
    print(f"{what}, {result.count:.3g} draws, sigmas: {shown}")
    assert max(surprises.values()) < LIMIT, surprises


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES)
def test_draws_follow_their_distribution(case: str, dtype: str) -> None:
    assert_unsurprising(tally(case, dtype, SMALL), f"{case} {dtype}")


@pytest.mark.slow
def test_normal_statistics_of_1e9_draws() -> None:
    result = tally("normal", "float32", SLOW)
    assert result.count >= 10**9
    assert_unsurprising(result, "normal float32")
    for factor in (1 - 2e-4, 1 + 2e-4):
        assert checks.moments(result.scaled(factor)) > LIMIT, "a wrong spread must show"


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in CASES if case != "normal"])
def test_bounded_statistics_of_1e8_draws(case: str) -> None:
    assert_unsurprising(tally(case, "float32", SLOW // 8), f"{case} float32")


@pytest.mark.slow
def test_normal_statistics_of_1e8_float64_draws() -> None:
    assert_unsurprising(tally("normal", "float64", SLOW // 8), "normal float64")


@pytest.mark.slow
def test_tails_of_1e10_draws() -> None:
    """Beyond 5, 5.5 and 6 sigma, with tails cut at six sigma as the wrong sample."""
    limits = (5.0, 5.5, 6.0)
    counts, cut = dict.fromkeys(limits, 0), dict.fromkeys(limits, 0)
    z = np.empty(1 << 18, np.float32)
    for start in range(0, TAIL_DRAWS, z.size):
        corefill.draw("normal", "float32", (0.0, 1.0), z.size, seed=99, start=start, out=z)
        if max(z.max(), -z.min()) < limits[0]:
            continue
        size = np.abs(z[np.abs(z) >= limits[0]])
        for limit in limits:
            counts[limit] += int(np.count_nonzero(size >= limit))
            cut[limit] += int(np.count_nonzero((size >= limit) & (size < 6)))
    expected = {limit: TAIL_DRAWS * 2 * stats.norm.sf(limit) for limit in limits}
    print(f"beyond sigma: {counts}, expected {expected}")
    assert checks.tail_counts(TAIL_DRAWS, counts) < LIMIT
    assert checks.tail_counts(TAIL_DRAWS, cut) > LIMIT


# ------------------------------------------------------------ a wrong sample that each rejects


def comb(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """One thousandth of the values missing, found again next door."""
    return np.where((x > 0.5) & (x < 0.505), x + 0.005, x)


def correlated(lag: int, r: float = 0.008) -> Change:
    return lambda x: np.sqrt(1 - r * r) * x + r * np.roll(x, lag, axis=1)


def shared_radius(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Odd elements of the size of the even ones, signs kept: uncorrelated, not independent."""
    x = x.copy()
    x[:, 1::2] = np.copysign(x[:, 0::2], x[:, 1::2])
    return x


def with_row(source: int, target: int, sign: float = 1.0) -> Change:
    def change(x: NDArray[np.float64]) -> NDArray[np.float64]:
        x = x.copy()
        x[target] = sign * x[source]
        return x

    return change


def same_size(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two sequences of the same sizes with independent signs."""
    x = x.copy()
    x[5] = np.copysign(x[3], x[5])
    return x


def leaking(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """One fiftieth of another stream mixed into one."""
    x = x.copy()
    x[1] = np.sqrt(1 - 4e-4) * x[1] + 2e-2 * x[0]
    return x


WRONG_SAMPLES: list[tuple[Callable[[Tally], float], str, Change]] = [
    (checks.moments, "mean off by 0.005", lambda x: x + 0.005),
    (checks.moments, "std off by 0.005", lambda x: x * 1.005),
    (checks.moments, "skewed", lambda x: x + 0.006 * (x * x - 1)),
    (checks.moments, "fourth moment off", lambda x: (x + 2e-3 * x**3) / (1 + 6e-3)),
    (checks.kolmogorov_smirnov, "shifted by 0.006", lambda x: x + 0.006),
    (checks.kolmogorov_smirnov, "std off by 0.015", lambda x: x * 1.015),
    (checks.chi_square, "a gap", comb),
    (checks.chi_square, "values on a grid", lambda x: np.round(x * 300) / 300),
    (checks.tails_of, "cut at 3.9", lambda x: np.clip(x, -3.9, 3.9)),
    (checks.tails_of, "one side cut", lambda x: np.maximum(x, -3.5)),
    (checks.tails_of, "tails too heavy", lambda x: np.where(np.abs(x) > 4, 1.6 * x, x)),
    *((checks.neighbours, f"correlated at lag {k}", correlated(k)) for k in checks.LAGS),
    (checks.neighbours, "pairs of one size", shared_radius),
    (checks.between, "a stream twice", with_row(0, 1)),
    (checks.between, "a seed twice", with_row(0, 4)),
    (checks.between, "a stream mirrored", with_row(2, 3, -1.0)),
    (checks.between, "two streams of one size", same_size),
    (checks.between, "one stream leaking into another", leaking),
]


@pytest.mark.parametrize(("check", "name", "change"), WRONG_SAMPLES, ids=[wrong[1] for wrong in WRONG_SAMPLES])
def test_check_rejects_wrong_sample(check: Callable[[Tally], float], name: str, change: Change) -> None:
    assert check(tally("normal", "float32", WRONG, change)) > LIMIT, name


@pytest.mark.parametrize("case", [case for case in CASES if case != "normal"])
@pytest.mark.parametrize("check", [checks.moments, checks.kolmogorov_smirnov, checks.chi_square])
def test_check_rejects_wrong_bounded_sample(case: str, check: Callable[[Tally], float]) -> None:
    """Bounds off by one percent."""
    assert check(tally(case, "float32", WRONG, lambda x: x * 0.99)) > LIMIT


def test_tail_counts_reject_both_ways() -> None:
    """At the size of the slow test: no draw beyond six sigma, and three times too many."""
    assert checks.tail_counts(TAIL_DRAWS, {6.0: 0}) > LIMIT
    assert checks.tail_counts(TAIL_DRAWS, {6.0: 75}) > LIMIT
    assert checks.tail_counts(TAIL_DRAWS, {6.0: 34}) < 1
