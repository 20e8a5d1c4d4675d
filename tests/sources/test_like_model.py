"""Checkpoints with a config.json next to them: its model determines how the tensors are initialised."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    transformers = pytest.importorskip("transformers")

from safetensors.torch import load_file, save_file

from fastinit import checkpoint
from fastinit.checkpoint import make_plan, write
from fastinit.sources.resolve import recipe_from_checkpoint, recipe_from_config

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.torch
SMALL = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "vocab_size": 90, "head_dim": 8}
CONFIGS: dict[str, Any] = {
    "gemma": lambda: transformers.GemmaConfig(**SMALL, num_attention_heads=4, num_key_value_heads=2),
    "t5": lambda: transformers.T5Config(d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4, vocab_size=90),
    "bert": lambda: transformers.BertConfig(**SMALL, num_attention_heads=4),
    "mamba": lambda: transformers.MambaConfig(hidden_size=32, num_hidden_layers=2, vocab_size=90),
}
CLASSES = {"gemma": "GemmaForCausalLM", "t5": "T5ForConditionalGeneration", "bert": "BertForMaskedLM"}


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """What `save_pretrained` writes of a model."""
    config = CONFIGS[request.param]()
    model = getattr(transformers, CLASSES.get(request.param, "MambaForCausalLM"))(config)
    model.save_pretrained(tmp_path / "old")
    return tmp_path / "old"


def all_of(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("folder", [kind], indirect=True)


@pytest.mark.parametrize("folder", CONFIGS, indirect=True)
def test_statistics_are_the_models_own(folder: Path, tmp_path: Path) -> None:
    like = recipe_from_checkpoint(folder, seed=2)
    own = recipe_from_config(folder / "config.json", seed=2)
    calls = {tensor.name: tensor.rule.call for tensor in make_plan(own).tensors}
    assert {tensor.name: tensor.rule.call for tensor in make_plan(like).tensors} == calls
    write(make_plan(like), tmp_path / "new")
    with checkpoint.open(tmp_path / "new") as new, checkpoint.open(own) as drawn:
        for name in new.keys():  # noqa: SIM118 - of a handle
            assert (new.get_tensor(name) == drawn.get_tensor(name)).all(), name


@all_of("bert")
def test_checkpoint_of_the_model_without_its_head(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    bare = {name.removeprefix("bert."): value for name, value in tensors.items() if name.startswith("bert.")}
    for content in (tensors, bare):
        save_file(content, folder / "model.safetensors")
        recipe = recipe_from_checkpoint(folder)
        (padded,) = (rule for rule in recipe.rules if rule.padding_idx == 0)  # which no name tells
        assert padded.match[0].endswith("word_embeddings.weight")


@all_of("gemma")
def test_names_decide_for_what_the_model_has_not_and_a_warning_says_so(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    other = {"extra.weight": torch.zeros(3, 4), "model.norm.weight": torch.zeros(33)}
    save_file({**tensors, **other}, folder / "model.safetensors")
    message = r"names alone decide for 'extra\.weight', 'model\.norm\.weight', because the model of config\.json has no"
    with pytest.warns(UserWarning, match=message):
        recipe = recipe_from_checkpoint(folder)
    calls = {tensor.name: tensor.rule.call for tensor in make_plan(recipe).tensors}
    assert calls["extra.weight"] == "normal(std=0.02)"
    assert calls["model.norm.weight"] == "ones()"
    assert calls["model.layers.0.input_layernorm.weight"] == "zeros()"  # as Gemma has it


@all_of("gemma")
def test_quantised_configuration_says_what_the_plain_model_is(folder: Path) -> None:
    values = json.loads((folder / "config.json").read_text())
    values["quantization_config"] = {"quant_method": "fp8"}
    (folder / "config.json").write_text(json.dumps(values))
    calls = {tensor.name: tensor.rule.call for tensor in make_plan(recipe_from_checkpoint(folder)).tensors}
    assert calls["model.norm.weight"] == "zeros()"


@all_of("gemma")
def test_dtype_stays_the_headers(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    save_file({name: value.bfloat16() for name, value in tensors.items()}, folder / "model.safetensors")
    assert {tensor.dtype for tensor in recipe_from_checkpoint(folder).tensors} == {"bfloat16"}
    assert {tensor.dtype for tensor in recipe_from_checkpoint(folder, dtype="float16").tensors} == {"float16"}


@all_of("gemma")
def test_fans_are_known_from_the_model(folder: Path) -> None:
    recipe = recipe_from_checkpoint(folder, preset="he")
    assert recipe.layout == "torch"


@all_of("gemma")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (None, "because there is no config.json next to the checkpoint"),
        ({"model_type": "made up"}, r"because the model of config\.json cannot be built: `model_type` must be one"),
        ({"hidden_size": "x"}, r"because the model of config\.json cannot be built: transformers"),
    ],
)
def test_where_no_model_can_be_asked_a_warning_says_why(folder: Path, change: Any, reason: str) -> None:
    if change is None:
        (folder / "config.json").unlink()
    else:
        values = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**values, **change}))
    with pytest.warns(UserWarning, match=f"names alone decide for all tensors, {reason}"):
        recipe = recipe_from_checkpoint(folder)
    calls = {tensor.name: tensor.rule.call for tensor in make_plan(recipe).tensors}
    assert calls["model.norm.weight"] == "ones()"


@all_of("mamba")
def test_own_rules_leave_nothing_to_compute(folder: Path) -> None:
    path = folder.parent / "r.toml"
    rules = '[[rule]]\nmatch = ["*.A_log", "*.dt_proj.bias"]\ninit = "zeros"\n'
    path.write_text(f'seed = 1\nlike = "old"\n{rules}')
    recipe = checkpoint.load_recipe(path)
    assert (recipe.literals_sha256, recipe.literals) == (None, {})
