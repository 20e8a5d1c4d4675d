"""Expressions in rules: what their names stand for, in recipes and in rules of Python, and every error."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from fastinit.checkpoint import RecipeError, load_recipe, make_plan, open, parse_recipe
from fastinit.recipes.patterns import captured, compile_pattern

if TYPE_CHECKING:
    from pathlib import Path

TENSORS = """
seed = 1
dtype = "float32"
layout = "torch"
[tensors]
"h.{0..3}.up.weight" = [8, 4]
"h.{0..3}.conv.weight" = [8, 4, 3]
"enc.{0..1}.w.{0..2}" = [5]
"w" = [6]
"""
REST = '\n[[rule]]\nmatch = "*"\ninit = "zeros"\n'


def stds(match: str, std: str, head: str = "", rest: str = REST) -> dict[str, float]:
    """The standard deviations that a rule with an expression gives."""
    seed, _, tables = TENSORS.partition("[tensors]")
    rule = f'[[rule]]\nmatch = "{match}"\ninit = "normal"\nstd = "{std}"\n'
    plan = make_plan(parse_recipe(f"{seed}{head}\n[tensors]{tables}{rule}{rest}"))
    return {tensor.name: tensor.distribution.std for tensor in plan.tensors if tensor.rule.init == "normal"}


def test_layer_is_the_first_number_of_the_name() -> None:
    found = stds("h.*.up.weight", "0.02 / sqrt(2 * (layer + 1))")
    assert found == {f"h.{layer}.up.weight": 0.02 / math.sqrt(2 * (layer + 1)) for layer in range(4)}


def test_layers_are_those_of_the_tensors_stack() -> None:
    assert set(stds("h.*", "1 / layers").values()) == {0.25}
    assert set(stds("enc.*", "1 / layers").values()) == {0.5}


def test_names_in_the_braces_of_a_pattern() -> None:
    found = stds("enc.{stage}.w.{block}", "1 + 10 * stage + block")
    assert found == {f"enc.{i}.w.{k}": 1 + 10 * i + k for i in range(2) for k in range(3)}
    assert captured("*.w.{layer}", "enc.1.w.2") == {"layer": 2}  # before the name's own
    assert stds("*.w.{layer}", "1 + layer")["enc.1.w.2"] == 3
    assert compile_pattern("a{n}").match("a1x") is None
    assert compile_pattern("a{n}*").match("a12b")[1] == "12"  # type: ignore[index]


def test_shapes_and_fans() -> None:
    assert stds("h.0.conv.weight", "shape[0] + shape[-1] / 10") == {"h.0.conv.weight": 8.3}
    assert stds("h.0.conv.weight", "fan_in + fan_out / 100") == {"h.0.conv.weight": 12.24}
    assert stds("h.0.*", "numel") == {"h.0.up.weight": 32, "h.0.conv.weight": 96}
    own = '[[rule]]\nmatch = "h.1.up.weight"\ninit = "he_normal"\nlayout = "keras"\nnegative_slope = "fan_in - 8"\n'
    plan = make_plan(parse_recipe(TENSORS + own + REST))
    (tensor,) = (tensor for tensor in plan.tensors if tensor.rule.init == "he_normal")
    assert tensor.distribution.std == 0.5  # sqrt(2 / 8): the rule's own layout counts


def test_constants_of_let() -> None:
    head = '[let]\nwidth = 64\nratio = "sqrt(width / 16)"\nconfig.depth = 3\n"config.x" = "config.depth + 1"\n'
    assert stds("w", "ratio + config.depth * 10 + config.x * 100", head) == {"w": 432.0}


def test_numbers_of_every_kind_may_be_expressions() -> None:
    rule = '[[rule]]\nmatch = "h.*.conv.weight"\ninit = "dirac"\ngroups = "shape[0] / 4"\n'
    plan = make_plan(parse_recipe(TENSORS + rule + REST))
    assert {tensor.distribution for tensor in plan.tensors if tensor.rule.init == "dirac"} != set()
    bounds = '[[rule]]\nmatch = "w"\ninit = "uniform"\nlow = "-1 / numel"\nhigh = "1 / numel"\n'
    with open(parse_recipe(TENSORS + bounds + REST)) as drawn:
        assert 0 < abs(drawn.get_tensor("w")).max() <= 1 / 6


def test_text_of_a_recipe_keeps_expressions(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text(
        'seed = 1\ndtype = "float32"\npreset = "hf"\n[let]\nwidth = 4\n[tensors]\n"h.{0..3}.up.weight" = [8, 4]\n'
        '[[rule]]\nmatch = "h.{layer}.up.weight"\ninit = "normal"\nstd = "width / (layer + 1)"\n'
    )
    recipe = load_recipe(path)
    assert 'std = "width / (layer + 1)"' in recipe.text
    found = [tensor.distribution.std for tensor in make_plan(parse_recipe(recipe.text)).tensors]
    assert found == [4.0, 2.0, 4 / 3, 1.0]


@pytest.mark.parametrize(
    ("match", "std", "message"),
    [
        (
            "w",
            "layer",
            r"tensor 'w', rule 1 .*: `std`: the expression 'layer', at character 1.*'w' has no layer number",
        ),
        (
            "w",
            "1 / layers",
            "'w' has no layer number; give it a rule of its own, or name the number",
        ),
        ("w", "fan_in", r"'w' of shape \[6\] has no fan_in: `shape` must have two or more dimensions"),
        ("w", "shape[1]", r"'w' of shape \[6\] has no axis 1"),
        ("w", "shape", r"`shape` needs an index, as in shape\[0\]"),
        ("w", "numel[0]", r"`shape` needs an index, as in shape\[0\], and no other name has one"),
        ("w", "layr", r"'layr' is not known; the names are fan_in, .*did you mean 'layer'\?; define others in \[let\]"),
        ("w", "1 / (numel - 6)", "the result for 1, 0 is not finite"),
        ("w", "-1", "`std` must be finite and >= 0, got -1"),
        ("w", "2 +", "rule 1 .*: `std`: the expression '2 \\+', at its end"),
        ("h.{a}.{a}*", "1", r"a pattern must have each name in braces once, got 'a' again in 'h\.\{a\}\.\{a\}\*'"),
        ("h.{a b}", "1", "braces in a pattern must enclose a range"),
    ],
)
def test_error_names_tensor_rule_and_place(match: str, std: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message) as caught:
        stds(match, std)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("let = 3\n", "`let` must be a table of names and numbers"),
        ('[let]\n"a b" = 3\n', r"a name in \[let\] must consist of letters, digits and _.* got 'a b'"),
        ("[let]\nlayer = 3\n", r"not be one of layer, .*got 'layer'"),
        ("[let]\na = true\n", r"\[let\] a must be a finite number or an expression, got true"),
        ("[let]\na = inf\n", r"\[let\] a must be a finite number or an expression, got inf"),
        ('[let]\na = "b"\nb = 1\n', r"\[let\] a: the expression 'b', at character 1, 'b': 'b' is not known"),
        ('[let]\na = "a"\n', "'a' is not known; it is the first name"),
        ("[let]\n" + "".join(f"a{i} = 1\n" for i in range(1001)), r"\[let\] must have at most 1000 names"),
    ],
)
def test_let_that_is_none(head: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        stds("w", "1", head)


def test_fans_in_an_expression_ask_for_the_layout() -> None:
    rule = '[[rule]]\nmatch = "*"\ninit = "normal"\nstd = "1 / fan_in"\n'
    with pytest.raises(RecipeError, match=r"`layout` is missing, and rule 1 .* takes fans"):
        parse_recipe(TENSORS.replace('layout = "torch"\n', "") + rule)


@pytest.mark.torch
def test_layers_of_a_part_of_a_model_are_the_recipes() -> None:
    torch = pytest.importorskip("torch")
    from fastinit.torch import init_model, report

    text = 'seed = 1\ndtype = "float32"\n[tensors]\n"h.{0..3}.weight" = [4, 4]\n'
    recipe = parse_recipe(text + '[[rule]]\nmatch = "*"\ninit = "normal"\nstd = "(layer + 1) / layers"\n')
    part = torch.nn.ModuleDict({"h": torch.nn.ModuleList(torch.nn.Linear(4, 4, bias=False) for _ in range(2))})
    assert [row.std for row in report(init_model(part, recipe=recipe)).rows] == [0.25, 0.5]


@pytest.mark.torch
def test_rules_of_a_model_may_transform_and_name_layers() -> None:
    torch = pytest.importorskip("torch")
    from fastinit.torch import init_model

    model = torch.nn.ModuleList(torch.nn.Linear(4, 4, bias=False) for _ in range(3))
    rules = [{"match": "{n}.weight", "init": "constant", "value": "n + 1", "transform": [{"scale": "layers"}]}]
    init_model(model, seed=0, recipe=rules)
    assert [float(layer.weight.detach()[0, 0]) for layer in model] == [3, 6, 9]
    draws = [{"match": "*", "init": "uniform", "low": 1.0, "high": 16.0, "transform": ["log"]}]
    recipe = 'seed = 5\ndtype = "float32"\n[tensors]\n"1.weight" = [4, 4]\n[[rule]]\nmatch = "*"\ninit = "uniform"\n'
    with open(parse_recipe(recipe + 'low = 1.0\nhigh = 16.0\ntransform = ["log"]\n'), "pt") as drawn:
        assert torch.equal(init_model(model, seed=5, recipe=draws)[1].weight.detach(), drawn.get_tensor("1.weight"))


def test_fans_of_an_expression_follow_the_rules_own_axes() -> None:
    for own, fan in (('layout = "keras"\n', 8), ("in_axis = 0\nout_axis = 1\n", 8), ("", 4)):
        rule = f'[[rule]]\nmatch = "h.1.up.weight"\ninit = "normal"\nstd = "fan_in"\n{own}'
        plan = make_plan(parse_recipe(TENSORS + rule + REST))
        assert {tensor.distribution.std for tensor in plan.tensors if tensor.rule.init == "normal"} == {fan}
    with pytest.raises(RecipeError, match="init 'normal' has no key 'layout'; its keys are mean, std"):
        parse_recipe(TENSORS + '[[rule]]\nmatch = "*"\ninit = "normal"\nlayout = "keras"\n')
