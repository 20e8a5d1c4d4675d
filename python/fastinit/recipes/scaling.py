"""Changes the scale of a rule: the call whose draws are a factor times the draws of another call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastinit.distributions import Normal, TruncatedNormal, Uniform
from fastinit.errors import RecipeError, show
from fastinit.recipes.rules import Call, parameter_names

if TYPE_CHECKING:
    from fastinit.distributions import Distribution

_DIGITS = 6  # significant digits in a recipe: easy to read, with an error far below any tolerance


def scaled(call: Call, distribution: Distribution, factor: float) -> Call:
    """Returns the call that draws `factor` times what another call draws.

    An initializer that computes its scale from fans becomes a normal or uniform one with the new scale; from one
    stream, it draws the same values times the factor.

    Args:
        call: The other call.
        distribution: What it gives for its tensor.
        factor: A number greater than 0. The numbers of the new call are rounded to 6 digits.

    Raises:
        RecipeError: The call does not draw, so that it has no scale.

    Example:
        >>> print(scaled(Call("he_normal"), Normal(0.0, 0.1), 3.0))
        normal(std=0.3)
    """
    if isinstance(distribution, Normal):
        return _named(call, "normal", factor, mean=distribution.mean, std=distribution.std)
    if isinstance(distribution, Uniform):
        return _named(call, "uniform", factor, low=distribution.low, high=distribution.high)
    if isinstance(distribution, TruncatedNormal):
        bounds = (("lower", distribution.lower), ("upper", distribution.upper))
        moments = _named(call, "truncated_normal", factor, mean=distribution.mean, std=distribution.parent_std)
        return Call(moments.init, (*moments.parameters, *bounds), moments.padding_idx)
    given = dict(call.parameters)
    if call.transform:
        steps = (*call.transform, ("scale", (_rounded(factor),)))
        return Call(call.init, call.parameters, call.padding_idx, steps)
    if call.is_random and "gain" in parameter_names(call.init):
        given["gain"] = _rounded(given.get("gain", 1.0) * factor)
    elif call.init == "sparse":
        given["std"] = _rounded(given.get("std", 0.01) * factor)
    else:
        raise RecipeError(f"{show(str(call))} has no scale, because it draws nothing")
    return Call(call.init, tuple(given.items()), call.padding_idx)


def _named(call: Call, init: str, factor: float, **numbers: float) -> Call:
    """A call of an initializer with `numbers` times the factor. A mean of 0 is left out."""
    given = tuple((key, _rounded(factor * number)) for key, number in numbers.items() if number or key != "mean")
    return Call(init, given, call.padding_idx)


def _rounded(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")
