"""What is recorded of an initialisation on the meta device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from fastinit.recipes.rules import Call, constant, normal
from fastinit.torch.left_out import left_out_initializers
from fastinit.torch.recorder import NEVER, Recorder

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.torch
init = torch.nn.init


def recorded(write: Callable[[torch.Tensor], torch.Tensor | None], *shape: int) -> Call | str:
    """What is recorded of `write`, which sets a tensor or returns another one."""
    recorder = Recorder()
    with torch.no_grad(), left_out_initializers(recorder), recorder, torch.device("meta"):
        tensor = torch.empty(shape or (6, 4))
        returned = write(tensor)
    return recorder.call(tensor if returned is None else returned)


def uniform(low: float, high: float) -> Call:
    return Call("uniform", (("low", low), ("high", high)))


CASES: dict[str, tuple[Callable[..., object], Call]] = {
    "normal": (lambda t: init.normal_(t, 0.0, 0.5), normal(0.5)),
    "shifted": (lambda t: init.normal_(t, 1.0, 0.5), normal(0.5, 1.0)),
    "no std": (lambda t: init.normal_(t, 2.0, 0.0), constant(2.0)),
    "uniform": (lambda t: init.uniform_(t, -1.0, 3.0), uniform(-1.0, 3.0)),
    "default uniform": (lambda t: t.uniform_(), uniform(0.0, 1.0)),
    "zeros": (init.zeros_, constant(0.0)),
    "ones": (init.ones_, constant(1.0)),
    "constant": (lambda t: init.constant_(t, 0.25), constant(0.25)),
    "truncated": (
        lambda t: init.trunc_normal_(t, 1.0, 0.5, 0.0, 3.0),
        Call("truncated_normal", (("mean", 1.0), ("std", 0.5), ("lower", -2.0), ("upper", 4.0))),
    ),
    "the last one": (lambda t: (init.normal_(t), init.zeros_(t)), constant(0.0)),
    "a view of all": (lambda t: t.view(-1).normal_(0.0, 2.0), normal(2.0)),
    "transposed": (lambda t: t.t().normal_(0.0, 2.0), normal(2.0)),
    "data": (lambda t: t.data.fill_(3), constant(3.0)),
    "scaled": (lambda t: t.normal_(0.0, 0.5).mul_(-2), normal(1.0)),
    "moved": (lambda t: t.uniform_(0.0, 1.0).mul_(-2).add_(1), uniform(-1.0, 1.0)),
    "padding": (
        lambda t: (t.normal_(0.0, 0.5), t[2].zero_()),
        Call("normal", (("std", 0.5),), 2),
    ),
    "padding overwritten": (lambda t: (t[2].zero_(), t.normal_(0.0, 0.5)), normal(0.5)),
    "copied": (lambda t: t.copy_(torch.randn(6, 4)), normal(1.0)),
    "a constant repeated": (lambda t: t.copy_(torch.ones(4)), constant(1.0)),
    "the same again": (lambda t: (t.zero_(), t[2:4].zero_()), constant(0.0)),
    "made again": (lambda t: torch.empty(6, 4, out=init.normal_(t)), normal(1.0)),
    "in parts": (lambda t: [row.normal_(0.0, 0.5) for row in t], normal(0.5)),
    "halves": (lambda t: [half.normal_(0.0, 0.5) for half in t.chunk(2)], normal(0.5)),
}


@pytest.mark.parametrize("name", CASES)
def test_last_operation_that_covers_a_tensor_is_its_call(name: str) -> None:
    write, call = CASES[name]

    def alone(tensor: torch.Tensor) -> None:
        write(tensor)

    assert recorded(alone) == call


NEW: dict[str, tuple[Callable[..., torch.Tensor], Call]] = {
    "ones": (lambda _: torch.ones(3), constant(1.0)),
    "layer scale": (lambda _: 0.1 * torch.ones(3), constant(0.1)),
    "full": (lambda _: torch.full((3,), 2.0), constant(2.0)),
    "randn": (lambda _: torch.randn(3, 4) * 0.5, normal(0.5)),
    "rand": (lambda _: 1 - 2 * torch.rand(3, 4), uniform(-1.0, 1.0)),
    "number": (lambda _: torch.tensor(2.5), constant(2.5)),
    "numbers": (lambda _: torch.tensor([[1.0, 1.0]]), constant(1.0)),
    "an array": (lambda _: torch.tensor(np.full((2, 3), 2.0)), constant(2.0)),
    "arrays": (lambda _: torch.tensor(data=[np.float32(2), np.array(2)]), constant(2.0)),
    "parameter": (lambda _: torch.nn.Parameter(torch.zeros(3)), constant(0.0)),
    "copy": (lambda t: t.normal_().clone(), normal(1.0)),
    "joined": (lambda t: torch.cat([t.normal_(), torch.randn(2, 4)]), normal(1.0)),
    "cut": (lambda t: t.normal_().split(2)[1], normal(1.0)),
    "other type": (lambda t: t.zero_().to(torch.bfloat16), constant(0.0)),
    "a whole number": (lambda _: torch.full((3,), 2.7).long(), constant(2.0)),
    "of whole numbers": (lambda _: torch.tensor([3, 3], dtype=torch.bool), constant(1.0)),
    "of a narrow type": (
        lambda _: torch.tensor(0.1, dtype=torch.float16).float(),
        constant(0.0999755859375),
    ),
    "as in a wide type": (
        lambda _: torch.full((3,), 0.1, dtype=torch.float64).float(),
        constant(0.1),
    ),
}


@pytest.mark.parametrize("name", NEW)
def test_new_tensors_have_calls_too(name: str) -> None:
    write, call = NEW[name]
    assert recorded(write) == call


def test_matrices_have_calls() -> None:
    assert recorded(lambda t: (init.normal_(t), init.eye_(t))[1]) == Call("identity")
    assert recorded(lambda t: init.sparse_(t, 0.5)) == Call("sparse", (("sparsity", 0.5), ("std", 0.01)))
    kernel = recorded(lambda _: init.dirac_(torch.empty(4, 2, 3), 2))
    assert kernel == Call("dirac", (("groups", 2), ("layout", "torch")))
    assert recorded(lambda _: init.eye_(torch.empty(3, 3, dtype=torch.int64))) == "computed (eye_)"


def test_zeros_have_their_sign() -> None:
    negative = Call("constant", (("value", -0.0),))
    for make in (lambda t: t.fill_(-0.0), lambda t: t.zero_().neg_(), lambda t: t.zero_().mul_(-2)):
        assert str(recorded(make)) == str(negative)
    for make in (lambda t: t.fill_(0.0), lambda t: t.fill_(-0.0).add_(0), lambda t: t.fill_(-0.0).neg_()):
        assert recorded(make) == Call("zeros")


def test_orthogonal_matrices_have_a_call() -> None:
    call = Call("orthogonal", (("gain", 1.5), ("layout", "torch")))
    assert recorded(lambda t: (init.normal_(t), init.orthogonal_(t, 1.5))[1]) == call
    assert recorded(lambda t: init.orthogonal_(t, gain=1.5, generator=None)) == call
    assert recorded(lambda t: init.orthogonal_(t.data, 1.5)) == call
    row = recorded(lambda t: (init.orthogonal_(t, 1.5), t[2].zero_(), t)[2])
    assert row == Call(call.init, call.parameters, 2)


UNKNOWN: dict[str, tuple[Callable[..., object], str]] = {
    "nothing": (lambda _: None, NEVER),
    "a part": (lambda t: t[1:3].normal_(), "set in parts that differ"),
    "columns": (lambda t: (t.normal_(), t[:, 1].zero_()), "set in parts"),
    "two rows": (lambda t: (t.normal_(), t[1:3].zero_()), "set in parts that differ"),
    "a row and a half": (
        lambda t: (t.normal_(), t.view(-1)[2:6].zero_()),
        "set in parts that differ",
    ),
    "a row of ones": (lambda t: (t.normal_(), t[1].fill_(1)), "set in parts that differ"),
    "parts that overlap": (
        lambda t: (t.view(-1)[:8].normal_(), t.view(-1)[4:20].normal_()),
        "set in parts that differ",
    ),
    "different parts": (
        lambda t: (t[:3].normal_(), t[3:].normal_(0, 2)),
        "set in parts that differ",
    ),
    "logarithm": (lambda t: t.copy_(torch.log(torch.arange(24.0).view(6, 4))), "computed (log)"),
    "repeated": (lambda t: t.copy_(torch.randn(4)), "repeated"),
    "expanded": (lambda t: t.copy_(torch.randn(6, 1).expand(6, 4).clone()), "repeated"),
    "clamped": (lambda t: t.normal_().clamp_(0), "computed (clamp_)"),
    "orthogonal rows": (lambda t: [init.orthogonal_(part) for part in t.chunk(2)], "computed (orthogonal_)"),
    "orthogonal, scaled": (lambda t: init.orthogonal_(t).mul_(2), "computed (mul_)"),
    "orthogonal, joined": (
        lambda t: t.copy_(torch.cat([init.orthogonal_(torch.empty(3, 4)) for _ in range(2)])),
        "computed (orthogonal_)",
    ),
    "orthogonal, seen otherwise": (lambda t: init.orthogonal_(t.view(4, 6)), "computed (orthogonal_)"),
    "orthogonal, copied otherwise": (
        lambda t: t.copy_(init.orthogonal_(torch.empty(4, 6)).view(6, 4)),
        "computed (orthogonal_)",
    ),
    "identity, negated": (lambda t: init.eye_(t).neg_(), "computed (neg_)"),
    "identity, copied otherwise": (lambda t: t.copy_(init.eye_(torch.empty(4, 6)).view(6, 4)), "computed (eye_)"),
    "identity in part": (lambda t: init.eye_(t[:3]), "computed (eye_)"),
    "sparse, scaled": (lambda t: init.sparse_(t, 0.5).mul_(2), "computed (mul_)"),
    "an array": (lambda t: t.copy_(torch.tensor(np.eye(6, 4))), "computed (tensor)"),
    "an array's memory": (lambda t: t.copy_(torch.from_numpy(np.eye(6, 4))), "computed (data)"),
    "converted": (lambda t: t.copy_(torch.as_tensor(np.eye(6, 4))), "computed (tensor)"),
    "a list of old": (lambda t: t.copy_(torch.Tensor([1, 2, 3, 4])), "computed (data)"),
    "a row repeated": (lambda t: (t.normal_(), t[1:].copy_(t[0])), "repeated"),
    "rows repeated": (lambda t: (t.normal_(), t[3:].copy_(t[:3])), "repeated"),
    "a row of another": (lambda t: t.copy_(torch.randn(6, 4)[0]), "repeated"),
    "halves repeated": (lambda t: t.copy_(torch.cat([torch.randn(6, 4)[:3]] * 2)), "repeated"),
    "whole numbers": (lambda t: t.copy_((torch.rand(6, 4) * 9).int()), "computed (cast)"),
    "quotients": (lambda t: t.uniform_().div_(2, rounding_mode="floor"), "computed (div_)"),
    "alpha": (lambda t: t.normal_().add_(1, alpha=9), "computed (add_)"),
    "sum": (lambda t: t.normal_().add_(torch.randn(6, 4)), "computed (add_)"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_everything_else_is_not_guessed(name: str) -> None:
    write, reason = UNKNOWN[name]

    def alone(tensor: torch.Tensor) -> None:
        write(tensor)

    assert recorded(alone) == reason


def test_joined_tensors_that_differ_are_not_guessed() -> None:
    assert recorded(lambda t: torch.cat([t.normal_(), torch.zeros(1, 4)])) == "computed (cat)"
    assert recorded(lambda _: torch.tensor([1.0, 2.0])) == "computed (tensor)"
    padded = recorded(lambda t: (t.normal_(), t[2].zero_(), t.clone())[-1])
    assert padded == "copied from a tensor with a padding row"


def test_storage_is_not_mistaken_for_an_older_one() -> None:
    recorder = Recorder()
    with recorder, torch.device("meta"):
        for _ in range(200):
            torch.empty(8).normal_()
        fresh = [torch.empty(8) for _ in range(200)]
    assert {recorder.call(tensor) for tensor in fresh} == {NEVER}


def test_initializers_are_put_back() -> None:
    before = dict(vars(init))
    recorded(lambda _: None)
    assert dict(vars(init)) == before
