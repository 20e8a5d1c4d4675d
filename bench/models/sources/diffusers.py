"""Every model of diffusers that its constructor makes without arguments, cut to a small size."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

from bench.models import shrink
from bench.models.steps import reason

from .built import COLUMNS, MOST_PARAMETERS, parameters_on_meta
from .built import attempt as attempt_built

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.models.steps import Steps

__all__ = ["COLUMNS", "PACKAGES", "attempt", "names"]

PACKAGES = ("diffusers", "torch")


def names() -> list[str]:
    """All classes of models whose arguments have defaults."""
    import diffusers

    return sorted(name for name in diffusers._import_structure["models"] if _is_model(getattr(diffusers, name)))


def attempt(name: str, steps: Steps) -> None:
    """Tries the smallest model of a class that builds."""
    attempt_built(lambda: _model(name), steps)


def _is_model(found: Any) -> bool:
    import diffusers

    is_class = isinstance(found, type) and issubclass(found, diffusers.ModelMixin) and found is not diffusers.ModelMixin
    return is_class and all(
        p.default is not p.empty or p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL) for p in _parameters(found)
    )


def _parameters(model_class: Any) -> list[inspect.Parameter]:
    return list(inspect.signature(model_class).parameters.values())


def _model(name: str) -> Callable[[], Any]:
    import diffusers

    diffusers.logging.set_verbosity(100)
    model_class = getattr(diffusers, name)
    defaults = {p.name: p.default for p in _parameters(model_class) if p.default is not p.empty}
    values = {key: list(value) if isinstance(value, tuple) else value for key, value in defaults.items()}
    first: Exception | None = None
    for small in shrink.levels(values):
        make = functools.partial(model_class, **small)
        try:
            count = parameters_on_meta(make)
        except Exception as error:  # noqa: BLE001  whatever a model's code raises
            first = first or error
            continue
        if count > MOST_PARAMETERS:
            raise ValueError(f"not tried with {count / 1e6:.0f} million parameters")
        return make
    assert first is not None
    raise ValueError(f"no default-made model: {reason(first)}")
