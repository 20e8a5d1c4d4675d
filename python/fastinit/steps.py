"""The steps of a transform: their names, numbers and functions, and the values for which they are defined."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from fastinit import _core, checks
from fastinit.errors import suggest

if TYPE_CHECKING:
    from collections.abc import Callable

    Interval = tuple[float, float]

EXAMPLE = 'such as ["log"] or [{ clamp = [0.0, 1.0] }, "exp"]'
# The largest error of the core's exp, log and softplus_inverse, relative to the larger of 1 and the result. Twice the
# limit of docs/streams.md.
_ERROR = 1e-14


class _Kind(NamedTuple):
    """One kind of step.

    Attributes:
        numbers: The names of its numbers.
        apply: From a value and the numbers to a value.
        bounds: The values that it needs: all above the first, or none equal to it.
        is_exact: Whether the core rounds the formula correctly.
        kinks: The values at which it stops being smooth, from its numbers.
    """

    numbers: tuple[str, ...]
    apply: Callable[..., float]
    bounds: str = ""
    is_exact: bool = True
    kinks: Callable[..., tuple[float, ...]] = lambda *_numbers: ()


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


_KINDS = {
    "scale": _Kind(("factor",), lambda x, factor: x * factor),
    "shift": _Kind(("distance",), lambda x, distance: x + distance),
    "exp": _Kind((), _exp, is_exact=False),
    "log": _Kind((), math.log, "above 0", is_exact=False),
    "clamp": _Kind(
        ("lower", "upper"),
        lambda x, lower, upper: max(min(x, upper), lower),
        kinks=lambda lower, upper: (lower, upper),
    ),
    "abs": _Kind((), abs, kinks=lambda: (0.0,)),
    "softplus_inverse": _Kind((), lambda x: x + math.log(-math.expm1(-x)), "above 0", is_exact=False),
    "reciprocal": _Kind((), lambda x: 1 / x, "on one side of 0"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a transform.

    Attributes:
        name: One of `scale`, `shift`, `exp`, `log`, `clamp`, `abs`, `softplus_inverse` and `reciprocal`.
        numbers: The factor of `scale`, the distance of `shift`, the lower and the upper bound of `clamp`.
    """

    name: str
    numbers: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", _checked("step", self.name, self.numbers))

    def __call__(self, x: float) -> float:
        """Returns the result for a value, as the C library computes it: within a few ulp of the core's."""
        return _KINDS[self.name].apply(x, *self.numbers)

    @property
    def kinks(self) -> tuple[float, ...]:
        """The values at which it is not smooth."""
        return _KINDS[self.name].kinks(*self.numbers)

    def image(self, low: float, high: float) -> Interval:
        """Returns an interval that holds the results for all values in an interval.

        Raises:
            ValueError: Some of them have no result, or none that float64 can hold.
        """
        kind = _KINDS[self.name]
        if (kind.bounds == "above 0" and low <= 0) or (kind.bounds == "on one side of 0" and low <= 0 <= high):
            rule = f"give `{self.name}` only values {kind.bounds}"
            remedy = "change the distribution, or put a clamp before the step"
            raise ValueError(checks.text("transform", rule, (low, high), remedy))
        least, most = sorted((self(low), self(high)))
        if self.name == "abs" and low < 0 < high:
            least = 0.0
        if not (math.isfinite(least) and math.isfinite(most)):
            rule = f"give `{self.name}` only values whose results float64 can hold"
            raise ValueError(checks.text("transform", rule, (low, high), "put a clamp before the step"))
        if kind.is_exact:
            return least, most
        return _widened(least, most, 0.0 if self.name == "exp" else 1.0)


def _widened(low: float, high: float, scale: float) -> Interval:
    """The interval with room for errors relative to the larger of `scale` and the end."""
    below, above = (_ERROR * max(abs(end), scale) for end in (low, high))
    return math.nextafter(low - below, -math.inf) if low else low, math.nextafter(high + above, math.inf)


def read_steps(value: Any, argument: str = "transform") -> tuple[Step, ...]:
    """Returns the steps that a recipe or a caller writes as a list.

    Args:
        value: A list of names, and of tables of one name and its number or numbers.
        argument: The name of the argument in errors.

    Raises:
        TypeError: `value` has another form.
        ValueError: There is no step of this name, or its numbers are wrong.

    Example:
        >>> read_steps(["log", {"clamp": [0.0, 1.0]}, {"scale": 2.0}])[1:]
        (Step(name='clamp', numbers=(0.0, 1.0)), Step(name='scale', numbers=(2.0,)))
    """
    if not isinstance(value, list | tuple):
        raise TypeError(checks.text(argument, f"be a list of steps, {EXAMPLE}", value))
    if len(value) > _core.most_steps:
        raise ValueError(checks.text(argument, f"have at most {_core.most_steps} steps", len(value), "join some"))
    return tuple(_read_step(item, f"{argument}[{place}]") for place, item in enumerate(value))


def _read_step(item: Any, argument: str) -> Step:
    if isinstance(item, str):
        return Step(item, _checked(argument, item, ()))
    if not isinstance(item, dict) or len(item) != 1:
        rule = "be the name of a step, or a table of one name with its numbers"
        raise TypeError(checks.text(argument, rule, item, f"the whole is {EXAMPLE}"))
    ((name, numbers),) = item.items()
    return Step(name, _checked(argument, name, numbers if isinstance(numbers, list | tuple) else (numbers,)))


def _checked(argument: str, name: Any, numbers: Any) -> tuple[float, ...]:
    """The numbers of a step, as floats."""
    if not isinstance(name, str):
        raise TypeError(checks.text(argument, "be named by text", name))
    if name not in _KINDS:
        rule = f"be one of {', '.join(_KINDS)}"
        raise ValueError(checks.text(argument, rule, name) + suggest(name, _KINDS))
    names = _KINDS[name].numbers
    if len(numbers) != len(names):
        rule = f"give `{name}` {_counted(names)}"
        raise ValueError(checks.text(argument, rule, list(numbers), f"write {_written(name, names)}"))
    limit = checks.real if name == "clamp" else checks.finite
    checked = tuple(limit(f"{argument}.{name}", number) for number in numbers)
    if name == "clamp":
        lower, upper = checked
        if lower > upper or math.inf in (lower, -upper):
            rule = "have a lower bound <= the upper one, and a finite number between them"
            raise ValueError(checks.text(f"{argument}.clamp", rule, list(checked), "swap them"))
    return checked


def _counted(names: tuple[str, ...]) -> str:
    if not names:
        return "no number"
    return f"{len(names)} number{'s' * (len(names) > 1)} ({', '.join(names)})"


def _written(name: str, names: tuple[str, ...]) -> str:
    if not names:
        return f'"{name}"'
    numbers = ", ".join(names)
    return f"{{ {name} = {numbers if len(names) == 1 else f'[{numbers}]'} }}"
