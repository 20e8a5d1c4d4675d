"""Recipes from a config.json, held against what transformers itself makes of the same configuration."""

from __future__ import annotations

import contextlib
import json
import math
import sys
import warnings
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    transformers = pytest.importorskip("transformers")

from fastinit import checkpoint
from fastinit.checkpoint import RecipeError, load_recipe, make_plan, parse_recipe, write
from fastinit.checkpoint.plan import Plan, PlannedTensor, split
from fastinit.distributions import Constant
from fastinit.recipes import examples
from fastinit.sources import huggingface
from fastinit.sources.building import at_most
from fastinit.sources.config import read_config
from fastinit.sources.resolve import recipe_from_config
from fastinit.torch.recorder import Recorder

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.torch

LLAMA: dict[str, Any] = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 160,
    "initializer_range": 0.03,
}
GPT2: dict[str, Any] = {
    "model_type": "gpt2",
    "architectures": ["GPT2LMHeadModel"],
    "n_embd": 64,
    "n_layer": 3,
    "n_head": 4,
    "n_positions": 32,
    "vocab_size": 160,
}
MIXTRAL = LLAMA | {
    "model_type": "mixtral",
    "architectures": ["MixtralForCausalLM"],
    "num_local_experts": 4,
}
MODELS: dict[str, dict[str, Any]] = {
    "llama": LLAMA,
    "llama tied": LLAMA | {"tie_word_embeddings": True, "torch_dtype": "bfloat16"},
    "gpt2": GPT2,
    "mixtral": MIXTRAL,
    "qwen3_moe": LLAMA
    | {
        "model_type": "qwen3_moe",
        "architectures": ["Qwen3MoeForCausalLM"],
        "num_experts": 4,
        "moe_intermediate_size": 48,
        "head_dim": 16,
        "mlp_only_layers": [1],
    },
    "bert": {
        "model_type": "bert",
        "architectures": ["BertForMaskedLM"],
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 96,
        "vocab_size": 160,
    },
    "gemma2": LLAMA | {"model_type": "gemma2", "architectures": ["Gemma2ForCausalLM"], "head_dim": 16},
    "opt": {
        "model_type": "opt",
        "architectures": ["OPTForCausalLM"],
        "hidden_size": 64,
        "ffn_dim": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "vocab_size": 160,
        "word_embed_proj_dim": 64,
        "pad_token_id": 1,
    },
    "vit": {
        "model_type": "vit",
        "architectures": ["ViTForImageClassification"],
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "image_size": 32,
        "patch_size": 8,
    },
    "resnet": {
        "model_type": "resnet",
        "architectures": ["ResNetForImageClassification"],
        "embedding_size": 16,
        "hidden_sizes": [16, 32],
        "depths": [1, 2],
    },
    "t5": {
        "model_type": "t5",
        "architectures": ["T5ForConditionalGeneration"],
        "d_model": 64,
        "d_ff": 96,
        "d_kv": 16,
        "num_layers": 2,
        "num_heads": 4,
        "vocab_size": 160,
    },
    "clip": {
        "model_type": "clip",
        "architectures": ["CLIPModel"],
        "text_config": {
            "hidden_size": 64,
            "intermediate_size": 96,
            "num_attention_heads": 4,
            "num_hidden_layers": 2,
            "vocab_size": 160,
        },
        "vision_config": {
            "hidden_size": 64,
            "intermediate_size": 96,
            "num_attention_heads": 4,
            "num_hidden_layers": 2,
            "image_size": 64,
        },
    },
}
MAMBA = {
    "model_type": "mamba",
    "architectures": ["MambaForCausalLM"],
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "vocab_size": 160,
}


