"""`fastinit probe`: models of configurations, with random inputs of every kind, and exit codes."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from fastinit.cli import main, probing
from tests.cli.commands import in_terminal

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("torch")
pytest.importorskip("transformers")
LLAMA = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 8,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 100,
    "dtype": "bfloat16",
}
VIT = {"model_type": "vit", "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32}
EXPLODING = """match = "model.layers.*.weight", init = "normal", std = 2"""


def write(folder: Path, values: dict[str, Any]) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(values))
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    try:
        code = main(["probe", *map(str, arguments)])
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    output = capsys.readouterr()
    return code, output.out, output.err


def test_a_healthy_model_is_a_table_with_its_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "--config", write(tmp_path, LLAMA), "--samples", 4, "--length", 16)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line.split()[0] for line in lines[1:9]] == [f"model.layers.{n}" for n in range(8)]
    assert lines[-1].startswith("healthy: activations x")


@pytest.mark.parametrize(
    "more", [[], ["--preset", "he", "--preset", "gpt2"], ["--widths", "16,64"]], ids=["one", "several", "widths"]
)
def test_tables_fit_the_terminal(more: list[str], tmp_path: Path) -> None:
    config = write(tmp_path, {**LLAMA, "num_hidden_layers": 2, "head_dim": 8})
    command = (sys.executable, "-m", "fastinit", "probe", "--config", config, "--length", 4, *more)
    code, text = in_terminal(80, *command, NO_COLOR="1")
    assert code in (0, 3)
    lines = re.sub(r"^.*\x1b\[1A\x1b\[2K|\x1b\[[0-9;?]*[a-zA-Z]|\r", "", text, flags=re.DOTALL).splitlines()
    assert len(lines) > 4
    assert max(map(len, lines[:-1])) <= 80  # the verdict is one line
    assert "dead" not in lines[0]  # no module has such a share


def test_whole_shows_all_modules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "--config", write(tmp_path, LLAMA), "--length", 8, "--whole")
    assert "model.layers.3.self_attn.q_proj" in out


def test_an_unhealthy_model_exits_with_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule = 'match = "model.layers.*.mlp.*", init = "constant", value = nan'
    code, out, _ = run(capsys, "--config", write(tmp_path, LLAMA), "--length", 8, "--rule", rule)
    assert code == 3
    assert "non-finite at model.layers.0.mlp.gate_proj.weight" in out.splitlines()[-1]


def test_several_presets_are_rows_and_one_unhealthy_one_is_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--config", write(tmp_path, LLAMA), "--length", 8]
    code, out, _ = run(capsys, *arguments, "--preset", "gpt2", "--preset", "he", "--preset", "gpt2")
    assert code == 0
    assert [line.split("  ")[0] for line in out.splitlines()] == [
        "rules",
        "gpt2",
        "he",
    ]
    rule = 'match = "model.embed_tokens.weight", init = "constant", value = inf'
    code, out, _ = run(capsys, *arguments, "--preset", "gpt2", "--preset", "he", "--rule", rule)
    assert code == 3
    assert out.count("non-finite at model.embed_tokens.weight") == 2


def test_json_is_all_of_the_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--config", write(tmp_path, LLAMA), "--set", "num_hidden_layers=6", "--length", 8, "--seed", 3]
    code, out, _ = run(capsys, *arguments, "--preset", "gpt2", "--preset", "small-init", "--json")
    reports = json.loads(out)["reports"]
    assert code == 0
    assert [report["title"] for report in reports] == ["gpt2", "small-init"]
    assert reports[0]["chain"] == [f"model.layers.{n}" for n in range(6)]
    assert reports[0]["loss"]["kind"] == "the model's own loss"
    assert run(capsys, *arguments, "--preset", "gpt2", "--preset", "small-init", "--json")[1] == out


def test_a_plot_is_written_for_one_and_for_several(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    config, picture = write(tmp_path, LLAMA), tmp_path / "probe.svg"
    run(capsys, "--config", config, "--length", 8, "--plot", picture)
    assert "LlamaForCausalLM, its own rules" in picture.read_text()
    run(capsys, "--config", config, "--length", 8, "--plot", picture, "--preset", "he", "--preset", "gpt2")
    both = picture.read_text()
    assert [both.count(f">{name}</text>") for name in ("he", "gpt2", "he and gpt2")] == [2, 2, 1]  # in both panels
    code, _, err = run(capsys, "--config", config, "--length", 8, "--plot", tmp_path / "missing" / "probe.svg")
    assert code == 1
    assert err.startswith("fastinit: error: cannot write")


WHISPER = {
    "model_type": "whisper",
    "architectures": ["WhisperForConditionalGeneration"],
    "d_model": 16,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
    "vocab_size": 60,
    "pad_token_id": 1,
    "bos_token_id": 1,
    "eos_token_id": 1,
    "decoder_start_token_id": 1,
    "max_source_positions": 40,
    "num_mel_bins": 8,
}
WAV2VEC2 = {
    "model_type": "wav2vec2",
    "architectures": ["Wav2Vec2Model"],
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "conv_dim": [8] * 7,
    "num_conv_pos_embeddings": 8,
    "num_conv_pos_embedding_groups": 2,
    "mask_time_prob": 0.0,
}
T5 = {"model_type": "t5", "architectures": ["T5Model"], "d_model": 16, "d_kv": 8, "num_layers": 2, "num_heads": 2}
PART = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32, "patch_size": 16}
CLIP = {
    "model_type": "clip",
    "architectures": ["CLIPModel"],
    "text_config": PART | {"eos_token_id": 3},
    "vision_config": PART,
}


@pytest.mark.parametrize(
    ("values", "loss"),
    [
        (LLAMA, "the model's own loss"),
        ({**VIT, "architectures": ["ViTModel"]}, "a random projection of the output"),
        (WHISPER, "the model's own loss"),
        (WAV2VEC2, "a random projection of the output"),
        (T5, "a random projection of the output"),
        (CLIP, "a random projection of the output"),
    ],
    ids=lambda value: value["model_type"] if isinstance(value, dict) else "",
)
def test_tokens_pixels_and_audio_are_made_as_the_configuration_says(
    values: dict[str, Any], loss: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "--config", write(tmp_path, values), "--samples", 2, "--length", 8, "--json")
    assert (code, err) == (0, "")
    report = json.loads(out)["reports"][0]
    assert report["loss"]["kind"] == loss
    assert report["verdict"].startswith("healthy")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--preset", "xavier"], "--preset: there is no preset or initializer 'xavier'"),
        (["--rule", "he_normal"], """a rule must be such as 'match = "*.weight", init = "normal", std = 0.02', got"""),
        (["--rule", 'match = "*", init = "he_norml"'], "he_normal"),
        (["--rule", 'match = "*.kernel", init = "zeros"'], "*.kernel"),
        (["--set", "hiden_size=3"], "hidden_size"),
        (["--samples", "0"], "must be a whole number from 1 to 1048576, got '0'"),
        (["--length", "many"], "must be a whole number from 1 to 1048576, got 'many'"),
        (["--json", "--whole"], "--whole does not go with --json; leave one out"),
    ],
)
def test_wrong_usage_is_one_line(
    arguments: list[str], text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "--config", write(tmp_path, LLAMA), *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("fastinit: error: ")
    assert text in err


def test_a_config_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--config" in run(capsys)[2]


def test_a_model_larger_than_memory_is_refused_before_it_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "_memory", lambda: 100_000)
    code, _, err = run(capsys, "--config", write(tmp_path, LLAMA))
    assert code == 2
    assert "must fit into memory (100 KB)" in err
    assert "--set num_hidden_layers=4" in err


def test_what_a_models_code_raises_is_told_with_what_it_was_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = {**LLAMA, "architectures": ["LlamaForSequenceClassification"]}  # which wants to know the padding token
    code, _, err = run(capsys, "--config", write(tmp_path, values), "--length", 8)
    assert code == 2
    assert "LlamaForSequenceClassification must run on random inputs (input_ids [8, 8]), got ValueError: Cannot" in err
    assert err.endswith("make a batch yourself and call fastinit.torch.probe\n")


def test_inputs_that_are_not_known_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = {"model_type": "blip_2_qformer", "architectures": ["Blip2QFormerModel"], "num_hidden_layers": 1}
    code, _, err = run(capsys, "--config", write(tmp_path, values), "--set", "hidden_size=48")
    assert code == 2
    assert "query_embeds" in err


def test_widths_train_one_set_of_rules_at_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = {**LLAMA, "num_hidden_layers": 1, "head_dim": 8}
    arguments = ["--config", write(tmp_path, values), "--length", 8, "--widths", "16,64"]
    code, out, err = run(capsys, *arguments)
    assert (code, err) == (3, "")
    assert out.startswith("slope of log size against log width, widths 16, 64\n")
    assert out.splitlines()[-1].startswith("growing with width: ")
    code, out, _ = run(capsys, *arguments, "--preset", "he", "--json")
    report = json.loads(out)["reports"][0]
    assert code == (0 if report["healthy"] else 3)
    assert report["widths"] == [16, 64]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--widths", "16,wide"], "must be a whole number from 1 to 1048576, got 'wide'"),
        (["--widths", "16,64", "--preset", "he", "--preset", "gpt2"], "--widths must go with one --preset"),
        (["--widths", "64"], "--widths: `widths`"),
        (["--widths", "18,64"], "cannot build this model"),  # which four heads do not divide
    ],
)
def test_widths_that_cannot_be_are_refused(
    arguments: list[str], text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "--config", write(tmp_path, LLAMA), *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert text in err


def test_the_result_is_printed_also_where_its_picture_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "p.svg").mkdir()
    code, out, err = run(capsys, "--config", write(tmp_path, LLAMA), "--length", 8, "--plot", tmp_path / "p.svg")
    assert code == 1
    assert "healthy: activations" in out
    assert err.startswith("fastinit: error: cannot write")


def test_a_seed_is_one_of_widths_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--config", write(tmp_path, {**LLAMA, "num_hidden_layers": 1}), "--length", 4, "--widths", "16,32"]
    assert run(capsys, *arguments, "--seed", 5)[1] != run(capsys, *arguments, "--seed", 9)[1]


@pytest.mark.parametrize(("name", "value"), [("samples", 0), ("samples", 1.5), ("length", "a"), ("length", True)])
def test_sizes_of_random_inputs_are_checked(name: str, value: Any) -> None:
    from transformers import GPT2Config, GPT2Model

    from fastinit.torch import random_inputs

    with pytest.raises((TypeError, ValueError), match=f"`{name}` must be an int in"):
        random_inputs(GPT2Model(GPT2Config(n_layer=1, n_embd=4, n_head=1)), **{name: value})
