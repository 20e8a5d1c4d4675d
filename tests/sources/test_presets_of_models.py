"""Presets for the models of transformers' configurations: which tensors get the spread that the preset's source has."""

from __future__ import annotations

import json
import math
import warnings
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pytest.importorskip("transformers")

from fastinit.checkpoint import RecipeError, load_recipe, make_plan
from fastinit.recipes.presets import DEFAULT_PRESET, NAMES
from fastinit.sources.resolve import recipe_from_config

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.torch

_LAYERS, _WIDTH, _HEADS, _FEED_FORWARD, _RANGE = 3, 64, 4, 96, 0.03
_TEXT = {
    "hidden_size": _WIDTH,
    "intermediate_size": _FEED_FORWARD,
    "num_hidden_layers": _LAYERS,
    "num_attention_heads": _HEADS,
    "num_key_value_heads": 2,
    "vocab_size": 160,
    "initializer_range": _RANGE,
}
_EXPERTS = {"num_local_experts": 4, "head_dim": 16}
CONFIGS: dict[str, dict[str, Any]] = {
    "llama": _TEXT | {"architectures": ["LlamaForCausalLM"]},
    "gpt2": {
        "architectures": ["GPT2LMHeadModel"],
        "n_embd": _WIDTH,
        "n_layer": _LAYERS,
        "n_head": _HEADS,
        "n_positions": 32,
        "vocab_size": 160,
        "initializer_range": _RANGE,
    },
    "mixtral": _TEXT | _EXPERTS | {"architectures": ["MixtralForCausalLM"]},
    "nanochat": _TEXT | {"architectures": ["NanoChatForCausalLM"]},
    "qwen3": _TEXT | {"architectures": ["Qwen3ForCausalLM"], "head_dim": 16},
    "qwen3_moe": _TEXT
    | {"architectures": ["Qwen3MoeForCausalLM"], "head_dim": 16, "num_experts": 4, "moe_intermediate_size": 16},
    "deepseek_v3": _TEXT
    | {
        "architectures": ["DeepseekV3ForCausalLM"],
        "n_routed_experts": 4,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 16,
        "first_k_dense_replace": 1,
        "q_lora_rank": 16,
        "kv_lora_rank": 16,
        "n_group": 1,
        "topk_group": 1,
    },
    "phi3": _TEXT | {"architectures": ["Phi3ForCausalLM"], "pad_token_id": 0},
    "gpt_oss": _TEXT | _EXPERTS | {"architectures": ["GptOssForCausalLM"]},
    "gpt_neox": _TEXT | {"architectures": ["GPTNeoXForCausalLM"]},
    "opt": {
        "architectures": ["OPTForCausalLM"],
        "hidden_size": _WIDTH,
        "ffn_dim": _FEED_FORWARD,
        "num_hidden_layers": _LAYERS,
        "num_attention_heads": _HEADS,
        "vocab_size": 160,
        "word_embed_proj_dim": _WIDTH,
        "max_position_embeddings": 32,
        "init_std": _RANGE,
    },
    "bart": {
        "architectures": ["BartForConditionalGeneration"],
        "d_model": _WIDTH,
        "encoder_layers": 4,
        "decoder_layers": 2,
        "encoder_attention_heads": _HEADS,
        "decoder_attention_heads": _HEADS,
        "encoder_ffn_dim": _FEED_FORWARD,
        "decoder_ffn_dim": _FEED_FORWARD,
        "vocab_size": 160,
        "max_position_embeddings": 32,
        "init_std": _RANGE,
    },
    "vit": {
        "architectures": ["ViTForImageClassification"],
        "hidden_size": _WIDTH,
        "intermediate_size": _FEED_FORWARD,
        "num_hidden_layers": _LAYERS,
        "num_attention_heads": _HEADS,
        "image_size": 32,
        "patch_size": 8,
        "initializer_range": _RANGE,
    },
    "resnet": {
        "architectures": ["ResNetForImageClassification"],
        "embedding_size": 8,
        "hidden_sizes": [8, 16],
        "depths": [1, 2],
        "layer_type": "basic",
    },
    "mamba": {
        "architectures": ["MambaForCausalLM"],
        "hidden_size": 32,
        "num_hidden_layers": _LAYERS,
        "vocab_size": 100,
        "conv_kernel": 3,
    },
    "mamba2": {
        "architectures": ["Mamba2ForCausalLM"],
        "hidden_size": 32,
        "num_hidden_layers": _LAYERS,
        "vocab_size": 100,
        "num_heads": 8,
        "head_dim": 8,
        "state_size": 16,
        "n_groups": 1,
        "conv_kernel": 3,
    },
}


