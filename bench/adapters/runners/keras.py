"""`keras.initializers`: each is made once, and called with a shape, on the backend that KERAS_BACKEND names."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Any

import keras

from ..cases import OURS
from . import Prepared
from . import core_clock as clock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from ..cases import Piece, Row

__all__ = ["clock", "prepare", "start", "versions"]


def versions() -> dict[str, str]:
    backend = keras.backend.backend()
    return {"keras": keras.__version__, backend: importlib.import_module(backend).__version__}


def start(side: str) -> None:
    _module(side)


def _module(side: str) -> ModuleType:
    return importlib.import_module("fastinit.keras" if side == OURS else "keras.initializers")


def prepare(row: Row, side: str, pieces: Sequence[Piece], _quick: bool) -> Prepared:
    initializer = getattr(_module(side), row.call.initializer)(**row.call.arguments)

    def call(shape: tuple[int, ...]) -> Any:
        return initializer(shape, row.dtype)

    def finished(shape: tuple[int, ...]) -> Any:
        return initializer(shape, row.dtype).block_until_ready()

    run = finished if keras.backend.backend() == "jax" else call
    return Prepared([functools.partial(run, piece.shape) for piece in pieces], keras.ops.convert_to_numpy)
