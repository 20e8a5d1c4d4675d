"""What rules say of tensors: exact, and never crossed by a right draw."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from fastinit.checkpoint.statistics.expectations import Expectation, Law, law_of
from fastinit.checkpoint.statistics.faults import find_faults
from fastinit.checkpoint.statistics.moments import Moments
from fastinit.distributions import Constant, Distribution, Normal, Transformed, TruncatedNormal, Uniform
from fastinit.dtypes import FLOATS, INTEGERS
from fastinit.fill import draw
from fastinit.steps import read_steps
from tests.checkpoint.storedfiles import pack

LAWS: tuple[Distribution, ...] = (
    Normal(0.0, 0.02),
    Normal(1.0, 0.5),
    Normal(1.0, 1e-7),
    Normal(0.0, 200.0),
    Uniform(-0.1, 0.1),
    Uniform(0.0, 0.1),
    Uniform(-0.1, 0.3),
    Uniform(1.0, 1.0000006),  # whose middle is no float32
    TruncatedNormal(0.0, 0.02),
    TruncatedNormal(1.0, 0.02, -1.0, 3.0),
    TruncatedNormal(0.0, 1.0, 3.0, 3.001),
    TruncatedNormal(0.0, 1.0, 8.0, math.inf),
    TruncatedNormal(0.0, 1.0, -math.inf, 1.0),
    TruncatedNormal(-10.0, 1.0, 10.0, math.inf),
    Normal(0.0, 1e-6),
    Normal(0.0, 1e-44),
    Normal(0.0, 1e5),
    Normal(0.0, 1e38),
    Normal(1e6, 1.0),
    Normal(3.0, 0.0),
    Constant(0.1),
    Constant(math.nan),
    Transformed(Uniform(1.0, 16.0), read_steps(["log"])),
    Transformed(Uniform(-7.0, -2.3), read_steps(["exp", {"clamp": [1e-4, math.inf]}, "softplus_inverse"])),
    Transformed(Uniform(0.5, 2.0), read_steps([{"scale": -1.0}, "abs", "reciprocal", {"shift": -1.0}])),
    Transformed(Normal(0.0, 0.5), read_steps(["exp"])),
    Transformed(TruncatedNormal(1.0, 0.2), read_steps(["log", {"scale": -0.1}])),
    Transformed(Uniform(-200.0, 0.0), read_steps(["exp"])),  # half of it underflows in float32
    Transformed(Uniform(0.5, 2.0), read_steps(["log"])),
)


@pytest.mark.parametrize("law", LAWS, ids=str)
@pytest.mark.parametrize("dtype", FLOATS)
def test_right_draws_have_no_fault(law: Distribution, dtype: str) -> None:
    expected = law_of(law, dtype)
    assert expected is not None
    for size, seed in ((1, 0), (1, 1), (2, 2), (10, 3), (1000, 4), (1 << 20, 5)):
        sample = np.asarray(draw(law, (size,), dtype=dtype, seed=seed).owner)
        assert find_faults(pack(sample, dtype), expected) == []


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"])
@pytest.mark.parametrize("law", [Normal(0.0, 0.02), Uniform(-0.1, 0.3), TruncatedNormal(0.0, 0.02)])
def test_law_of_a_narrow_type_is_exact(law: Distribution, dtype: str) -> None:
    """Against SciPy: every value's probability, from the edges of what rounds to it."""
    from scipy import stats

    expected = law_of(law, dtype)
    assert expected is not None
    if isinstance(law, Uniform):
        exact: Any = stats.uniform(law.low, law.high - law.low)
    elif isinstance(law, TruncatedNormal):
        exact = stats.truncnorm(-2, 2, 0, law.parent_std)
    else:
        exact = stats.norm(0, law.std)
    element = FLOATS[dtype].numpy
    patterns = np.arange(2 ** (8 * element.itemsize)).astype(f"u{element.itemsize}")
    with np.errstate(invalid="ignore"):
        every = patterns.view(element).astype(np.float64)
    values = np.unique(every[np.isfinite(every)])
    share = np.diff(exact.cdf([-np.inf, *(values[:-1] + values[1:]) / 2, np.inf]))
    mean = (share * values).sum()
    variance = (share * (values - mean) ** 2).sum()
    assert expected.mean == pytest.approx(mean, abs=1e-8)
    assert expected.std == pytest.approx(math.sqrt(variance), rel=1e-7)
    assert expected.kurtosis == pytest.approx((share * (values - mean) ** 4).sum() / variance**2, rel=1e-6)
    assert expected.zeros == pytest.approx(share[values == 0].sum(), rel=1e-6)


