"""Activation checkpointing within `accelerate`: both runs of a function have the same noise."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.utils.checkpoint import checkpoint

import fastinit
import fastinit.torch as init

pytestmark = pytest.mark.torch


def noisy(x: Any) -> Any:
    return x * torch.randn_like(x) + torch.nn.init.trunc_normal_(torch.empty(4)) * x


def nested(x: Any) -> Any:
    return checkpoint(noisy, x, use_reentrant=False) * torch.rand(4)


@pytest.mark.parametrize("function", [noisy, nested])
@pytest.mark.parametrize("reentrant", [False, True])
@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("seed", [0, None])
def test_gradients_are_of_the_values(function: Any, reentrant: bool, inside: bool, seed: int | None) -> None:
    x = torch.ones(4, requires_grad=True)
    with init.accelerate(seed):
        y = checkpoint(function, x, use_reentrant=reentrant)
        if inside:
            y.sum().backward()
    if not inside:
        y.sum().backward()
    torch.testing.assert_close(x.grad, y.detach())  # y is x times noise, and x is 1


def test_draws_after_a_checkpoint_are_fastinits_again() -> None:
    x = torch.ones(4, requires_grad=True)

    def fails(_: Any) -> Any:
        raise KeyError

    with init.accelerate(seed=0):
        for reentrant in (False, True):
            checkpoint(noisy, x, use_reentrant=reentrant).sum().backward()
            with pytest.raises(KeyError):
                checkpoint(fails, x, use_reentrant=reentrant)
        drawn = torch.randn(4)
    assert (drawn.numpy() == fastinit.normal(4, seed=0, stream=0)).all()
    before = torch.utils.checkpoint.CheckpointFunction.forward
    assert before.__module__ == "torch.utils.checkpoint"
    assert not hasattr(before, "__wrapped__")
