"""Presets as files: their form, and the spread that each gives to a small model, by its source's formula."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import fastinit
from fastinit.checkpoint import RecipeError, load_recipe, make_plan
from fastinit.recipes.material import Tensor
from fastinit.recipes.presets import DEFAULT_PRESET, NAMES, ROLES, call_of, read_preset
from fastinit.recipes.rules import Call, normal
from fastinit.recipes.tensors import TensorSpec
from fastinit.recipes.toml import write_entry, write_table
from tests.recipes.preset_formulas import RANGE, SOURCES

if TYPE_CHECKING:
    from fastinit.checkpoint.plan import PlannedTensor

FOLDER = Path(fastinit.__file__).parent / "presets"
MODELS = tomllib.loads(Path(__file__).with_name("reference_models.toml").read_text())
WITH_FORMULAS = sorted(set(NAMES) - {DEFAULT_PRESET})  # which has none, being each model's own


def tensors_of(folder: Path, preset: str, model: str) -> list[PlannedTensor]:
    """Plans a recipe that has a reference model's tensors, and says `preset`."""
    own = MODELS[model]
    let = own.get("let", {})
    let = {**let, "config": {"initializer_range": RANGE, **let.get("config", {})}}
    head = {"seed": 7, "dtype": "float32", "preset": preset} | {key: own[key] for key in ("layout",) if key in own}
    lines = [write_entry(key, value) for key, value in head.items()]
    lines += [write_table("[let]", let), write_table("[tensors]", own["tensors"])]
    (folder / "r.toml").write_text("\n".join(lines))
    return list(make_plan(load_recipe(folder / "r.toml")).tensors)


def test_every_file_is_a_preset_and_every_preset_a_file() -> None:
    assert sorted(NAMES) == sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_roles_are_known_and_rules_are_reached(name: str) -> None:
    rules = read_preset(name).rules
    assert {role for rule in rules for role in rule.roles} <= ROLES.keys()
    for_all = [rule for rule in rules if not rule.roles and not rule.match]
    assert for_all in ([], list(rules[-1:]))  # nothing fits after one that fits all


@pytest.mark.parametrize("name", WITH_FORMULAS)
def test_every_tensor_has_the_spread_of_the_sources_formula(name: str, tmp_path: Path) -> None:
    model, formula = SOURCES[name]
    tensors = tensors_of(tmp_path, name, model)
    for tensor in tensors:
        exactness = 1e-4 if tensor.rule.transform else 1e-12  # of an integral, and of a formula
        assert tensor.distribution.std == pytest.approx(formula(tensor.name, tensor.shape), rel=exactness), tensor.name


@pytest.mark.parametrize("name", WITH_FORMULAS)
def test_the_table_of_a_file_is_what_a_plan_gives(name: str, tmp_path: Path) -> None:
    table = read_preset(name).reference
    tensors = tensors_of(tmp_path, name, SOURCES[name][0])
    planned = {tensor.name: tensor.distribution.std for tensor in tensors if tensor.name in table}
    assert planned == pytest.approx(table, rel=1e-5)
    assert table


def call(preset: str, name: str, shape: tuple[int, ...], is_embedding: bool = False) -> str:
    """What a preset makes of a tensor that the model itself draws with std 0.5."""
    spec = TensorSpec(name, shape, "float32")
    return str(call_of(read_preset(preset), Tensor(spec, normal(0.5), (), is_embedding)))


OWN = "normal(std=0.5)"
# What names alone do not bring out: where the model's own code draws what names take for constant, or the reverse.
OF_DRAWN = [
    ("dit", "blocks.1.attn.qkv.bias", (192,), "zeros()"),
    ("dit", "transformer_blocks.1.norm1.linear.weight", (384, 64), "zeros()"),
    ("dit", "proj_out_2.weight", (32, 64), "zeros()"),
    ("mamba", "backbone.layers.0.mixer.A_log", (64, 16), OWN),
    ("mamba2", "backbone.layers.0.mixer.A_log", (8, 1), "uniform(low=1.0, high=16.0) -> log()"),
    ("nanochat", "backout_lambda", (1,), "constant(value=0.2)"),
    ("vit-jax", "patch_embed.proj.bias", (64,), "zeros()"),
    ("vit-jax", "blocks.1.attn.proj.bias", (64,), "zeros()"),
    ("vit-timm", "patch_embed.proj.bias", (64,), OWN),
    ("vit-timm", "blocks.1.attn.proj.bias", (64,), "zeros()"),
    ("vit-moco", "patch_embed.proj.bias", (64,), OWN),
    ("vit-moco", "head.bias", (10,), "zeros()"),
    ("lora", "model.layers.0.self_attn.q_proj.weight", (64, 64), OWN),
    ("mamba", "backbone.layers.0.mixer.in_proj.bias", (64,), "zeros()"),
    ("small-init", "gpt_neox.layers.0.attention.dense.bias", (64,), "zeros()"),
    ("wang-init", "gpt_neox.layers.0.attention.dense.bias", (64,), "zeros()"),
    ("megatron", "decoder.layers.0.self_attention.linear_qkv.bias", (192,), "zeros()"),
    ("megatron", "decoder.layers.0.mlp.experts.linear_fc1_bias", (4, 192), "zeros()"),
    ("nanogpt", "transformer.h.0.attn.c_attn.bias", (192,), "zeros()"),
    ("nanogpt", "transformer.ln_f.weight", (64,), OWN),
    ("gpt2", "transformer.h.0.attn.c_attn.bias", (192,), OWN),
]