def _xavier(fan_in: int, fan_out: int) -> float:
    return math.sqrt(2 / (fan_in + fan_out))


def _within(bound: float) -> float:
    return bound / math.sqrt(3)


_DEPTH = math.sqrt(2 * _LAYERS)
_LAST = f"layers.{_LAYERS - 1}"
_ATTENTION = f"model.{_LAST}.self_attn"
_MLP = f"model.{_LAST}.mlp"
_MIXTURE = f"model.{_LAST}.block_sparse_moe"
_VIT = f"vit.encoder.layer.{_LAYERS - 1}"
_SMALL = math.sqrt(2 / (5 * _WIDTH))

# The preset, the model, and some of its tensors, each of another rule.
CASES: list[tuple[str, str, dict[str, float]]] = [
    (
        "torchtitan-llama3",
        "llama",
        {
            "model.embed_tokens.weight": 1.0,
            f"{_ATTENTION}.q_proj.weight": 0.02,
            f"{_ATTENTION}.o_proj.weight": 0.02 / _DEPTH,
            f"{_MLP}.up_proj.weight": 0.02 / _DEPTH,
            "model.norm.weight": 0.0,
        },
    ),
    ("torchtitan-qwen3", "qwen3", {f"{_ATTENTION}.o_proj.weight": 0.02, f"{_MLP}.down_proj.weight": 0.02}),
    (
        "torchtitan-qwen3-moe",
        "qwen3_moe",
        {
            f"{_MLP}.experts.3.up_proj.weight": 0.02,
            f"{_MLP}.experts.3.down_proj.weight": 0.02 / _DEPTH,
            f"{_MLP}.gate.weight": 0.02,
            f"{_ATTENTION}.o_proj.weight": 0.02 / _DEPTH,
        },
    ),
    (
        "torchtitan-deepseek-v3",
        "deepseek_v3",
        {
            f"{_ATTENTION}.kv_b_proj.weight": 0.02,
            f"{_ATTENTION}.o_proj.weight": 0.02 / _DEPTH,
            f"{_MLP}.gate.weight": 0.02 / _DEPTH,
            f"{_MLP}.experts.3.gate_proj.weight": 0.02,
            f"{_MLP}.experts.3.up_proj.weight": 0.02 / _DEPTH,
            f"{_MLP}.shared_experts.down_proj.weight": 0.02 / _DEPTH,
        },
    ),
    (
        "torchtitan-gpt-oss",
        "gpt_oss",
        {
            "model.embed_tokens.weight": 0.02,
            f"{_ATTENTION}.sinks": 0.02 / _DEPTH,
            f"{_ATTENTION}.q_proj.bias": 0.0,
            f"{_MLP}.experts.gate_up_proj": 0.02 / _DEPTH,
            f"{_MLP}.experts.gate_up_proj_bias": 0.02 / _DEPTH,
        },
    ),
    (
        "megatron",
        "mixtral",
        {
            f"{_ATTENTION}.q_proj.weight": _RANGE,
            f"{_ATTENTION}.o_proj.weight": _RANGE / _DEPTH,
            f"{_MIXTURE}.experts.3.w1.weight": _RANGE,
            f"{_MIXTURE}.experts.3.w2.weight": _RANGE / _DEPTH,
        },
    ),
    (
        "megatron-mup",
        "llama",
        {
            "model.embed_tokens.weight": _RANGE,
            f"{_ATTENTION}.q_proj.weight": _RANGE * 2,
            f"{_MLP}.down_proj.weight": _RANGE * 2 / _DEPTH,
        },
    ),
    (
        "mup",
        "mixtral",
        {
            "model.embed_tokens.weight": _RANGE,
            "lm_head.weight": _RANGE,
            f"{_MIXTURE}.gate.weight": _RANGE,
            f"{_MIXTURE}.experts.3.w2.weight": _RANGE * 2,
        },
    ),
    (
        "spectral",
        "llama",
        {
            "model.embed_tokens.weight": _RANGE,
            f"{_ATTENTION}.k_proj.weight": math.sqrt(32) / 64,
            f"{_MLP}.up_proj.weight": 1 / math.sqrt(_WIDTH),
        },
    ),
    (
        "zero",
        "llama",
        {
            "model.embed_tokens.weight": _RANGE,
            f"{_ATTENTION}.k_proj.weight": math.sqrt((1 - 1 / _WIDTH) / _WIDTH),
            "lm_head.weight": 2 ** (-(math.ceil(math.log2(160)) - 1) / 2),
        },
    ),
    ("u-mup", "llama", {"lm_head.weight": 1.0, f"{_MLP}.down_proj.weight": 1.0, "model.norm.weight": 0.0}),
    (
        "nanogpt",
        "gpt2",
        {
            "transformer.wpe.weight": 0.02,
            "transformer.h.2.attn.c_attn.weight": 0.02,
            "transformer.h.2.mlp.c_proj.weight": 0.02 / _DEPTH,
        },
    ),
    (
        "nanochat",
        "nanochat",
        {
            "model.embed_tokens.weight": 0.8,
            "lm_head.weight": 0.001,
            f"{_ATTENTION}.q_proj.weight": 1 / math.sqrt(_WIDTH),
            f"{_ATTENTION}.o_proj.weight": 0.0,
            f"{_MLP}.fc1.weight": 0.4 / math.sqrt(_WIDTH),
            f"{_MLP}.fc2.weight": 0.0,
        },
    ),
    (
        "small-init",
        "gpt_neox",
        {f"gpt_neox.{_LAST}.attention.dense.weight": _SMALL, "gpt_neox.embed_in.weight": _SMALL},
    ),
    (
        "wang-init",
        "gpt_neox",
        {
            f"gpt_neox.{_LAST}.attention.dense.weight": 2 / _LAYERS / math.sqrt(_WIDTH),
            f"gpt_neox.{_LAST}.attention.query_key_value.weight": _SMALL,
        },
    ),
    (
        "deepnorm",
        "opt",
        {
            f"model.decoder.{_LAST}.self_attn.q_proj.weight": _xavier(_WIDTH, _WIDTH),
            f"model.decoder.{_LAST}.self_attn.v_proj.weight": _xavier(_WIDTH, _WIDTH) * (8 * _LAYERS) ** -0.25,
            f"model.decoder.{_LAST}.fc1.weight": _xavier(_WIDTH, _FEED_FORWARD) * (8 * _LAYERS) ** -0.25,
        },
    ),
    (
        "t-fixup",
        "bart",
        {
            "model.shared.weight": _WIDTH**-0.5 * (9 * 4) ** -0.25,
            "model.encoder.layers.3.fc1.weight": _xavier(_WIDTH, _FEED_FORWARD) * 0.67 * 4**-0.25,
            "model.decoder.layers.1.encoder_attn.v_proj.weight": _xavier(_WIDTH, _WIDTH) * (9 * 2) ** -0.25,
            "model.decoder.layers.1.encoder_attn.k_proj.weight": _xavier(_WIDTH, _WIDTH),
        },
    ),
    (
        "vit-timm",
        "vit",
        {
            "vit.embeddings.cls_token": 1e-6,
            "vit.embeddings.position_embeddings": 0.02,
            "vit.embeddings.patch_embeddings.projection.weight": _within((3 * 8 * 8) ** -0.5),
            f"{_VIT}.intermediate.dense.weight": 0.02,
        },
    ),
    (
        "vit-jax",
        "vit",
        {
            "vit.embeddings.position_embeddings": 0.02,
            "vit.embeddings.patch_embeddings.projection.weight": (3 * 8 * 8) ** -0.5,
            f"{_VIT}.intermediate.dense.weight": _xavier(_WIDTH, _FEED_FORWARD),
            f"{_VIT}.intermediate.dense.bias": 1e-6,
            f"{_VIT}.output.dense.bias": 1e-6,
            f"{_VIT}.attention.output.dense.bias": 0.0,
            "classifier.weight": 0.0,
        },
    ),
    (
        "vit-moco",
        "vit",
        {"vit.embeddings.cls_token": 1e-6, f"{_VIT}.attention.attention.query.weight": _xavier(_WIDTH, _WIDTH)},
    ),
    (
        "mamba",
        "mamba",
        {
            "backbone.embeddings.weight": 0.02,
            f"backbone.{_LAST}.mixer.in_proj.weight": _within(32**-0.5),
            f"backbone.{_LAST}.mixer.out_proj.weight": _within(64**-0.5) / math.sqrt(_LAYERS),
            f"backbone.{_LAST}.mixer.dt_proj.weight": _within(2**-0.5),
            f"backbone.{_LAST}.mixer.conv1d.bias": _within(3**-0.5),
            f"backbone.{_LAST}.mixer.D": 0.0,
        },
    ),
    (
        "mamba2",
        "mamba2",
        {
            f"backbone.{_LAST}.mixer.in_proj.weight": _within(32**-0.5),
            f"backbone.{_LAST}.mixer.out_proj.weight": _within(64**-0.5) / math.sqrt(_LAYERS),
            f"backbone.{_LAST}.mixer.conv1d.bias": _within(3**-0.5),
        },
    ),
]