def write_config(folder: Path, values: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.json"
    path.write_text(json.dumps(values))
    return path


def plan_of(folder: Path, values: object, **options: Any) -> Plan:
    return make_plan(recipe_from_config(write_config(folder, values), **options))


def real_tensors(folder: Path, values: dict[str, Any]) -> dict[str, Any]:
    """What transformers itself initialises and saves."""
    from safetensors.torch import load_file

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = transformers.AutoConfig.for_model(**values)
        torch.manual_seed(0)
        cls = getattr(transformers, values["architectures"][0])
        cls._from_config(config).save_pretrained(folder)
    loaded: dict[str, Any] = load_file(folder / "model.safetensors")
    return loaded


@pytest.mark.parametrize("name", MODELS)
def test_rules_are_what_transformers_does(name: str, tmp_path: Path) -> None:
    planned = {t.name: t for t in plan_of(tmp_path / "a", MODELS[name]).tensors}
    real = real_tensors(tmp_path / "b", MODELS[name])
    assert planned.keys() == real.keys()
    for key, value in real.items():
        tensor = planned[key]
        assert tensor.shape == tuple(value.shape)
        assert f"torch.{tensor.dtype}" == str(value.dtype)
        check_values(tensor, value.double().flatten().numpy())


def check_values(tensor: PlannedTensor, values: np.ndarray[Any, Any]) -> None:
    begin, end = tensor.zeros
    assert not values[begin:end].any(), tensor.name
    drawn = np.delete(values, slice(begin, end))
    distribution = tensor.distribution
    if isinstance(distribution, Constant):
        stored = torch.tensor(distribution.value, dtype=getattr(torch, tensor.dtype))
        assert (drawn == float(stored)).all(), tensor.name
        return
    assert drawn.any(), tensor.name
    # Five standard errors of a normal's standard deviation, and bfloat16's rounding.
    tolerance = distribution.std * (5 / math.sqrt(2 * drawn.size) + 0.002)
    assert abs(drawn.std() - distribution.std) < tolerance, tensor.name
    assert abs(drawn.mean() - getattr(distribution, "mean", 0.0)) < 5 * distribution.std / math.sqrt(drawn.size)
    rows = np.flatnonzero(~values.reshape(tensor.shape[0], -1).any(axis=1))
    assert len(rows) == (1 if end else 0), tensor.name  # a padding row is recorded if there is one


def test_uniform_and_truncated_normal_are_told_from_normal(tmp_path: Path) -> None:
    inits = {t.rule.init for t in plan_of(tmp_path, MODELS["vit"]).tensors}
    assert "truncated_normal" in inits
    resnet = {t.name: t.rule.call for t in plan_of(tmp_path, MODELS["resnet"]).tensors}
    assert resnet["resnet.embedder.embedder.normalization.running_var"] == "ones()"
    assert resnet["resnet.embedder.embedder.normalization.num_batches_tracked"] == "zeros()"
    assert resnet["classifier.1.weight"].startswith("uniform(low=-0.17")


@pytest.mark.parametrize("name", ["llama", "llama tied", "gpt2", "mixtral"])
def test_transformers_loads_the_result_and_runs_it(name: str, tmp_path: Path) -> None:
    plan = make_plan(recipe_from_config(write_config(tmp_path, MODELS[name])), shard_bytes=150_000)
    assert len(plan.shards) > 1
    write(plan, tmp_path / "out")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, info = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "out", output_loading_info=True)
        logits = model(torch.arange(8)[None]).logits
    assert not any(info.values()), info
    assert torch.isfinite(logits).all()
    assert logits.float().std() > 0
    state = model.state_dict()
    assert all(not value.is_meta for value in state.values())


def test_config_is_copied_to_the_byte_and_the_recipe_is_self_contained(tmp_path: Path) -> None:
    path = write_config(tmp_path, LLAMA)
    recipe = recipe_from_config(path, seed=5)
    assert recipe.copies == {"config.json": path.read_bytes()}
    assert (recipe.seed, recipe.dtype, recipe.layout) == (5, "float32", "torch")
    assert recipe.text.startswith("# Made from the configuration of LlamaForCausalLM, preset hf.\nseed = 5\n")
    again = parse_recipe(recipe.text)
    assert (again.tensors, again.rules) == (recipe.tensors, recipe.rules)
    assert str(tmp_path) not in recipe.text


