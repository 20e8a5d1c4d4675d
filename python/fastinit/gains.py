"""Gains: the factor by which a weight's scale compensates for the nonlinearity before it."""

from __future__ import annotations

import math
from typing import Any

from fastinit import checks
from fastinit.errors import suggest

# Exact gains: made by tools/compute_gains.py.
EXACT = {
    "linear": 1.0,
    "identity": 1.0,
    "conv1d": 1.0,
    "conv2d": 1.0,
    "conv3d": 1.0,
    "conv_transpose1d": 1.0,
    "conv_transpose2d": 1.0,
    "conv_transpose3d": 1.0,
    "relu": 1.4142135623730951,
    "reglu": 1.4142135623730951,
    "leaky_relu": 1.4141428569978354,
    "relu6": 1.4142135650950736,
    "relu_squared": 0.816496580927726,
    "relu2": 0.816496580927726,
    "squared_relu": 0.816496580927726,
    "elu": 1.2451983007007066,
    "celu": 1.2451983007007066,
    "selu": 1.0,
    "gelu": 1.5335304411955353,
    "gelu_python": 1.5335304411955353,
    "geglu": 1.5335304411955353,
    "gelu_tanh": 1.533580521666147,
    "gelu_new": 1.533580521666147,
    "gelu_fast": 1.533580521666147,
    "gelu_accurate": 1.533580521666147,
    "gelu_pytorch_tanh": 1.533580521666147,
    "gelu_python_tanh": 1.533580521666147,
    "gelu_10": 1.5335304411955353,
    "quick_gelu": 1.5394587622988314,
    "silu": 1.676532470331091,
    "swish": 1.676532470331091,
    "swiglu": 1.676532470331091,
    "hardswish": 1.7366572127665416,
    "hard_swish": 1.7366572127665416,
    "hard_silu": 1.7366572127665416,
    "mish": 1.486847581273208,
    "softplus": 1.0418668355353018,
    "sqrtsoftplus": 1.1138239059428763,
    "squareplus": 0.816496580927726,
    "sparse_plus": 1.3803368628588104,
    "sigmoid": 1.8462285453386054,
    "glu": 1.8462285453386054,
    "hardsigmoid": 1.897840424729559,
    "hard_sigmoid": 1.897840424729559,
    "sparse_sigmoid": 1.6243215587888256,
    "laplace": 2.2391950387766113,
    "logsigmoid": 1.0418668355353018,
    "log_sigmoid": 1.0418668355353018,
    "tanh": 1.5925374197228315,
    "hardtanh": 1.3920361404483097,
    "hard_tanh": 1.3920361404483097,
    "softsign": 2.3375333631085398,
    "soft_sign": 2.3375333631085398,
    "tanhshrink": 2.3383675301021216,
    "tanh_shrink": 2.3383675301021216,
    "softshrink": 1.5443605282801334,
    "soft_shrink": 1.5443605282801334,
    "hardshrink": 1.015796354719734,
    "hard_shrink": 1.015796354719734,
    "exponential": 0.36787944117144233,
}
# End of the exact gains.

CUSTOMARY = {"sigmoid": 1.0, "tanh": 5 / 3, "selu": 3 / 4}  # PyTorch's table has these numbers instead

_TABLE = "https://fastinit.github.io/fastinit/gains.html"

# Functions that are z above zero and param g(z) below: twice the part of E g(z)^2 that lies below zero.
_BELOW_ZERO = {
    "leaky_relu": 1.0,
    "elu": 1 + math.exp(2) * math.erfc(math.sqrt(2)) - 2 * math.exp(0.5) * math.erfc(math.sqrt(0.5)),
}


def gain(nonlinearity: str, param: float | None = None, *, exact: bool = False) -> float:
    """Returns the gain of a nonlinearity f: 1 / sqrt(E f(z)^2) for a standard normal z.

    A weight of standard deviation gain / sqrt(fan_in) that reads f of standard normal values gives values of variance
    1. "sigmoid", "tanh" and "selu" have the numbers of `torch.nn.init.calculate_gain` instead, unless `exact` is True.

    Args:
        nonlinearity: The name of a function in PyTorch, Keras, JAX or transformers, such as "relu", "tanh", "gelu",
            "gelu_tanh", "silu", "elu" or "mish", or of a gated unit: "swiglu", "geglu", "reglu" or "glu". docs/gains.md
            defines all of them.
        param: Negative slope of "leaky_relu", 0.01 when None, or alpha of "elu", 1 when None. The others have no
            parameter.
        exact: Whether "sigmoid", "tanh" and "selu" have the gain of the formula too.

    Raises:
        TypeError: `nonlinearity` is not text, `param` is not a number, or `exact` is not a boolean.
        ValueError: An unknown nonlinearity, a `param` that is not finite or not used.

    Source:
        He et al., Delving deep into rectifiers, ICCV 2015, equations 9 and 14, for any f; `tools/compute_gains.py`
        computes the numbers. Those of "sigmoid", "tanh" and "selu" without `exact` are from PyTorch's table.

    Example:
        >>> gain("relu")
        1.4142135623730951
        >>> gain("tanh"), gain("tanh", exact=True)
        (1.6666666666666667, 1.5925374197228315)
        >>> gain("leaky_relu", 1.0)
        1.0
    """
    name: Any = nonlinearity
    if not isinstance(name, str) or name not in EXACT:
        kind, typed = (
            (ValueError, name) if isinstance(name, str) else (TypeError, getattr(name, "__name__", type(name).__name__))
        )
        near = suggest(typed, EXACT) or f"; {_TABLE} has all names"
        raise kind(checks.text("nonlinearity", 'be a name such as "relu", "gelu" or "silu"', name) + near)
    is_exact = checks.boolean("exact", exact)
    if param is None:
        return EXACT[name] if is_exact else CUSTOMARY.get(name, EXACT[name])
    if name not in _BELOW_ZERO:
        rule = f"be None for {name!r}"
        raise ValueError(checks.text("param", rule, param, 'only "leaky_relu" and "elu" have a parameter'))
    return math.sqrt(2 / (1 + _BELOW_ZERO[name] * checks.squared("param", checks.finite("param", param))))