@pytest.mark.parametrize("bounds", [(-2, 2), (-1, 3), (0, 1e-6), (3, 3.001), (8, math.inf)])
def test_moments_of_a_cut_normal(bounds: tuple[float, float]) -> None:
    from mpmath import mp, mpf, quad

    lower, upper = bounds
    expected = law_of(TruncatedNormal(0.5, 2.0, lower, upper), "float64")
    assert expected is not None
    with mp.workdps(40):
        ends = [mpf(lower), (mpf(lower) + min(upper, 20)) / 2, mpf(min(upper, 20))]

        def moment(k: int, centre: Any) -> Any:
            return quad(lambda z: (z - centre) ** k * mp.exp(-z * z / 2), ends)

        mass = moment(0, 0)
        mean = moment(1, 0) / mass
        variance = moment(2, mean) / mass
        kurtosis = moment(4, mean) / mass / variance**2
    assert expected.mean == pytest.approx(float(0.5 + 2 * mean), rel=1e-12)
    assert expected.std == pytest.approx(float(2 * mp.sqrt(variance)), rel=1e-8)
    assert expected.kurtosis == pytest.approx(float(kurtosis), rel=1e-6)


def test_padding_is_part_of_the_expectation() -> None:
    law = Law(mean=1.0, std=0.5, kurtosis=3.0, low=0.25, high=2.0, zeros=0.1)
    expected = Expectation(Normal(1.0, 0.5), law, size=400, padding=100)
    assert (expected.mean, expected.low, expected.high) == (0.75, 0.0, 2.0)
    assert expected.std**2 == pytest.approx(0.75 * (0.25 + 1) - 0.75**2)
    assert expected.zeros == pytest.approx(0.25 + 0.75 * 0.1)


def test_false_alarms_are_rarer_than_promised() -> None:
    """The bounds for the mean and the spread, over many samples: far fewer than exp(-t) cross them."""
    rng = np.random.default_rng(5)
    law = law_of(Uniform(-1.0, 1.0), "float64")
    assert law is not None
    for size in (1, 2, 3, 5, 20):
        for sample in rng.uniform(-1, 1, (3000, size)):
            assert find_faults(pack(sample, "float64"), law) == []


def test_rare_values_are_no_fault_where_they_can_occur() -> None:
    """One element in 50,000 rounds away from zero: no tensor of 1000 has the expected number of them."""
    distribution, dtype = Normal(0.0, 2.3e-4), "float8_e4m3fn"
    law = law_of(distribution, dtype)
    assert law is not None
    drawn = np.asarray(draw(distribution, (500, 1000), dtype=dtype, seed=1).owner)
    samples = [pack(sample, dtype) for sample in drawn]
    assert sum(sample.zeros < 1000 for sample in samples) > 5
    assert all(find_faults(sample, law) == [] for sample in samples)


def test_spread_of_two_values_follows_their_mean() -> None:
    """With values -1 and 1 the mean determines the spread: 4 standard errors off, neither is marked."""
    law = Law(mean=0.0, std=1.0, kurtosis=1.0, low=-1.0, high=1.0, zeros=0.0)
    mean = 0.04
    found = Moments(count=10_000, mean=mean, squares=10_000 * (1 - mean**2), low=-1, high=1)
    assert find_faults(found, law) == []


def test_error_of_the_arithmetic_is_no_fault() -> None:
    """Of 10**12 elements, chance leaves less than the stream's page allows the arithmetic."""
    law = Law(mean=0.0, std=1.0, kurtosis=3.0, low=-7.5, high=7.5, zeros=0.0, error=1e-3)
    for change, is_fault in ((9e-4, False), (1.1e-3, True)):
        for mean, std in ((change, 1.0), (-change, 1.0), (0.0, 1 + change), (0.0, 1 - change)):
            found = Moments(count=10**12, mean=mean, squares=10**12 * std**2, low=-7, high=7)
            assert bool(find_faults(found, law)) == is_fault


def test_error_at_the_edge_between_far_values_is_no_fault() -> None:
    """Where two values remain, an error of 3e-6 moves more elements over their edge than it moves a mean."""
    law = law_of(TruncatedNormal(0.0, 1.0, 3.0, 3.001), "float16")
    moved = law_of(TruncatedNormal(3e-6, 1.0, 3.0, 3.001), "float16")
    assert law is not None
    assert moved is not None
    squares = 10**12 * moved.std**2
    found = Moments(10**12, moved.mean, squares, low=moved.low, high=moved.high)
    assert find_faults(found, law) == []


def test_missing_zeros_are_marked() -> None:
    """In a type whose rounding makes zeros, there may be too few of them."""
    expected = law_of(Normal(0.0, 0.02), "float8_e4m3fn")
    assert expected is not None
    sample = np.asarray(draw(Normal(0.0, 0.02), (10**6,), dtype="float8_e4m3fn", seed=1).owner).copy()
    wrong = np.flatnonzero(sample.astype(np.float32) == 0)[:2000]
    sample[wrong[::2]] = 2.0**-9
    sample[wrong[1::2]] = -(2.0**-9)
    assert any("zeros where about" in fault for fault in find_faults(pack(sample, "float8_e4m3fn"), expected))


def test_integers_are_only_constants() -> None:
    for dtype in INTEGERS:
        assert law_of(Constant(1.0), dtype) == Law(1.0, 0.0, 0.0, 1.0, 1.0, 0.0)
        assert law_of(Normal(0.0, 1.0), dtype) is None
