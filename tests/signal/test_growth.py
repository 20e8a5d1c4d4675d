"""Growth by depth: exact numbers for exact growth, and confidence intervals for noisy growth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from fastinit.signal.growth import CONFIDENCE, growth_of


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0, 1e-20, 1e20])
def test_a_chain_that_grows_by_one_factor_gives_it_exactly(factor: float) -> None:
    growth = growth_of([factor**n for n in range(10)])
    assert growth is not None
    assert (growth.low, growth.factor, growth.high) == pytest.approx((factor,) * 3, rel=1e-12)
    assert growth.steps == 9
    assert growth.total == pytest.approx(min(factor**9, math.exp(700)), rel=1e-9)


def test_one_step_out_of_line_moves_the_factor_little() -> None:
    spreads = np.array([1.05**n for n in range(12)])
    spreads[:1] /= 1000
    growth = growth_of(spreads.tolist())
    assert growth is not None
    assert growth.factor == pytest.approx(1.05, rel=0.01)
    assert growth.low < 1.06


def test_the_growth_of_a_sum_of_residuals_is_near_one() -> None:
    growth = growth_of([math.sqrt(1 + n) for n in range(48)])
    assert growth is not None
    assert 1 < growth.factor < 1.04


@pytest.mark.parametrize("steps", [6, 12, 40, 41, 200])
def test_the_interval_holds_the_factor_as_often_as_it_says(steps: int) -> None:
    generator = np.random.default_rng(steps)
    trials, missed = 1000, 0
    for _ in range(trials):
        logs = np.cumsum(generator.normal(0.1, 0.3, steps))
        growth = growth_of(np.exp([0.0, *logs]).tolist())
        assert growth is not None
        assert growth.low <= growth.factor <= growth.high
        missed += not growth.low <= math.exp(0.1) <= growth.high
    # Five standard deviations of the count.
    limit = (1 - growth.confidence) * trials
    assert missed <= limit + 5 * math.sqrt(limit)
    assert missed > 0


@pytest.mark.parametrize("steps", [6, 9, 25, 40])
def test_the_interval_is_that_of_signed_ranks(steps: int) -> None:
    """A factor at the interval's edge is just what Wilcoxon's test does not reject."""
    logs = np.random.default_rng(steps).normal(0.05, 1.0, steps)
    growth = growth_of(np.exp(np.concatenate(([0.0], np.cumsum(logs)))).tolist())
    assert growth is not None
    for inside, edge in ((1e-6, math.log(growth.low)), (-1e-6, math.log(growth.high))):
        assert stats.wilcoxon(logs - edge - inside, method="exact").pvalue > 1 - CONFIDENCE
        assert stats.wilcoxon(logs - edge + inside, method="exact").pvalue <= 1 - CONFIDENCE


@pytest.mark.parametrize(("steps", "confidence"), [(2, 0.5), (3, 0.75), (4, 0.875), (5, 0.9375), (6, 0.95)])
def test_few_steps_say_with_what_confidence(steps: int, confidence: float) -> None:
    growth = growth_of([2.0**n for n in range(steps + 1)])
    assert growth is not None
    assert growth.confidence == confidence


@pytest.mark.parametrize("spreads", [[], [1.0], [1.0, 2.0], [0.0] * 10, [math.nan] * 10, [1.0, 0.0, math.inf, 2.0]])
def test_fewer_than_two_steps_tell_nothing(spreads: list[float]) -> None:
    assert growth_of(spreads) is None


def test_thousands_of_layers_are_told_in_bounded_memory() -> None:
    growth = growth_of([1.001**n for n in range(100_001)])
    assert growth is not None
    assert growth.factor == pytest.approx(1.001, rel=1e-9)
    assert growth.steps == 100_000
