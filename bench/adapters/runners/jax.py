"""`jax.nn.initializers`: each initializer is made once, and called with a key outside of jit."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Any

import jax

from bench.runners.jax import versions

from ..cases import OURS
from . import Prepared
from . import core_clock as clock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from ..cases import Piece, Row

__all__ = ["clock", "prepare", "start", "versions"]


def start(side: str) -> None:
    _module(side)


def _module(side: str) -> ModuleType:
    return importlib.import_module("fastinit.jax" if side == OURS else "jax.nn.initializers")


def prepare(row: Row, side: str, pieces: Sequence[Piece], _quick: bool) -> Prepared:
    initializer = getattr(_module(side), row.call.initializer)(**row.call.arguments)
    key = jax.random.key(1)

    def run(shape: tuple[int, ...]) -> Any:
        return initializer(key, shape, row.dtype).block_until_ready()

    return Prepared([functools.partial(run, piece.shape) for piece in pieces])