@pytest.mark.parametrize(("preset", "name", "shape", "expected"), OF_DRAWN)
def test_rules_reach_what_they_name_and_leave_the_rest(
    preset: str, name: str, shape: tuple[int, ...], expected: str
) -> None:
    assert call(preset, name, shape) == expected


def test_nanochats_value_embeddings_are_no_token_embeddings() -> None:
    assert call("nanochat", "value_embeds.2.weight", (160, 32), is_embedding=True).startswith("uniform(")
    assert call("nanochat", "transformer.wte.weight", (160, 64), is_embedding=True) == "normal(std=0.8)"


REFUSED = [
    ("spectral", "model.layers.0.self_attn.qkv_proj.weight", "holds several layers"),
    ("spectral", "model.layers.0.mlp.gate_up_proj.weight", "holds several layers"),
    ("torchtitan-llama3", "layers.0.feed_forward.w13.weight", "holds a gate and an up layer"),
    ("torchtitan-llama3", "layers.0.moe.router.gate.weight", "preset torchtitan-deepseek-v3 is for one"),
    ("torchtitan-qwen3", "layers.0.moe.experts.w2", "preset torchtitan-qwen3-moe is for one"),
    ("torchtitan-deepseek-v3", "layers.0.mlp.experts.gate_up_proj", "holds gates and up layers"),
    ("deepnorm", "h.0.attn.c_attn.weight", "holds values with keys or queries"),
    ("deepnorm", "layers.0.mlp.gate_up_proj.weight", "holds several layers"),
    ("deepnorm", "decoder.layers.0.encoder_attn.out_proj.weight", "for models that are one of them alone"),
    ("t-fixup", "decoder.layers.0.self_attn.qkv_proj.weight", "holds values with keys or queries"),
    ("t-fixup", "decoder.layers.0.mlp.gate_up_proj.weight", "holds several layers"),
    ("t-fixup", "model.layers.0.fc1.weight", "is neither of an encoder nor of a decoder by its name"),
    ("fixup", "layer1.0.conv3.weight", "preset fixup-bottleneck is for such blocks"),
    ("dit", "pos_embed", "is a table of sines and cosines in DiT"),
]


@pytest.mark.parametrize(("preset", "name", "why"), REFUSED)
def test_what_a_preset_cannot_treat_is_refused_with_the_reason(preset: str, name: str, why: str) -> None:
    with pytest.raises(RecipeError, match=rf"tensor '{re.escape(name)}' of shape \[64, 64\] .*{re.escape(why)}"):
        call(preset, name, (64, 64))


def test_a_rule_with_role_and_match_is_for_matrices_of_both() -> None:
    decoder, encoder = "decoder.layers.0.self_attn.v_proj", "encoder.layers.0.self_attn.v_proj"
    assert call("t-fixup", f"{decoder}.weight", (64, 64)) == "glorot_uniform(gain='(9 * layers) ** -0.25')"
    assert call("t-fixup", f"{encoder}.weight", (64, 64)) == "glorot_uniform(gain='0.67 * layers ** -0.25')"
    assert call("t-fixup", f"{decoder}.bias", (64,)) == OWN
    assert call("t-fixup", "decoder.layers.0.self_attn.k_proj.weight", (64, 64)) == "glorot_uniform()"


def test_a_bias_that_is_not_drawn_keeps_its_values() -> None:
    mask = Tensor(
        TensorSpec("transformer.h.0.attn.bias", (1, 1, 8, 8), "float32"), Call("ones"), (), is_embedding=False
    )
    assert call_of(read_preset("nanogpt"), mask) == mask.base