def test_dtype_is_the_configurations_unless_given(tmp_path: Path) -> None:
    half = LLAMA | {"torch_dtype": "bfloat16"}
    assert {t.dtype for t in plan_of(tmp_path, half).tensors} == {"bfloat16"}
    given = plan_of(tmp_path, half, dtype="float8_e4m3fn")
    assert {t.dtype for t in given.tensors} == {"float8_e4m3fn"}
    resnet = plan_of(tmp_path, MODELS["resnet"], dtype="float16")
    assert {t.dtype for t in resnet.tensors} == {"float16", "int64"}


def test_own_rules_come_first_and_serve_what_cannot_be_derived(tmp_path: Path) -> None:
    write_config(tmp_path, MAMBA)
    (tmp_path / "r.toml").write_text(
        'seed = 1\nconfig = "config.json"\n'
        '[[rule]]\nmatch = ["*.A_log", "*.dt_proj.bias"]\ninit = "constant"\nvalue = 0.5\n'
    )
    recipe = load_recipe(tmp_path / "r.toml")
    calls = {t.name: t.rule.call for t in make_plan(recipe).tensors}
    assert calls["backbone.layers.1.mixer.A_log"] == "constant(value=0.5)"
    assert calls["backbone.layers.0.mixer.D"] == "ones()"
    assert recipe.rules[0].match == ("*.A_log", "*.dt_proj.bias")


def test_what_is_computed_has_literal_values(tmp_path: Path) -> None:
    recipe = recipe_from_config(write_config(tmp_path, MAMBA), seed=4)
    calls = {t.name: t.rule.call for t in make_plan(recipe).tensors}
    first = "backbone.layers.0.mixer.A_log"
    assert calls["backbone.layers.1.mixer.A_log"] == f"literal(key={first!r})"  # the same in each layer
    expected = np.log(np.arange(1, 17, dtype=np.float32))
    np.testing.assert_allclose(recipe.literals[first], np.tile(expected, (64, 1)), rtol=1e-6)
    biases = [recipe.literals[f"backbone.layers.{layer}.mixer.dt_proj.bias"] for layer in (0, 1)]
    assert not (biases[0] == biases[1]).any()  # draws of their own
    steps = np.logaddexp(0.0, np.stack(biases).astype(np.float64))  # softplus, which the model applies
    assert 0.9e-3 < steps.min() < steps.max() < 0.101
    again = recipe_from_config(tmp_path / "config.json", seed=4)
    assert again.text == recipe.text
    assert recipe_from_config(tmp_path / "config.json", seed=5).literals_sha256 != recipe.literals_sha256


def test_norms_of_weights_are_those_of_the_weights_drawn(tmp_path: Path) -> None:
    small = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 32}
    values = {"model_type": "wav2vec2", "architectures": ["Wav2Vec2Model"], "conv_dim": [8] * 7, **small}
    recipe = recipe_from_config(write_config(tmp_path, values), seed=4)
    name = "encoder.pos_conv_embed.conv.parametrizations.weight.original"
    with checkpoint.open(recipe) as drawn:
        direction = drawn.get_tensor(f"{name}1").astype(np.float64)
        norm = np.sqrt((direction**2).sum((0, 1), keepdims=True))
        np.testing.assert_allclose(drawn.get_tensor(f"{name}0"), norm, rtol=1e-6)


def test_what_nothing_sets_is_named_with_its_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mixer = transformers.models.mamba.modeling_mamba.MambaMixer
    own = mixer.__init__

    def with_more(self: Any, *args: Any, **kwargs: Any) -> None:
        own(self, *args, **kwargs)
        self.extra = torch.nn.Parameter(torch.empty(3))

    monkeypatch.setattr(mixer, "__init__", with_more)
    message = (
        r"tensor 'backbone\.layers\.0\.mixer\.extra' \(in MambaMixer\) of shape \[3\] has values that cannot be "
        r"derived: it is never set by the model's own code; .*add a \[\[rule\]\] for 'backbone.layers.\{0\.\.1\}\.mixer"
    )
    with pytest.raises(RecipeError, match=message):
        recipe_from_config(write_config(tmp_path, MAMBA))


