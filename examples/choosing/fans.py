"""Which fan: fan_in keeps the activations, fan_out the gradients, their mean compromises; a network that narrows."""

from __future__ import annotations

import math
import sys
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

import fastinit
from fastinit.torch import probe

from . import figures, shared
from .shared import Check

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


SOURCE = "He et al. (2015), equations 10 and 14, and Glorot and Bengio (2010), equation 12"
MODES = ("fan_in", "fan_avg", "fan_out")


def run(
    *, widths: Sequence[int] = (1448, 1024, 724, 512, 362, 256, 181, 128, 90, 64), samples: int = 500
) -> dict[str, Any]:
    """Profiles before training, by fan. The network narrows by sqrt(2) a layer."""
    inputs = torch.from_numpy(fastinit.normal((samples, widths[0]), seed=1, stream="inputs"))
    reports = {}
    for mode in MODES:
        rule = {"init": "variance_scaling", "scale": 2.0, "mode": mode, "distribution": "normal"}
        model = shared.start(shared.mlp([*widths, widths[-1]], nn.ReLU), rule)
        reports[mode] = probe(model, inputs, title=mode)
    return {"widths": widths, "reports": reports}


def _gradient(stage: Any) -> float:
    """The size of one element, as in the papers. The norm would depend on the number of elements too."""
    return stage.gradient.rms


def checks(found: dict[str, Any]) -> list[Check]:
    widths = found["widths"]
    narrowing = fmean(math.log(after / before) for before, after in pairwise(widths))
    results = []
    for mode, report in found["reports"].items():
        fan = {"fan_in": 1.0, "fan_out": math.exp(narrowing), "fan_avg": (1 + math.exp(narrowing)) / 2}[mode]
        expected = (math.sqrt(1 / fan), math.sqrt(math.exp(narrowing) / fan))
        sizes = [[stage.output.rms for stage in report.chain], [_gradient(stage) for stage in reversed(report.chain)]]
        for what, factor, each in zip(("activations forwards", "gradients backwards"), expected, sizes, strict=True):
            measured = (each[-1] / each[0]) ** (1 / (len(each) - 1))
            results.append(
                Check(
                    f"x{factor:.2f} a layer for {what} with {mode}",
                    f"x{measured:.2f}",
                    abs(measured / factor - 1) < 0.1,
                )
            )
    return results


def draw(found: dict[str, Any], path: Path) -> None:
    gradients = ("gradients at the activations: root mean square", _gradient)
    title = f"A relu network that narrows from {found['widths'][0]} to {found['widths'][-1]} units, before training"
    figures.profiles(path, title, found["reports"], figures.ACTIVATIONS, gradients)


if __name__ == "__main__":
    shared.main(sys.modules[__name__])
