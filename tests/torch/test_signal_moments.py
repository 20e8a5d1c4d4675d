"""Moments of outputs, and the scale of a weight that they call for."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from fastinit.torch.signal import moments
from fastinit.torch.signal.moments import Moments, moments_of
from tests.torch.networks import normals

pytestmark = pytest.mark.torch

SHAPES = {-1: [(5,), (7, 5), (2, 3, 5)], -2: [(5, 9), (3, 5, 9)], -3: [(5, 4, 6), (2, 5, 4, 6)]}


@pytest.mark.parametrize(("axis", "shape"), [(axis, shape) for axis, shapes in SHAPES.items() for shape in shapes])
@pytest.mark.parametrize("chunk", [1 << 22, 12])
def test_moments_are_those_of_weight_and_bias_apart(
    axis: int, shape: tuple[int, ...], chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moments, "_CHUNK", chunk)
    part, bias = 3 * normals(*shape).double() + 1, normals(5, seed=2).double()
    spread = bias.reshape([-1] + [1] * (-1 - axis)).expand(shape)
    found = moments_of(part + spread, bias, axis, None)
    both = torch.stack([part.flatten(), spread.flatten()])
    covariance = torch.cov(both, correction=0)
    assert found.of_weight == pytest.approx(float(covariance[0, 0]))
    assert found.of_bias == pytest.approx(float(covariance[1, 1]))
    assert found.shared == pytest.approx(float(covariance[0, 1]))
    assert found.std == pytest.approx(float((part + spread).std(correction=0)))


@pytest.mark.parametrize("share", [-0.9, 0.0, 0.9])
@pytest.mark.parametrize("std", [0.6, 1.0, 100.0])
def test_the_factor_gives_the_standard_deviation(share: float, std: float) -> None:
    part, bias = normals(4000, 5).double(), normals(5, seed=2).double() / 3
    part = part + share * bias
    factor = moments_of(part + bias, bias, -1, None).factor(std)
    assert isinstance(factor, float)
    assert factor > 0
    assert float((factor * part + bias).std(correction=0)) == pytest.approx(std, rel=1e-9)


def test_a_bias_beyond_the_target_leaves_no_factor_unless_the_weight_goes_against_it() -> None:
    assert Moments(5.0, 1.0, 4.0, 0.0, 1e-7).factor(1.9) == "its bias alone has std 2"
    against = Moments(1.0, 1.0, 4.0, -1.9, 1e-7).factor(1.9)  # s = 1.9 + sqrt(1.9^2 - 4 + 1.9^2)
    assert against == pytest.approx(1.9 + math.sqrt(2 * 1.9**2 - 4))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_what_rounding_alone_makes_vary_is_constant(dtype: torch.dtype) -> None:
    bias = normals(5, seed=2).to(dtype)
    noise = 1 + torch.finfo(dtype).eps * torch.arange(-1, 2)[:, None].to(dtype)
    found = moments_of(bias * noise, bias, -1, None).factor(1.0)
    assert isinstance(found, str)
    assert found.startswith("its output is constant")
    real = moments_of(bias + 100 * torch.finfo(dtype).eps * normals(50, 5).to(dtype), bias, -1, None).factor(1.0)
    assert isinstance(real, float) or "bias alone" in real


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_not_finite_has_no_factor(value: float) -> None:
    output = normals(5, 5)
    output[2, 3] = value
    found = moments_of(output, None, -1, None)
    assert math.isnan(found.std)
    assert found.factor(1.0) == "its output has values that are NaN or infinite"


def test_large_and_small_numbers_of_narrow_types_are_measured() -> None:
    for scale in (1e-20, 1e20):
        found = moments_of((scale * normals(400, 5)).bfloat16(), None, -1, None)
        assert found.std == pytest.approx(scale, rel=0.05)
        assert found.factor(1.0) == pytest.approx(1 / scale, rel=0.05)
