"""Stages as a probe would measure them, for tests."""

from __future__ import annotations

import dataclasses
from typing import Any

from fastinit.signal.readings import Reading, Stage, Weight


def reading(std: float = 1.0, *, mean: float = 0.0, size: int = 100, nonfinite: int = 0) -> Reading:
    return Reading(size, mean, std, 0.0, nonfinite)


def weight(name: str, *, nonfinite: int = 0, gradient: Reading | None = None) -> Weight:
    return Weight(name, (10, 10), reading(nonfinite=nonfinite), None, gradient)


def stage(name: str, std: float = 1.0, *, gradient: float | None = None, kind: str = "Linear", **others: Any) -> Stage:
    """A healthy layer with a matrix, but for what is given."""
    made = Stage(
        name=name,
        kind=kind,
        call=0,
        ended=0,
        output=reading(std),
        nonfinite=0,
        dead=None,
        saturated=None,
        is_symmetric=False,
        is_constant=False,
        gradient=None if gradient is None else reading(gradient),
        weights=(weight(f"{name}.weight"),),
        is_leaf=True,
    )
    return dataclasses.replace(made, **others)


def layers(factor: float = 1.0, count: int = 10, **others: Any) -> tuple[Stage, ...]:
    """A chain whose activations grow by a factor from layer to layer, and whose gradients are all alike."""
    return tuple(stage(str(n), factor**n, gradient=1.0, ended=n, **others) for n in range(count))


def replaced(stages: tuple[Stage, ...], place: int, **changes: Any) -> tuple[Stage, ...]:
    """The stages with one of them changed."""
    return (*stages[:place], dataclasses.replace(stages[place], **changes), *stages[place + 1 :])
