"""What the experiments share: data, networks, training, measurements, and how a finding is said and drawn."""

from __future__ import annotations

import argparse
import functools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

import fastinit
from fastinit.torch import init_model

from .figures import save

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import ModuleType

FIGURES = Path(__file__).parents[2] / "docs" / "choosing"
CLASSES = 4


# Data


@functools.cache
def shapes(count: int, size: int = 16, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Draws pictures of an ellipse, a square, a triangle or a cross, in the manner of Glorot and Bengio's Shapeset.

    Place, size, turn, stretch and grey levels are random. Pixels have mean 0 and variance 1.

    Returns:
        Pictures of `size` x `size` pixels as rows of a matrix, and their classes.
    """

    def numbers(name: str, low: float, high: float) -> np.ndarray[Any, Any]:
        return fastinit.uniform((count, 1, 1), low=low, high=high, seed=seed, stream=f"shapes/{name}")

    y, x = (axis[None] for axis in np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j])
    x, y = x - numbers("x", -0.3, 0.3), y - numbers("y", -0.3, 0.3)
    turn, radius, stretch = numbers("turn", 0, math.pi), numbers("radius", 0.4, 0.65), numbers("stretch", 0.8, 1.25)
    u = (np.cos(turn) * x + np.sin(turn) * y) / (radius * stretch)
    v = (np.cos(turn) * y - np.sin(turn) * x) / (radius / stretch)
    largest = np.maximum(abs(u), abs(v))
    masks = (
        u**2 + v**2 < 1,
        largest < 0.85,
        (v > -0.6) & (1.7 * abs(u) + v < 1),
        (np.minimum(abs(u), abs(v)) < 0.3) & (largest < 1),
    )
    labels = np.arange(count) % CLASSES
    pictures = np.choose(labels[:, None, None], masks) * numbers("ink", 0.5, 1) + numbers("paper", -0.2, 0.2)
    pictures = (pictures - pictures.mean()) / pictures.std()
    return torch.from_numpy(pictures.reshape(count, -1).astype(np.float32)), torch.from_numpy(labels)


# Networks


def mlp(widths: Sequence[int], activation: Callable[[], nn.Module]) -> nn.Sequential:
    """Linear layers of these widths, with the activation after all but the last."""
    layers: list[nn.Module] = []
    for inputs, outputs in zip(widths, widths[1:], strict=False):
        layers += [nn.Linear(inputs, outputs), activation()]
    return nn.Sequential(*layers[:-1])


def start(model: nn.Module, rule: Mapping[str, Any], *, bias: float = 0.0, seed: int = 0) -> nn.Module:
    """Draws the weights by a rule such as {"init": "he_normal"}, and sets the biases."""
    biases = {"match": "*.bias", "init": "constant", "value": bias}
    return init_model(model, seed=seed, recipe=[biases, {"match": "*.weight", **rule}])


def train(
    model: nn.Module, data: tuple[torch.Tensor, torch.Tensor], *, steps: int, rate: float, batch: int = 100, seed: int = 0
) -> list[float]:
    """Trains by stochastic gradient descent with momentum 0.9.

    Returns:
        The loss before each step: cross entropy in nats.
    """
    inputs, labels = data
    optimizer = torch.optim.SGD(model.parameters(), rate, momentum=0.9)
    losses = []
    for step in range(steps):
        chosen = fastinit.uniform((batch,), high=len(labels), seed=seed, stream=f"batch/{step}").astype(np.int64)
        rows = torch.from_numpy(np.minimum(chosen, len(labels) - 1))
        loss = nn.functional.cross_entropy(model(inputs[rows]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def accuracy(model: nn.Module, data: tuple[torch.Tensor, torch.Tensor]) -> float:
    """The share of pictures whose class has the largest output."""
    with torch.no_grad():
        return float((model(data[0]).argmax(1) == data[1]).float().mean())


# Measurements


@dataclass(frozen=True)
class Layer:
    """A hidden layer in one pass: what its activation returns, and the loss's gradient at the activation's input."""

    values: torch.Tensor
    gradients: torch.Tensor


def hidden_layers(model: nn.Sequential, data: tuple[torch.Tensor, torch.Tensor]) -> list[Layer]:
    """One pass of all data through a network of `mlp` and back."""
    x, labels = data
    sums, values = [], []
    for position, module in enumerate(model):
        x = module(x)
        if position % 2 == 0 and module is not model[-1]:
            x.retain_grad()
            sums.append(x)
        elif position % 2:
            values.append(x)
    nn.functional.cross_entropy(x, labels).backward()
    model.zero_grad()
    return [Layer(value.detach(), total.grad) for value, total in zip(values, sums, strict=True)]


def spread(values: torch.Tensor) -> float:
    """The root mean square, which no large number overflows."""
    return float(values.double().square().mean().sqrt())


def median(values: Iterable[float]) -> float:
    return float(np.median(list(values)))


# Findings


@dataclass(frozen=True)
class Check:
    """What a source expects of an experiment, what was found, and whether that agrees."""

    expected: str
    found: str
    agrees: bool

    def __str__(self) -> str:
        return f"{'Agrees' if self.agrees else 'DIFFERS'}. Expected: {self.expected}. Found: {self.found}."


def main(experiment: ModuleType) -> list[Check]:
    """Runs an experiment, saves its figure, and says what was found."""
    parser = argparse.ArgumentParser(description=(experiment.__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=FIGURES, metavar="DIR", help="where the figure goes")
    out = parser.parse_args().out
    name = Path(experiment.__file__ or "").stem
    found = experiment.run()
    save(experiment.draw(found), out / f"{name}.svg")
    checks: list[Check] = experiment.checks(found)
    print(f"{name}: {out / name}.svg", *checks, sep="\n")
    return checks
