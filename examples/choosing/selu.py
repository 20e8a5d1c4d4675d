"""Selu with LeCun's scale keeps mean 0 and variance 1 through any depth; He's and Glorot's do not."""

from __future__ import annotations

import sys
from itertools import cycle, islice
from typing import TYPE_CHECKING

import torch
from torch import nn

import fastinit
from fastinit.torch import probe

from . import figures, shared
from .shared import Check

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fastinit.signal import ProbeReport

SOURCE = "Klambauer et al. (2017), theorem 1"
RULES = {"LeCun": "lecun_normal", "Glorot": "glorot_normal", "He": "he_normal"}


def run(*, widths: Sequence[int] = (128, 512), layers: int = 40, samples: int = 1000) -> dict[str, ProbeReport]:
    """Profiles before training, by rule. Two widths take turns, because with one width Glorot's rule equals LeCun's."""
    inputs = torch.from_numpy(fastinit.normal((samples, widths[0]), seed=1, stream="inputs"))
    reports = {}
    for name, rule in RULES.items():
        model = shared.start(shared.mlp([*islice(cycle(widths), layers + 1), 1], nn.SELU), {"init": rule})
        reports[name] = probe(model, inputs, title=name)
    return reports


def checks(found: dict[str, ProbeReport]) -> list[Check]:
    results = []
    for name, report in found.items():
        means = [stage.output.mean for stage in report.chain]
        stds = [stage.output.std for stage in report.chain]
        keeps = all(abs(mean) < 0.1 for mean in means) and all(0.8 < std < 1.25 for std in stds)
        results.append(
            Check(
                f"{'mean 0 and' if name == 'LeCun' else 'not mean 0 and'} standard deviation 1 with {name}",
                f"means from {min(means):.2f} to {max(means):.2f}, deviations from {min(stds):.2f} to {max(stds):.2f}",
                keeps == (name == "LeCun"),
            )
        )
    return results


def draw(found: dict[str, ProbeReport], path: Path) -> None:
    spread = ("activations: standard deviation", lambda stage: stage.output.std)
    figures.profiles(path, "A selu network before training, 128 and 512 units in turn", found, spread)


if __name__ == "__main__":
    shared.main(sys.modules[__name__])
