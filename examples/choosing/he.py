"""He's scale trains a relu network of 30 layers, and Xavier's stalls."""

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

SOURCE = "He et al. (2015), section 2.2, figure 3"
RULES = {"He: 2 / fan_in": "he_normal", "Xavier: 1 / fan_in": "lecun_normal"}  # their "Xavier" counts fan_in alone


def run(
    *, width: int = 128, layers: int = 29, pictures: int = 4000, steps: int = 1000, seeds: Sequence[int] = (0, 1)
) -> dict[str, Any]:
    """Profiles before training, losses as means over seeds, and each seed's accuracy, by rule."""
    data, unseen = shared.shapes(pictures), shared.shapes(pictures, seed=1)
    reports, losses, accuracies = {}, {}, {}
    for name, rule in RULES.items():
        each = []
        for seed in seeds:
            model = shared.start(shared.classifier(data, width, layers, nn.ReLU), {"init": rule}, seed=seed)
            reports.setdefault(name, probe(model, data[0], target=data[1], title=name))
            each.append(shared.train(model, data, steps=steps, rate=0.01, seed=seed))
            accuracies.setdefault(name, []).append(shared.accuracy(model, unseen))
        losses[name] = [fmean(step) for step in zip(*each, strict=True)]
    return {"reports": reports, "losses": losses, "accuracies": accuracies}


def checks(found: dict[str, Any]) -> list[Check]:
    he, xavier = found["accuracies"].values()
    shown = [", ".join(f"{each:.2f}" for each in some) for some in (he, xavier)]
    report = found["reports"]["Xavier: 1 / fan_in"]
    backwards = report.growths[1]
    return [
        Check(
            "that Xavier's gradients shrink by 1/sqrt(2) a layer",
            f"x{backwards.factor:.3g}, {backwards.total:.1g} in all",
            abs(math.log(backwards.factor * math.sqrt(2))) < 0.1,
        ),
        Check("that He's network learns", f"accuracies {shown[0]}", min(he) > 0.5),
        Check("that Xavier's stalls at chance, 0.25", f"accuracies {shown[1]}", max(xavier) < 0.35),
    ]


def draw(found: dict[str, Any]) -> Any:
    figure, (left, right) = figures.panels("A relu network of 30 layers", 2)
    figures.draw_layers(left, found["reports"], "gradients at the activations before training: norm", figures.gradient)
    figures.curves(right, found["losses"])
    return figure


if __name__ == "__main__":
    shared.main(sys.modules[__name__])
