"""`copy` in a recipe: small files next to the checkpoint, with which transformers opens it."""

from __future__ import annotations

import json
import os
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from fastinit.checkpoint import (
    Recipe,
    RecipeError,
    load_recipe,
    make_plan,
    parse_recipe,
    recipe_from_config,
    save_recipe,
    verify,
    write,
)
from fastinit.recipes import examples

if TYPE_CHECKING:
    from pathlib import Path

TEXT = 'seed = 1\ndtype = "float32"\n{copy}\n[tensors]\nw = [4]\n[[rule]]\nmatch = "*"\ninit = "zeros"\n'


def recipe_in(folder: Path, copy: str) -> Path:
    path = folder / "r.toml"
    path.write_text(TEXT.format(copy=copy))
    return path


def test_files_are_copied_and_verified(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "model.json").write_bytes(b"{}\n")
    path = recipe_in(tmp_path, 'copy = { "config.json" = "in/model.json", "note" = "r.toml" }')
    recipe = load_recipe(path)
    assert recipe.text == path.read_text()
    write(make_plan(recipe), tmp_path / "out")
    assert (tmp_path / "out" / "config.json").read_bytes() == b"{}\n"
    assert (tmp_path / "out" / "note").read_text() == recipe.text
    assert verify(tmp_path / "out").mismatch is None
    (tmp_path / "out" / "config.json").write_bytes(b"{}")
    mismatch = verify(tmp_path / "out").mismatch
    assert mismatch is not None
    assert mismatch.file == "config.json"


def test_text_alone_reads_no_files() -> None:
    recipe = parse_recipe(TEXT.format(copy='copy = { "config.json" = "/none" }'))
    assert recipe.copies == {}


@pytest.mark.filterwarnings("ignore:names alone decide for all tensors")
def test_copies_join_those_of_a_source(tmp_path: Path) -> None:
    write(make_plan(load_recipe(recipe_in(tmp_path, ""))), tmp_path / "a")
    (tmp_path / "a" / "config.json").write_text("{}")
    (tmp_path / "x").write_text("x")
    path = tmp_path / "like.toml"
    path.write_text('seed = 1\nlike = "a"\ncopy = { x = "x" }\n[[rule]]\nmatch = "*"\ninit = "ones"\n')
    assert load_recipe(path).copies == {"config.json": b"{}", "x": b"x"}


