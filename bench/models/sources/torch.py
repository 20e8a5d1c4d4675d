"""Every module of torch.nn that has parameters or buffers, and the parametrizations of torch.nn.utils."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

from bench.models import compare
from bench.models.steps import BUILDS, BUILT, EQUAL, INITIALIZED, Steps

from .built import SEEDS, state_of, tensors

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGES = ("torch",)
COLUMNS = (BUILDS, BUILT, INITIALIZED, EQUAL)
_WIDTH = 64

# How each module is made, from torch.nn and a width.
MADE: dict[str, Callable[[Any, int], Any]] = {
    "AdaptiveLogSoftmaxWithLoss": lambda nn, n: nn.AdaptiveLogSoftmaxWithLoss(n, 100, [20, 50]),
    "Bilinear": lambda nn, n: nn.Bilinear(n, n // 2, n),
    "GroupNorm": lambda nn, n: nn.GroupNorm(4, n),
    "LayerNorm": lambda nn, n: nn.LayerNorm(n),
    "LinearCrossEntropyLoss": lambda nn, n: nn.LinearCrossEntropyLoss(n, 2 * n),
    "MultiheadAttention": lambda nn, n: nn.MultiheadAttention(n, 4),
    "PReLU": lambda nn, n: nn.PReLU(n),
    "ParameterDict": lambda nn, n: nn.ParameterDict({"one": nn.Parameter(_drawn(n)), "two": nn.Parameter(_drawn(n))}),
    "ParameterList": lambda nn, n: nn.ParameterList([nn.Parameter(_drawn(n)) for _ in range(2)]),
    "RMSNorm": lambda nn, n: nn.RMSNorm(n),
    "RNNBase": lambda nn, n: nn.RNNBase("LSTM", n, n),
    "RNNCellBase": lambda nn, n: nn.RNNCellBase(n, n, bias=True, num_chunks=4),
    "SyncBatchNorm": lambda nn, n: nn.SyncBatchNorm(n),
    "Transformer": lambda nn, n: nn.Transformer(n, 4, 1, 1, n),
    "TransformerDecoder": lambda nn, n: nn.TransformerDecoder(nn.TransformerDecoderLayer(n, 4, n), 2),
    "TransformerDecoderLayer": lambda nn, n: nn.TransformerDecoderLayer(n, 4, n),
    "TransformerEncoder": lambda nn, n: nn.TransformerEncoder(nn.TransformerEncoderLayer(n, 4, n), 2),
    "TransformerEncoderLayer": lambda nn, n: nn.TransformerEncoderLayer(n, 4, n),
    **{
        name: lambda nn, n, name=name: getattr(nn, name)(n, n)
        for name in ("Embedding", "EmbeddingBag", "GRU", "GRUCell", "LSTM", "LSTMCell", "Linear", "RNN", "RNNCell")
    },
    **{
        f"{kind}{axes}d": lambda nn, n, name=f"{kind}{axes}d": getattr(nn, name)(n, n, 3)
        for kind in ("Conv", "ConvTranspose")
        for axes in (1, 2, 3)
    },
    **{f"BatchNorm{axes}d": lambda nn, n, name=f"BatchNorm{axes}d": getattr(nn, name)(n) for axes in (1, 2, 3)},
    **{
        f"InstanceNorm{axes}d": lambda nn, n, name=f"InstanceNorm{axes}d": getattr(nn, name)(
            n, affine=True, track_running_stats=True
        )
        for axes in (1, 2, 3)
    },
    "Linear with orthogonal": lambda nn, n: nn.utils.parametrizations.orthogonal(nn.Linear(n, n)),
    "Linear with spectral_norm": lambda nn, n: nn.utils.parametrizations.spectral_norm(nn.Linear(n, n)),
    "Linear with weight_norm": lambda nn, n: nn.utils.parametrizations.weight_norm(nn.Linear(n, n)),
}
# Classes that need arguments and have neither parameters nor buffers.
WITHOUT = (
    "AdaptiveAvgPool", "AdaptiveMaxPool", "AvgPool", "ChannelShuffle", "CircularPad", "ConstantPad", "CrossMapLRN",
    "Fold", "FractionalMaxPool", "LPPool", "LocalResponseNorm", "MaxPool", "MaxUnpool", "PixelShuffle",
    "PixelUnshuffle", "ReflectionPad", "ReplicationPad", "Threshold", "Unflatten", "Unfold", "ZeroPad",
)  # fmt: skip


def names() -> list[str]:
    """The names in `MADE`, and the names that it lacks, which then fail."""
    return sorted({*MADE, *lacking()})


def lacking() -> list[str]:
    """The classes of torch.nn that are in no table, and may have parameters.

    Lazy modules are left out: they have none before they are called.
    """
    from torch import nn

    found = []
    for name in nn.modules.__all__:
        made = getattr(nn, name)
        if name in MADE or re.sub(r"[123]d$", "", name) in WITHOUT or not _is_module(made):
            continue
        try:
            with warnings.catch_warnings(action="ignore"):  # deprecated classes warn
                has_tensors = bool(tensors(made()))
        except TypeError:  # the class needs arguments
            has_tensors = True
        if has_tensors:
            found.append(name)
    return found


def _is_module(found: Any) -> bool:
    from torch import nn

    is_lazy = isinstance(found, type) and issubclass(found, nn.modules.lazy.LazyModuleMixin)
    return isinstance(found, type) and issubclass(found, nn.Module) and not is_lazy


def attempt(name: str, steps: Steps) -> None:
    """Makes a module by `build` and by `init_model`, and compares both with torch's own."""
    from torch import device, nn

    import fastinit.torch

    with steps.step(BUILDS):
        if name not in MADE:
            raise ValueError(f"not tried: bench/models/sources/torch.py says no arguments for {name}")

        def make() -> Any:
            return MADE[name](nn, _WIDTH)

        first, second = (state_of(make, seed) for seed in SEEDS)
    with steps.step(BUILT):
        ours = tensors(fastinit.torch.build(make, seed=0))
    with steps.step(INITIALIZED):
        with device("meta"):
            model = make()
        given = tensors(fastinit.torch.init_model(model, seed=0))
    compare.step(steps, _both(ours, given), _both(first, first), _both(second, second))


def _both(built: dict[str, Any], initialized: dict[str, Any]) -> dict[str, Any]:
    return {**built, **{f"{name} by init_model": tensor for name, tensor in initialized.items()}}


def _drawn(width: int) -> Any:
    import torch

    return torch.randn(width, width) * 0.02
