"""He's scale trains a relu network of 30 layers at once, and Xavier's stalls."""

from __future__ import annotations

import math
import sys
from statistics import fmean
from typing import TYPE_CHECKING

import torch
from torch import nn

from fastinit.torch import compare

from . import shared
from .shared import Check

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from fastinit.signal.comparison import Comparison, Trial

SOURCE = "He et al. (2015), section 2.2, figure 3"
HE, XAVIER = "He: 2 / fan_in", "Xavier: 1 / fan_in"
RULES = {HE: "he_normal", XAVIER: "lecun_normal"}  # the paper's "Xavier" counts only fan_in
_CHANCE = math.log(shared.CLASSES)  # the loss of a network that knows nothing
_SMOOTH = 20  # steps
_LATER = 5  # a network that needs this many times the steps stalls


def run(
    *, width: int = 128, layers: int = 29, pictures: int = 4000, steps: int = 800, seeds: Sequence[int] = (0, 1, 2)
) -> Comparison:
    """Trains from both starts, with biases of 0. With the last layer there are 30 layers."""
    data = shared.shapes(pictures)
    biases = {"match": "*.bias", "init": "zeros"}
    return compare(
        lambda: shared.classifier(data, width, layers, nn.ReLU),
        shared.batches(data, 200),
        {name: [biases, {"match": "*.weight", "init": rule}] for name, rule in RULES.items()},
        seeds=seeds,
        steps=steps,
        optimizer=lambda parameters: torch.optim.SGD(parameters, 0.01, momentum=0.9),
    )


def checks(found: Comparison) -> list[Check]:
    he, xavier = ([trial for trial in found.trials if trial.rules == name] for name in (HE, XAVIER))
    backwards = xavier[0].start.growths[1]
    begins, late = ([_begin(trial) for trial in trials] for trials in (he, xavier))
    return [
        Check(
            "x0.707 a layer for Xavier's gradients backwards",
            f"x{backwards.factor:.3g}, {backwards.total:.1g} in all",
            abs(math.log(backwards.factor * math.sqrt(2))) < 0.1,
        ),
        Check(
            "that He's network learns",
            f"final losses {_listed(f'{trial.final:.2f}' for trial in he)} ({_CHANCE:.2f} is chance)",
            max(trial.final for trial in he) < 0.7 * _CHANCE,
        ),
        Check(
            "that Xavier's stalls",
            f"it leaves chance at step {_listed(late)} of {found.steps}, and He's at {_listed(begins)}",
            min(late) > _LATER * max(begins),
        ),
    ]


def _begin(trial: Trial) -> float:
    """The step from which the loss is 5 % better than chance, in the mean of some steps; infinite if it never is."""
    ends = range(_SMOOTH, len(trial.losses) + 1)
    return next((end for end in ends if fmean(trial.losses[end - _SMOOTH : end]) < 0.95 * _CHANCE), math.inf)


def _listed(values: Iterable[object]) -> str:
    return ", ".join("never" if value == math.inf else str(value) for value in values)


def draw(found: Comparison, path: Path) -> None:
    found.plot(path)


if __name__ == "__main__":
    shared.main(sys.modules[__name__])