def test_computation_of_a_tensor_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface, "MAX_COMPUTED_BYTES", 4000)
    message = r"`backbone\.layers\.0\.mixer\.A_log` must be computed from at most 4000 bytes, got \d+; give it a rule"
    with pytest.raises(RecipeError, match=message):
        recipe_from_config(write_config(tmp_path, MAMBA))


def test_gpt2_preset_scales_residual_projections_once(tmp_path: Path) -> None:
    gpt2 = {t.name: t.distribution.std for t in plan_of(tmp_path, GPT2, preset="gpt2").tensors}
    assert gpt2["transformer.h.0.mlp.c_proj.weight"] == 0.02 / math.sqrt(6)
    assert gpt2["transformer.h.0.attn.c_attn.weight"] == 0.02
    llama = {t.name: t.distribution.std for t in plan_of(tmp_path, LLAMA, preset="gpt2").tensors}
    assert llama["model.layers.2.self_attn.o_proj.weight"] == 0.03 / math.sqrt(6)
    assert llama["model.layers.2.mlp.down_proj.weight"] == 0.03 / math.sqrt(6)
    assert llama["model.layers.2.mlp.up_proj.weight"] == 0.03


def test_fans_know_the_layout_of_conv1d(tmp_path: Path) -> None:
    plan = {t.name: t for t in plan_of(tmp_path, GPT2, preset="lecun").tensors}
    assert plan["transformer.h.0.mlp.c_fc.weight"].distribution.std == 64**-0.5  # (64, 256)
    assert plan["transformer.h.0.mlp.c_proj.weight"].distribution.std == 256**-0.5
    assert plan["transformer.wte.weight"].distribution.std == 64**-0.5  # (160, 64)


def test_fans_of_stacked_experts_are_refused(tmp_path: Path) -> None:
    config = {
        "model_type": "gpt_oss",
        "num_hidden_layers": 2,
        "hidden_size": 64,
        "num_local_experts": 4,
        "intermediate_size": 96,
        "vocab_size": 160,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
    }
    message = r"experts\.gate_up_proj' of shape .* on unknown axes.* add a \[\[rule\]\] for 'model\.layers"
    with pytest.raises(RecipeError, match=message):
        recipe_from_config(write_config(tmp_path, config), preset="he")


def test_padding_row_stays_zero_under_any_preset(tmp_path: Path) -> None:
    for preset in ("hf", "gpt2", "llama-depth", "he"):
        plan = plan_of(tmp_path, MODELS["opt"], preset=preset)
        (table,) = (t for t in plan.tensors if t.name == "model.decoder.embed_tokens.weight")
        assert table.zeros == (64, 128)
        assert table.rule.padding_idx == 1


def test_tied_names_are_stored_once_as_transformers_expects(tmp_path: Path) -> None:
    names = {t.name for t in plan_of(tmp_path, MODELS["bert"]).tensors}
    assert "bert.embeddings.word_embeddings.weight" in names
    assert "cls.predictions.decoder.weight" not in names


def test_name_that_is_kept_of_tied_ones_is_the_declared_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Tied(torch.nn.Module):  # type: ignore[misc]
        all_tied_weights_keys: ClassVar[dict[str, str]] = {"out.weight": "table.weight"}

        def __init__(self) -> None:
            super().__init__()
            self.out = torch.nn.Linear(4, 4, bias=False)
            self.table = torch.nn.Embedding(4, 4)
            self.again = torch.nn.Embedding(4, 4)
            self.out.weight = self.again.weight = self.table.weight

    name = "transformers.core_model_loading.revert_weight_conversion"
    monkeypatch.setattr(name, lambda _, state: state)
    assert list(huggingface._state(Tied(), Recorder())) == ["table.weight"]


