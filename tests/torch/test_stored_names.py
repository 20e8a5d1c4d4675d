"""Models of transformers that are stored otherwise than they are built: what is drawn equals their checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

import fastinit
from fastinit import checkpoint
from fastinit.checkpoint import RecipeError, make_plan, recipe_from_config, write
from fastinit.torch import build, init_model, report
from fastinit.torch.stored_names import Inset, _inset
from fastinit.torch.tensors import fill_box

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.torch

TEXT: dict[str, Any] = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "vocab_size": 90,
}  # fmt: skip
VISION = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2}
SPEECH = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4}
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "MixtralForCausalLM": ("Mixtral", {**TEXT, "num_local_experts": 4}),
    "Qwen3MoeForCausalLM": ("Qwen3Moe", {**TEXT, "num_experts": 4, "moe_intermediate_size": 16, "head_dim": 8}),
    "DeepseekV3ForCausalLM": (
        "DeepseekV3",
        {
            **TEXT, "n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 2, "topk_group": 1,
            "first_k_dense_replace": 1, "moe_intermediate_size": 16, "q_lora_rank": 16, "kv_lora_rank": 16,
            "qk_rope_head_dim": 4, "qk_nope_head_dim": 4, "v_head_dim": 8,
        },
    ),
    "Gemma3ForConditionalGeneration": ("Gemma3", {"text_config": {**TEXT, "head_dim": 8}, "vision_config": VISION}),
    "ViTForImageClassification": ("ViT", {**VISION, "image_size": 32, "patch_size": 8}),
    "SwinModel": ("Swin", {"embed_dim": 12, "depths": [1, 1], "num_heads": [1, 2], "image_size": 32}),
    "MambaForCausalLM": ("Mamba", {"hidden_size": 32, "num_hidden_layers": 2, "vocab_size": 90}),
    "Wav2Vec2Model": ("Wav2Vec2", {**SPEECH, "conv_dim": [8] * 7}),
    "T5ForConditionalGeneration": ("T5", {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4}),
    "BartForConditionalGeneration": (
        "Bart",
        {
            "d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
            "decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "vocab_size": 90,
            "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "decoder_start_token_id": 2,
        },
    ),
}  # fmt: skip

SET_BY_CONSTRUCTORS = ("Wav2Vec2Model",)  # weight norm, which init_model cannot ask


def config_of(name: str) -> Any:
    kind, values = MODELS[name]
    config = getattr(transformers, f"{kind}Config")(**values)
    config.architectures = [name]
    return config


def make(name: str) -> Any:
    return getattr(transformers, name)._from_config(config_of(name), attn_implementation="eager")


@pytest.mark.parametrize("name", MODELS)
def test_model_equals_the_checkpoint_of_its_configuration(name: str, tmp_path: Path) -> None:
    config_of(name).save_pretrained(tmp_path)
    write(make_plan(recipe_from_config(tmp_path / "config.json", seed=5)), tmp_path / "out")
    loaded = getattr(transformers, name).from_pretrained(tmp_path / "out", attn_implementation="eager").state_dict()
    with torch.device("meta"):
        model = make(name)
    ways = {"build": build(lambda: make(name), seed=5)}
    if name not in SET_BY_CONSTRUCTORS:
        ways |= {"init_model": init_model(model, seed=5), "with memory": init_model(make(name), seed=5)}
    for way, made in ways.items():
        for key, value in made.state_dict().items():
            assert torch.equal(value, loaded[key]), (way, key)


def test_report_has_the_names_of_the_checkpoint_and_becomes_its_recipe(tmp_path: Path) -> None:
    model = build(lambda: make("MixtralForCausalLM"), seed=5)
    names = {row.name: row for row in report(model).rows}
    assert names["model.layers.1.block_sparse_moe.experts.3.w2.weight"].shape == (32, 48)
    write(make_plan(report(model).recipe()), tmp_path / "out")
    model.config.save_pretrained(tmp_path / "out")
    loaded, faults = transformers.MixtralForCausalLM.from_pretrained(tmp_path / "out", output_loading_info=True)
    assert not any(faults.values())
    for key, value in loaded.state_dict().items():
        assert torch.equal(value, model.state_dict()[key]), key


def test_rules_match_stored_names_and_the_models_own() -> None:
    for pattern in ("*.block_sparse_moe.experts.{0..3}.w3.weight", "*.mlp.experts.gate_up_proj"):
        rules = [{"match": pattern, "init": "he_normal"}]
        model = init_model(make("MixtralForCausalLM"), seed=1, recipe=rules)
        drawn = fastinit.he_normal(
            (48, 32), layout="torch", seed=1, stream="model.layers.1.block_sparse_moe.experts.2.w3.weight"
        )
        fused = model.model.layers[1].mlp.experts.gate_up_proj.detach()
        assert (fused[2, 48:].numpy() == drawn).all()  # with the fans of one expert
        first = fastinit.normal(
            (48, 32), std=0.02, seed=1, stream="model.layers.1.block_sparse_moe.experts.2.w1.weight"
        )
        assert (fused[2, :48].numpy() == first).all() == ("w3" in pattern)


def test_recipe_of_the_configuration_serves_the_model(tmp_path: Path) -> None:
    config_of("Qwen3MoeForCausalLM").save_pretrained(tmp_path)
    recipe = recipe_from_config(tmp_path / "config.json", seed=7, preset="gpt2")
    model = init_model(make("Qwen3MoeForCausalLM"), recipe=recipe)
    assert {row.source for row in report(model).rows if row.is_stored} == {"recipe"}
    with checkpoint.open(recipe, "pt") as drawn:
        down = drawn.get_tensor("model.layers.0.mlp.experts.1.down_proj.weight")
    assert torch.equal(model.model.layers[0].mlp.experts.down_proj[1].detach(), down)


def test_model_that_transformers_cannot_store_goes_by_its_own_names() -> None:
    model = make("Qwen3MoeForCausalLM")
    del model.model.layers[0].mlp.experts.gate_up_proj
    model.model.layers[0].mlp.experts.gate_up_proj = torch.nn.Parameter(torch.zeros(5))
    init_model(model, seed=0, recipe=[{"match": "*", "init": "ones"}])
    assert (model.model.layers[0].mlp.experts.gate_up_proj == 1).all()


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (lambda t: t, Inset("n", (0, 1, 2), (0, 0, 0), (3, 4, 5))),
        (lambda t: t[2], Inset("n", (1, 2), (2, 0, 0), (4, 5))),
        (lambda t: t[1, :2].T, Inset("n", (2, 1), (1, 0, 0), (5, 2))),
        (lambda t: t[:, 1:2, 3], Inset("n", (0, 1), (0, 1, 3), (3, 1))),
        (lambda t: t.permute(2, 0, 1)[1:, 1:], Inset("n", (2, 0, 1), (1, 0, 1), (4, 2, 4))),
        (lambda t: t[:, ::2], None),
        (lambda t: t.reshape(12, 5), None),
        (lambda t: t.as_strided((3, 3), (1, 1)), None),
        (lambda t: t.as_strided((5,), (1,), 3), None),
    ],
)
def test_views_that_are_boxes(view: Any, expected: Inset | None) -> None:
    whole = torch.empty(3, 4, 5)
    assert _inset("n", view(whole), whole) == expected


def test_box_of_a_tensor_is_filled_as_a_tensor_of_its_own() -> None:
    tensor = torch.zeros(3, 4, 5)
    spec = fastinit.formulas.FORMULAS["normal"]((5, 2))
    fill_box(tensor, (2, 1), (1, 2, 0), (5, 2), spec, 3, "n")
    expected = torch.from_numpy(fastinit.normal((5, 2), seed=3, stream="n"))
    assert torch.equal(tensor[1, 2:].T, expected)
    assert tensor.count_nonzero() == 10


def test_preset_draws_each_stored_expert_as_a_tensor_of_its_own(tmp_path: Path) -> None:
    config_of("MixtralForCausalLM").save_pretrained(tmp_path)
    recipe = recipe_from_config(tmp_path / "config.json", seed=5, preset="zero")
    model = init_model(make("MixtralForCausalLM"), seed=5, preset="zero")
    with checkpoint.open(recipe, "pt") as drawn:
        name = "model.layers.1.block_sparse_moe.experts.2.w1.weight"
        assert torch.equal(model.model.layers[1].mlp.experts.gate_up_proj[2, :48].detach(), drawn.get_tensor(name))
    assert {row.name: row.source for row in report(model).rows}[name] == "preset zero"


def test_slices_are_of_what_is_stored() -> None:
    half = {"init": "constant", "value": 7.0, "slice": {"dim": 0, "part": 0, "of": 2}}
    with pytest.raises(RecipeError, match=r"got a slice of '.*gate_up_proj', which they hold in parts; match the"):
        init_model(make("MixtralForCausalLM"), seed=1, recipe=[{"match": "*gate_up_proj", **half}])
    model = init_model(make("MixtralForCausalLM"), seed=1, recipe=[{"match": "*.experts.{0..3}.w3.weight", **half}])
    experts = model.model.layers[0].mlp.experts.gate_up_proj.detach()
    assert (experts[:, 48:72] == 7).all()
    assert not (experts[:, :48] == 7).any()
    assert not (experts[:, 72:] == 7).any()


def test_layers_are_counted_by_either_name() -> None:
    model = make("ViTForImageClassification")
    names = [name for name, _ in model.named_parameters() if name.endswith("fc1.weight")]
    rules = [{"match": names[0], "init": "constant", "value": "layers + 6"}]
    init_model(model, seed=0, recipe=rules)
    assert (dict(model.named_parameters())[names[0]] == 7).all()
