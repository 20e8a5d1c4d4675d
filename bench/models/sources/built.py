"""Tries models that constructors make: `fastinit.torch.build` builds them too, and the tensors are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.models import compare
from bench.models.steps import BUILDS, BUILT, EQUAL, Steps

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMNS = (BUILDS, BUILT, EQUAL)
MOST_PARAMETERS = 150_000_000
SEEDS = (1, 2)


def parameters_on_meta(make: Callable[[], Any]) -> int:
    """Counts a model's parameters, without memory for them."""
    import torch

    with torch.device("meta"):
        return sum(parameter.numel() for parameter in make().parameters())


def state_of(make: Callable[[], Any], seed: int) -> dict[str, Any]:
    """Returns the tensors that a model's own code makes."""
    import torch

    torch.manual_seed(seed)
    return tensors(make())


def tensors(model: Any) -> dict[str, Any]:
    """Returns all parameters and buffers."""
    named = (*model.named_parameters(), *model.named_buffers())
    return {name: tensor.detach() for name, tensor in named}


def attempt(choose: Callable[[], Callable[[], Any]], steps: Steps) -> None:
    """Builds a model by its library and by fastinit, and compares the two.

    Args:
        choose: Returns the function that makes the model.
        steps: Records each step.
    """
    import fastinit.torch

    with steps.step(BUILDS):
        make = choose()
        first, second = (state_of(make, seed) for seed in SEEDS)
    with steps.step(BUILT):
        ours = tensors(fastinit.torch.build(make, seed=0))
    compare.step(steps, ours, first, second)
