"""He's scale trains a relu network of 30 layers, and Xavier's stalls."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

import torch
from torch import nn

from fastinit.torch import compare

from . import shared
from .shared import Check

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fastinit.signal import Comparison

SOURCE = "He et al. (2015), section 2.2, figure 3"
HE, XAVIER = "He: 2 / fan_in", "Xavier: 1 / fan_in"
RULES = {HE: "he_normal", XAVIER: "lecun_normal"}  # their "Xavier" counts fan_in alone


def run(
    *, width: int = 128, layers: int = 29, pictures: int = 4000, steps: int = 1000, seeds: Sequence[int] = (0, 1, 2)
) -> Comparison:
    """Trains from both starts, with biases of 0; the last layer makes 30."""
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
    finals = {each.rules: list(each.finals.values()) for each in found.ranking}
    losses = {name: ", ".join(f"{loss:.2f}" for loss in each) for name, each in finals.items()}
    backwards = next(run.start.growths[1] for run in found.runs if run.rules == XAVIER)
    chance = math.log(shared.CLASSES)
    return [
        Check(
            "x0.707 a layer for Xavier's gradients backwards",
            f"x{backwards.factor:.3g}, {backwards.total:.1g} in all",
            abs(math.log(backwards.factor * math.sqrt(2))) < 0.1,
        ),
        Check("that He's network learns", f"final losses of {losses[HE]}", max(finals[HE]) < 0.7 * chance),
        Check(
            f"that Xavier's stalls at the loss of chance, {chance:.2f}",
            f"final losses of {losses[XAVIER]}",
            min(finals[XAVIER]) > 0.98 * chance,
        ),
    ]


def draw(found: Comparison, path: Path) -> None:
    found.plot(path)


if __name__ == "__main__":
    shared.main(sys.modules[__name__])
