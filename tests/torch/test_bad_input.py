"""What `build`, `by_name` and `init_model` say of models that they cannot initialise: what, where, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn

from fastinit.torch import build, by_name, init_model, report

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.torch


def built(make: Callable[[], nn.Module]) -> nn.Module:
    return build(make, seed=1)


def named(make: Callable[[], nn.Module]) -> nn.Module:
    with by_name(seed=1):
        return make()


def initialised(make: Callable[[], nn.Module]) -> nn.Module:
    return init_model(make(), seed=1)


WAYS = {"build": built, "by_name": named, "init_model": initialised}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


class Drawn(nn.Module):  # type: ignore[misc, unused-ignore]
    """A weight of its own, set by `write` in `reset_parameters`."""

    def __init__(self, write: Callable[[Any], object], dtype: Any = None) -> None:
        super().__init__()
        self._write = write
        self.weight = nn.Parameter(torch.empty(8, 8, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        with torch.no_grad():
            self._write(self.weight)


def looks(weight: Any) -> None:
    if weight.normal_().sum() > 0:
        weight.neg_()


def by_numpy(weight: Any) -> None:
    weight.fill_(float(weight.numpy().size))


@ways
def test_lazy_modules_want_sizes_or_an_example(way: Any) -> None:
    with pytest.raises(ValueError, match=r"must have shapes, got 'lazy 0.weight'; give .* or run the model once"):
        way(lambda: nn.Sequential(nn.LazyLinear(3)))


def test_lazy_modules_that_have_run_are_drawn() -> None:
    def make() -> nn.Module:
        model = nn.Sequential(nn.LazyLinear(3))
        model(torch.empty(1, 5))
        return model

    assert torch.equal(built(make)[0].weight, initialised(make)[0].weight)


@ways
def test_lazy_modules_without_tensors_are_left_alone(way: Any) -> None:
    bare = nn.LazyBatchNorm1d(affine=False, track_running_stats=False)
    assert not list(way(lambda: nn.Sequential(bare)).parameters())


@ways
def test_what_nothing_sets_is_named_with_a_remedy(way: Any) -> None:
    source = "reset_parameters, or build the model by" if way is initialised else "constructor, or add"
    text = rf"got '0.weight', never set by its own code; set it in the module's {source} .*\"match\": \"0.weight\""
    with pytest.raises(ValueError, match=text):
        way(lambda: nn.Sequential(Drawn(lambda _: None)))


class Tied(nn.Module):  # type: ignore[misc, unused-ignore]
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20, 64)
        self.head = nn.Linear(64, 20, bias=False)
        self.head.weight = self.embedding.weight


def test_sharing_modules_that_differ_are_named() -> None:
    """PyTorch keeps the values of the tensor that stays, and only who sees the constructor knows which one it is."""
    text = (
        r"got 'embedding.weight = head.weight', set differently by the modules that share it by its own code; "
        r"build the model by `fastinit.torch.build`, .* or add a rule to `recipe` such as .*embedding.weight"
    )
    with pytest.raises(ValueError, match=text):
        initialised(Tied)
    rule = {"match": "embedding.weight", "init": "normal", "std": 0.02}
    assert 0.015 < float(init_model(Tied(), seed=1, recipe=[rule]).head.weight.detach().std()) < 0.025


@pytest.mark.parametrize("way", [built, named])
def test_sharing_modules_have_the_values_of_the_tensor_that_stays(way: Any) -> None:
    def other_way_round() -> nn.Module:
        model = Tied()
        model.embedding.weight = model.head.weight = nn.Linear(64, 20).weight
        return model

    for make, std in ((Tied, 1.0), (other_way_round, 1 / 8 / 3**0.5)):
        model = way(make)
        assert model.head.weight is model.embedding.weight
        assert float(model.head.weight.detach().std()) == pytest.approx(std, rel=0.1)


@pytest.mark.parametrize("way", [built, named])
def test_complex_tensors_are_drawn_by_pytorch_from_the_seed(way: Any) -> None:
    def make() -> nn.Module:
        return nn.Sequential(nn.Linear(64, 64, dtype=torch.complex64))

    model = way(make)
    assert 0.05 < float(model[0].weight.detach().real.std()) < 0.1
    torch.manual_seed(5)
    assert torch.equal(way(make)[0].weight, model[0].weight)
    assert not torch.equal(build(make, seed=2)[0].weight, model[0].weight)
    assert torch.equal(init_model(build(make, seed=2), seed=1)[0].weight, model[0].weight)
    assert report(model).rows[0].call == "computed (complex)"


def test_complex_tensors_of_models_that_exist_are_refused() -> None:
    text = r"no random tensors of complex numbers, got '0.weight, torch.complex64'; build it by `fastinit.torch.build`"
    with pytest.raises(TypeError, match=text):
        initialised(lambda: nn.Sequential(nn.Linear(4, 4, dtype=torch.complex64)))
    with pytest.raises(ValueError, match=r"got '0', never set .*, which sees what its constructor sets$"):
        initialised(lambda: nn.ParameterList([torch.zeros(3, dtype=torch.complex64)]))
    constants = initialised(lambda: nn.Sequential(Drawn(nn.init.ones_, torch.complex64)))
    assert bool((constants[0].weight == 1).all())


@pytest.mark.parametrize("write", [looks, by_numpy])
def test_code_that_looks_at_values_runs_on_the_cpu_by_build_alone(write: Any) -> None:
    def make() -> nn.Module:
        return nn.Sequential(Drawn(write))

    assert torch.equal(built(make)[0].weight, built(make)[0].weight)
    with pytest.raises(
        RuntimeError, match=r"within `by_name` looked at values, .*Drawn.reset_parameters, line \d+ .*torch.build`"
    ):
        named(make)
    with pytest.raises(RuntimeError, match=r"the code of 0 failed on the meta device: .*; build the model by `fastin"):
        initialised(make)


def test_what_fails_on_the_cpu_too_says_why_it_does() -> None:
    def make() -> nn.Module:
        if nn.Linear(2, 2).weight.sum() < 9:
            raise RuntimeError("no such size")
        return nn.Linear(2, 2)

    with pytest.raises(RuntimeError, match="no such size"):
        built(make)


@ways
def test_other_errors_are_the_codes_own(way: Any) -> None:
    def make() -> nn.Module:
        raise TypeError("no such thing")

    with pytest.raises(TypeError, match=r"^no such thing$"):
        way(make)


def built_within() -> nn.Module:
    return build(lambda: nn.Linear(4, 4), seed=3)


def in_a_block() -> None:
    with by_name(seed=0):
        built_within()


@pytest.mark.parametrize("nested", [lambda: build(built_within, seed=0), in_a_block])
def test_recording_within_recording_is_refused_by_name(nested: Callable[[], Any]) -> None:
    with pytest.raises(RuntimeError, match="build, by_name and init_model must not be called within one another"):
        nested()
    assert built_within().weight.std() > 0
