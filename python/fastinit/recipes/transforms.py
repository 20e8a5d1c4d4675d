"""The transform of a rule: the steps that its draws go through. Their numbers may be expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from fastinit.errors import RecipeError
from fastinit.recipes.expressions import read_expression
from fastinit.steps import Step, read_steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastinit.recipes.expressions import Expression

# Name and numbers of each step; a number that is text is an expression.
Transform: TypeAlias = tuple[tuple[str, tuple[float | str, ...]], ...]

_ANY = (-1e30, 1e30)  # stand for expressions while a transform is checked, as a lower and an upper bound


def read_transform(value: Any) -> Transform:
    """Reads a rule's transform; empty where it has none.

    Raises:
        RecipeError: It is not a transform.
    """
    if value is None:
        return ()
    value = _with_lists(value)
    try:
        known = read_steps(_with_numbers(value))
    except (TypeError, ValueError) as error:
        raise RecipeError(str(error)) from None
    steps: list[tuple[str, tuple[float | str, ...]]] = []
    for entry, step in zip(value, known, strict=True):
        given = entry[step.name] if isinstance(entry, dict) else ()
        numbers = tuple(given) if isinstance(given, list) else (given,) if isinstance(entry, dict) else ()
        steps.append((step.name, numbers))
    return tuple(steps)


def _with_lists(value: Any) -> Any:
    """The same value with lists for tuples, because rules in Python may have tuples."""
    if isinstance(value, (list, tuple)):
        return list(map(_with_lists, value))
    return {key: _with_lists(each) for key, each in value.items()} if isinstance(value, dict) else value


def _with_numbers(value: Any) -> Any:
    """The same value with a number in place of each expression."""
    if not isinstance(value, list):
        return value

    def number(given: Any, place: int) -> Any:
        return _ANY[min(place, 1)] if isinstance(given, str) else given

    def numbers(given: Any) -> Any:
        return (
            [number(each, place) for place, each in enumerate(given)] if isinstance(given, list) else number(given, 1)
        )

    return [
        {key: numbers(given) for key, given in entry.items()} if isinstance(entry, dict) else entry for entry in value
    ]


def expressions_of(transform: Transform) -> dict[str, Expression]:
    """Returns the expressions among the numbers, by a name for each: `transform[0].scale`."""
    return {
        _name(place, name, which): read_expression(number)
        for place, (name, numbers) in enumerate(transform)
        for which, number in enumerate(numbers)
        if isinstance(number, str)
    }


def steps_of(transform: Transform, worth: Mapping[str, float]) -> tuple[Step, ...]:
    """Returns the steps, with the numbers that their expressions give, by the names of `expressions_of`."""
    return tuple(
        Step(name, tuple(float(worth.get(_name(place, name, which), number)) for which, number in enumerate(numbers)))
        for place, (name, numbers) in enumerate(transform)
    )


def _name(place: int, name: str, which: int) -> str:
    return f"transform[{place}].{name}" + (f"[{which}]" if which else "")


def written_transform(transform: Transform) -> list[Any]:
    """The value from which `read_transform` reads this transform."""
    return [
        {name: numbers[0] if len(numbers) == 1 else list(numbers)} if numbers else name for name, numbers in transform
    ]
