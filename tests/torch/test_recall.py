"""recall.py: models that `build` or `by_name` has made, drawn anew as their constructors have it."""

from __future__ import annotations

import copy
import gc
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn

import fastinit
from fastinit.torch import build, by_name, init_model, recall, report

pytestmark = pytest.mark.torch


class Net(nn.Module):  # type: ignore[misc, unused-ignore]
    """As timm's models: what constructors do is nothing that `reset_parameters` would tell."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(40, 64, padding_idx=1)
        self.inner = nn.Linear(64, 64)
        nn.init.normal_(self.inner.weight, std=0.02)
        self.head = nn.Linear(64, 40, bias=False)
        self.head.weight = self.embedding.weight
        self.twin = nn.Linear(64, 64, bias=False)
        with torch.no_grad():
            self.twin.weight.copy_(self.inner.weight)
        self.norm = nn.BatchNorm1d(64)
        self.decay = nn.Parameter(torch.arange(1.0, 9.0).log())
        self.noise = nn.Parameter(torch.randn(64).exp())
        self.parted = nn.Parameter(torch.empty(6, 4).normal_())
        with torch.no_grad():
            self.parted[3:].exp_()
        self.register_buffer("drawn", torch.randn(5) * 3, persistent=False)


def values(model: nn.Module) -> dict[str, Any]:
    tensors = (*model.named_parameters(), *model.named_buffers())
    return {name: tensor.detach().clone() for name, tensor in tensors}


def are_equal(model: nn.Module, other: nn.Module) -> bool:
    ours, theirs = values(model), values(other)
    return ours.keys() == theirs.keys() and all(bool((ours[name] == theirs[name]).all()) for name in ours)


def sources(model: nn.Module) -> dict[str, str]:
    return {row.name: row.source for row in report(model).rows}


@pytest.mark.parametrize("way", ["build", "by_name"])
def test_drawing_anew_is_building_anew(way: str) -> None:
    if way == "build":
        model = build(Net, seed=0)
    else:
        with by_name(seed=0):
            model = Net()
    expected = build(Net, seed=1)
    assert not are_equal(model, expected)
    assert init_model(model, seed=1) is model
    assert are_equal(model, expected)
    assert set(sources(model).values()) == {"constructor"}
    assert are_equal(init_model(model, seed=0), build(Net, seed=0))  # and once more


def test_values_of_training_are_replaced() -> None:
    model = build(Net, seed=1)
    with torch.no_grad():
        for tensor in (*model.parameters(), *model.buffers()):
            tensor.fill_(7)
    assert are_equal(init_model(model, seed=1), build(Net, seed=1))


def test_names_without_wrappers_and_parts_of_a_model() -> None:
    expected = build(Net, seed=1)
    wrapped = nn.DataParallel(build(Net, seed=0))
    assert are_equal(init_model(wrapped, seed=1).module, expected)
    model = build(Net, seed=0)
    init_model(model.inner, seed=1)  # whose name it is then
    weight = fastinit.normal((64, 64), std=0.02, seed=1, stream="weight")
    assert (model.inner.weight.detach().numpy() == weight).all()


def test_modules_that_came_later_reset_themselves() -> None:
    model = build(Net, seed=0)
    model.inner, model.more = nn.Linear(64, 64), nn.Linear(3, 5)
    model.decay = nn.Parameter(torch.zeros(9))  # set by no reset_parameters
    model.norm.weight = nn.Parameter(torch.zeros(64))  # the module is the one that was built
    init_model(model, seed=1, recipe=[{"match": "decay", "init": "ones"}])
    found = sources(model)
    later = {name for name, source in found.items() if source == "reset_parameters"}
    assert later == {"inner.weight", "inner.bias", "more.weight", "more.bias"}
    assert found["decay"] == "recipe"
    assert found["norm.weight"] == "constructor"
    bound = 1 / 8
    weight = fastinit.uniform((64, 64), low=-bound, high=bound, seed=1, stream="inner.weight")
    np.testing.assert_allclose(model.inner.weight.detach().numpy(), weight, rtol=1e-6)
    # A copy of what is gone has its distribution still.
    assert 0.015 < float(model.twin.weight.detach().std()) < 0.025
    expected = build(Net, seed=1)
    assert (model.noise == expected.noise).all()
    assert (model.embedding.weight == expected.embedding.weight).all()


def test_tensors_of_another_shape_reset_themselves() -> None:
    model = build(lambda: nn.Sequential(nn.Linear(64, 64), nn.LayerNorm(64)), seed=0)
    model[0].weight = nn.Parameter(torch.randn(32, 64) / 14)
    init_model(model, seed=1)
    assert sources(model)["0.weight"] == "reset_parameters"
    assert sources(model)["0.bias"] == "constructor"
    assert 0.05 < float(model[0].weight.detach().std()) < 0.1


def test_draws_that_were_read_and_drawn_over_are_told_apart() -> None:
    class Reads(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.drawn = nn.Parameter(torch.empty(8).normal_())
            self.read = nn.Parameter(self.drawn.detach().exp())
            nn.init.normal_(self.drawn)

    assert are_equal(init_model(build(Reads, seed=0), seed=1), build(Reads, seed=1))


def test_copies_want_rules_as_their_sources_have() -> None:
    model = build(Net, seed=0)
    with pytest.raises(ValueError, match=r"for .twin.weight. too, which its own code copies from .inner.weight."):
        init_model(model, seed=1, recipe=[{"match": "inner.weight", "init": "zeros"}])


def test_other_types_keep_their_distributions() -> None:
    model = init_model(build(Net, seed=0).to(torch.bfloat16), seed=1)
    weight = fastinit.normal((64, 64), std=0.02, seed=1, stream="inner.weight", dtype="bfloat16")
    assert (model.inner.weight.detach().float().numpy() == weight.astype(np.float32)).all()
    assert (model.decay == build(Net, seed=1).decay.to(torch.bfloat16)).all()


def test_own_code_comes_first_where_it_is_given() -> None:
    model = build(Net, seed=0)
    init_model(model, seed=1, initialize=lambda net: [nn.init.ones_(tensor) for tensor in net.parameters()])
    assert set(sources(model).values()) == {"reset_parameters"}
    assert bool((model.inner.weight == 1).all())


def test_a_copy_of_a_model_has_no_record() -> None:
    model = copy.deepcopy(build(lambda: nn.Sequential(nn.Linear(64, 64)), seed=0))
    assert set(sources(init_model(model, seed=1)).values()) == {"reset_parameters"}


@pytest.mark.filterwarnings("error")
def test_what_is_recorded_is_not_doubted() -> None:
    init_model(build(Net, seed=0), seed=1)


def test_nothing_is_kept_of_models_that_are_gone() -> None:
    gc.collect()
    before = len(recall._ORIGINS)
    model = build(Net, seed=0)
    assert len(recall._ORIGINS) > before
    del model
    gc.collect()
    assert len(recall._ORIGINS) == before


def test_code_that_looked_at_values_is_recorded_as_far_as_it_drew() -> None:
    class Looks(nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(64, 64)
            nn.init.normal_(self.inner.weight, std=0.02)
            self.norm = nn.LayerNorm(64)
            with torch.no_grad():
                self.norm.weight.copy_(self.inner.bias.exp())
            self.is_up = bool(self.inner.weight.sum() > 0)

    with pytest.warns(UserWarning, match="init_model gives norm.weight ones"):
        model = init_model(build(Looks, seed=0), seed=1)
    weight = fastinit.normal((64, 64), std=0.02, seed=1, stream="inner.weight")
    assert (model.inner.weight.detach().numpy() == weight).all()
    assert sources(model)["inner.weight"] == "constructor"
    assert sources(model)["norm.weight"] == "reset_parameters"  # computed, and nobody knows how
    assert bool((model.norm.weight == 1).all())
