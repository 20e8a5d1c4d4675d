"""Small normals vanish, large ones explode: ten relu layers before training, and what training makes of them."""

from __future__ import annotations

import math
import sys
from statistics import fmean
from typing import TYPE_CHECKING, Any

from torch import nn

from fastinit.torch import probe

from . import figures, shared
from .shared import Check

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fastinit.signal import ProbeReport

SOURCE = "He et al. (2015), section 2.2: a relu layer multiplies the variance by fan_in Var(w) / 2"
RULES: dict[str, dict[str, Any]] = {
    "std 1": {"init": "normal", "std": 1.0},
    "std 0.01": {"init": "normal", "std": 0.01},
    "Glorot": {"init": "glorot_normal"},
    "He": {"init": "he_normal"},
}


def run(
    *, width: int = 128, layers: int = 10, pictures: int = 4000, steps: int = 400, seeds: Sequence[int] = (0, 1, 2)
) -> dict[str, Any]:
    """Profiles before training by rule; losses while training and accuracies after it, means over seeds."""
    data, unseen = shared.shapes(pictures), shared.shapes(pictures, seed=1)
    reports, losses, accuracies = {}, {}, {}
    for name, rule in RULES.items():
        each_loss, each_accuracy = [], []
        for seed in seeds:
            model = shared.start(shared.classifier(data, width, layers, nn.ReLU), rule, seed=seed)
            reports.setdefault(name, probe(model, data[0], target=data[1], title=name))
            each_loss.append(fmean(shared.train(model, data, steps=steps, rate=0.01, seed=seed)))
            each_accuracy.append(shared.accuracy(model, unseen))
        losses[name], accuracies[name] = fmean(each_loss), fmean(each_accuracy)
    return {"width": width, "reports": reports, "losses": losses, "accuracies": accuracies}


def checks(found: dict[str, Any]) -> list[Check]:
    reports, losses, accuracies = found["reports"], found["losses"], found["accuracies"]
    root = math.sqrt(found["width"] / 2)
    factors = {"std 1": root, "std 0.01": 0.01 * root, "Glorot": math.sqrt(0.5), "He": 1.0}
    reached = ", ".join(f"{name} {value:.2f}" for name, value in accuracies.items())
    return [
        *(_growth(name, reports[name], factor) for name, factor in factors.items()),
        Check(
            "that Glorot and He learn, and the two others do not",
            f"accuracies {reached} (chance is 0.25)",
            max(accuracies["std 1"], accuracies["std 0.01"]) < 0.35
            and min(accuracies["Glorot"], accuracies["He"]) > 0.5,
        ),
        Check(
            "that He learns faster than Glorot",
            f"a loss of {losses['He']:.2f} instead of {losses['Glorot']:.2f} on the way",
            losses["He"] < losses["Glorot"],
        ),
    ]


def _growth(name: str, report: ProbeReport, factor: float) -> Check:
    sizes = [stage.output.rms for stage in report.chain]
    measured = report.growths[0].factor
    return Check(
        f"x{factor:.3g} a layer with {name}",
        f"x{measured:.3g}, from {sizes[0]:.3g} to {sizes[-1]:.3g}",
        abs(math.log(measured / factor)) < 0.1,
    )


def draw(found: dict[str, Any], path: Path) -> None:
    named = {f"{name}: accuracy {found['accuracies'][name]:.2f}": report for name, report in found["reports"].items()}
    title = "Relu layers before training, and the accuracy that training reaches"
    figures.profiles(path, title, named, figures.ACTIVATIONS, figures.GRADIENTS)


if __name__ == "__main__":
    shared.main(sys.modules[__name__])
