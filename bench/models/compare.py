"""Compares the statistics of two sets of tensors, as precisely as their numbers of elements allow.

Elements that two seeds of the reference have in common are computed, and must be the same here. Mean and spread of the
rest must lie within a tolerance in standard errors, which is larger for small tensors: it follows Student's t for their
degrees of freedom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .steps import EQUAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from .steps import Steps

ERRORS = 6.0  # standard errors, of a large tensor: by chance 1 in 5e8
_CLOSE = {"rtol": 1e-5, "atol": 1e-6}
_KURTOSIS_OF_UNIFORM, _KURTOSIS_OF_NORMAL = 1.8, 3.0
_FEW = 100  # of so few elements the kurtosis may be far too low
_OUTSIDE = 10.0  # in robust deviations: one normal value of 1e23 is outside
_MOST_OUTLIERS = 1e-3  # of the elements
_MOST_ELEMENTS = 2**20  # of a tensor, evenly spread
_FOR_MEDIANS = 2**14
_LEAST_COMPUTED = 1e-3  # of the elements


@dataclass
class Comparison:
    """What a comparison found.

    Attributes:
        faults: A line for each tensor that differs.
        outliers: The number of tensors of the reference with outliers, which were left out.
    """

    faults: list[str] = field(default_factory=list)
    outliers: int = 0


def step(
    steps: Steps,
    ours: Mapping[str, torch.Tensor],
    first: Mapping[str, torch.Tensor],
    second: Mapping[str, torch.Tensor],
) -> None:
    """The step of a trial that compares."""
    with steps.step(EQUAL, needed=False):
        found = compared(ours, first, second)
        if found.faults:
            raise ValueError(f"{found.faults[0]} ({len(found.faults)} of {len(first)} tensors)")
        if found.outliers:
            steps.note(f"outliers of the library's own in {found.outliers} tensors were left out")


def compared(
    ours: Mapping[str, torch.Tensor], first: Mapping[str, torch.Tensor], second: Mapping[str, torch.Tensor]
) -> Comparison:
    """Compares tensors with the reference's tensors for two seeds."""
    found = Comparison([f"{name}: not a tensor of the model" for name in ours if name not in first])
    for name, tensor in first.items():
        text = "missing" if name not in ours else _difference(ours[name], tensor, second[name], found)
        if text:
            found.faults.append(f"{name}: {text}")
    return found


def tolerance(count: int) -> float:
    """The largest difference between two samples of `count` elements, in standard errors.

    Student's t where the normal has `ERRORS` deviations, by Wallace (1959), "Bounds on normal approximations to
    Student's and the chi-square distributions". Infinite if the elements are too few to compare.
    """
    freedom = 2 * count - 2
    if freedom < 1:
        return math.inf
    z = ERRORS * (8 * freedom + 3) / (8 * freedom + 1)
    exponent = z * z / freedom
    return math.sqrt(freedom * math.expm1(exponent)) if exponent < 100 else math.inf


def _difference(ours: torch.Tensor, first: torch.Tensor, second: torch.Tensor, found: Comparison) -> str | None:
    if (ours.shape, ours.dtype) != (first.shape, first.dtype):
        return f"{list(ours.shape)} {ours.dtype} instead of {list(first.shape)} {first.dtype}"
    step = max(1, first.numel() // _MOST_ELEMENTS)
    ours, first, second = (tensor.flatten()[::step] for tensor in (ours, first, second))
    computed = _computed(first, second)
    ours, first, second = (tensor.double() for tensor in (ours, first, second))
    if not first[computed].allclose(ours[computed], equal_nan=True, **_CLOSE):
        return _worst(ours, first, computed)
    ours, first, second = (tensor[~computed] for tensor in (ours, first, second))
    if not ours.isfinite().all():
        return "values that are not finite"
    outliers = _outliers(first)
    if outliers.any() and not _outliers(ours).any():
        found.outliers += 1
        first = first[~outliers]
    return _moments(ours, first)


def _computed(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Finds elements that do not depend on the seed: all, none, or parts such as padding rows and biases of gates."""
    import torch

    same = first == second
    if first.equal(second) or not first.is_floating_point():
        return same | True
    # If a tensor has few different values, draws can be equal by chance. Such values then occur elsewhere too.
    is_chance = same.double().mean() < _LEAST_COMPUTED or torch.isin(first[~same], first[same].unique()).any()
    return same & ~is_chance


def _worst(ours: torch.Tensor, first: torch.Tensor, computed: torch.Tensor) -> str:
    place = int(((ours - first).abs().nan_to_num(nan=math.inf) * computed).nan_to_num(nan=0.0).argmax())
    return f"{ours[place]:.6g} instead of {first[place]:.6g} at {place}, where seeds have the same"


def _outliers(values: torch.Tensor) -> torch.Tensor:
    """Finds a few values far outside the others. If there are many of them, they are no outliers."""
    if not len(values):
        return values.bool()
    some = values[:: max(1, len(values) // _FOR_MEDIANS)]
    middle = some.median()
    deviation = 1.4826 * (some - middle).abs().median()  # for a normal distribution, this is the standard deviation
    outside = (values - middle).abs() > _OUTSIDE * deviation
    return outside & (outside.double().mean() < _MOST_OUTLIERS)


def _kurtosis(values: torch.Tensor, mean: float, spread: float) -> float:
    least = _KURTOSIS_OF_NORMAL if len(values) < _FEW else _KURTOSIS_OF_UNIFORM
    return max(least, float(((values - mean) ** 4).mean()) / spread**4)


def _moments(ours: torch.Tensor, first: torch.Tensor) -> str | None:
    count = len(ours)
    limit = tolerance(count)
    if math.isinf(limit):
        return None
    means, spreads = ([float(f(x)) for x in (ours, first)] for f in (lambda x: x.mean(), lambda x: x.std()))
    beyond = f", more than {limit:.1f} standard errors apart"
    if abs(means[0] - means[1]) > limit * math.hypot(*spreads) / math.sqrt(count):
        return f"mean {means[0]:.4g} instead of {means[1]:.4g}{beyond}"
    if min(spreads) > 0:
        # The standard error of the logarithm of a spread is sqrt((kurtosis - 1) / 4 count).
        error = math.sqrt((_kurtosis(first, means[1], spreads[1]) - 1) / (2 * count))
        if abs(math.log(spreads[0] / spreads[1])) <= limit * error:
            return None
    return f"spread {spreads[0]:.4g} instead of {spreads[1]:.4g}{beyond}"
