"""Draws under torch.func's transforms are PyTorch's own within `accelerate`: vmap decides what a draw is."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

import fastinit.torch as init

pytestmark = pytest.mark.torch

X = torch.zeros(3, 2)
DRAWS = {
    "randn": lambda x: x + torch.randn(2),
    "rand": lambda x: x + torch.rand(2),
    "randn_like": torch.randn_like,
    "normal": lambda x: torch.normal(x, 1.0),
    "normal_": lambda x: x.clone().normal_(),
    "nn.init.normal_": lambda x: torch.nn.init.normal_(x.clone()),
    "nn.init.trunc_normal_": lambda x: torch.nn.init.trunc_normal_(x.clone()),
}


def by(run: Any, accelerated: bool) -> Any:
    torch.manual_seed(5)
    if not accelerated:
        return run()
    with init.accelerate(seed=0):
        return run()


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("randomness", ["different", "same"])
def test_vmap(name: str, randomness: str) -> None:
    run = lambda: torch.vmap(DRAWS[name], randomness=randomness)(X)
    try:
        expected = by(run, accelerated=False)
    except RuntimeError as error:  # what vmap does not allow in place
        with pytest.raises(RuntimeError, match=str(error)[:20]):
            by(run, accelerated=True)
        return
    assert torch.equal(by(run, accelerated=True), expected)


def test_vmap_refuses_randomness_where_it_is_an_error() -> None:
    with init.accelerate(seed=0), pytest.raises(RuntimeError, match="randomness"):
        torch.vmap(lambda x: x + torch.randn(2), randomness="error")(X)


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")  # by PyTorch itself
@pytest.mark.parametrize("name", ["randn", "randn_like", "normal_", "nn.init.normal_"])
def test_derivatives(name: str) -> None:
    ones = torch.ones(2)
    for run in (
        lambda: torch.func.grad(lambda x: (x * DRAWS[name](x)).sum())(ones),
        lambda: torch.func.jvp(lambda x: x * DRAWS[name](x), (ones,), (ones,))[1],
        lambda: torch.func.hessian(lambda x: (x * x * DRAWS[name](x)).sum())(ones),
    ):
        try:
            expected = by(run, accelerated=False)
        except RuntimeError as error:
            with pytest.raises(RuntimeError, match=str(error)[:20]):
                by(run, accelerated=True)
            continue
        assert torch.equal(by(run, accelerated=True), expected)


def test_functionalize() -> None:
    run = lambda: torch.func.functionalize(DRAWS["normal_"])(torch.ones(3))
    assert torch.equal(by(run, accelerated=True), by(run, accelerated=False))


def test_our_own_functions_refuse_a_transformed_tensor() -> None:
    fill = lambda y: init.normal_(y.clone(), seed=1)
    with pytest.raises(TypeError, match="must be a dense tensor"):
        torch.func.functionalize(fill)(torch.ones(3))
    with pytest.raises(RuntimeError, match="randomness error mode"):  # PyTorch words it
        torch.vmap(fill)(X)
    with pytest.raises(TypeError, match="must be a dense tensor"):
        torch.vmap(fill, randomness="same")(X)


def test_draws_after_a_transform_are_fastinits_again() -> None:
    with init.accelerate(seed=0):
        torch.vmap(lambda x: x + torch.randn(2), randomness="different")(X)
        drawn = torch.randn(5)
    with init.accelerate(seed=0):
        assert torch.equal(torch.randn(5), drawn)
