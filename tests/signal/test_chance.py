"""Student's t, by SciPy."""

from __future__ import annotations

import pytest

from fastinit.signal.chance import chance_of, spread, upper_tail

DEGREES = (1, 2, 3, 4, 5, 8, 9, 30)


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize("t", [-3.0, -0.5, 0.0, 0.3, 2.92, 12.0])
def test_the_tail_is_that_of_students_t(t: float, degrees: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert upper_tail(t, degrees) == pytest.approx(stats.t.sf(t, degrees), abs=1e-14)


def test_the_chance_of_differences_is_that_of_a_one_sided_t_test() -> None:
    stats = pytest.importorskip("scipy.stats")
    differences = [0.3, -0.1, 0.5, 0.4]
    expected = stats.ttest_1samp(differences, 0, alternative="greater").pvalue
    assert chance_of(differences) == pytest.approx(expected, rel=1e-12)
    assert chance_of([-each for each in differences]) == pytest.approx(1 - expected, rel=1e-12)


def test_equal_differences_are_no_chance_and_equal_values_are() -> None:
    assert chance_of([0.5, 0.5]) == 0
    assert chance_of([0.0, 0.0, 0.0]) == 1


def test_one_value_says_nothing_about_chance() -> None:
    assert chance_of([1.0]) is None
    assert spread([1.0]) is None
    assert spread([1.0, 3.0]) == pytest.approx(2**0.5)
