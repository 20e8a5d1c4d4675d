"""Rules with another scale draw the same values times a factor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fastinit import checkpoint
from fastinit.errors import RecipeError
from fastinit.recipes.contents import content_of
from fastinit.recipes.rules import Call, read_rules
from fastinit.recipes.scaling import scaled
from fastinit.recipes.setting import Setting
from fastinit.recipes.tensors import TensorSpec
from fastinit.recipes.toml import write_table

if TYPE_CHECKING:
    from fastinit.distributions import Distribution

KERNEL, MATRIX = (12, 8, 3, 3), (12, 8)
RULES: dict[str, dict[str, Any]] = {
    "normal": {"init": "normal", "std": 0.25},
    "normal with a mean": {"init": "normal", "std": 0.25, "mean": 0.5},
    "uniform": {"init": "uniform", "low": -0.25, "high": 0.5},
    "truncated": {"init": "truncated_normal", "std": 0.5, "mean": 0.25, "lower": -1.5, "upper": 2.5},
    "fans": {"init": "he_normal"},
    "axes": {"init": "variance_scaling", "scale": 2.0, "mode": "fan_out", "in_axis": 0, "out_axis": 1},
    "truncated fans": {"init": "lecun_normal", "truncated": True},
    "orthogonal": {"init": "orthogonal", "gain": 3.0, "layout": "keras"},
    "orthogonal by default": {"init": "orthogonal"},
    "delta": {"init": "delta_orthogonal"},
    "sparse": {"init": "sparse", "sparsity": 0.5, "std": 2.0},
    "sparse by default": {"init": "sparse", "sparsity": 0.5},
    "transform": {"init": "uniform", "low": 1.0, "high": 16.0, "transform": ["log"]},
    "padding": {"init": "normal", "std": 0.25, "padding_idx": 2},
}


def read(entry: dict[str, Any]) -> tuple[Call, Distribution, tuple[int, ...]]:
    shape = MATRIX if entry["init"] == "sparse" else KERNEL
    (rule,) = read_rules([{"match": "*", **entry}])
    content = content_of(TensorSpec("w", shape, "float32"), rule, "*", Setting("torch"))
    assert content.call is not None
    return content.call, content.distribution, shape


def drawn(call: Call, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    head = f'seed = 3\ndtype = "float32"\nlayout = "torch"\n[tensors]\nw = {list(shape)}\n'
    recipe = checkpoint.parse_recipe(head + write_table("[[rule]]", call.table(["*"])))
    with checkpoint.open(recipe) as opened:
        values: np.ndarray[Any, Any] = opened.get_tensor("w")
    return values


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("factor", [0.5, 3.25])
def test_a_scaled_rule_draws_the_same_values_times_the_factor(name: str, factor: float) -> None:
    call, distribution, shape = read(RULES[name])
    before = drawn(call, shape)
    assert np.std(before) > 0
    np.testing.assert_allclose(drawn(scaled(call, distribution, factor), shape), factor * before, rtol=2e-5)


def test_numbers_are_rounded_to_what_people_can_read() -> None:
    call, distribution, _ = read(RULES["normal"])
    assert str(scaled(call, distribution, 1 / 3)) == "normal(std=0.0833333)"


@pytest.mark.parametrize("entry", [{"init": "zeros"}, {"init": "constant", "value": 2.0}, {"init": "dirac"}])
def test_what_draws_nothing_has_no_scale(entry: dict[str, Any]) -> None:
    call, distribution, _ = read(entry)
    with pytest.raises(RecipeError, match=r"'\w+\(.*has no scale, because it draws nothing"):
        scaled(call, distribution, 2.0)