def test_model_of_usual_class_without_architectures(tmp_path: Path) -> None:
    for named in (None, []):
        values = LLAMA | {"architectures": named}
        assert "lm_head.weight" in {t.name for t in plan_of(tmp_path, values).tensors}
    vit = {k: v for k, v in MODELS["vit"].items() if k != "architectures"}
    assert "embeddings.cls_token" in {t.name for t in plan_of(tmp_path, vit).tensors}


@pytest.mark.parametrize(
    "named",
    [["NoSuchModel"], ["LlamaForCausalLm"], ["os"], ["__doc__"], 3, "x", ["BertModel"], [None]],
)
def test_architecture_that_is_not_of_the_type_is_refused(named: Any, tmp_path: Path) -> None:
    message = (
        r"`architectures` must name a model that transformers .* has for `model_type` 'llama', got .*; "
        r"without it the model is LlamaForCausalLM"
    )
    with pytest.raises(RecipeError, match=message):
        plan_of(tmp_path, LLAMA | {"architectures": named})


def test_architecture_of_another_configuration_is_built_where_transformers_pairs_them() -> None:
    """As AutoModel does, for every pair in its tables whose classes are of two configurations."""
    tables = vars(transformers.models.auto.modeling_auto)
    pairs = {
        (kind, name)
        for table, classes in tables.items()
        if table.endswith("_MAPPING_NAMES")
        for kind, names in classes.items()
        for name in ([names] if isinstance(names, str) else names)
    }
    others = 0
    for kind, name in sorted(pairs):
        found = getattr(transformers, name, None)
        known = transformers.CONFIG_MAPPING
        is_model = isinstance(found, type) and issubclass(found, transformers.PreTrainedModel)
        if is_model and kind in known and found.config_class is not known[kind]:
            others += 1
            config = known[kind].__new__(known[kind])
            values = {"model_type": kind, "architectures": [name]}
            assert huggingface._class(transformers, config, values) is found
    assert others > 10


def test_numbers_that_json_has_not_are_read_as_transformers_writes_them(tmp_path: Path) -> None:
    config = transformers.Mamba2Config(hidden_size=32, num_heads=4, head_dim=16, num_hidden_layers=1)
    config.architectures = ["Mamba2ForCausalLM"]
    config.save_pretrained(tmp_path)
    text = (tmp_path / "config.json").read_text()
    assert '{"__float__": "Infinity"}' in " ".join(text.split()).replace("{ ", "{").replace(" }", "}")
    tensors = huggingface.model(tmp_path / "config.json", None).tensors
    assert "backbone.layers.0.mixer.A_log" in {tensor.spec.name for tensor in tensors}
    assert read_config(tmp_path / "config.json").values["time_step_limit"] == [0.0, math.inf]


