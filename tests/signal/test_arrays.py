"""Readings of NumPy arrays against sums that are written out."""

from __future__ import annotations

import math

import ml_dtypes
import numpy as np
import pytest

from fastinit.signal import arrays
from fastinit.signal.arrays import dead_units, is_equal_along, measure, share_outside


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ml_dtypes.bfloat16])
def test_a_reading_has_the_moments_of_the_finite_elements(dtype: object) -> None:
    values = np.array([[0.0, 1.0, -2.0], [math.inf, math.nan, 4.0]], dtype)
    reading = measure(values)
    assert (reading.size, reading.nonfinite, reading.zeros) == (6, 2, pytest.approx(1 / 6))
    assert reading.mean == pytest.approx(0.75)
    assert reading.std == pytest.approx(math.sqrt((0.75**2 + 0.25**2 + 2.75**2 + 3.25**2) / 4))


def test_a_reading_of_several_chunks_is_that_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(3, 2, 1000)
    whole = measure(values)
    monkeypatch.setattr(arrays, "_CHUNK", 64)
    parts = measure(values)
    assert (parts.mean, parts.std) == (pytest.approx(whole.mean), pytest.approx(whole.std))


def test_squares_do_not_overflow() -> None:
    assert measure(np.array([3e200, -3e200])).std == pytest.approx(3e200)


@pytest.mark.parametrize("values", [np.full(3, np.nan), np.zeros(0)])
def test_moments_of_no_finite_element_are_nan(values: object) -> None:
    reading = measure(np.asarray(values, np.float32))
    assert math.isnan(reading.mean)
    assert reading.nonfinite == reading.size


@pytest.mark.parametrize(("axis", "share"), [(-1, 1 / 3), (1, 1 / 2)])
def test_units_are_dead_if_they_are_zero_for_the_whole_batch(axis: int, share: float) -> None:
    values = np.array([[[0.0, 1, 2], [0, 0, 0]], [[0, 0, 1], [0, 0, 0]]])
    assert dead_units(values, axis) == pytest.approx(share)


def test_the_ends_of_an_interval_are_outside() -> None:
    assert share_outside(np.array([-1.0, -0.9, 0.5, 1.0, 3.0]), -1.0, 1.0) == pytest.approx(0.6)


def test_equal_along_an_axis_means_everywhere() -> None:
    values = np.array([[1.0, 1, 1], [2, 2, 2]])
    assert is_equal_along(values, -1)
    assert not is_equal_along(values, 0)
    values[1, 2] = 0  # beyond the two places that are compared first
    assert not is_equal_along(values, -1)
    assert not is_equal_along(np.zeros((1, 3)), 0)
