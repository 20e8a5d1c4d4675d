"""Does the initialisation suit an MLP? One batch shows it before any training, and training then confirms it.

    python examples/mlp_probe.py --plot mlp.png

Ten layers of rectifiers start from what PyTorch's constructors draw, and then from He's weights. The probe runs one
batch through each and back. The picture shows the size of activations and gradients, layer by layer.
"""

from __future__ import annotations

import argparse
from itertools import pairwise

import torch

import fastinit
from fastinit.torch import build, probe

FEATURES, CLASSES, SAMPLES = 32, 4, 1024


def network(width: int, depth: int) -> torch.nn.Module:
    """Returns a classifier with `depth` hidden layers."""
    widths = [FEATURES, *[width] * depth]
    hidden = [(torch.nn.Linear(a, b), torch.nn.ReLU()) for a, b in pairwise(widths)]
    return torch.nn.Sequential(*(module for pair in hidden for module in pair), torch.nn.Linear(width, CLASSES))


def train(model: torch.nn.Module, inputs: torch.Tensor, target: torch.Tensor, steps: int) -> float:
    """Trains on batches of 128, and returns the share of all samples that are then classified correctly."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    batches = list(zip(inputs.split(128), target.split(128), strict=True))
    for step in range(steps):
        x, y = batches[step % len(batches)]
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        return float((model(inputs).argmax(1) == target).float().mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=128, help="units of a hidden layer (default: 128)")
    parser.add_argument("--depth", type=int, default=10, help="hidden layers (default: 10)")
    parser.add_argument("--steps", type=int, default=200, help="steps of training (default: 200)")
    parser.add_argument("--plot", metavar="FILE", help="where to draw both starts, such as mlp.png")
    arguments = parser.parse_args()

    inputs = torch.from_numpy(fastinit.normal((SAMPLES, FEATURES), seed=1))
    target = (inputs @ torch.from_numpy(fastinit.normal((FEATURES, CLASSES), seed=2))).argmax(1)

    reports = []
    for name, preset in (("PyTorch's own start", None), ("He's start", "he")):
        model = build(lambda: network(arguments.width, arguments.depth), seed=0, preset=preset)
        report = probe(model, inputs, target=target, title=name)
        accuracy = train(model, inputs, target, arguments.steps)
        print(f"{name}: {report.verdict}")
        print(f"{name}: {accuracy:.0%} of the samples are classified correctly after {arguments.steps} steps")
        reports.append(report)
    if arguments.plot:
        bad, good = reports
        bad.plot(arguments.plot, good)
        print(f"The picture is in {arguments.plot}")


if __name__ == "__main__":
    main()
