"""`torch.nn.init`: fills existing tensors in place."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING

import torch

from bench.runners.torch import as_numpy, versions

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
    return importlib.import_module("fastinit.torch" if side == OURS else "torch.nn.init")


def prepare(row: Row, side: str, pieces: Sequence[Piece], _quick: bool) -> Prepared:
    initializer = getattr(_module(side), row.call.initializer)
    dtype = getattr(torch, row.dtype)
    tensors = [torch.full(piece.shape, 77, dtype=dtype) for piece in pieces]
    return Prepared(
        [functools.partial(initializer, tensor, **row.call.arguments) for tensor in tensors],
        as_numpy,
    )
