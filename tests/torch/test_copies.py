"""Models whose code makes tensors of each other: copies stay copies, and failures leave nothing half done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn
from torch.nn import functional as F

import fastinit
from fastinit.torch import init_model

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.torch


class Pair(nn.Module):
    """Two layers, the second made of the first by `make`."""

    def __init__(self, make: Callable[[Any], None], initialize: bool = True) -> None:
        super().__init__()
        self.make = make
        self.a, self.b = nn.Linear(3, 3), nn.Linear(3, 3)
        if initialize:
            self.reset_parameters()

    def reset_parameters(self) -> None:
        with torch.no_grad():
            self.make(self)


def from_temporary(m: Any) -> None:
    drawn = torch.randn(3, 3)
    m.a.weight.copy_(drawn)
    m.b.weight.copy_(drawn)


def by_parameter(m: Any) -> None:
    m.b.weight = nn.Parameter(m.a.weight.clone().t().contiguous())


def drawn_again(m: Any) -> None:
    nn.init.normal_(m.a.weight, std=0.3)
    m.b.weight.copy_(m.a.weight)


MAKES: dict[str, tuple[Callable[[Any], None], Callable[[Any], Any]]] = {
    "load_state_dict": (lambda m: m.b.load_state_dict(m.a.state_dict()), lambda w: w),
    "copy_": (lambda m: m.b.weight.copy_(m.a.weight), lambda w: w),
    "data.copy_": (lambda m: m.b.weight.data.copy_(m.a.weight.data), lambda w: w),
    "transposed": (lambda m: m.b.weight.copy_(m.a.weight.t()), lambda w: w.t()),
    "a parameter": (by_parameter, lambda w: w.t()),
    "negated": (lambda m: m.b.weight.copy_(-m.a.weight), lambda w: -w),
    "scaled": (lambda m: m.b.weight.copy_(2 * m.a.weight.t()), lambda w: 2 * w.t()),
    "normalized": (
        lambda m: m.b.weight.copy_(F.normalize(m.a.weight.t())),
        lambda w: F.normalize(w.t()),
    ),
    "inverse": (lambda m: m.b.weight.copy_(torch.linalg.inv(m.a.weight)), torch.linalg.inv),
    "one draw": (from_temporary, lambda w: w),
    "drawn again": (drawn_again, lambda w: w),
}


@pytest.mark.parametrize("meta", [False, True])
@pytest.mark.parametrize("by", ["reset_parameters", "initialize"])
@pytest.mark.parametrize("kind", MAKES)
def test_what_is_made_of_another_tensor_is(kind: str, by: str, meta: bool) -> None:
    make, expected = MAKES[kind]
    with torch.device("meta" if meta else "cpu"):
        model = Pair(make)

    def initialize(m: Any) -> None:
        m.a.reset_parameters()
        m.b.reset_parameters()
        m.reset_parameters()

    options = {"initialize": initialize} if by == "initialize" else {}
    init_model(model, seed=0, **options)
    with torch.no_grad():
        torch.testing.assert_close(model.b.weight, expected(model.a.weight))
        assert model.a.weight.std() > 0
    again = init_model(Pair(make), seed=0, **options)
    assert torch.equal(again.b.weight, model.b.weight)


def test_source_of_a_copy_has_the_values_of_its_name() -> None:
    model = init_model(Pair(MAKES["copy_"][0]), seed=0)
    alone = init_model(nn.ModuleDict({"a": nn.Linear(3, 3)}), seed=0)
    assert torch.equal(model.a.weight, alone["a"].weight)
    again = init_model(Pair(drawn_again), seed=0)
    expected = fastinit.normal((3, 3), std=0.3, seed=0, stream="a.weight")
    assert (again.a.weight.detach().numpy() == expected).all()
    assert not torch.equal(model.b.bias, model.a.bias)


def test_slices_of_one_draw_stay_apart() -> None:
    def make(m: Any) -> None:
        both = torch.randn(6, 3)
        m.a.weight.copy_(both[:3])
        m.b.weight.copy_(both[3:])

    model = init_model(Pair(make), seed=0)
    assert not torch.equal(model.a.weight, model.b.weight)


def test_copy_of_a_tensor_with_a_rule_asks_for_one_too() -> None:
    rules = [{"match": "a.weight", "init": "ones"}]
    with pytest.raises(ValueError, match=r"for 'b\.weight' too, which its own code copies from 'a\.weight'"):
        init_model(Pair(MAKES["copy_"][0]), seed=0, recipe=rules)
    both = [{"match": "?.weight", "init": "ones"}]
    assert (init_model(Pair(MAKES["copy_"][0]), seed=0, recipe=both).b.weight == 1).all()


def test_copy_that_becomes_a_constant_is_none() -> None:
    def make(m: Any) -> None:
        m.b.weight.copy_(m.a.weight)
        m.b.weight.zero_()

    rules = [{"match": "a.weight", "init": "ones"}]
    model = init_model(Pair(make), seed=0, recipe=rules)
    assert not model.b.weight.any()
    assert (model.a.weight == 1).all()


def fails_while_it_is_recorded(m: Any) -> None:
    m.b.weight.copy_(F.normalize(m.a.weight))
    raise KeyError("later")


def fails_on_values(m: Any) -> None:
    m.b.weight.copy_(torch.arange(3.0)[(m.a.weight.abs() + 7).long()])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (fails_while_it_is_recorded, r"the code of the model failed on the meta device: .*later"),
        (fails_on_values, r"the values of b\.weight could not be computed: .*index 7.* give it a rule"),
    ],
)
@pytest.mark.parametrize("meta", [False, True])
def test_failing_code_changes_nothing(make: Callable[[Any], None], message: str, meta: bool) -> None:
    with torch.device("meta" if meta else "cpu"):
        model = Pair(make, initialize=False)
    before = {name: (id(p), None if meta else p.detach().clone()) for name, p in model.named_parameters()}
    with pytest.raises(RuntimeError, match=message):
        init_model(model, seed=0)
    for name, parameter in model.named_parameters():
        identity, values = before[name]
        assert id(parameter) == identity
        assert parameter.is_meta == meta
        assert meta or torch.equal(parameter, values)


def test_vectors_of_spectral_norm_are_those_of_the_new_weight() -> None:
    def made() -> Any:
        return nn.utils.parametrizations.spectral_norm(nn.Linear(20, 40))

    with pytest.raises(ValueError, match=r"'parametrizations\.weight\.original', never set"):
        init_model(made(), seed=0)
    rules = [{"match": "*original", "init": "normal"}]
    for model in (made(), nn.Sequential(made())):
        init_model(model, seed=0, recipe=rules)
        layer = model[0] if isinstance(model, nn.Sequential) else model
        norm = torch.linalg.matrix_norm(layer.eval().weight.detach(), 2)
        assert norm.item() == pytest.approx(1, rel=0.05)
    assert torch.equal(
        init_model(made(), seed=0, recipe=rules).weight,
        init_model(made(), seed=0, recipe=rules).weight,
    )


class Block(nn.Module):
    """A mask on the device of another module's parameter, as swin and nanochat have them."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4)
        self.register_buffer("mask", None, persistent=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        mask = torch.arange(4.0, device=self.norm.weight.device)
        self.register_buffer("mask", mask, persistent=False)


def test_buffers_on_the_device_of_another_modules_parameter() -> None:
    with torch.device("meta"):
        model = Block()
    init_model(model, seed=0)
    assert model.mask.tolist() == [0, 1, 2, 3]
    assert (model.norm.weight == 1).all()
