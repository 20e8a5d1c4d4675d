"""Glorot's scale keeps activations and gradients of a tanh network; the customary start before it lost both."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

from torch import nn

from fastinit.torch import probe

from . import figures, shared
from .shared import Check

if TYPE_CHECKING:
    from pathlib import Path

    from fastinit.signal import ProbeReport

SOURCE = "Glorot and Bengio (2010), section 4.2.1, figures 6 and 7"
STANDARD, NORMALISED = "standard", "normalised"


def run(*, width: int = 1000, layers: int = 5, pictures: int = 500) -> dict[str, ProbeReport]:
    """Profiles before training, by rule."""
    data = shared.shapes(pictures)
    rules = {
        STANDARD: {"init": "variance_scaling", "scale": 1 / 3, "mode": "fan_in", "distribution": "uniform"},
        NORMALISED: {"init": "glorot_uniform"},
    }
    reports = {}
    for name, rule in rules.items():
        model = shared.start(shared.classifier(data, width, layers, nn.Tanh), rule)
        reports[name] = probe(model, data[0], target=data[1], title=name)
    return reports


def checks(found: dict[str, ProbeReport]) -> list[Check]:
    return [
        *_factors("standard", found[STANDARD], 1 / math.sqrt(3)),
        *_factors("normalised", found[NORMALISED], 1.0),
        _weights("standard", found[STANDARD]),
        _weights("normalised", found[NORMALISED]),
    ]


def _factors(name: str, report: ProbeReport, expected: float) -> list[Check]:
    """Equations 8 and 9: every layer multiplies both spreads by sqrt(n Var(w)), which is the factor if tanh is linear.

    Tanh makes activations a little smaller, so their factor may be a fifth lower.
    """
    forwards, backwards = report.growths
    return [
        Check(
            f"about x{expected:.2g} a layer for {what}, {name}",
            f"x{growth.factor:.2g}",
            0.8 < growth.factor / expected < 1.1,
        )
        for what, growth in (("activations forwards", forwards), ("gradients backwards", backwards))
    ]


def _weights(name: str, report: ProbeReport) -> Check:
    sizes = [stage.weights[0].gradient.rms for stage in report.stages if stage.has_matrix][1:-1]
    return Check(
        f"weights' gradients of one size in all hidden layers, {name} (equation 14)",
        f"from {min(sizes):.2g} to {max(sizes):.2g}",
        max(sizes) < 2 * min(sizes),
    )


def draw(found: dict[str, ProbeReport], path: Path) -> None:
    figures.profiles(
        path,
        "A tanh network before training: uniform within 1/sqrt(n), the standard, and Glorot's normalised start",
        found,
        figures.ACTIVATIONS,
        figures.GRADIENTS,
    )


if __name__ == "__main__":
    shared.main(sys.modules[__name__])
