"""Small networks and batches for tests of the signal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

import fastinit

if TYPE_CHECKING:
    from collections.abc import Callable


def normals(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.from_numpy(fastinit.normal(shape, seed=seed))


def chain(
    count: int, width: int = 64, activation: Callable[[], nn.Module] | None = nn.Tanh, **options: Any
) -> nn.Sequential:
    """Linear layers, each followed by an activation."""
    layers: list[nn.Module] = []
    for _ in range(count):
        layers += [nn.Linear(width, width, **options), *([] if activation is None else [activation()])]
    return nn.Sequential(*layers)


class Block(nn.Module):
    """A residual block with a norm before it."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 2 * width)
        self.down = nn.Linear(2 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.down(nn.functional.gelu(self.up(self.norm(x))))


class Gated(nn.Module):
    """A gated unit as in Llama."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.gate = nn.Linear(width, 2 * width, bias=False)
        self.up = nn.Linear(width, 2 * width, bias=False)
        self.down = nn.Linear(2 * width, width, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.down(nn.functional.silu(self.gate(x)) * self.up(x))
        return output


class Tied(nn.Module):
    """A table of embeddings that is the output layer's weight as well."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.table = nn.Embedding(50, width)
        self.layer = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 50, bias=False)
        self.head.weight = self.table.weight

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.head(self.norm(self.layer(self.table(tokens)).tanh()))
        return output


class Shared(nn.Module):
    """One layer that runs five times, in other sizes of its input each time."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.layer = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for _ in range(5):
            x = 3 * self.layer(x).relu()
        return x


def image_network() -> nn.Sequential:
    """Convolutions of all kinds with norms, and a linear layer."""
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 16, 3, groups=4, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(16, 8, 4, stride=2),
        nn.Tanh(),
        nn.Flatten(),
        nn.Linear(8 * 30 * 30, 10),
    )
