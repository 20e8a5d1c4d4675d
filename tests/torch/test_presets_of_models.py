"""Presets for models: as in a recipe of the model's configuration, with rules before and the model's own code after."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")

from fastinit import checkpoint
from fastinit.errors import RecipeError
from fastinit.torch import build, by_name, init_model, report

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.torch


class Block(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.c_fc, self.c_proj, self.ln = torch.nn.Linear(8, 32), torch.nn.Linear(32, 8), torch.nn.LayerNorm(8)
        self.decay = torch.nn.Parameter(torch.arange(1.0, 5).log())


def make() -> torch.nn.Module:
    return torch.nn.ModuleDict({"h": torch.nn.ModuleList([Block(), Block(), Block()]), "wte": torch.nn.Embedding(9, 8)})


def rows(model: torch.nn.Module) -> dict[str, Any]:
    return {row.name: row for row in report(model).rows}


def test_preset_stands_between_rules_and_the_models_own_code() -> None:
    rules = [{"match": "h.0.c_proj.weight", "init": "ones"}]
    model = build(make, seed=1, recipe=rules, preset="gpt2")
    found = rows(model)
    assert found["h.1.c_proj.weight"].std == 0.02 / math.sqrt(6)
    assert found["h.0.c_proj.weight"].std == 0
    assert found["h.1.c_fc.weight"].call.init == "uniform"  # of Linear's own, which gpt2 leaves
    names = ("h.0.c_proj.weight", "h.1.c_proj.weight", "h.1.c_fc.weight")
    assert [found[name].source for name in names] == ["recipe", "preset gpt2", "constructor"]
    assert torch.equal(model["h"][0].decay.detach(), torch.arange(1.0, 5).log())
    with by_name(1, recipe=rules, preset="gpt2"):
        same = make()
    assert all(torch.equal(one, other) for one, other in zip(model.parameters(), same.parameters(), strict=True))
    init_model(same, seed=2, recipe=rules, preset="gpt2")
    again = build(make, seed=2, recipe=rules, preset="gpt2")
    assert all(torch.equal(one, other) for one, other in zip(again.parameters(), same.parameters(), strict=True))


class Odd(torch.nn.Module):
    def __init__(self, inner: str, outer: str) -> None:
        super().__init__()
        self.query = torch.nn.Linear(8, 8)
        self.add_module(inner, torch.nn.Linear(8, 32))
        self.add_module(outer, torch.nn.Linear(32, 8))


def blocks(inner: str, outer: str) -> torch.nn.Module:
    return torch.nn.ModuleDict({"h": torch.nn.ModuleList([Odd(inner, outer), Odd(inner, outer)])})


@pytest.mark.parametrize("preset", ["gpt2", "nanogpt", "llama-depth"])
def test_names_that_a_preset_does_not_know_are_told(preset: str) -> None:
    block = "'h.0.query.weight', 'h.0.wide.weight', 'h.0.narrow.weight'"
    with pytest.warns(UserWarning, match=rf"preset {preset} .* knows none .*: not among {block}; give"):
        init_model(blocks("wide", "narrow"), seed=0, preset=preset)


@pytest.mark.parametrize(
    ("model", "preset", "rules"),
    [
        (blocks("wide", "attn_out"), "gpt2", []),  # a name that is known
        (blocks("wide", "narrow"), "gpt2", [{"match": "h.*.narrow.weight", "init": "zeros"}]),  # a rule of its own
        (blocks("wide", "narrow"), "he", []),  # a preset without blocks
        (torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 4)), "nanogpt", []),  # no blocks
    ],
)
def test_names_that_a_preset_does_not_need_are_not_told(model: Any, preset: str, rules: list[dict[str, Any]]) -> None:
    init_model(model, seed=0, recipe=rules, preset=preset)  # a warning would be an error


def test_biases_are_zero_where_the_source_of_a_preset_sets_them() -> None:
    model = init_model(blocks("c_fc", "c_proj"), seed=0, preset="nanogpt")
    biases = [value for name, value in model.named_parameters() if name.endswith("bias")]
    assert len(biases) == 6
    assert not any(value.any() for value in biases)


def test_fans_are_those_of_the_modules() -> None:
    model = init_model(torch.nn.Sequential(torch.nn.Linear(8, 32), torch.nn.Conv2d(4, 6, 3)), seed=0, preset="he")
    assert rows(model)["0.weight"].std == math.sqrt(2 / 8)
    assert rows(model)["1.weight"].std == math.sqrt(2 / 36)
    transposed = init_model(torch.nn.Sequential(torch.nn.ConvTranspose2d(4, 6, 3)), seed=0, preset="he")
    assert rows(transposed)["0.weight"].std == math.sqrt(2 / 36)


def test_model_of_transformers_equals_the_checkpoint_with_the_preset(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.MixtralConfig(
        hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        vocab_size=90, num_local_experts=3, initializer_range=0.03,
    )  # fmt: skip
    config.architectures = ["MixtralForCausalLM"]
    config.save_pretrained(tmp_path)
    for preset in ("gpt2", "llama-depth", "lecun"):
        recipe = checkpoint.recipe_from_config(tmp_path / "config.json", seed=4, preset=preset)
        checkpoint.write(checkpoint.make_plan(recipe), tmp_path / preset)
        loaded = transformers.MixtralForCausalLM.from_pretrained(
            recipe and _with_config(config, tmp_path / preset)
        ).state_dict()
        model = init_model(transformers.MixtralForCausalLM(config), seed=4, preset=preset)
        for key, value in model.state_dict().items():
            assert torch.equal(value, loaded[key]), (preset, key)


def _with_config(config: Any, folder: Path) -> Path:
    config.save_pretrained(folder)
    return folder


def test_recipe_of_a_report_has_the_numbers_of_expressions(tmp_path: Path) -> None:
    rules = [
        {"match": "h.{n}.c_fc.weight", "init": "uniform", "low": "0.1 * (n + 1)", "high": 2.0, "transform": ["log"]},
        {"match": "h.*.ln.weight", "init": "constant", "value": "1 / layers"},
    ]
    model = build(make, seed=1, recipe=rules, preset="gpt2")
    recipe = report(model).recipe()
    assert recipe.constants == {}
    checkpoint.write(checkpoint.make_plan(recipe), tmp_path / "out")
    with checkpoint.open(tmp_path / "out", "pt") as stored:
        for name, parameter in model.named_parameters():
            assert torch.equal(stored.get_tensor(name), parameter.detach()), name


def test_constants_of_a_recipe_serve_the_preset() -> None:
    text = 'seed = 1\ndtype = "float32"\n[let]\nwidth = 8\nbase_width = 2\n[tensors]\nx = [1]\n'
    recipe = checkpoint.parse_recipe(text + '[[rule]]\nmatch = "x"\ninit = "zeros"\n')
    model = build(make, recipe=recipe, preset="mup")
    assert rows(model)["h.0.c_fc.weight"].std == 0.02 * math.sqrt(2 / 8)
    with pytest.raises(RecipeError, match=r"'width' is not known.* define others in \[let\]"):
        build(make, seed=0, preset="mup")


def test_row_of_a_tensor_with_slices_says_all_of_it() -> None:
    rules = [{"match": "*.c_fc.bias", "slice": {"dim": 0, "part": 1, "of": 4}, "init": "ones"}]
    model = build(make, seed=1, recipe=rules)
    row = rows(model)["h.0.c_fc.bias"]
    assert str(row.call).startswith("ones() in 8:16 of axis 0; uniform(low=-0.35")
    assert row.source == "recipe"
    assert row.std == pytest.approx(8**-0.5 / math.sqrt(3))  # of what the slice leaves
    assert len([each for each in report(model).rows if each.name == row.name]) == 1
    with pytest.raises(RecipeError, match=r"c_fc\.bias was ones\(\) in 8:16 of axis 0; uniform.*nor rules for slices"):
        report(model).recipe()


def test_slices_of_computed_tensors_are_told_apart_from_their_values() -> None:
    rules = [{"match": "*.decay", "init": "constant", "value": 9.0, "slice": {"dim": 0, "part": 0, "of": 2}}]
    model = build(make, seed=1, recipe=rules)
    expected = torch.arange(1.0, 5).log()
    expected[:2] = 9
    assert torch.equal(model["h"][1].decay.detach(), expected)
    with pytest.raises(RecipeError, match=r"cannot say that h\.0\.decay was constant\(value=9\.0\) in 0:2 of axis 0"):
        report(model).recipe()


def test_padding_row_stays_zero_beneath_a_slice() -> None:
    rules = [{"match": "weight", "init": "ones", "slice": {"dim": 0, "start": 2, "stop": 5}}]
    model = init_model(torch.nn.Embedding(10, 8, padding_idx=3), seed=0, recipe=rules)
    assert model.weight.detach()[2:5].sum(1).tolist() == [8, 0, 8]


def test_what_a_preset_cannot_treat_is_an_error() -> None:
    with pytest.raises(RecipeError, match=r"`preset` must be one of 'hf', .*did you mean 'gpt2'"):
        init_model(make(), seed=0, preset="gpt-2")
    experts = torch.nn.ParameterDict({"experts": torch.nn.Parameter(torch.empty(2, 3, 4))})
    with pytest.raises(RecipeError, match=r"has inputs and outputs on unknown axes$"):
        init_model(experts, seed=0, preset="he", initialize=lambda m: torch.nn.init.normal_(m["experts"]))


def test_numbers_of_a_models_configuration_serve_rules_in_python() -> None:
    class Model(torch.nn.Linear):
        config = SimpleNamespace(hidden_size=16, num_attention_heads=4)

    rules = [{"match": "weight", "init": "constant", "value": "width / heads"}]
    assert (init_model(Model(3, 2), seed=0, recipe=rules).weight == 4).all()
