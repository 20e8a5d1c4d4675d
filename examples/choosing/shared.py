"""What the experiments share: data, networks, training, and the words for an outcome."""

from __future__ import annotations

import argparse
import functools
import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

import fastinit
from fastinit.torch import init_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import ModuleType

    Data = tuple[torch.Tensor, torch.Tensor]

FIGURES = Path(__file__).parents[2] / "docs" / "choosing"
CLASSES = 4


# Data


@functools.cache
def shapes(count: int, size: int = 16, seed: int = 0) -> Data:
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
    """Linear layers of these widths, all but the last with the activation; each is a block, numbered from 1."""
    model = nn.Sequential()
    for number, (inputs, outputs) in enumerate(pairwise(widths[:-1]), 1):
        model.add_module(str(number), nn.Sequential(nn.Linear(inputs, outputs), activation()))
    model.add_module("head", nn.Linear(widths[-2], widths[-1]))
    return model


def classifier(pictures: Data, width: int, layers: int, activation: Callable[[], nn.Module]) -> nn.Sequential:
    """An `mlp` of hidden layers of one width, for pictures of `shapes`."""
    return mlp([pictures[0].shape[1], *[width] * layers, CLASSES], activation)


def start(model: nn.Module, rule: Mapping[str, Any], *, bias: float = 0.0, seed: int = 0) -> nn.Module:
    """Draws the weights by a rule such as {"init": "he_normal"}, and sets the biases."""
    biases = {"match": "*.bias", "init": "constant", "value": bias}
    return init_model(model, seed=seed, recipe=[biases, {"match": "*.weight", **rule}])


def batches(data: Data, count: int, *, size: int = 100, seed: int = 0) -> Iterator[Data]:
    """Random samples of the data, in which classes are more or less frequent by chance."""
    inputs, labels = data
    for number in range(count):
        chosen = fastinit.uniform((size,), high=len(labels), seed=seed, stream=f"batch/{number}").astype(np.int64)
        rows = torch.from_numpy(np.minimum(chosen, len(labels) - 1))
        yield inputs[rows], labels[rows]


def train(model: nn.Module, data: Data, *, steps: int, rate: float, seed: int = 0) -> list[float]:
    """Trains by stochastic gradient descent with momentum 0.9.

    Returns:
        The loss before each step: cross entropy in nats.
    """
    optimizer = torch.optim.SGD(model.parameters(), rate, momentum=0.9)
    losses = []
    for inputs, labels in batches(data, steps, seed=seed):
        loss = nn.functional.cross_entropy(model(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def accuracy(model: nn.Module, data: Data) -> float:
    """The share of pictures whose class has the largest output; chance gives one in `CLASSES`."""
    with torch.no_grad():
        return float((model(data[0]).argmax(1) == data[1]).float().mean())


# Outcomes


@dataclass(frozen=True)
class Check:
    """What a source expects of an experiment, what was found, and whether that agrees."""

    expected: str
    found: str
    agrees: bool

    @property
    def says(self) -> str:
        """The verdict in a word."""
        return "agrees" if self.agrees else "DIFFERS"

    def __str__(self) -> str:
        return f"{self.says}: expected {self.expected}; found {self.found}"


def conclusion(checks: Sequence[Check], source: str) -> str:
    """Whether an experiment as a whole agrees with its source."""
    agreeing = sum(check.agrees for check in checks)
    if agreeing == len(checks):
        return f"All of it agrees with {source}."
    return f"{len(checks) - agreeing} of {len(checks)} expectations from {source} were NOT met."


def perform(experiment: ModuleType, folder: Path) -> list[Check]:
    """Runs an experiment, saves its figure, and prints and returns the outcome."""
    torch.set_num_threads(1)  # so that sums, and what training makes of them, do not depend on the number of cores
    name = Path(experiment.__file__ or "").stem
    found = experiment.run()
    folder.mkdir(parents=True, exist_ok=True)
    experiment.draw(found, folder / f"{name}.png")
    checks: list[Check] = experiment.checks(found)
    print(f"{name}: {folder / name}.png", *checks, conclusion(checks, experiment.SOURCE), sep="\n  ")
    return checks


def main(experiment: ModuleType) -> None:
    """The command line of one experiment."""
    parser = argparse.ArgumentParser(description=(experiment.__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=FIGURES, metavar="DIR", help="where the figure goes")
    perform(experiment, parser.parse_args().out)
