"""Models of transformers, by name: what `fastinit init --config` writes."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from safetensors.torch import load_file
from transformers import initialization

from fastinit.checkpoint import make_plan, recipe_from_config, write
from fastinit.torch import init_model

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.torch


def build(name: str, **options: Any) -> Any:
    """A small model of transformers."""
    small = {"vocab_size": 64, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    llama = {
        "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }  # fmt: skip
    config, model = {
        "gpt2": (
            transformers.GPT2Config(n_layer=2, n_embd=32, n_head=4, **small),
            "GPT2LMHeadModel",
        ),
        "llama": (transformers.LlamaConfig(**llama, **small), "LlamaForCausalLM"),
        "tied llama": (
            transformers.LlamaConfig(**llama, **small, tie_word_embeddings=True),
            "LlamaForCausalLM",
        ),
        "bert": (transformers.BertConfig(**llama, **small), "BertForMaskedLM"),
        "t5": (
            transformers.T5Config(d_model=32, d_ff=48, num_layers=2, num_heads=4, d_kv=8, **small),
            "T5ForConditionalGeneration",
        ),
        "mamba": (
            transformers.MambaConfig(hidden_size=32, num_hidden_layers=2, **small),
            "MambaForCausalLM",
        ),
    }[name]
    config.architectures = [model]
    with torch.device(options.get("device", "meta")):
        return getattr(transformers, model)._from_config(config, attn_implementation="eager")


@pytest.mark.parametrize("name", ["gpt2", "llama", "tied llama", "bert", "t5"])
def test_model_equals_the_checkpoint_of_its_configuration(name: str, tmp_path: Path) -> None:
    model = build(name)
    model.config.save_pretrained(tmp_path)
    write(make_plan(recipe_from_config(tmp_path / "config.json", seed=5)), tmp_path / "out")
    written = load_file(tmp_path / "out" / "model.safetensors")
    state = init_model(model, seed=5).state_dict()
    assert len(written) > 10
    for key, value in written.items():
        assert torch.equal(state[key], value), key
    real = init_model(build(name, device="cpu"), seed=5).state_dict()
    for key, value in state.items():
        assert torch.equal(real[key], value), key


@pytest.mark.parametrize("name", ["gpt2", "tied llama", "mamba"])
def test_model_runs(name: str) -> None:
    model, plain = init_model(build(name), seed=1), build(name, device="cpu")
    for key, buffer in plain.named_buffers():
        assert torch.equal(dict(model.named_buffers())[key], buffer), key
    loss = model(torch.arange(8)[None], labels=torch.arange(8)[None]).loss
    assert 3 < loss.item() < 6  # log 64 is 4.2
    tied = functools.reduce(getattr, ["lm_head", "weight"], model)
    inputs = model.get_input_embeddings().weight
    assert (tied is inputs) == (plain.lm_head.weight is plain.get_input_embeddings().weight)


def test_mambas_computed_parameters_are_its_own() -> None:
    model, plain = init_model(build("mamba"), seed=1), build("mamba", device="cpu")
    for one, other in zip(model.backbone.layers, plain.backbone.layers, strict=True):
        assert torch.equal(one.mixer.A_log, other.mixer.A_log)
        assert one.mixer.dt_proj.bias.std() > 0
    first, second = (layer.mixer.dt_proj.bias for layer in model.backbone.layers)
    assert not torch.equal(first, second)


def test_initializers_that_transformers_keeps_are_noticed() -> None:
    class Rotation(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.empty(4, 4))

        def reset_parameters(self) -> None:
            initialization.orthogonal_(self.weight)

    weight = init_model(Rotation(), seed=1).weight.detach()
    torch.testing.assert_close(weight @ weight.T, torch.eye(4))
