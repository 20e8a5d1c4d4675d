"""Small normals vanish, large ones explode: the spread of activations through ten relu layers, and what training makes of it.

Expected: He et al., Delving deep into rectifiers, ICCV 2015, section 2.2: a layer multiplies the variance by fan_in Var(w) / 2.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from torch import nn

from . import figures, shared
from .shared import Check

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RULES: dict[str, dict[str, Any]] = {
    "normal, std 1": {"init": "normal", "std": 1.0},
    "normal, std 0.01": {"init": "normal", "std": 0.01},
    "Glorot": {"init": "glorot_normal"},
    "He": {"init": "he_normal"},
}
COLOURS = (figures.PINK, figures.GREY, figures.ORANGE, figures.BLUE)


def run(*, width: int = 256, layers: int = 10, pictures: int = 2000, steps: int = 400) -> dict[str, Any]:
    """The spread of each layer's activations at the start, and the accuracy after training, by rule."""
    data, unseen = shared.shapes(pictures), shared.shapes(pictures, seed=1)
    spreads, accuracies = {}, {}
    for name, rule in RULES.items():
        model = shared.mlp([data[0].shape[1], *[width] * layers, shared.CLASSES], nn.ReLU)
        shared.start(model, rule)
        spreads[name] = [shared.spread(layer.values) for layer in shared.hidden_layers(model, data)]
        shared.train(model, data, steps=steps, rate=0.02)
        accuracies[name] = shared.accuracy(model, unseen)
    return {"width": width, "spreads": spreads, "accuracies": accuracies}


def checks(found: dict[str, Any]) -> list[Check]:
    width, spreads, accuracies = found["width"], found["spreads"], found["accuracies"]
    layers = len(spreads["He"]) - 1
    factors = {"normal, std 1": math.sqrt(width / 2), "normal, std 0.01": 0.01 * math.sqrt(width / 2), "Glorot": math.sqrt(0.5), "He": 1.0}
    results = []
    for name, factor in factors.items():
        measured = (spreads[name][-1] / spreads[name][0]) ** (1 / layers)
        results.append(
            Check(
                f"with {name} each layer multiplies the spread by {factor:.3g}",
                f"{measured:.3g}, from {spreads[name][0]:.3g} in the first to {spreads[name][-1]:.3g} in the last",
                abs(math.log(measured / factor)) < 0.1,
            )
        )
    best = max(accuracies, key=accuracies.get)
    results.append(
        Check(
            "He reaches the highest accuracy",
            ", ".join(f"{name} {value:.2f}" for name, value in accuracies.items()) + f" (chance is {1 / shared.CLASSES})",
            best == "He",
        )
    )
    return results


def draw(found: dict[str, Any]) -> Figure:
    figure, (axes,) = figures.panels("Ten relu layers: spread of the activations before training")
    for (name, spreads), colour in zip(found["spreads"].items(), COLOURS, strict=True):
        label = f"{name}\n  accuracy {found['accuracies'][name]:.2f} after training"
        figures.line(axes, range(1, len(spreads) + 1), spreads, label, colour)
    axes.set(xlabel="hidden layer", ylabel="root mean square (logarithmic)", yscale="log", xticks=range(1, len(spreads) + 1))
    figures.name_lines(axes)
    return figure


if __name__ == "__main__":
    shared.main(sys.modules[__name__])
