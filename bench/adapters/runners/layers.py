"""Fifty small linear layers of PyTorch, which spend nearly all of their time outside the draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import nn

from bench.runners.torch import as_numpy, versions

from ..cases import ACCELERATE, BUILD_SIDE, INIT_MODEL, PLAIN, SMALL
from . import Prepared
from . import core_clock as clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..cases import Piece, Row

__all__ = ["clock", "prepare", "start", "versions"]

_COUNT = 50


def start(side: str) -> None:
    if side != PLAIN:
        import fastinit.torch  # noqa: F401


def _layers() -> nn.Sequential:
    return nn.Sequential(*(nn.Linear(*SMALL) for _ in range(_COUNT)))


def _accelerated() -> nn.Module:
    from fastinit.torch import accelerate

    with accelerate(seed=0):
        return _layers()


def _built() -> nn.Module:
    from fastinit.torch import build

    return build(_layers, seed=0)


def _initialised() -> Callable[[], nn.Module]:
    from fastinit.torch import init_model

    model = _layers()
    return lambda: init_model(model, seed=0)


def prepare(_row: Row, side: str, _pieces: Sequence[Piece], _quick: bool) -> Prepared:
    made: dict[str, Callable[[], Any]] = {ACCELERATE: _accelerated, BUILD_SIDE: _built, PLAIN: _layers}
    return Prepared([_initialised() if side == INIT_MODEL else made[side]], _weight)


def _weight(model: Any) -> Any:
    return as_numpy(model[0].weight.detach())