BAD = {
    "no model type": ({"hidden_size": 3}, r'`model_type` must be text such as "llama", got None'),
    "kind of model type": (
        {"model_type": ["llama"]},
        r"`model_type` must be text .*got \['llama'\]",
    ),
    "unknown": (
        {"model_type": "nope"},
        r"`model_type` must be one that transformers .* got 'nope'$",
    ),
    "remote code": (
        {"model_type": "nope", "auto_map": {"AutoModel": "x--y.Z"}},
        r"got 'nope'; code that a configuration names is never run",
    ),
    "layers": (LLAMA | {"num_hidden_layers": 10**9}, r"'num_hidden_layers' must be at most 20000,"),
    "depths": (MODELS["resnet"] | {"depths": [1, 10**9]}, r"'depths' must be at most 20000,"),
    "labels": (LLAMA | {"num_labels": 10**9}, r"'num_labels' must be at most 1000000,"),
    "nested": (
        MODELS["clip"] | {"text_config": {"num_hidden_layers": 10**9}},
        r"'num_hidden_layers' must be at most 20000,",
    ),
    "width": (LLAMA | {"hidden_size": 10**12}, r"cannot build this model: RuntimeError: "),
    "vocabulary": (
        LLAMA | {"vocab_size": 2**60},
        r"cannot build this model: |less than 2\*\*63 bytes together",
    ),
    "type": (LLAMA | {"hidden_size": "64"}, r"cannot build this model: .*hidden_size"),
    "negative": (LLAMA | {"hidden_size": -64}, r"cannot build this model: "),
    "std": (
        LLAMA | {"initializer_range": "x"},
        r"cannot build this model|`initializer_range` must",
    ),
    "infinite std": (
        GPT2 | {"initializer_range": math.inf},
        r"cannot build this model|`initializer_range` must be a number",
    ),
    "quantized": (LLAMA | {"quantization_config": {}}, r"`quantization_config` describes weights"),
    "dtype": (LLAMA | {"torch_dtype": "complex64"}, r"is not one of|cannot build"),
    "bad dtype": (LLAMA | {"torch_dtype": "no\nsuch"}, r"cannot build this model: "),
    "no class": (
        {"model_type": "llama", "architectures": ["\u001b"], "vocab_size": None},
        r"cannot build this model: ",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_configuration_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    values, message = BAD[name]
    with pytest.raises(RecipeError, match=message) as caught:
        recipe_from_config(write_config(tmp_path, values))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000


def test_bad_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    with pytest.raises(RecipeError, match=r"cannot read the configuration 'config\.json': No such"):
        recipe_from_config(path)
    for content, message in {
        b"\xff{}": "'config.json' is not valid JSON: 'utf-8' codec",
        b'{"a": ': "'config.json' is not valid JSON: ",
        b"[1]": r"'config.json' is not a JSON object: \[1\]",
        b"[" * 100_000: "nested too deeply",
        b'{"a": ' + b"9" * 5000 + b"}": "'config.json' is not valid JSON: ",
        b" " * (16 * 2**20 + 1): "more than the 16777216 bytes",
    }.items():
        path.write_bytes(content)
        with pytest.raises(RecipeError, match=message):
            recipe_from_config(path)
    with pytest.raises(RecipeError, match="is not a regular file"):
        recipe_from_config("/dev/zero")
    with pytest.raises(RecipeError, match=r"cannot read .*null byte"):
        recipe_from_config("a\0b")


# Numbers of configurations that transformers itself has, which name a layer, a stage or an expert and repeat nothing.
HONEST = {
    "layer_rope_theta": 500_000.0,
    "stage_out_channels": [128, 512, 2048, 1024 * 64],
    "encoder_hash_byte_group_vocab": 500_002,
    "num_experts": 16_384,
}


@pytest.mark.parametrize("key", HONEST)
def test_large_numbers_that_repeat_little_are_taken(key: str, tmp_path: Path) -> None:
    assert recipe_from_config(write_config(tmp_path, LLAMA | {key: HONEST[key]})).tensors


def test_modules_and_tensors_are_limited() -> None:
    with at_most(5, 60), pytest.raises(RecipeError, match="more modules than the 5"):
        torch.nn.Sequential(*(torch.nn.Identity() for _ in range(6)))
    with at_most(5, 60), pytest.raises(RecipeError, match="more tensors than the 5"):
        torch.nn.ParameterList(torch.zeros(1) for _ in range(6))
    with at_most(5, 60):
        torch.nn.Sequential(*(torch.nn.Identity() for _ in range(5)))


def test_time_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastinit.sources.huggingface.MAX_SECONDS", 1e-9)
    with pytest.raises(RecipeError, match="the model was not built within 1e-09 seconds"):
        recipe_from_config(write_config(tmp_path, LLAMA))


def test_number_of_tensors_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastinit.sources.huggingface.MAX_TENSORS", 20)
    with pytest.raises(RecipeError, match="more modules than the 20"):
        recipe_from_config(write_config(tmp_path, LLAMA))
    monkeypatch.setattr("fastinit.sources.huggingface.MAX_TENSORS", 250)
    many = MIXTRAL | {"num_local_experts": 64}
    with pytest.raises(RecipeError, match="experts have 384 tensors, more than the 250"):
        recipe_from_config(write_config(tmp_path, many))


def test_names_of_labels_are_no_numbers_of_layers(tmp_path: Path) -> None:
    labels = {"num_labels": 20_001, "label2id": {"stage": 20_000}, "id2label": {"20000": "stage"}}
    assert plan_of(tmp_path, LLAMA | labels).parameters == plan_of(tmp_path, LLAMA).parameters


def test_nothing_is_printed_and_nothing_stays_changed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants
    from torch.nn import init
    from transformers import initialization, modeling_utils
    from transformers.utils import logging

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)

    def state() -> tuple[object, ...]:
        table = initialization.TORCH_INIT_FUNCTIONS
        device = modeling_utils.get_torch_context_manager_or_global_device
        functions = (init._no_grad_trunc_normal_, init.orthogonal_, dict(table), device)
        level = logging.get_verbosity()
        return (*functions, constants.HF_HUB_OFFLINE, level, torch.get_default_dtype())

    logging.set_verbosity_warning()
    logged: list[str] = []
    monkeypatch.setattr(logging.get_logger("transformers"), "handle", logged.append)
    logger = "transformers.modeling_rope_utils"
    monkeypatch.setattr(logging.get_logger(logger), "handle", logged.append)
    unusual = {"rope_scaling": {"rope_type": "linear", "factor": 2.0, "foo": 1}}
    before = state()
    # PyTorch warns of tensors without elements.
    assert plan_of(tmp_path, LLAMA | {"vocab_size": 0}).parameters > 0
    for values in (LLAMA | {"unknown_key": 1} | unusual, {"model_type": "nope"}):
        with contextlib.suppress(RecipeError):
            recipe_from_config(write_config(tmp_path, values))
    assert state() == before
    assert capfd.readouterr() == ("", "")
    assert logged == []


def test_network_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr("socket.socket.connect", refused)
    monkeypatch.setattr("socket.getaddrinfo", refused)
    names = ("attn_implementation", "_attn_implementation", "experts_implementation")
    kernels = dict.fromkeys(names, "kernels-community/x")
    assert plan_of(tmp_path, MIXTRAL | kernels).parameters == plan_of(tmp_path, MIXTRAL).parameters
    timm = {"model_type": "timm_backbone", "backbone": "resnet18", "use_pretrained_backbone": True}
    with pytest.raises(RecipeError, match="cannot build this model"):
        recipe_from_config(write_config(tmp_path, timm))


def test_missing_transformers_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    message = r'needs torch and transformers, .*pip install "\.\[transformers\]"'
    with pytest.raises(RecipeError, match=message):
        recipe_from_config(write_config(tmp_path, LLAMA))


def test_old_transformers_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["transformers"], "__version__", "4.57.1")
    with pytest.raises(
        RecipeError, match=r"needs transformers 5 or newer, and 4\.57\.1 is installed; run `pip install"
    ):
        recipe_from_config(write_config(tmp_path, LLAMA))


