"""Checks whether an array holds what its `Work` says, because a speed counts only for the right result.

Every law gives the mean, the standard deviation and, from its quantiles, the extremes that so many
draws have. The limits are six standard errors (for extremes, a chance of 1e-9), widened by the
rounding of the type.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from .cases import Work

TRUNCATED_STD = 0.87962566103423978  # of the standard normal, cut at two standard deviations

_CHUNK = 2**22
_NORMAL = NormalDist()
CONSTANT_BYTE = 0x3D
CONSTANT = float(np.full(4, CONSTANT_BYTE, "uint8").view("float32")[0])  # so memset can write it


@dataclass(frozen=True)
class Law:
    """A distribution by its moments and its quantile function on [0, 1]."""

    mean: float
    std: float
    quantile: Callable[[float], float]


@dataclass(frozen=True)
class Sample:
    """What is measured on an array."""

    count: int
    mean: float
    std: float
    low: float
    high: float


def _normal_quantile(p: float) -> float:
    return _NORMAL.inv_cdf(p) if 0 < p < 1 else math.copysign(9.5, p - 0.5)


def _truncated_quantile(p: float) -> float:
    tail = _NORMAL.cdf(-2)
    return min(2.0, max(-2.0, _NORMAL.inv_cdf(tail + p * (1 - 2 * tail))))


def normal(std: float) -> Law:
    return Law(0.0, std, lambda p: std * _normal_quantile(p))


def truncated_normal(std: float) -> Law:
    """A normal that is cut at two standard deviations; `std` is its standard deviation before the cut."""
    return Law(0.0, std * TRUNCATED_STD, lambda p: std * _truncated_quantile(p))


def constant(value: float) -> Law:
    return Law(value, 0.0, lambda _: value)


def uniform(low: float, high: float) -> Law:
    span = high - low
    return Law((low + high) / 2, span / math.sqrt(12), lambda p: low + span * p)


def law_of(work: Work) -> Law:
    laws = {
        "zeros": constant(0.0),
        "constant": constant(CONSTANT),
        "uniform": uniform(0.0, 1.0),
        "random_bits": uniform(0.0, 2.0**32),
        "normal": normal(1.0),
        "truncated_normal": truncated_normal(1.0),
        "he_normal": normal(math.sqrt(2 / work.shape[0])),
    }
    return laws[work.kind]


def epsilon_of(dtype: str) -> float:
    finfo: Any = ml_dtypes.finfo  # which has no annotations
    return 0.0 if dtype == "uint32" else float(finfo(np.dtype(dtype)).eps)


def measure(array: np.ndarray) -> Sample:
    """Measures moments in float64, and extremes. The moments are not finite if an element is not."""
    flat = array.reshape(-1)
    total = square = 0.0
    low, high = math.inf, -math.inf
    for start in range(0, flat.size, _CHUNK):
        chunk = flat[start : start + _CHUNK].astype(np.float64)
        total += float(chunk.sum())
        square += float(chunk @ chunk)
        low, high = min(low, float(chunk.min())), max(high, float(chunk.max()))
    mean = total / flat.size
    return Sample(flat.size, mean, math.sqrt(max(square / flat.size - mean**2, 0.0)), low, high)


def faults(array: np.ndarray, work: Work) -> list[str]:
    """Returns the faults of `array` as a result of `work`; empty if there are none."""
    if work.kind == "orthogonal":
        return faults_as_orthogonal(array)
    return faults_under(law_of(work), array, work.dtype)


def faults_as_orthogonal(array: np.ndarray) -> list[str]:
    """Returns the fault of a square matrix that is not orthogonal."""
    error = float(np.abs(array @ array.T - np.eye(len(array))).max())
    return [] if error < 1e-4 else [f"Q Q^T differs from 1 by {error:.1e}"]


def faults_under(law: Law, array: np.ndarray, dtype: str) -> list[str]:
    """Returns the faults of `array` as independent draws from `law`, rounded to `dtype`."""
    found, epsilon = measure(array), epsilon_of(dtype)
    if not (math.isfinite(found.mean) and math.isfinite(found.std)):
        return ["not every element is finite"]
    # Rounding moves one value by up to epsilon/2 of itself, the variance by about epsilon^2/12.
    rounding = (abs(law.mean) + law.std) * (epsilon**2 / 12 + 1e-6)
    wrong = []
    for name, seen, wanted, error in (
        ("mean", found.mean, law.mean, law.std / math.sqrt(found.count)),
        ("std", found.std, law.std, law.std / math.sqrt(2 * found.count)),
    ):
        if abs(seen - wanted) > 6 * error + rounding:
            wrong.append(f"{name} is {seen:.6g} where {wanted:.6g} is expected")
    rare = 1e-9 / found.count  # one in 1e9 arrays reaches beyond the quantile of this,
    common = min(1.0, -math.log(1e-9) / found.count)  # and one in 1e9 stops short of this
    for name, seen, inner, outer in (
        ("min", -found.low, -law.quantile(common), -law.quantile(rare)),
        ("max", found.high, law.quantile(1 - common), law.quantile(1 - rare)),
    ):
        slack = epsilon * max(abs(inner), abs(outer))
        if not inner - slack <= seen <= outer + slack:
            sign = -1 if name == "min" else 1
            span = f"{sign * inner:.4g} to {sign * outer:.4g}"
            wrong.append(f"{name} is {sign * seen:.4g} where {span} is expected")
    return wrong
