"""Slices: rules for parts of a tensor, in recipes, checkpoints and models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import fastinit
from fastinit import checkpoint
from fastinit.checkpoint import RecipeError, load_recipe, make_plan, parse_recipe, verify, write

if TYPE_CHECKING:
    from pathlib import Path

    from fastinit.recipes.recipe import Recipe

HEAD = 'seed = 3\ndtype = "float32"\nlayout = "torch"\n'
QKV = '[tensors]\n"h.{0..1}.qkv.weight" = [24, 6]\n"h.{0..1}.qkv.bias" = [24]\n'


def rule(match: str, init: str, slice_: str = "", rest: str = "") -> str:
    place = f"slice = {{ {slice_} }}\n" if slice_ else ""
    return f'[[rule]]\nmatch = "{match}"\ninit = "{init}"\n{place}{rest}\n'


def recipe_of(*rules: str, tensors: str = QKV, head: str = HEAD) -> Recipe:
    return parse_recipe(head + tensors + "".join(rules))


def tensor(recipe: Recipe, name: str, index: object = ...) -> np.ndarray:
    with checkpoint.open(recipe) as drawn:
        part = drawn.get_slice(name)[index]
    return np.asarray(part)


def test_element_of_a_slice_has_its_words_of_the_whole() -> None:
    recipe = recipe_of(
        rule("*.weight", "normal", "dim = 0, part = 1, of = 3", "std = 0.5"), rule("*", "normal", rest="std = 0.02")
    )
    found = tensor(recipe, "h.1.qkv.weight")
    options = {"seed": 3, "stream": "h.1.qkv.weight"}
    inside, outside = (fastinit.normal((24, 6), std=std, **options) for std in (0.5, 0.02))
    assert (found[8:16] == inside[8:16]).all()
    assert (found[:8] == outside[:8]).all()
    assert (found[16:] == outside[16:]).all()


def test_fans_are_those_of_the_slice() -> None:
    recipe = recipe_of(
        rule("*.weight", "glorot_uniform", "dim = 0, part = 0, of = 3"),
        rule("*.weight", "he_normal", 'dim = 0, start = 8, stop = "shape[0]"'),
        rule("*", "zeros"),
    )
    found, options = tensor(recipe, "h.0.qkv.weight"), {"seed": 3, "stream": "h.0.qkv.weight"}
    bound = (6 / (6 + 8)) ** 0.5
    assert (found[:8] == fastinit.uniform((24, 6), low=-bound, high=bound, **options)[:8]).all()
    assert (found[8:] == fastinit.normal((24, 6), std=(2 / 6) ** 0.5, **options)[8:]).all()


def test_names_in_expressions_are_those_of_the_slice() -> None:
    rest = 'std = "fan_out + shape[0] / 100 + numel / 1e6"'
    recipe = recipe_of(rule("*.weight", "normal", "dim = 0, part = 0, of = 3", rest), rule("*", "zeros"))
    weight = next(tensor for tensor in make_plan(recipe).tensors if tensor.name.endswith("weight"))
    ((_, drawn),) = weight.distribution.slices  # type: ignore[union-attr]
    assert drawn.std == 8 + 0.08 + 48e-6


def test_slices_of_columns_and_of_several_axes_from_the_end() -> None:
    recipe = recipe_of(rule("*.weight", "ones", "dim = -1, start = 1, stop = 3"), rule("*", "zeros"))
    found = tensor(recipe, "h.0.qkv.weight")
    assert (found[:, 1:3] == 1).all()
    assert found.sum() == 48


@pytest.mark.parametrize("init", ["orthogonal", "identity"])
def test_structured_slices_are_tensors_of_their_own(init: str) -> None:
    rules = [rule("*.weight", init, f"dim = 0, part = {part}, of = 4") for part in range(4)]
    found = tensor(recipe_of(*rules, rule("*", "zeros")), "h.0.qkv.weight").reshape(4, 6, 6)
    for gate in found:
        np.testing.assert_allclose(gate @ gate.T, np.eye(6), atol=1e-6)
    assert (found[0] == found[1]).all() == (init == "identity")


@pytest.mark.parametrize("index", [(slice(5, 20), slice(2, 4)), (9,), (..., 3), (slice(0, 0),), ()])
def test_part_is_cut_from_the_whole(index: tuple[object, ...]) -> None:
    recipe = recipe_of(
        rule("*.weight", "orthogonal", "dim = 0, part = 0, of = 4"),
        rule("*.weight", "normal", "dim = 0, start = 10, stop = 17"),
        rule("*", "uniform"),
    )
    whole = tensor(recipe, "h.0.qkv.weight")
    assert (tensor(recipe, "h.0.qkv.weight", index) == whole[index]).all()


def test_checkpoint_is_written_verified_and_its_text_read_again(tmp_path: Path) -> None:
    recipe = recipe_of(rule("*.bias", "ones", "dim = 0, part = 1, of = 4"), rule("*", "normal"), head=HEAD)
    write(make_plan(recipe), tmp_path / "out")
    assert verify(tmp_path / "out").mismatch is None
    with checkpoint.open(tmp_path / "out") as stored, checkpoint.open(recipe) as drawn:
        for name in stored.keys():  # noqa: SIM118 - of a handle
            assert (stored.get_tensor(name) == drawn.get_tensor(name)).all()
        assert (stored.get_tensor("h.0.qkv.bias")[6:12] == 1).all()
        assert not (stored.get_tensor("h.0.qkv.bias")[:6] == 1).any()


def test_rest_is_the_presets_where_no_other_rule_is(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(
        HEAD + 'preset = "hf"\n' + QKV + rule("*.bias", "ones", "dim = 0, part = 1, of = 4")
    )
    recipe = load_recipe(tmp_path / "r.toml")
    assert tensor(recipe, "h.1.qkv.bias").reshape(4, 6).sum(1).tolist() == [0, 6, 0, 0]
    assert tensor(parse_recipe(recipe.text), "h.1.qkv.weight").std() == pytest.approx(0.02, rel=0.3)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([rule("*", "zeros", "dim = 0")], r"`slice` must be a table such as"),
        (
            [rule("*", "zeros", "dim = 0, part = 1, off = 4")],
            r"a slice has no key 'off'; its keys .*; did you mean 'of'",
        ),
        ([rule("*", "zeros", "dim = 0.5, part = 1, of = 4")], "`slice` must have a whole number as `dim`"),
        ([rule("*", "zeros", "dim = 2, part = 1, of = 4")], r"an axis of shape \[24, 6\] as `dim`, got 2"),
        (
            [rule("*", "zeros", "dim = 0, part = 4, of = 4")],
            "`slice` must choose one of .* 24 places of axis 0, got part 4 of 4",
        ),
        ([rule("*", "zeros", "dim = 0, part = 1, of = 5")], "one of `of` equal parts, .* got part 1 of 5"),
        ([rule("*", "zeros", "dim = 0, start = 5, stop = 5")], "within the 24 places of axis 0, got 5 to 5"),
        ([rule("*", "zeros", "dim = 0, start = 5, stop = 25")], "within the 24 places of axis 0, got 5 to 25"),
        ([rule("*", "zeros", 'dim = 0, start = 0, stop = "numel / 5"')], "a whole number as `stop`, got 28.8"),
        (
            [rule("*", "zeros", 'dim = 0, start = 0, stop = "nume"')],
            r"rule 1 \(match = \"\*\"\): `stop`: the expression",
        ),
        ([rule("*", "zeros", "dim = 0, part = 0, of = 2")], "the slices leave a gap in axis 0, .*; add a rule"),
        (
            [rule("*", "zeros", "dim = 0, part = 0, of = 2"), rule("*", "ones", "dim = 0, start = 11, stop = 24")],
            "the slices 0 to 12 and 11 to 24 of axis 0 overlap",
        ),
        (
            [rule("*", "zeros", "dim = 0, part = 0, of = 2"), rule("*.weight", "ones", "dim = 1, part = 0, of = 2")],
            "the slices .* overlap",
        ),
        (
            [rule("*", "zeros", "dim = 0, part = 0, of = 2", "padding_idx = 1")],
            "`padding_idx` is for whole tensors",
        ),
    ],
)
def test_slice_that_does_not_fit(rules: list[str], message: str) -> None:
    with pytest.raises(RecipeError, match=message) as caught:
        make_plan(recipe_of(*rules))
    assert str(caught.value).isprintable()


def test_whole_numbers_have_no_slices() -> None:
    tensors = '[tensors]\n"n" = { shape = [4], dtype = "int64" }\n'
    rules = rule("*", "ones", "dim = 0, part = 0, of = 2"), rule("*", "zeros")
    with pytest.raises(RecipeError, match=r"`slice` must lie in a tensor of type float64, .*got 'int64'"):
        make_plan(recipe_of(*rules, tensors=tensors))


@pytest.mark.torch
def test_forget_gates_of_a_model_keep_the_rest_of_its_own_code() -> None:
    torch = pytest.importorskip("torch")
    from fastinit.torch import init_model

    gates = [{"match": "bias_ih_*", "slice": {"dim": 0, "part": 1, "of": 4}, "init": "ones"}]
    plain = init_model(torch.nn.LSTM(5, 6, num_layers=2), seed=1)
    model = init_model(torch.nn.LSTM(5, 6, num_layers=2), seed=1, recipe=gates)
    for name, parameter in model.named_parameters():
        expected = dict(plain.named_parameters())[name].detach().clone()
        if name.startswith("bias_ih"):
            expected[6:12] = 1
        assert torch.equal(parameter.detach(), expected), name
    blocks = [
        {"match": "weight_hh_*", "slice": {"dim": 0, "part": part, "of": 4}, "init": "orthogonal"} for part in range(4)
    ]
    matrix = init_model(torch.nn.LSTM(5, 6), seed=1, recipe=blocks).weight_hh_l0.detach().numpy().reshape(4, 6, 6)
    drawn = tensor(
        recipe_of(
            *(rule("*", "orthogonal", f"dim = 0, part = {part}, of = 4") for part in range(4)),
            tensors='[tensors]\n"weight_hh_l0" = [24, 6]\n',
            head=HEAD.replace("seed = 3", "seed = 1"),
        ),
        "weight_hh_l0",
    )
    assert (matrix == drawn.reshape(4, 6, 6)).all()