def test_split_is_huggingface_hubs() -> None:
    hub = pytest.importorskip("huggingface_hub")
    rng = np.random.default_rng(3)
    for limit in (64, 1000, 4096):
        sizes = [*rng.integers(1, 700, 60).tolist(), 5000, 3, 4096, 1000, 999, 1, 9000]
        rng.shuffle(sizes)
        state = {f"t{i}": torch.empty(n, dtype=torch.uint8) for i, n in enumerate(sizes)}
        theirs = hub.split_torch_state_dict_into_shards(state, max_shard_size=limit)
        ours = [[f"t{i}" for i in shard] for shard in split(sizes, limit)]
        assert ours == list(theirs.filename_to_tensors.values())


def test_hubs_split_of_a_model_is_the_plans(tmp_path: Path) -> None:
    hub = pytest.importorskip("huggingface_hub")
    recipe = recipe_from_config(write_config(tmp_path, LLAMA))
    plan = make_plan(recipe, 40_000)
    state = {t.name: torch.empty(t.shape) for t in recipe.tensors}
    theirs = hub.split_torch_state_dict_into_shards(state, max_shard_size=40_000)
    assert {s.file: [t.name for t in s.tensors] for s in plan.shards} == theirs.filename_to_tensors


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from([0, -1, 1, 2, 3, 10**9, 10**12, 2**62]),
    st.floats(),
    st.text(max_size=6),
    st.lists(st.integers(-3, 3), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["llama", "gpt2", "mixtral", "resnet", "clip"]), st.data())
