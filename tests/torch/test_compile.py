"""Compiled functions: fastinit's are a part of the graph, and PyTorch's draws stay PyTorch's."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn

import fastinit
import fastinit.torch as init

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.torch

LARGE_SEED = 2**63 + 5
BACKENDS = ["eager", "aot_eager"]
# Each function with arguments of every kind: numbers, infinities, names, large seeds, keywords and defaults.
CALLS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "normal_": lambda t: init.normal_(t, 0.5, 2.0, seed=LARGE_SEED, stream='a "name"\n'),
    "uniform_": lambda t: init.uniform_(t, -1, b=3, seed=1),
    "trunc_normal_": lambda t: init.trunc_normal_(t, a=-float("inf"), seed=1, stream=7),
    "constant_": lambda t: init.constant_(t, 2.5),
    "zeros_": init.zeros_,
    "eye_": init.eye_,
    "orthogonal_": lambda t: init.orthogonal_(t, gain=2, seed=3),
    "kaiming_uniform_": lambda t: init.kaiming_uniform_(t, nonlinearity="relu", seed=4),
    "xavier_normal_": lambda t: init.xavier_normal_(t, seed=4, stream="w"),
    "sparse_": lambda t: init.sparse_(t, 0.5, seed=4),
}


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    torch._dynamo.reset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the compiler about itself
        yield


def compiled(function: Any, backend: str = "aot_eager", **options: Any) -> Any:
    return torch.compile(function, backend=backend, fullgraph=True, **options)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", CALLS)
def test_functions_are_in_the_graph(name: str, backend: str) -> None:
    fill = CALLS[name]
    expected = fill(torch.empty(6, 4))
    run = compiled(lambda x: fill(torch.empty(6, 4)) + x, backend)
    for _ in range(2):
        assert torch.equal(run(torch.zeros(6, 4)), expected)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_parameter_is_filled_in_place(backend: str) -> None:
    layer = nn.Linear(4, 6)

    @torch.no_grad()
    def reset() -> None:
        init.kaiming_normal_(layer.weight, seed=2, stream="w")
        init.zeros_(layer.bias)

    compiled(reset, backend)()
    expected = fastinit.he_normal((6, 4), layout="torch", seed=2, stream="w")
    np.testing.assert_array_equal(layer.weight.detach().numpy(), expected)
    assert not layer.bias.any()


def test_without_a_seed_each_run_draws_anew() -> None:
    run = compiled(lambda x: init.normal_(torch.empty(64)) + x)
    torch.manual_seed(5)
    first, second = run(torch.zeros(64)), run(torch.zeros(64))
    torch.manual_seed(5)
    assert torch.equal(first, init.normal_(torch.empty(64)))
    assert torch.equal(second, init.normal_(torch.empty(64)))
    assert not torch.equal(first, second)


def test_errors_come_when_the_graph_runs() -> None:
    run = compiled(lambda x: init.normal_(torch.empty(4), std=-1.0) + x)
    with pytest.raises(RuntimeError, match=r"normal expects std >= 0\.0, but found std -1"):
        run(torch.zeros(4))


def test_generators_break_the_graph() -> None:
    generator = fastinit.Generator(3)
    run = torch.compile(lambda x: init.normal_(torch.empty(4), seed=generator) + x, backend="eager")
    for _ in range(2):
        run(torch.zeros(4))
    assert generator.get_state() == {"seed": 3, "next_stream": 2}


def test_draws_within_accelerate_are_pytorchs() -> None:
    run = compiled(lambda x: torch.randn(64) + nn.init.normal_(torch.empty(64)) + x)
    torch.manual_seed(5)
    expected = run(torch.zeros(64))
    torch.manual_seed(5)
    with init.accelerate(seed=0):
        assert torch.equal(run(torch.zeros(64)), expected)
