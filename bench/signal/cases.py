"""The models that are trained, each with its own batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable


class Case(NamedTuple):
    """A model and a batch: `make(scale)` returns both, for widths and depths times `scale` (1 for the real thing)."""

    name: str
    make: Callable[[float], tuple[nn.Module, tuple[torch.Tensor, torch.Tensor]]]


def small(scale: float) -> Any:
    return mlp(scale / 8, batch=64)


def mlp(scale: float, batch: int = 256) -> Any:
    width = int(1024 * scale)
    layers = [layer for _ in range(8) for layer in (nn.Linear(width, width), nn.ReLU())]
    return nn.Sequential(*layers, nn.Linear(width, 10)), (torch.randn(batch, width), torch.randint(10, (batch,)))


def transformer(scale: float) -> Any:
    from transformers import GPT2Config, GPT2LMHeadModel

    width, words = int(384 * scale), 5000
    sizes = {"n_embd": width, "n_layer": 6, "n_head": 6, "vocab_size": words, "n_positions": 128}
    model = GPT2LMHeadModel(GPT2Config(**sizes, bos_token_id=0, eos_token_id=0, use_cache=False))
    return _Logits(model), (torch.randint(words, (4, 128)), torch.randint(words, (4, 128)))


class _Logits(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(tokens).logits
        return logits


def resnet(scale: float) -> Any:
    """The 18 layers of He et al. (2016), for small images."""
    base = int(64 * scale)
    widths = [base * 2 ** (number // 2) for number in range(8)]
    before = [base, *widths]
    blocks = [_Block(a, b, 1 if a == b else 2) for a, b in zip(before, widths, strict=False)]
    ends = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], 10))
    model = nn.Sequential(_convolution(3, base, 1), nn.ReLU(), *blocks, *ends)
    return model, (torch.randn(16, 3, 32, 32), torch.randint(10, (16,)))


class _Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first, self.second = _convolution(inputs, outputs, stride), _convolution(outputs, outputs, 1)
        self.short = nn.Conv2d(inputs, outputs, 1, stride) if stride > 1 else nn.Identity()
        self.inner, self.outer = nn.ReLU(), nn.ReLU()

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.outer(self.second(self.inner(self.first(values))) + self.short(values))
        return result


def _convolution(inputs: int, outputs: int, stride: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs))


CASES = (
    Case("MLP, 8 layers of 128, batch 64", small),
    Case("MLP, 8 layers of 1024, batch 256", mlp),
    Case("GPT-2, 6 layers of 384, 4 x 128 tokens", transformer),
    Case("ResNet-18, 16 images of 32 x 32", resnet),
)
