"""gains.py against the frameworks' own functions, integrated numerically in float64."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fastinit import gain
from fastinit.gains import EXACT

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Values = NDArray[np.float64]

# Gauss and Legendre's rule on intervals of half a unit, at whose ends lie all kinks.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)
_STARTS = np.arange(-12, 12, 0.5)
Z: Values = (_STARTS[:, None] + (_NODES + 1) / 4).ravel()
DENSITY: Values = np.tile(_WEIGHTS / 4, len(_STARTS)) * np.exp(-(Z**2) / 2) / math.sqrt(2 * math.pi)

TORCH = {
    *("relu", "leaky_relu", "relu6", "elu", "celu", "selu", "gelu", "silu", "hardswish", "mish", "softplus"),
    *("sigmoid", "hardsigmoid", "logsigmoid", "tanh", "hardtanh", "softsign", "tanhshrink", "softshrink", "hardshrink"),
}
JAX = {
    *("identity", "relu", "leaky_relu", "relu6", "elu", "celu", "selu", "silu", "swish", "hard_silu", "hard_swish"),
    *("mish", "softplus", "squareplus", "sparse_plus", "sparse_sigmoid", "sigmoid", "hard_sigmoid", "log_sigmoid"),
    *("tanh", "hard_tanh", "soft_sign"),
}
TRANSFORMERS = {
    *("linear", "relu", "relu2", "relu6", "leaky_relu", "gelu", "gelu_10", "gelu_fast", "gelu_new", "gelu_python"),
    *("gelu_pytorch_tanh", "gelu_python_tanh", "gelu_accurate", "quick_gelu", "silu", "swish", "hardswish", "mish"),
    *("sqrtsoftplus", "sigmoid", "laplace", "tanh"),
}
KERAS_ALONE = {"exponential", "soft_shrink", "hard_shrink", "tanh_shrink"}  # shrinks are torch's by another name
OURS_ALONE = {"gelu_tanh", "relu_squared", "squared_relu", "swiglu", "geglu", "reglu", "glu"}


def _gain_of(function: Callable[[Values], Any]) -> float:
    return float(1 / np.sqrt(DENSITY @ np.asarray(function(Z), np.float64) ** 2))


def _agree(nonlinearity: str, function: Callable[[Values], Any]) -> None:
    assert gain(nonlinearity, exact=True) == pytest.approx(_gain_of(function), rel=1e-10)


@pytest.mark.torch
@pytest.mark.parametrize("nonlinearity", sorted(TORCH))
def test_torchs_function_has_this_gain(nonlinearity: str) -> None:
    torch = pytest.importorskip("torch")
    function = getattr(torch.nn.functional, nonlinearity)
    _agree(nonlinearity, lambda z: function(torch.from_numpy(z)))


@pytest.mark.torch
@pytest.mark.parametrize("alpha", [-0.5, 0.1, 0.7, 3.0])
@pytest.mark.parametrize("nonlinearity", ["leaky_relu", "elu"])
def test_torchs_function_has_this_gain_for_any_param(nonlinearity: str, alpha: float) -> None:
    torch = pytest.importorskip("torch")
    function = getattr(torch.nn.functional, nonlinearity)
    assert gain(nonlinearity, alpha) == pytest.approx(
        _gain_of(lambda z: function(torch.from_numpy(z), alpha)), rel=1e-10
    )


@pytest.mark.torch
@pytest.mark.parametrize("nonlinearity", sorted(TRANSFORMERS))
def test_transformers_function_has_this_gain(nonlinearity: str) -> None:
    torch = pytest.importorskip("torch")
    function = pytest.importorskip("transformers.activations").ACT2FN[nonlinearity]
    _agree(nonlinearity, lambda z: function(torch.from_numpy(z)))


@pytest.mark.jax
@pytest.mark.parametrize("nonlinearity", sorted(JAX))
def test_jaxs_function_has_this_gain(nonlinearity: str) -> None:
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        _agree(nonlinearity, getattr(jax.nn, nonlinearity))


@pytest.mark.parametrize(("short", "long"), [("soft", "softshrink"), ("hard", "hardshrink"), ("tanh", "tanhshrink")])
def test_kerass_names_of_shrinks_are_torchs_functions(short: str, long: str) -> None:
    assert gain(f"{short}_shrink") == gain(long)


def test_every_name_is_compared_with_a_framework() -> None:
    convolutions = {name for name in EXACT if name.startswith("conv")}
    assert set(EXACT) == TORCH | JAX | TRANSFORMERS | KERAS_ALONE | OURS_ALONE | convolutions


@pytest.mark.torch
@pytest.mark.parametrize(
    ("nonlinearity", "exact", "start", "layers", "variance"),
    [
        ("tanh", True, 0.5, 50, 1.0),
        ("tanh", False, 0.5, 50, 1.18),
        ("selu", True, 0.5, 200, 1.0),
        ("selu", False, 1.0, 300, 0.023),
        ("sigmoid", False, 1.0, 50, 0.26),
        ("gelu", True, 0.8, 10, 0.38),
        ("gelu", True, 0.8, 20, 0.013),
        ("relu", True, 0.8, 100, 0.8),
    ],
)
def test_variance_goes_where_the_page_says(
    nonlinearity: str, exact: bool, start: float, layers: int, variance: float
) -> None:
    torch = pytest.importorskip("torch")
    function = getattr(torch.nn.functional, nonlinearity)
    found = start
    for _ in range(layers):
        spread, now = gain(nonlinearity, exact=exact), math.sqrt(found)
        found = (spread / _gain_of(lambda z, now=now: function(torch.from_numpy(now * z)))) ** 2  # type: ignore[misc]
    assert found == pytest.approx(variance, rel=0.05)
