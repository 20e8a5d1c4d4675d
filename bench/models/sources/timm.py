"""One model of each of timm's families, which are its modules. The model is one whose name says that it is small."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from . import stand_ins
from .built import COLUMNS, MOST_PARAMETERS, parameters_on_meta
from .built import attempt as attempt_built

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.models.steps import Steps

__all__ = ["COLUMNS", "PACKAGES", "attempt", "names"]

PACKAGES = ("timm", "torch")
# The first of these words that occurs in a name chooses the model of a family.
_SMALL = (
    "test_", "zepto", "atto", "femto", "pico", "nano", "tiny", "xxs", "xxtiny", "_xs", "small", "_s", "mini", "b0",
    "base",
)  # fmt: skip


def _timm() -> Any:
    stand_ins.install()
    import timm

    return timm


def names() -> list[str]:
    """All families."""
    return sorted(_timm().list_modules())


def attempt(name: str, steps: Steps) -> None:
    """Tries the small model of a family."""
    attempt_built(lambda: _model(name), steps)


def _model(family: str) -> Callable[[], Any]:
    timm = _timm()

    def size(model: str) -> tuple[int, int, str]:
        return next((place for place, part in enumerate(_SMALL) if part in model), len(_SMALL)), len(model), model

    model = min(timm.list_models(module=family), key=size)
    make = functools.partial(timm.create_model, model)
    if parameters_on_meta(make) > MOST_PARAMETERS:
        make = functools.partial(make, depth=2)  # transformers take this argument; other models raise
    count = parameters_on_meta(make)
    if count > MOST_PARAMETERS:
        raise ValueError(f"not tried: {model} has {count / 1e6:.0f} million parameters")
    return make
