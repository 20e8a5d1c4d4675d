"""Planned tensors whose draw is transformed: any run, any part, and what statistics expect."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fastinit.checkpoint import make_plan, parse_recipe
from fastinit.checkpoint.statistics.expectations import law_of, shares
from fastinit.checkpoint.statistics.faults import find_faults
from fastinit.checkpoint.values import draw_part, fill_run, matrix_bytes
from fastinit.distributions import Constant, Normal, Transformed, Uniform
from fastinit.fill import draw
from fastinit.steps import Step, read_steps
from tests.checkpoint.storedfiles import pack

if TYPE_CHECKING:
    from fastinit.checkpoint.plan import PlannedTensor

A_LOG = Transformed(Uniform(1.0, 16.0), (Step("log"),))
RECIPE = """
seed = 1
[tensors]
A_log = { shape = [40, 16], dtype = "%s" }
[[rule]]
match = "*"
init = "uniform"
low = 1.0
high = 16.0
padding_idx = 2
"""


def planned(dtype: str) -> PlannedTensor:
    """A tensor of a plan with its draw transformed, and one row of zeros."""
    (tensor,) = make_plan(parse_recipe(RECIPE % dtype), 10**9).tensors
    return tensor._replace(content=tensor.content._replace(distribution=A_LOG))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float64"])
def test_runs_and_parts_are_those_of_the_whole(dtype: str) -> None:
    tensor = planned(dtype)
    whole = np.asarray(draw(A_LOG, (40, 16), dtype=dtype, seed=3, stream=tensor.stream).owner).copy()
    whole[2] = 0
    np.testing.assert_array_equal(draw_part(tensor, 3, np.s_[1:20, 3:7]), whole[1:20, 3:7])
    for start, count in [(0, 640), (17, 100), (639, 1)]:
        run = np.zeros(count, whole.dtype)
        fill_run(tensor, 3, start, count, run.ctypes.data)
        np.testing.assert_array_equal(run, whole.reshape(-1)[start : start + count])
    assert matrix_bytes(tensor) == 0


@pytest.mark.parametrize(
    ("base", "steps"),
    [
        (Normal(0.0, 1.0), ["abs"]),
        (Uniform(0.0, 1.0), [{"clamp": [0.1, 1.0]}]),
        (Uniform(0.0, 1.0), [{"scale": 0.0}]),
        (Uniform(1000.0, 1000.001), [{"shift": -1000.0}]),  # of 16 values in float32
        (Constant(3.0), ["log"]),
    ],
)
def test_statistics_expect_nothing_where_a_transform_is_not_monotone(base: Any, steps: list[Any]) -> None:
    spec = Transformed(base, read_steps(steps))
    assert law_of(spec, "float32") is None
    assert shares(spec, "float32", np.linspace(0.0, 1.0, 5)) is None


def test_law_of_a_monotone_transform_is_that_of_the_closed_form() -> None:
    """Of exp of a uniform of [a, b] the k-th moment is (e^kb - e^ka) / (k (b - a))."""
    law = law_of(Transformed(Uniform(-7.0, -2.0), (Step("exp"),)), "float64")
    assert law is not None
    raw = [1.0, *((math.exp(-2.0 * k) - math.exp(-7.0 * k)) / (5.0 * k) for k in (1, 2, 3, 4))]
    central = [sum(math.comb(n, k) * raw[k] * (-raw[1]) ** (n - k) for k in range(n + 1)) for n in range(5)]
    assert law.mean == pytest.approx(raw[1], rel=1e-9)
    assert law.std == pytest.approx(math.sqrt(central[2]), rel=1e-9)
    assert law.kurtosis == pytest.approx(central[4] / central[2] ** 2, rel=1e-7)
    assert (law.low, law.high) == pytest.approx((math.exp(-7.0), math.exp(-2.0)))
    edges = np.array([-1.0, math.exp(-6.0), math.exp(-3.0), 9.0])
    found = shares(Transformed(Uniform(-7.0, -2.0), (Step("exp"),)), "float64", edges)
    assert found == pytest.approx([0.2, 0.6, 0.2])


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_another_transform_is_noticed(dtype: str) -> None:
    law = law_of(A_LOG, dtype)
    assert law is not None
    for other in (
        Transformed(Uniform(1.0, 15.5), (Step("log"),)),
        Transformed(Uniform(1.0, 16.0), (Step("log"), Step("scale", (0.98,)))),
        Uniform(0.0, math.log(16.0)),
    ):
        drawn = np.asarray(draw(other, (100_000,), dtype=dtype, seed=1).owner)
        assert find_faults(pack(drawn, dtype), law) != []
