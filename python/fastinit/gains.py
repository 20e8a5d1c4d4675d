"""Gains: how much a weight's scale makes up for the nonlinearity after it."""

from __future__ import annotations

import math

from fastinit import checks

_LEAKY_SLOPE = 0.01
_GAINS = {
    **dict.fromkeys(("linear", "sigmoid"), 1.0),
    **{f"conv{kind}{n}d": 1.0 for kind in ("", "_transpose") for n in (1, 2, 3)},
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "leaky_relu": math.sqrt(2 / (1 + _LEAKY_SLOPE**2)),
    "selu": 3 / 4,
}


def gain(nonlinearity: str, param: float | None = None) -> float:
    """Returns the recommended gain of a nonlinearity, as `torch.nn.init.calculate_gain` does.

    Args:
        nonlinearity: "linear", "conv1d" to "conv3d", "conv_transpose1d" to "conv_transpose3d",
            "sigmoid", "tanh", "relu", "leaky_relu" or "selu".
        param: Negative slope of "leaky_relu"; 0.01 when None. The others have no parameter.

    Raises:
        TypeError: `nonlinearity` is not text, or `param` is not a number.
        ValueError: An unknown nonlinearity, a `param` that is not finite or not used.

    Source:
        He et al., Delving deep into rectifiers, ICCV 2015, equation 14, for the rectifiers; the others
        from PyTorch's table.

    Example:
        >>> gain("tanh")
        1.6666666666666667
        >>> gain("leaky_relu", 1.0)
        1.0
    """
    value = _GAINS[checks.choice("nonlinearity", nonlinearity, _GAINS)]
    if param is None:
        return value
    if nonlinearity != "leaky_relu":
        rule = f"be None for {nonlinearity!r}"
        raise ValueError(checks.text("param", rule, param, 'only "leaky_relu" has a parameter'))
    return math.sqrt(2 / (1 + checks.squared("param", checks.finite("param", param))))