def write_config(folder: Path, model: str) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps({"model_type": model, **CONFIGS[model]}))
    return path


@pytest.mark.parametrize(("preset", "model", "expected"), CASES, ids=[f"{p}-{m}" for p, m, _ in CASES])
def test_a_models_tensors_have_the_spread_of_the_preset(
    preset: str, model: str, expected: dict[str, float], tmp_path: Path
) -> None:
    plan = make_plan(recipe_from_config(write_config(tmp_path, model), preset=preset))
    planned = {t.name: t.distribution.std for t in plan.tensors if t.name in expected}
    assert planned == pytest.approx(expected, rel=1e-12)


def test_fixup_knows_the_convolutions_of_transformers(tmp_path: Path) -> None:
    write_config(tmp_path, "resnet")
    (tmp_path / "r.toml").write_text('seed = 7\nconfig = "config.json"\npreset = "fixup"\n[let]\nblocks = 3\n')
    plan = make_plan(load_recipe(tmp_path / "r.toml"))
    block = "resnet.encoder.stages.1.layers.1.layer"
    expected = {
        "resnet.embedder.embedder.convolution.weight": math.sqrt(2 / (8 * 49)),
        f"{block}.0.convolution.weight": math.sqrt(2 / (16 * 9)) * 3**-0.5,
        f"{block}.1.convolution.weight": 0.0,
        "classifier.1.weight": 0.0,
    }
    planned = {t.name: t.distribution.std for t in plan.tensors if t.name in expected}
    assert planned == pytest.approx(expected, rel=1e-12)


