"""All functions that draw, by each of their names, and as methods of `Generator`."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from fastinit import checks, closed_forms, initializers, matrices
from fastinit.random import Generator

if TYPE_CHECKING:
    from collections.abc import Callable

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **initializers.BY_NAME,
    "random_bits": initializers.random_bits,
    **{each.__name__: each for each in (*matrices.ALL, *closed_forms.ALL)},
}
METHOD_DOC = """{summary}

        Takes all arguments of `fastinit.{name}` except `seed`. The values come from the generator's
        next stream, or from `stream` if it is given.
        """


def _method(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Generator, *args: Any, **arguments: Any) -> Any:
        if "seed" in arguments:
            rule = "be left to the generator"
            raise TypeError(checks.text("seed", rule, arguments["seed"], f"fastinit.{name} takes any seed"))
        return function(*args, seed=self, **arguments)

    method.__name__, method.__qualname__, method.__module__ = name, f"Generator.{name}", Generator.__module__
    method.__doc__ = METHOD_DOC.format(summary=(function.__doc__ or "").partition("\n")[0], name=name)
    parameters = inspect.signature(function).parameters.values()
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    signature = inspect.Signature([own, *(each for each in parameters if each.name != "seed")])
    method.__signature__ = signature  # type: ignore[attr-defined]
    return method


for _name, _function in FUNCTIONS.items():
    setattr(Generator, _name, _method(_name, _function))