@pytest.mark.parametrize(
    ("copy", "message"),
    [
        ('copy = ["x"]', r"`copy` must be a table of names and paths, .* got \['x'\]"),
        ("copy = { x = 1 }", r"`copy` must be a table of names and paths"),
        *(
            (f'copy = {{ "{name}" = "x" }}', r"`copy` must name plain files")
            for name in (
                "",
                "..",
                "a/b",
                "a\\\\b",
                "recipe.toml",
                "fastinit.json",
                "model.safetensors",
                "model.safetensors.index.json",
                "a\\nb",
            )
        ),
        ('copy = { x = "none" }', r"`copy`: cannot read .*none: No such file"),
        ('copy = { x = "." }', r"`copy`: cannot read .* must be a regular file"),
        ('copy = { x = "large" }', r"`copy`: .*large must be at most 67108864 bytes"),
    ],
)
def test_other_copies_are_refused(copy: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    (tmp_path / "large").touch()
    os.truncate(tmp_path / "large", 2**26 + 1)
    with pytest.raises(RecipeError, match=message):
        load_recipe(recipe_in(tmp_path, copy))


@pytest.mark.torch
def test_transformers_opens_the_example_and_runs_it(tmp_path: Path) -> None:
    """The example with fewer and narrower layers; `.ci/run` opens it whole."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    text = (examples.FOLDER / "llama-3.2-1b.toml").read_text()
    config = json.loads((examples.FOLDER / "llama-3.2-1b.json").read_text())
    for old, new in (
        ("128256", "320"),
        ("8192", "160"),
        ("2048", "64"),
        ("512", "16"),
        ("15", "1"),
    ):
        text = text.replace(old, new)
    config |= {"vocab_size": 320, "intermediate_size": 160, "hidden_size": 64, "head_dim": 8}
    config |= {"num_attention_heads": 8, "num_key_value_heads": 2, "num_hidden_layers": 2}
    (tmp_path / "r.toml").write_text(text)
    (tmp_path / "llama-3.2-1b.json").write_text(json.dumps(config))
    plan = make_plan(load_recipe(tmp_path / "r.toml"))
    write(plan, tmp_path / "out")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, report = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "out", output_loading_info=True)
    assert not any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    assert sum(p.numel() for p in model.parameters()) == plan.parameters
    with torch.no_grad():
        logits = model(torch.arange(8)[None]).logits
    assert logits.shape == (1, 8, 320)
    assert torch.isfinite(logits).all()


GPT2 = {"num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4, "vocab_size": 320}
LLAMA = GPT2 | {"num_key_value_heads": 2, "intermediate_size": 96, "head_dim": 16}
LATENT = {"q_lora_rank": 32, "kv_lora_rank": 16, "qk_nope_head_dim": 16, "qk_rope_head_dim": 8, "v_head_dim": 16}
SMALL: dict[str, dict[str, Any]] = {
    "gpt2": GPT2,
    "llama-3.1-8b": LLAMA,
    "llama-3.2-1b": LLAMA,
    "moe-1t": GPT2 | LATENT | {"num_key_value_heads": 4, "n_routed_experts": 8, "moe_intermediate_size": 32},
}


def test_every_example_has_its_configuration_beside() -> None:
    assert {path.stem for path in examples.FOLDER.glob("*.toml")} == SMALL.keys()
    for name in SMALL:
        content = (examples.FOLDER / f"{name}.json").read_bytes()
        assert load_recipe(examples.FOLDER / f"{name}.toml").copies == {"config.json": content}


@pytest.mark.torch
@pytest.mark.parametrize("name", SMALL)
def test_example_is_the_model_that_its_configuration_says(name: str, tmp_path: Path) -> None:
    """By names, shapes and distributions at full size; transformers opens the same model with small ones."""
    transformers = pytest.importorskip("transformers")
    path = examples.FOLDER / f"{name}.json"

    def tensors(recipe: Recipe) -> dict[str, tuple[object, object]]:
        return {tensor.name: (tensor.shape, tensor.distribution) for tensor in make_plan(recipe).tensors}

    assert tensors(load_recipe(examples.FOLDER / f"{name}.toml")) == tensors(recipe_from_config(path))
    write(make_plan(recipe_from_config(path, overrides=SMALL[name])), tmp_path / "out")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, report = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "out", output_loading_info=True)
    assert not any(report.values()), report
    assert type(model).__name__ == json.loads(path.read_text())["architectures"][0]


def test_recipe_of_a_checkpoint_finds_copies_under_their_own_names(tmp_path: Path) -> None:
    (tmp_path / "source.json").write_text("{}")
    (tmp_path / "r.toml").write_text(
        'seed = 0\ndtype = "float32"\ncopy = { "config.json" = "source.json" }\n[tensors]\nw = [2]\n'
        '[[rule]]\nmatch = "*"\ninit = "ones"\n'
    )
    recipe = load_recipe(tmp_path / "r.toml")
    write(make_plan(recipe), tmp_path / "out")
    assert load_recipe(tmp_path / "out" / "recipe.toml").copies == {"config.json": b"{}"}
    (tmp_path / "kept").mkdir()
    save_recipe(recipe, tmp_path / "kept" / "my.toml")
    assert load_recipe(tmp_path / "kept" / "my.toml").copies == {"config.json": b"{}"}
    assert (tmp_path / "kept" / "source.json").exists()
    (tmp_path / "kept" / "r.toml").write_text(recipe.text.replace('"source.json"', '"../source.json"'))
    with pytest.raises(
        RecipeError, match=r"the recipe copies files from elsewhere: \.\./source\.json; copy them next to it"
    ):
        save_recipe(load_recipe(tmp_path / "kept" / "r.toml"), tmp_path / "kept" / "again.toml")
    with pytest.raises(RecipeError, match="`copy` must name plain files that are not the checkpoint's own"):
        parse_recipe(recipe.text.replace("config.json", "literals-0123456789ab.bin"))
