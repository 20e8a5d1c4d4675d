"""Tensors of PyTorch's without memory, or with less than they claim: refused, where they were written to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import fastinit

torch = pytest.importorskip("torch")

import fastinit.torch as init

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.torch

COUNT = 1000
DRAWS: list[Callable[[Any], Any]] = [
    lambda t: fastinit.normal(None, out=t, seed=1),
    lambda t: fastinit.zeros(None, out=t),
    lambda t: init.normal_(t, seed=1),
    lambda t: init.uniform_(t, seed=1),
    lambda t: init.trunc_normal_(t, seed=1),
    lambda t: init.kaiming_normal_(t.view(10, -1), seed=1),
    lambda t: init.sparse_(t.view(10, -1), 0.5, seed=1),
    lambda t: init.orthogonal_(t.view(10, -1), seed=1),
    lambda t: init.eye_(t.view(10, -1)),
    lambda t: init.dirac_(t.view(10, 10, -1)),
    init.zeros_,
    init.ones_,
    lambda t: init.constant_(t, 3.0),
]


class Wrapper(torch.Tensor):
    """A tensor of a library's own kind, whose data pointer is null."""

    @classmethod
    def __torch_dispatch__(cls, *_: Any, **__: Any) -> Any:
        raise NotImplementedError


def with_storage_of(size_bytes: int, count: int = COUNT) -> Any:
    """As FSDP frees a parameter: the tensor stays, its storage shrinks."""
    tensor = torch.full((count,), 7.0)
    tensor.untyped_storage().resize_(size_bytes)
    return tensor


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("size_bytes", [0, 4, 4 * COUNT - 1])
def test_storage_that_is_too_short_is_refused(draw: Any, size_bytes: int) -> None:
    with pytest.raises(ValueError, match=rf"must have memory for its elements.*, got {size_bytes}"):
        draw(with_storage_of(size_bytes))


def test_a_view_that_ends_beyond_its_storage_is_refused() -> None:
    base = torch.full((COUNT,), 7.0)
    part, apart = base[COUNT // 2 :], base[1::2]
    base.untyped_storage().resize_(4 * (COUNT - 2))
    for tensor in (part, apart):
        with pytest.raises(ValueError, match="must have memory for its elements"):
            init.normal_(tensor, seed=1)
    with pytest.raises(ValueError, match=f"must have memory for its elements, {4 * COUNT} bytes"):
        fastinit.normal(None, out=part, seed=1)
    assert base[: COUNT // 2].eq(7.0).all()


def test_a_view_that_ends_before_is_filled() -> None:
    base = torch.full((COUNT,), 7.0)
    base.untyped_storage().resize_(4 * COUNT // 2)
    init.normal_(base[: COUNT // 2], seed=1)
    assert base[: COUNT // 2].numpy().tobytes() == fastinit.normal(COUNT // 2, seed=1).tobytes()


def test_no_generator_moves_for_a_tensor_that_is_refused() -> None:
    torch.manual_seed(0)
    state = torch.get_rng_state()
    with pytest.raises(ValueError, match="memory"):
        init.normal_(with_storage_of(0))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.filterwarnings("ignore::Warning:torch")
def test_tensors_that_never_had_memory_are_no_out() -> None:
    with torch._subclasses.FakeTensorMode():
        fake = torch.empty(COUNT)
    wrapper = torch.Tensor._make_wrapper_subclass(Wrapper, (COUNT,), dtype=torch.float32)
    for tensor in (fake, wrapper):
        with pytest.raises(ValueError, match=r"`out` must (have memory|be exported)"):
            fastinit.normal(None, out=tensor, seed=1)


def test_no_elements_need_no_memory() -> None:
    empty = with_storage_of(0, count=0)
    assert fastinit.normal(None, out=empty, seed=1) is empty
    assert init.normal_(empty, seed=1) is empty


def test_accelerated_code_gets_pytorchs_own_error() -> None:
    with init.accelerate(seed=0), pytest.raises(RuntimeError, match="not allocated"):
        with_storage_of(0).normal_()
