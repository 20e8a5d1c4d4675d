"""Equal starts keep units equal: zeros and a constant never break the symmetry of a layer, random numbers do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from torch import nn

from fastinit.pictures import new_figure, save

from . import shared
from .shared import Check

if TYPE_CHECKING:
    from pathlib import Path

    import torch

SOURCE = "Goodfellow, Bengio and Courville (2016), section 8.4"
RULES: dict[str, dict[str, Any]] = {
    "zeros": {"init": "zeros"},
    "constant 0.01": {"init": "constant", "value": 0.01},
    "random (Glorot)": {"init": "glorot_uniform"},
}
_EQUAL = 1e-3  # of the weights' size: sums of equal numbers may be rounded in different orders


def run(*, units: int = 64, pictures: int = 4000, steps: int = 300) -> dict[str, Any]:
    """First weights and accuracies of two hidden layers of tanh after training, by rule."""
    data, unseen = shared.shapes(pictures), shared.shapes(pictures, seed=1)
    weights, accuracies, differences = {}, {}, {}
    for name, rule in RULES.items():
        model = shared.start(shared.classifier(data, units, 2, nn.Tanh), rule)
        shared.train(model, data, steps=steps, rate=0.02)
        layers = [block[0].weight.detach() for block in model if isinstance(block, nn.Sequential)]
        weights[name] = layers[0]
        differences[name] = max(_difference(layer) for layer in layers)
        accuracies[name] = shared.accuracy(model, unseen)
    return {"weights": weights, "differences": differences, "accuracies": accuracies}


def _difference(weight: torch.Tensor) -> float:
    """How far the units of a layer differ, as a share of their weights' size; 0 for zeros."""
    size = float(weight.square().mean().sqrt())
    return float((weight - weight[0]).abs().max()) / size if size else 0.0


def checks(found: dict[str, Any]) -> list[Check]:
    results = []
    for name, difference in found["differences"].items():
        is_random = name.startswith("random")
        results.append(
            Check(
                f"{'different' if is_random else 'equal'} units after training from {name}",
                f"weights that differ by {difference:.2g} of their size, accuracy {found['accuracies'][name]:.2f}",
                (difference > _EQUAL) == is_random,
            )
        )
    best = max(found["accuracies"], key=found["accuracies"].get)
    reached = f"{best}, {found['accuracies'][best]:.2f}"
    return [*results, Check("the highest accuracy from random", reached, best.startswith("random"))]


def draw(found: dict[str, Any], path: Path) -> None:
    shown = 8
    figure = new_figure(8, 3.9)
    figure.suptitle(
        "Weights of eight units of the first layer after training", x=0.01, ha="left", fontsize=11, weight="bold"
    )
    for axes, (name, weight) in zip(figure.subplots(len(RULES), shown), found["weights"].items(), strict=True):
        size = round(weight.shape[1] ** 0.5)
        most = float(weight[:shown].abs().max()) or 1.0
        for each, unit in zip(axes, weight[:shown], strict=True):
            each.imshow(unit.reshape(size, size).numpy(), cmap="PuOr", vmin=-most, vmax=most)
            each.set(xticks=[], yticks=[])
        text = f"{name}\naccuracy {found['accuracies'][name]:.2f}"
        axes[0].set_ylabel(text, rotation=0, ha="right", va="center")
    figure.supxlabel(
        "one square per unit, one cell per pixel: purple above 0, orange below, white 0; each row has its own scale",
        fontsize=8,
    )
    save(figure, path)


if __name__ == "__main__":
    shared.main(sys.modules[__name__])
