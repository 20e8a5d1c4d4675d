"""Transforms in rules: Mamba's parameters, expressions in steps, parts and types, and every error by its message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastinit import checkpoint
from fastinit.checkpoint import RecipeError, load_recipe, make_plan, parse_recipe, verify, write
from fastinit.recipes.rules import Call, read_rules

if TYPE_CHECKING:
    from pathlib import Path

    from fastinit.recipes.recipe import Recipe

HEAD = 'seed = 3\ndtype = "float32"\n[tensors]\n"h.{0..1}.A_log" = [64, 16]\n"h.{0..1}.dt_bias" = [64]\n'
A_LOG = '[[rule]]\nmatch = "*.A_log"\ninit = "uniform"\nlow = 1.0\nhigh = 16.0\ntransform = ["log"]\n'
STEPS = '["exp", { clamp = [1e-4, 10.0] }, "softplus_inverse"]'
DT = '[[rule]]\nmatch = "*.dt_bias"\ninit = "uniform"\nlow = "log(0.001)"\nhigh = "log(0.1)"\n'


def recipe_of(transform: str = STEPS, head: str = HEAD) -> Recipe:
    return parse_recipe(f"{head}{A_LOG}{DT}transform = {transform}\n")


def test_mambas_parameters_have_their_distributions() -> None:
    with checkpoint.open(recipe_of()) as drawn:
        a_log = drawn.get_tensor("h.1.A_log").astype(np.float64)
        steps = np.logaddexp(0.0, drawn.get_tensor("h.1.dt_bias").astype(np.float64))  # softplus, as the model applies
    assert 0 <= a_log.min() < 0.3
    assert 2.5 < a_log.max() <= np.log(16) + 1e-6
    assert np.exp(a_log).mean() == pytest.approx(8.5, abs=0.6)
    assert 0.00099 < steps.min() < 0.003
    assert 0.03 < steps.max() < 0.1001


def test_checkpoint_parts_and_text_agree(tmp_path: Path) -> None:
    recipe = recipe_of()
    write(make_plan(recipe), tmp_path / "out")
    assert verify(tmp_path / "out").mismatch is None
    with checkpoint.open(tmp_path / "out") as stored, checkpoint.open(parse_recipe(recipe.text)) as drawn:
        for name in stored.keys():  # noqa: SIM118 - of a handle
            assert (stored.get_tensor(name) == drawn.get_tensor(name)).all()
        part = drawn.get_slice("h.0.A_log")[3:9, 5]
        assert (part == stored.get_tensor("h.0.A_log")[3:9, 5]).all()


def test_numbers_of_steps_may_be_expressions() -> None:
    with checkpoint.open(recipe_of('[{ scale = "layer + 1" }, { clamp = ["-5 - layer", 0] }]')) as drawn:
        first, second = (drawn.get_tensor(f"h.{layer}.dt_bias") for layer in (0, 1))
    assert first.min() == -5
    assert second.min() == -6


def test_rule_that_is_made_keeps_its_transform(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(f'preset = "hf"\n{HEAD}{A_LOG}{DT}transform = {STEPS}\n')
    recipe = load_recipe(tmp_path / "r.toml")
    assert recipe.rules[1].transform == recipe_of().rules[1].transform
    (rule,) = read_rules([{"match": "*", "init": "normal", "transform": ["abs", {"clamp": [0.0, 1.0]}]}])
    assert str(Call.of(rule)) == "normal() -> abs() -> clamp(0.0, 1.0)"
    (again,) = read_rules([Call.of(rule).table(["*"])])
    assert Call.of(again) == Call.of(rule)


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        ('"log"', r"`transform` must be a list of steps, such as \[\"log\"\]"),
        ('["lg"]', r"`transform\[0\]` must be one of scale, .*'lg'.*did you mean 'log'"),
        ("[{ clamp = 1 }]", r"`transform\[0\]` must give `clamp` 2 numbers \(lower, upper\)"),
        ("[{ clamp = [2, 1] }]", "have a lower bound <= the upper one"),
        ('[{ clamp = ["2", "layer"] }]', "have a lower bound <= the upper one"),
        ('["log"]', r"tensor 'h\.0\.dt_bias', rule 2 .*: `transform` must give `log` only values above 0"),
        ('[{ scale = "layr" }]', r"`transform\[0\]\.scale`: the expression 'layr'.*did you mean 'layer'"),
        ('[{ scale = "1 +" }]', r"`?the expression '1 \+', at its end"),
        ("[3]", "be the name of a step, or a table of one name with its numbers"),
    ],
)
def test_transform_that_is_none(transform: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message) as caught:
        make_plan(recipe_of(transform))
    assert str(caught.value).isprintable()


def test_what_is_not_drawn_element_by_element_is_not_transformed() -> None:
    rules = '[[rule]]\nmatch = "*"\ninit = "orthogonal"\nlayout = "torch"\ntransform = ["abs"]\n'
    text = 'seed = 1\ndtype = "float32"\n[tensors]\nw = [4, 4]\n' + rules
    with pytest.raises(RecipeError, match="`base` must be a Constant, Uniform, Normal or TruncatedNormal"):
        make_plan(parse_recipe(text))


def test_rules_in_python_may_have_tuples() -> None:
    (one,) = read_rules([{"match": "*", "init": "normal", "transform": ({"clamp": (0.0, "numel")}, "exp")}])
    (other,) = read_rules([{"match": "*", "init": "normal", "transform": [{"clamp": [0.0, "numel"]}, "exp"]}])
    assert one.transform == other.transform
