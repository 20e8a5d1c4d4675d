"""Configurations with other values for some keys, and without quantisation: what can be set, and what is an error."""

from __future__ import annotations

import json
import math
import warnings
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    transformers = pytest.importorskip("transformers")

from fastinit.checkpoint import Recipe, RecipeError, load_recipe, make_plan, write
from fastinit.sources.resolve import recipe_from_config

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.torch
NARROW = {"hidden_size": 64, "intermediate_size": 96, "num_attention_heads": 4, "num_hidden_layers": 2}
TEXT = NARROW | {"num_key_value_heads": 2, "vocab_size": 160}
LLAMA = {"model_type": "llama", "architectures": ["LlamaForCausalLM"]}


def write_config(folder: Path, values: dict[str, Any]) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(values))
    return path


def with_overrides(folder: Path, values: dict[str, Any], overrides: dict[str, Any], **options: Any) -> Recipe:
    return recipe_from_config(write_config(folder, values), overrides=overrides, **options)


def changed(folder: Path, values: dict[str, Any], overrides: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The config.json next to the result."""
    recipe = with_overrides(folder, values, overrides, **options)
    found: dict[str, Any] = json.loads(recipe.copies["config.json"])
    return found


SMALL: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "llama": ("AutoModelForCausalLM", LLAMA, TEXT),
    "mixtral": ("AutoModelForCausalLM", {"model_type": "mixtral"}, TEXT | {"num_local_experts": 4}),
    "gpt2 by other names": (
        "AutoModelForCausalLM",
        {"model_type": "gpt2", "n_embd": 768},
        {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 160},
    ),
    "vit": (
        "AutoModelForImageClassification",
        {
            "model_type": "vit",
            "architectures": ["ViTForImageClassification"],
            "id2label": {"0": "a"},
            "label2id": {"a": 0},
        },
        NARROW | {"image_size": 32, "patch_size": 8, "num_labels": 7},
    ),
    "llava": (
        "AutoModelForImageTextToText",
        {"model_type": "llava", "architectures": ["LlavaForConditionalGeneration"]},
        {f"text_config.{key}": value for key, value in TEXT.items()}
        | {"vision_config": NARROW | {"image_size": 32, "patch_size": 8}, "image_token_index": 3},
    ),
}


@pytest.mark.parametrize("name", SMALL)
def test_small_model_of_a_family_is_opened_from_what_was_written(name: str, tmp_path: Path) -> None:
    auto, values, overrides = SMALL[name]
    plan = make_plan(with_overrides(tmp_path, values, overrides))
    write(plan, tmp_path / "out")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, report = getattr(transformers, auto).from_pretrained(tmp_path / "out", output_loading_info=True)
    assert not any(report.values()), report
    assert model.config.get_text_config().hidden_size == 64
    assert model.config.num_labels == overrides.get("num_labels", 2)
    assert sum(p.numel() for p in model.parameters()) == plan.parameters < 4e5


def test_config_beside_is_written_as_transformers_writes_it(tmp_path: Path) -> None:
    recipe = with_overrides(tmp_path, LLAMA | {"vocab_size": 9, "z": math.inf, "a": {"__float__": "NaN"}}, TEXT)
    wanted = LLAMA | TEXT | {"z": math.inf, "a": {"__float__": "NaN"}}
    assert recipe.copies["config.json"].decode() == json.dumps(wanted, indent=2, sort_keys=True) + "\n"


def test_nothing_set_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    path = write_config(tmp_path, LLAMA | TEXT)
    assert recipe_from_config(path, overrides={}, unquantized=True).copies == {"config.json": path.read_bytes()}


def test_key_is_set_under_the_name_that_counts(tmp_path: Path) -> None:
    """Of two names of one key in a file, one would be overlooked."""
    gpt2 = {"model_type": "gpt2", "num_hidden_layers": 3}
    small = {"n_embd": 64, "n_head": 4, "vocab_size": 160}
    assert changed(tmp_path, gpt2, {"num_hidden_layers": 2} | small) == {"model_type": "gpt2", "n_layer": 2} | small
    half = changed(tmp_path, LLAMA | TEXT | {"torch_dtype": "float16"}, {"dtype": "bfloat16"})
    assert half == LLAMA | TEXT | {"dtype": "bfloat16"}
    old = {"rope_scaling": {"rope_type": "linear", "factor": 2.0}, "rope_theta": 5e5}
    found = changed(tmp_path, LLAMA | TEXT | old, {"rope_scaling.factor": 4, "rope_theta": 10})
    assert found == LLAMA | TEXT | {"rope_parameters": {"rope_type": "linear", "factor": 4}, "rope_theta": 10.0}


def test_table_sets_keys_of_a_configuration_inside_and_replaces_any_other(tmp_path: Path) -> None:
    inside = {f"text_config.{key}": value for key, value in TEXT.items()}
    llava = {"model_type": "llava", "text_config": {"model_type": "llama", "rms_norm_eps": 1e-5}}
    dotted = changed(tmp_path, llava, inside | {"vision_config.num_hidden_layers": 1})
    assert changed(tmp_path, llava, {"text_config": TEXT, "vision_config": {"num_hidden_layers": 1}}) == dotted
    assert dotted["text_config"] == TEXT | llava["text_config"]
    rope = {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4}}
    linear = {"rope_type": "linear", "factor": 2.0, "rope_theta": 1.0}
    assert changed(tmp_path, LLAMA | TEXT | rope, {"rope_parameters": linear})["rope_parameters"] == linear


def test_defaults_of_transformers_stay_as_they_are(tmp_path: Path) -> None:
    def defaults() -> dict[str, Any]:
        return {key: dict(spec.init_kwargs) for key, spec in transformers.LlavaConfig.sub_configs_defaults.items()}

    before = defaults()
    assert before["vision_config"]
    inside = {f"text_config.{key}": value for key, value in TEXT.items()}
    found = changed(tmp_path, {"model_type": "llava"}, inside | {"vision_config.num_hidden_layers": 5})
    assert found["vision_config"].items() >= (before["vision_config"] | {"num_hidden_layers": 5}).items()
    assert defaults() == before


def test_whole_number_for_a_float_becomes_one(tmp_path: Path) -> None:
    found = changed(tmp_path, LLAMA | TEXT, {"rms_norm_eps": 1, "vocab_size": 9})
    assert (found["rms_norm_eps"], type(found["rms_norm_eps"]), type(found["vocab_size"])) == (1.0, float, int)


def test_number_of_labels_replaces_the_labels(tmp_path: Path) -> None:
    labels = {"id2label": {"0": "a"}, "label2id": {"a": 0}}
    assert changed(tmp_path, LLAMA | TEXT | labels, {"num_labels": 7}) == LLAMA | TEXT | {"num_labels": 7}


def test_lists_of_layers_are_cut_to_fewer_layers(tmp_path: Path) -> None:
    types = ["full_attention", "sliding_attention", "full_attention"]
    qwen3 = {"model_type": "qwen3", "num_hidden_layers": 3, "layer_types": types}
    assert changed(tmp_path, qwen3, TEXT)["layer_types"] == types[:2]
    llava = {"model_type": "llava", "text_config": qwen3}
    inside = {f"text_config.{key}": value for key, value in TEXT.items()}
    small = changed(tmp_path, llava, inside | {"vision_config.num_hidden_layers": 1})
    assert small["text_config"]["layer_types"] == types[:2]
    own = changed(tmp_path, qwen3, TEXT | {"layer_types": ["full_attention"] * 2})
    assert own["layer_types"] == ["full_attention"] * 2
    assert changed(tmp_path, qwen3, TEXT | {"num_hidden_layers": 3})["layer_types"] == types


def test_null_lets_transformers_choose(tmp_path: Path) -> None:
    heads = changed(tmp_path, LLAMA | TEXT, {"num_key_value_heads": None, "num_attention_heads": 8})
    assert heads["num_key_value_heads"] is None


REFUSED: dict[str, tuple[dict[str, Any], Any, str]] = {
    "slip": (
        LLAMA,
        {"hiden_size": 64},
        r"cannot set 'hiden_size': neither LlamaConfig nor .*; did you mean 'hidden_size'",
    ),
    "nothing near": (LLAMA, {"zzz": 1}, r"cannot set 'zzz': .* this key; see help\(transformers\.LlamaConfig\)$"),
    "empty": (LLAMA, {"": 1}, r"cannot set '': "),
    "of one inside": (
        {"model_type": "llava"},
        {"hidden_size": 64},
        r"cannot set 'hidden_size': neither LlavaConfig .* '\w+_config\.hidden_size' or '\w+_config\.hidden_size'\?",
    ),
    "slip inside": (
        {"model_type": "llava"},
        {"text_config.hidden_sise": 64},
        r"cannot set 'text_config\.hidden_sise': neither LlamaConfig .* 'text_config\.hidden_size'",
    ),
    "slip in a table": ({"model_type": "llava"}, {"text_config": {"hide": 1}}, r"cannot set 'text_config\.hide': "),
    "in a table of none": (
        LLAMA | {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4}},
        {"rope_parameters.factor": 2.0},
        r"`rope_parameters` has 'rope_type', 'rope_theta' inside; to add keys, set `rope_parameters` whole",
    ),
    "inside a number": (LLAMA, {"hidden_size.x": 1}, r"`hidden_size` must be a table to have keys inside, got 4096"),
    "text for a number": (LLAMA, {"hidden_size": "x"}, r"`hidden_size` must be a number, as 4096 is, got 'x'"),
    "list for a number": (LLAMA | TEXT, {"hidden_size": [3]}, r"`hidden_size` must be a number, as 64 is, got \[3\]"),
    "truth for a number": (LLAMA, {"hidden_size": True}, r"`hidden_size` must be a number, as 4096 is, got true"),
    "number for a truth": (LLAMA, {"use_cache": 1}, r"`use_cache` must be true or false, as true is, got 1"),
    "text for a list": (LLAMA, {"architectures": "X"}, r"`architectures` must be a list, as \[\"LlamaForC.* got 'X'"),
    "number for a table": ({"model_type": "llava"}, {"text_config": 3}, r"`text_config` must be a table, got 3"),
    "of the file alone": (LLAMA | {"mine": "a"}, {"mine": 3}, r"`mine` must be text, as \"a\" is, got 3"),
    "no JSON": (LLAMA, {"hidden_size": {1}}, r"`hidden_size` must be a value that JSON can hold \(.*\), got \{1\}"),
    "no table": (LLAMA, ["hidden_size"], r"the values to set must be a table of a configuration's keys, such as "),
    "no names": (LLAMA, {3: 3}, r"the values to set must be a table"),
    "type": (LLAMA, {"model_type": "gpt2"}, r"cannot set `model_type` to 'gpt2': it decides which keys there are"),
    "heads that do not fit": (
        LLAMA,
        {"hidden_size": 65},
        r"cannot build this model: .*\(65\) is not a multiple of the number",
    ),
    "layers that do not fit": (
        LLAMA | {"model_type": "qwen3", "num_hidden_layers": 1, "layer_types": ["full_attention"]},
        {"num_hidden_layers": 2},
        r"`num_hidden_layers` \(2\) must be equal to the number of `layer_types` \(1\)",
    ),
    "too many layers": (LLAMA, {"num_hidden_layers": 10**9}, r"'num_hidden_layers' must be at most 20000"),
    "computed": (
        {"model_type": "qwen2"},
        {"sliding_window": 128},
        r"`sliding_window` to 128 has no effect: Qwen2Config computes it from other keys and gets None; set those keys",
    ),
    "unknown type": (
        {"model_type": "nope"},
        {"hidden_size": 64},
        r"`model_type` must be one that transformers .* 'nope'",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_set_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    values, overrides, message = REFUSED[name]
    with pytest.raises(RecipeError, match=message) as caught:
        with_overrides(tmp_path, values, overrides)
    assert str(caught.value).startswith(f"{tmp_path / 'config.json'}: ")
    assert str(caught.value).isprintable()


def test_value_that_is_computed_from_what_was_set_is_no_fault(tmp_path: Path) -> None:
    assert changed(tmp_path, {"model_type": "hrm_text"}, {"num_hidden_layers": 17})["num_hidden_layers"] == 17


def test_setting_may_mend_what_transformers_refuses(tmp_path: Path) -> None:
    broken = LLAMA | TEXT | {"hidden_size": 10**9, "num_hidden_layers": 10**9}
    assert changed(tmp_path, broken, TEXT) == LLAMA | TEXT


def test_what_is_too_large_is_made_neither_before_nor_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    original = transformers.Qwen3Config.__post_init__

    def noted(self: Any, **kwargs: Any) -> None:
        made.append(self.num_hidden_layers)
        original(self, **kwargs)

    monkeypatch.setattr(transformers.Qwen3Config, "__post_init__", noted)
    monkeypatch.setattr("fastinit.sources.huggingface.MAX_REPEATED", 50)
    qwen3 = {"model_type": "qwen3", "num_hidden_layers": 51}
    assert changed(tmp_path, qwen3, TEXT)["num_hidden_layers"] == 2
    with pytest.raises(RecipeError, match="must be at most 50, got 51"):
        with_overrides(tmp_path, qwen3 | {"num_hidden_layers": 2}, {"num_hidden_layers": 51})
    assert made
    assert 51 not in made


QUANTIZED = LLAMA | TEXT | {"quantization_config": {"quant_method": "fp8"}}
LEFT_OUT = "the tensors are the unquantised model's; config.json is copied without quantization_config"


def test_quantisation_is_left_out_when_asked(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"`quantization_config` describes .* the option `unquantized`"):
        recipe_from_config(write_config(tmp_path, QUANTIZED))
    with pytest.warns(UserWarning, match=LEFT_OUT):
        recipe = recipe_from_config(write_config(tmp_path, QUANTIZED), unquantized=True)
    assert json.loads(recipe.copies["config.json"]) == LLAMA | TEXT
    assert recipe.tensors == recipe_from_config(write_config(tmp_path, LLAMA | TEXT)).tensors


def test_quantisation_inside_is_none_of_the_models_either(tmp_path: Path) -> None:
    """transformers takes the value of the text configuration if there is no other."""
    inside = {"model_type": "llava", "text_config": TEXT | {"model_type": "llama"}}
    inside["text_config"]["quantization_config"] = {"quant_method": "fp8"}
    with pytest.raises(RecipeError, match="`quantization_config` describes"):
        recipe_from_config(write_config(tmp_path, inside))
    with pytest.warns(UserWarning, match=LEFT_OUT):
        found = changed(tmp_path, inside, {"vision_config.num_hidden_layers": 1}, unquantized=True)
    assert "quantization_config" not in found["text_config"]


def test_no_quantisation_is_said_by_null_too(tmp_path: Path) -> None:
    assert recipe_from_config(write_config(tmp_path, LLAMA | TEXT | {"quantization_config": None})).tensors


def recipe_in(folder: Path, lines: str) -> Path:
    path = folder / "r.toml"
    path.write_text(f'seed = 1\nconfig = "config.json"\n{lines}\n')
    return path


def test_recipe_file_says_the_same(tmp_path: Path) -> None:
    inside = {f"text_config.{key}": value for key, value in TEXT.items()}
    write_config(tmp_path, {"model_type": "llava", "quantization_config": {"quant_method": "fp8"}})
    lines = "\n".join(f'"{key}" = {value}' for key, value in inside.items())
    with pytest.warns(UserWarning, match=LEFT_OUT):
        recipe = load_recipe(recipe_in(tmp_path, f"unquantized = true\n[set]\n{lines}"))
    found = changed(tmp_path, {"model_type": "llava"}, inside)
    assert json.loads(recipe.copies["config.json"]) == found
    assert "unquantized" not in recipe.text


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("set = { hiden_size = 1 }", r"r\.toml: `config`: cannot set 'hiden_size'"),
        ("set = [1]", r"r\.toml: `config`: the values to set must be a table"),
        ("set = { hidden_size = 2020-01-01 }", r"`hidden_size` must be a value that JSON can hold"),
        ("unquantized = 1", r"r\.toml: `config`: `unquantized` must be true or false, got 1"),
    ],
)
def test_recipe_file_with_a_bad_change_is_refused(lines: str, message: str, tmp_path: Path) -> None:
    write_config(tmp_path, LLAMA)
    with pytest.raises(RecipeError, match=message):
        load_recipe(recipe_in(tmp_path, lines))


@pytest.mark.parametrize("key", ["set = { hidden_size = 1 }", "unquantized = true"])
def test_changes_go_with_a_configuration(key: str, tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text(f'seed = 1\ndtype = "float32"\npreset = "hf"\n{key}\ntensors = {{ w = [4, 4] }}\n')
    with pytest.raises(
        RecipeError, match=r"`(set|unquantized)` works only with `config`, and this recipe has `tensors`; remove one"
    ):
        load_recipe(path)
