"""Reports with known figures, for tests of what is made of them."""

from __future__ import annotations

from fastinit.signal import ProbeReport, Stage, Weight
from tests.signal import stages
from tests.signal.stages import reading


def stage(
    name: str, std: float, *, gradient: float | None = 1.0, dead: float | None = None, bias: bool = False
) -> Stage:
    """A layer with a matrix of spread 0.1, whose gradient has a spread of 0.01."""
    weights = [Weight(f"{name}.weight", (10, 10), reading(0.1), 0.1, reading(0.01))]
    if bias:
        weights.append(Weight(f"{name}.bias", (10,), reading(0.0), 0.0, reading(0.5)))
    ended = int(name.rpartition(".")[2])
    return stages.stage(name, std, gradient=gradient, dead=dead, ended=ended, weights=tuple(weights))


def report(*stages: Stage) -> ProbeReport:
    return ProbeReport(stages, "a model", "loss", 1.0)


def growing(factor: float, layers: int = 8) -> ProbeReport:
    """A chain whose activations grow by a factor at each layer."""
    return report(*(stage(f"layers.{number}", factor**number) for number in range(layers)))
