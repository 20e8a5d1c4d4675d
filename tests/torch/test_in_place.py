"""fastinit's functions in the place of PyTorch's, by assignment or in the code: both adapters see them."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn

import fastinit
import fastinit.torch as ours

pytestmark = pytest.mark.torch


def swap(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in {name for name in vars(ours) if name.endswith("_") and hasattr(nn.init, name)}:
        monkeypatch.setattr(nn.init, name, getattr(ours, name))


def model() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 6), nn.Embedding(5, 3), nn.MultiheadAttention(4, 2))


def accelerated() -> list[Any]:
    with ours.accelerate(seed=3):
        return list(model().parameters())


def initialised() -> list[Any]:
    return list(ours.init_model(model(), seed=3).parameters())


@pytest.mark.parametrize("build", [accelerated, initialised])
def test_values_are_those_without_the_swap(build: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = build()
    swap(monkeypatch)
    for one, other in zip(build(), expected, strict=True):
        assert torch.equal(one, other)


class Own(nn.Module):
    """Calls fastinit's functions itself, with seeds that the model's code may have."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(6, 4))
        self.turn = nn.Parameter(torch.empty(4, 4))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        ours.trunc_normal_(self.weight, std=0.5, seed=8, stream="any")
        ours.orthogonal_(tensor=self.turn)


def test_init_model_draws_what_such_code_says_by_name() -> None:
    with torch.device("meta"):
        found = Own()
    ours.init_model(found, seed=2)
    expected = fastinit.truncated_normal((6, 4), std=0.5, lower=-4, upper=4, seed=2, stream="weight")
    assert found.weight.detach().numpy().tobytes() == expected.tobytes()
    again = ours.init_model(Own(), seed=2)
    assert torch.equal(found.turn, again.turn)
    torch.testing.assert_close((found.turn @ found.turn.T).detach(), torch.eye(4))
    assert not torch.equal(found.turn, ours.init_model(Own(), seed=3).turn)


def test_blocks_number_functions_without_a_seed() -> None:
    with ours.accelerate(seed=5):
        drawn = torch.randn(4), ours.normal_(torch.empty(4)), ours.normal_(torch.empty(4), seed=1)
    for tensor, seed, stream in zip(drawn, (5, 5, 1), (0, 1, 0), strict=True):
        assert torch.equal(tensor, ours.normal_(torch.empty(4), seed=seed, stream=stream))