def test_a_constant_without_default_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"'blocks' is not known.*define others in \[let\]"):
        make_plan(recipe_from_config(write_config(tmp_path, "resnet"), preset="fixup"))


def test_fused_layers_that_a_preset_tells_apart_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        RecipeError, match=r"gate_up_proj\.weight' .* which preset torchtitan-llama3 treats differently"
    ):
        recipe_from_config(write_config(tmp_path, "phi3"), preset="torchtitan-llama3")
    with pytest.raises(RecipeError, match=r"c_attn\.weight' .* which preset deepnorm treats differently"):
        recipe_from_config(write_config(tmp_path, "gpt2"), preset="deepnorm")


# For models of others, or with constants that a recipe has to name.
_ELSEWHERE = {"fixup", "fixup-bottleneck", "dit", "siren", "lora"}
_OLDER = {"gpt2", "llama-depth", "he", "glorot", "lecun"}  # in test_huggingface.py


def test_every_preset_has_a_model() -> None:
    assert {preset for preset, _, _ in CASES} == set(NAMES) - _ELSEWHERE - _OLDER - {DEFAULT_PRESET}


def test_fans_that_expressions_name_are_those_of_the_model(tmp_path: Path) -> None:
    plan = make_plan(recipe_from_config(write_config(tmp_path, "gpt2"), preset="siren"))
    tensors = [tensor for tensor in plan.tensors if tensor.name.endswith("h.1.mlp.c_proj.weight")]
    assert tensors
    for tensor in tensors:  # (in, out), as GPT-2 has it
        assert tensor.distribution.std == pytest.approx(math.sqrt(6 / tensor.shape[0]) / 30 / math.sqrt(3))
