"""Biases of relu layers that start at 0 or at 0.1: units that are active, and the first epochs."""

from __future__ import annotations

import sys
from statistics import fmean
from typing import TYPE_CHECKING, Any

from torch import nn

from fastinit.pictures import COLOURS, save
from fastinit.torch import probe

from . import figures, shared
from .shared import Check

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SOURCE = "Goodfellow, Bengio and Courville (2016), section 6.3.1, and the notes of Stanford's CS231n"
WEIGHTS: dict[str, dict[str, Any]] = {"normal, std 0.01": {"init": "normal", "std": 0.01}, "He": {"init": "he_normal"}}
BIASES = (0.0, 0.1)
_SAME = 0.05  # of accuracies


def run(
    *, width: int = 128, layers: int = 3, pictures: int = 4000, epochs: int = 10, seeds: Sequence[int] = (0, 1, 2)
) -> dict[str, Any]:
    """Shares of active values and of dead units before training, losses and accuracies: means over seeds."""
    data, unseen = shared.shapes(pictures), shared.shapes(pictures, seed=1)
    found: dict[str, Any] = {"active": {}, "dead": {}, "losses": {}, "accuracies": {}}
    for weights, rule in WEIGHTS.items():
        for bias in BIASES:
            name, losses, accuracies = f"{weights}, bias {bias:g}", [], []
            for seed in seeds:
                model = shared.start(shared.classifier(data, width, layers, nn.ReLU), rule, bias=bias, seed=seed)
                relus = [stage for stage in probe(model, data[0]).stages if stage.dead is not None]
                found["active"].setdefault(name, []).append(1 - fmean(stage.output.zeros for stage in relus))
                found["dead"].setdefault(name, []).append(fmean(stage.dead for stage in relus))
                losses.append(shared.train(model, data, steps=epochs * pictures // 100, rate=0.01, seed=seed))
                accuracies.append(shared.accuracy(model, unseen))
            found["losses"][name] = [fmean(step) for step in zip(*losses, strict=True)]
            found["accuracies"][name] = accuracies
    return found


def checks(found: dict[str, Any]) -> list[Check]:
    active, dead = ({name: fmean(each) for name, each in found[what].items()} for what in ("active", "dead"))
    small, raised, he, he_raised = active
    accuracies = found["accuracies"]
    gains = [after - before for before, after in zip(accuracies[he], accuracies[he_raised], strict=True)]
    return [
        Check(
            "most values above zero with small weights and 0.1",
            f"{active[raised]:.0%} instead of {active[small]:.0%}; "
            f"with He {active[he_raised]:.0%} instead of {active[he]:.0%}",
            active[raised] > 0.8 and active[small] < 0.6,
        ),
        Check(
            "no dead units with small weights and 0.1",
            f"{dead[raised]:.1%} instead of {dead[small]:.1%}; with He {dead[he_raised]:.1%} instead of {dead[he]:.1%}",
            dead[raised] == 0,
        ),
        Check(
            "no clear improvement by 0.1 with He",
            f"accuracies that change by {', '.join(f'{gain:+.3f}' for gain in gains)} for {len(gains)} seeds",
            abs(fmean(gains)) < _SAME,
        ),
    ]


def draw(found: dict[str, Any], path: Path) -> None:
    figure, (left, right) = figures.panels("Three relu layers whose biases start at 0 or at 0.1", 2)
    shares = {name: 100 * fmean(each) for name, each in found["active"].items()}
    bars = left.barh(list(shares), list(shares.values()), color=COLOURS[: len(shares)])
    left.bar_label(bars, fmt="%.0f %%", padding=3)
    left.set(xlim=(0, 100), xlabel="%")
    left.invert_yaxis()
    left.set_title("values above zero before training", loc="left", fontsize=10)
    left.spines[["top", "right"]].set_visible(False)
    figures.curves(right, found["losses"])
    save(figure, path)


if __name__ == "__main__":
    shared.main(sys.modules[__name__])
