"""A GPT-2 of transformers, built from its configuration: 124M parameters, float32."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import transformers
from torch.utils._python_dispatch import TorchDispatchMode

from bench.runners.torch import versions as torch_versions

from ..cases import ACCELERATE, BARE, INIT_MODEL, PLAIN, STD
from . import Clock, Prepared, core_clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..cases import Piece, Row

# The operators with which PyTorch draws while transformers builds this model.
_DRAWS = frozenset((torch.ops.aten.normal_.default, torch.ops.aten.uniform_.default))
_QUICK = {"n_layer": 2, "vocab_size": 1000, "bos_token_id": 0, "eos_token_id": 0}


def versions() -> dict[str, str]:
    return {**torch_versions(), "transformers": transformers.__version__}


def start(side: str) -> None:
    if side in (ACCELERATE, INIT_MODEL):
        import fastinit.torch  # noqa: F401


def _plain(config: Any) -> Any:
    return transformers.GPT2LMHeadModel(config)


def _accelerated(config: Any) -> Any:
    from fastinit.torch import accelerate

    with accelerate(seed=0):
        return _plain(config)


def _bare(config: Any) -> Any:
    with torch.device("meta"):
        return _plain(config)


def _by_name(config: Any) -> Any:
    from fastinit.torch import init_model

    return init_model(_bare(config), seed=0)


_BUILDS = {ACCELERATE: _accelerated, INIT_MODEL: _by_name, PLAIN: _plain, BARE: _bare}


def prepare(_row: Row, side: str, _pieces: Sequence[Piece], quick: bool) -> Prepared:
    config = transformers.GPT2Config(initializer_range=STD, **(_QUICK if quick else {}))
    return Prepared([lambda: _BUILDS[side](config)], _embedding)


def _embedding(model: Any) -> np.ndarray:
    return np.asarray(model.transformer.wpe.weight.detach())


@contextlib.contextmanager
def clock(side: str) -> Iterator[Clock | None]:
    """Measures fastinit's fills, or PyTorch's `normal_` and `uniform_`."""
    if side != PLAIN:
        with core_clock(side) as found:
            yield found
        return
    found = Clock()
    with _Draws(found):
        yield found


class _Draws(TorchDispatchMode):
    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def __torch_dispatch__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        run = self._clock.timed(func) if func in _DRAWS else func
        return run(*args, **(kwargs or {}))
