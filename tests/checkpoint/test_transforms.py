"""Planned tensors whose draw is transformed: any run, any part, and no expectation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastinit.checkpoint import make_plan, parse_recipe
from fastinit.checkpoint.statistics.expectations import law_of, shares
from fastinit.checkpoint.values import draw_part, fill_run, matrix_bytes
from fastinit.distributions import Transformed, Uniform
from fastinit.fill import draw
from fastinit.steps import Step

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


def test_statistics_expect_nothing_of_a_transform() -> None:
    assert law_of(A_LOG, "float32") is None
    assert shares(A_LOG, "float32", np.linspace(0.0, 1.0, 5)) is None
