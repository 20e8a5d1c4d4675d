"""What a model's own code computes is what `init_model` leaves: arithmetic, casts, whole numbers, repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn

import fastinit.torch

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.torch


class Model(nn.Module):
    """A tensor that its code sets: a parameter of floats, a buffer of anything else."""

    def __init__(self, code: Callable[[torch.Tensor], Any], dtype: torch.dtype) -> None:
        super().__init__()
        self.code = code
        tensor = torch.empty(4, 4, dtype=dtype)
        if dtype.is_floating_point:
            self.w = nn.Parameter(tensor)
        else:
            self.register_buffer("w", tensor)
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self) -> None:
        self.code(self.w)


def initialised(code: Callable[[torch.Tensor], Any], dtype: torch.dtype, device: str) -> Any:
    with torch.device(device):
        model = Model(code, dtype)
    return fastinit.torch.init_model(model, seed=3).w.detach()


FLOATS: dict[str, Callable[[torch.Tensor], Any]] = {
    "alpha": lambda w: w.zero_().add_(1, alpha=2),
    "alpha of sub": lambda w: w.fill_(3.0).sub_(1, alpha=3),
    "rounding": lambda w: w.fill_(3.0).div_(2, rounding_mode="floor"),
    "whole": lambda w: w.copy_(torch.full((4, 4), 2.7).long()),
    "a whole number": lambda w: w.copy_(torch.tensor(2.7, dtype=torch.int64)),
    "truth": lambda w: w.copy_(torch.full((4, 4), 0.5).bool()),
    "a list of truths": lambda w: w.copy_(torch.tensor([3] * 4, dtype=torch.bool)),
    "overflow": lambda w: w.copy_(torch.full((4, 4), 200, dtype=torch.uint8) + 100),
    "minus": lambda w: w.copy_(-torch.full((4, 4), 1, dtype=torch.uint8)),
    "narrow": lambda w: w.copy_(torch.tensor(0.1, dtype=torch.float16)),
}
WHOLES: dict[str, tuple[Any, Callable[[torch.Tensor], Any]]] = {
    "fill": (torch.int64, lambda w: w.fill_(2.7)),
    "list": (torch.int64, lambda w: w.copy_(torch.tensor([2.7] * 4))),
    "truth": (torch.bool, lambda w: w.fill_(2)),
    "overflow": (torch.uint8, lambda w: w.fill_(200).add_(100)),
    "large": (torch.int64, lambda w: w.fill_(2**63 - 1)),
    "large copied": (torch.int64, lambda w: w.copy_(torch.tensor(2**53 + 1))),
    "rounding": (torch.int64, lambda w: w.fill_(7).div_(2, rounding_mode="trunc")),
}


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", FLOATS)
def test_floats(name: str, dtype: torch.dtype, device: str) -> None:
    expected = Model(FLOATS[name], dtype).w.detach()
    assert torch.equal(initialised(FLOATS[name], dtype, device), expected)


@pytest.mark.parametrize("name", WHOLES)
def test_whole_numbers(name: str) -> None:
    dtype, code = WHOLES[name]
    assert torch.equal(initialised(code, dtype, "meta"), Model(code, dtype).w)


def rows(w: torch.Tensor) -> None:
    w.normal_()
    w[1:] = w[0]


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize(
    "code",
    [
        rows,
        lambda w: (w.normal_(), w[2:].copy_(w[:2])),
        lambda w: w.copy_(torch.randn(4, 4)[0]),
        lambda w: w.copy_(torch.cat([torch.randn(4, 4)[:2]] * 2)),
        lambda w: w.copy_(torch.stack([torch.randn(4, 4)[0]] * 4)),
    ],
)
def test_rows_that_are_copied_stay_equal(code: Callable[[torch.Tensor], Any], device: str) -> None:
    drawn = initialised(code, torch.float32, device)
    assert torch.equal(drawn[:2], drawn[2:])
    assert drawn.std() > 0


def test_draws_that_are_cast_are_whole() -> None:
    drawn = initialised(lambda w: w.copy_((torch.rand(4, 4) * 99).int()), torch.float32, "meta")
    assert torch.equal(drawn, drawn.round())
    assert drawn.std() > 0