def test_damaged_configuration_is_a_recipe_or_a_recipe_error(tmp_path: Path, name: str, data: st.DataObject) -> None:
    values = dict(MODELS[name])
    keys = st.sampled_from([*values, "rope_scaling", "torch_dtype", "vocab_size", "layer_types"])
    for key in data.draw(st.lists(keys, min_size=1, max_size=3)):
        values[key] = data.draw(VALUES)
    message = f"{tmp_path / 'config.json'}: "
    try:
        make_plan(recipe_from_config(write_config(tmp_path, values)))
    except RecipeError as error:
        message = str(error)
    assert message.startswith(f"{tmp_path / 'config.json'}: ")
    assert message.isprintable()
    assert len(message) < 1000


def test_gpt2_example_is_what_the_configuration_gives(tmp_path: Path) -> None:
    example = make_plan(load_recipe(examples.FOLDER / "gpt2.toml"))
    config = plan_of(tmp_path, {"model_type": "gpt2"}, seed=42)

    def kinds(plan: Plan) -> list[tuple[object, ...]]:
        return [(t.name, t.shape, t.dtype, t.distribution) for t in plan.tensors]

    assert kinds(example) == kinds(config)
    assert example.parameters == 124_439_808


def test_expressions_know_the_numbers_of_the_configuration(tmp_path: Path) -> None:
    write_config(tmp_path, GPT2)
    (tmp_path / "r.toml").write_text(
        'seed = 1\nconfig = "config.json"\n[let]\nbase_width = 16\n'
        '[[rule]]\nmatch = "*.attn.c_attn.weight"\ninit = "normal"\nstd = "sqrt(base_width / width) / heads"\n'
        '[[rule]]\nmatch = "*.mlp.*.weight"\ninit = "normal"\nstd = "config.n_embd / config.hidden_size / layers"\n'
    )
    recipe = load_recipe(tmp_path / "r.toml")
    assert recipe.constants == {
        "base_width": 16, "config.hidden_size": 64, "config.n_embd": 64, "heads": 4, "width": 64,
    }  # fmt: skip
    stds = {tensor.name: tensor.distribution.std for tensor in make_plan(parse_recipe(recipe.text)).tensors}
    assert stds["transformer.h.1.attn.c_attn.weight"] == 0.5 / 4
    assert stds["transformer.h.2.mlp.c_fc.weight"] == 1 / 3
    wrong = (tmp_path / "r.toml").read_text().replace("config.n_embd", "config.n_embed")
    (tmp_path / "r.toml").write_text(wrong)
    with pytest.raises(RecipeError, match=r"'config\.n_embed' is not known; .*did you mean"):
        make_plan(load_recipe(tmp_path / "r.toml"))


def test_preset_that_says_what_a_model_computes_leaves_no_literal_values(tmp_path: Path) -> None:
    mamba2 = {"model_type": "mamba2", "architectures": ["Mamba2ForCausalLM"], "hidden_size": 32, "num_heads": 8}
    small = {"head_dim": 8, "num_hidden_layers": 2, "vocab_size": 90, "state_size": 8, "n_groups": 1}
    path = write_config(tmp_path, {**mamba2, **small})
    own, preset = (recipe_from_config(path, preset=name) for name in ("hf", "mamba2"))
    assert own.literals
    assert preset.literals_sha256 is None
    calls = {tensor.name: tensor.rule.call for tensor in make_plan(preset).tensors}
    assert calls["backbone.layers.1.mixer.A_log"] == "uniform(low=1.0, high=16.0) -> log()"
