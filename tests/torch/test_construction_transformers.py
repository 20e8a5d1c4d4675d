"""construction.py on models of transformers, held against what transformers itself makes of them."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import warnings
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    transformers = pytest.importorskip("transformers")

from fastinit import checkpoint
from fastinit.torch import build, report

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.torch

SMALL = {
    "num_attention_heads": 4,
    "vocab_size": 300,
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_hidden_layers": 1,
}
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "Llama": ("AutoModelForCausalLM", {**SMALL, "num_key_value_heads": 4}),
    "Mixtral": ("AutoModelForCausalLM", {**SMALL, "num_key_value_heads": 2, "num_local_experts": 4}),
    # Logarithms of positions, and the inverse of a softplus of draws.
    "Mamba2": (
        "AutoModelForCausalLM",
        {"hidden_size": 64, "num_heads": 8, "head_dim": 16, "num_hidden_layers": 1, "vocab_size": 300, "n_groups": 1},
    ),
    # Sinusoids.
    "Whisper": (
        "AutoModel",
        {
            "d_model": 64, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 4,
            "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64,
        },
    ),
    # The norm of another tensor.
    "Wav2Vec2": (
        "AutoModel",
        {
            **SMALL, "conv_dim": (32, 32), "conv_stride": (5, 2), "conv_kernel": (10, 3),
            "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4,
        },
    ),
    # Indexes of relative positions.
    "Swin": (
        "AutoModel",
        {"embed_dim": 24, "depths": [1, 1], "num_heads": [2, 2], "image_size": 32, "patch_size": 4, "window_size": 4},
    ),
}  # fmt: skip


def make(name: str) -> Any:
    auto, values = MODELS[name]
    return getattr(transformers, auto).from_config(getattr(transformers, f"{name}Config")(**values))


def tensors(model: Any) -> dict[str, Any]:
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}


@pytest.mark.parametrize("name", MODELS)
def test_statistics_are_transformers_own(name: str) -> None:
    model, theirs = tensors(build(lambda: make(name), seed=1)), tensors(make(name))
    assert model.keys() == theirs.keys()
    for key, tensor in theirs.items():
        seen, expected = (t.detach().double().flatten() for t in (model[key], tensor))
        if len(seen) < 2:
            continue
        error = 8 * float(max(seen.std(), expected.std())) / math.sqrt(2 * len(seen)) + 1e-7
        assert abs(float(seen.std() - expected.std())) < error, key
        assert abs(float(seen.mean() - expected.mean())) < 1.5 * error, key


def test_what_is_computed_is_what_transformers_computes() -> None:
    model, theirs = (dict(m.named_parameters()) for m in (build(lambda: make("Whisper"), seed=1), make("Whisper")))
    key = "encoder.embed_positions.weight"
    torch.testing.assert_close(model[key], theirs[key])
    assert not model[key].requires_grad


def test_values_are_those_of_the_checkpoint(tmp_path: Path) -> None:
    model = build(lambda: make("Llama"), seed=1)
    (tmp_path / "config.json").write_text(json.dumps(model.config.to_dict()))
    recipe = checkpoint.recipe_from_config(tmp_path / "config.json", seed=1)
    with checkpoint.open(recipe, framework="torch") as planned:
        for name, tensor in model.state_dict().items():
            assert torch.equal(planned.get_tensor(name), tensor), name
    assert report(model).seed == 1


IMPORTING = """
import torch
from fastinit.torch import build

def make():
    import transformers
    transformers.logging.set_verbosity_error()
    return transformers.GPT2Model(transformers.GPT2Config(n_layer=1, n_embd=64, n_head=4, vocab_size=300))

print(float(build(make, seed=1).wte.weight.std()))
"""


def test_code_that_imports_transformers_is_watched_too() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTING], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert abs(float(done.stdout) - 0.02) < 0.001
