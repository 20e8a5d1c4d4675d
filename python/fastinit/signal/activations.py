"""The activations that saturate, and where, and those that can die. Names are functions' names in lower case."""

from __future__ import annotations

import math

# The values at or beyond which the slope is below 5 % of the steepest: s' = s (1 - s), tanh' = 1 - tanh^2,
# softsign' = (1 - |y|)^2.
_SHARE = 0.05
_SIGMOID = (1 - math.sqrt(1 - _SHARE)) / 2
_TANH = math.sqrt(1 - _SHARE)
_SOFTSIGN = 1 - math.sqrt(_SHARE)
SATURATED: dict[str, tuple[float, float]] = {
    "sigmoid": (_SIGMOID, 1 - _SIGMOID),
    "tanh": (-_TANH, _TANH),
    "softsign": (-_SOFTSIGN, _SOFTSIGN),
    "hardtanh": (-1.0, 1.0),
    "hardsigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "relu6": (-math.inf, 6.0),
}
# Their units give zero, and no gradient, below a threshold.
RECTIFIERS = frozenset(("relu", "relu6", "threshold", "relu_squared", "relusquared", "relusquaredactivation"))
