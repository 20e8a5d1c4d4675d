"""normal_tail.py against mpmath: every tail is the nearest float64."""

from __future__ import annotations

import itertools
import math

import pytest
from mpmath import mp, mpf

from fastinit.normal_tail import tails

BOUNDS = [
    -math.inf,
    -100.0,
    -38.6,
    -37.0,
    -12.0,
    -2.0,
    -1e-300,
    0.0,
    5e-324,
    0.3,
    2.0,
    8.25,
    37.5,
    41.0,
]
EDGES = [
    (1.0, math.nextafter(1.0, 2.0)),
    (-37.0, math.nextafter(-37.0, 0.0)),
    (-1e-300, 1e-300),
    (-39.9, 39.9),
    (39.0, math.inf),
]


@pytest.mark.parametrize(("lower", "upper"), [(a, b) for a, b in itertools.product(BOUNDS, BOUNDS) if a < b] + EDGES)
def test_nearest_float(lower: float, upper: float) -> None:
    with mp.workdps(800):

        def upper_tail(x: float) -> mpf:
            return mp.erfc(mpf(x) / mp.sqrt(2)) / 2

        inside = mp.quad(mp.npdf, [lower, upper]) if upper - lower < 1e-9 else None
        expected = (
            upper_tail(-lower),
            upper_tail(upper),
            upper_tail(lower) - upper_tail(upper) if inside is None else inside,
        )
        assert tails(lower, upper) == tuple(map(float, expected))


def test_symmetric() -> None:
    below, above, inside = tails(-2.0, 2.0)
    assert below == above
    assert inside == 0.9544997361036416
    assert tails(-3.0, 1.0) == (tails(-1.0, 3.0)[1], tails(-1.0, 3.0)[0], tails(-1.0, 3.0)[2])
