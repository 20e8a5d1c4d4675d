"""`accelerate` on models of transformers and timm: only values differ, and none is drawn by PyTorch."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")
import fastinit.torch as ours
from tests.torch.draws import Draws

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.torch


def build(make: Callable[[], Any], seed: int) -> Any:
    with ours.accelerate(seed=seed):
        return make()


SMALL = {"vocab_size": 199, "max_position_embeddings": 64}
TRANSFORMERS = {
    "GPT2": ("GPT2Config", "GPT2LMHeadModel", {
        "vocab_size": 199, "n_positions": 64, "n_embd": 32, "n_layer": 2, "n_head": 2}),
    "Llama": ("LlamaConfig", "LlamaForCausalLM", {
        **SMALL, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2}),
    "Bert": ("BertConfig", "BertForMaskedLM", {
        **SMALL, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4}),
}  # fmt: skip


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_transformers_model_from_a_config(name: str) -> None:
    transformers = pytest.importorskip("transformers")
    config_name, model_name, sizes = TRANSFORMERS[name]

    def make() -> Any:
        config = getattr(transformers, config_name)(**sizes)
        return getattr(transformers, model_name)(config)

    with Draws() as theirs:
        plain = make()
    state = torch.get_rng_state()
    with Draws() as mine:
        model, again, other = (build(make, seed) for seed in (3, 3, 4))
    assert theirs.count > 0
    assert mine.count == 0
    assert torch.equal(torch.get_rng_state(), state)

    before, after = plain.state_dict(), model.state_dict()
    assert {k: (v.shape, v.dtype) for k, v in before.items()} == {k: (v.shape, v.dtype) for k, v in after.items()}
    drawn_names = {k for k, v in other.state_dict().items() if not torch.equal(v, after[k])}
    assert any(k.endswith("weight") for k in drawn_names)
    for key, values in after.items():
        assert torch.equal(values, again.state_dict()[key])
        if key not in drawn_names:
            assert torch.equal(values, before[key])  # zeros, ones, positions
            continue
        assert not torch.equal(values, before[key])
        error = 6 / (2 * values.numel()) ** 0.5
        assert abs(float(values.std()) / 0.02 - 1) < error or name == "GPT2"  # whose c_proj is narrower
        assert abs(float(values.std() / before[key].std()) - 1) < 2 * error


def test_timm_models() -> None:
    if importlib.util.find_spec("timm") is None:
        pytest.skip("needs timm")
    command = [sys.executable, "-m", "tests.torch.timm_models"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    for name, seen in json.loads(done.stdout).items():
        assert seen["plain_draws"] > 0, name
        assert seen["draws"] == 0, name
        assert seen["same_form"], name
        assert seen["same_again"], name
        assert seen["same_others"], name
        assert len(seen["drawn"]) > 10, name
        assert all(abs(ratio - 1) < 0.1 for ratio in seen["std_ratios"].values()), name
