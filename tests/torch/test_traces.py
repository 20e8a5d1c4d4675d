"""Draws that PyTorch records are PyTorch's own within `accelerate`, and errors of fastinit's functions."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils.data import DataLoader, Dataset

import fastinit
import fastinit.torch as init

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.torch

X = torch.zeros(64)


def traced(module: nn.Module) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is deprecated, and that graphs are random
        return torch.jit.trace(module, X, check_trace=False)


RECORDERS: dict[str, Callable[[nn.Module], Any]] = {
    "torch.jit.trace": traced,
    "torch.export": lambda module: torch.export.export(module, (X,)).module(),
    "torch.export, strict": lambda module: torch.export.export(module, (X,), strict=True).module(),
    "make_fx": lambda module: make_fx(module)(X),
    "make_fx, fake": lambda module: make_fx(module, tracing_mode="fake")(X),
    "make_fx, symbolic": lambda module: make_fx(module, tracing_mode="symbolic")(X),
    "make_fx, pre_dispatch": lambda module: make_fx(module, pre_dispatch=True)(X),
}
DRAWS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "randn_like": torch.randn_like,
    "randn": lambda _: torch.randn(64),
    "normal_": lambda x: x.clone().normal_(),
    "nn.init.normal_": lambda x: nn.init.normal_(x.clone()),
}


class Module(nn.Module):
    """Adds what a function makes of the input."""

    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.function(x)


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("recorder", RECORDERS)
def test_recorded_draws_are_drawn_by_the_graph(recorder: str, draw: str) -> None:
    with init.accelerate(seed=0):
        graph = RECORDERS[recorder](Module(DRAWS[draw]))
    torch.manual_seed(7)
    first, second = graph(X), graph(X)
    assert 0.3 < first.std() < 2
    assert not torch.equal(first, second)
    torch.manual_seed(7)
    assert torch.equal(graph(X), first)


def test_constants_are_recorded() -> None:
    for name in ("torch.jit.trace", "torch.export", "make_fx"):
        graph = RECORDERS[name](Module(lambda _: init.constant_(torch.empty(64), 3.0)))
        assert (graph(X) == 3).all()


def test_functions_that_are_replaced_while_active_are_left_alone_too() -> None:
    """trunc_normal_, which no other recorder follows: it rejects."""
    with init.accelerate(seed=0):
        graph = traced(Module(lambda x: nn.init.trunc_normal_(torch.empty_like(x))))
    assert "empty_like" in str(graph.graph)
    assert 0.3 < graph(X).std() < 2


@pytest.mark.parametrize(
    "fill",
    [
        lambda t: init.normal_(t, seed=1),
        lambda t: init.kaiming_uniform_(t.reshape(8, 8), seed=1),
        lambda t: fastinit.normal(None, out=t, seed=1),
    ],
)
@pytest.mark.parametrize("recorder", ["torch.jit.trace", "torch.export", "make_fx", "make_fx, fake"])
def test_functions_refuse_to_be_recorded(recorder: str, fill: Callable[[Any], Any]) -> None:
    with pytest.raises((RuntimeError, ValueError), match=r"`(out|tensor)` must"):
        RECORDERS[recorder](Module(lambda x: fill(torch.empty(64)) * 0 + x))


class Draws(Dataset[float]):
    """Each item draws."""

    def __len__(self) -> int:
        return 16

    def __getitem__(self, _: int) -> float:
        return torch.randn(()).item()


@pytest.mark.filterwarnings("ignore:.*fork:RuntimeWarning", "ignore:.*fork:DeprecationWarning")
def test_workers_draw_what_they_draw_without_accelerate() -> None:
    def drawn() -> list[float]:
        torch.manual_seed(3)
        loader = DataLoader(Draws(), num_workers=2, multiprocessing_context="fork")
        return [value.item() for _ in range(2) for value in loader]

    expected = drawn()
    assert len(set(expected)) == 32
    with init.accelerate(seed=0):
        assert drawn() == expected


@pytest.mark.filterwarnings("ignore:.*fork:RuntimeWarning", "ignore:.*fork:DeprecationWarning")
def test_a_block_of_the_child_itself_draws_from_fastinit() -> None:
    read, write = os.pipe()
    child = os.fork()
    if not child:
        with init.accelerate(seed=0):
            os.write(write, torch.randn(4).numpy().tobytes())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 16) == fastinit.normal(4, seed=0, stream=0).tobytes()
    os.close(read)
    os.close(write)
