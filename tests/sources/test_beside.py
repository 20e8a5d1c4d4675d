"""`copy`: the small files that Hugging Face keeps next to a configuration or weights are copied too."""

from __future__ import annotations

import contextlib
import json
import os
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import save_file

from fastinit.checkpoint import RecipeError, make_plan, verify, write
from fastinit.recipes.copies import MAX_COPY_BYTES
from fastinit.sources import beside
from fastinit.sources.resolve import recipe_from_checkpoint, recipe_from_config

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:names alone decide for all tensors")  # see test_like_model.py
COPIED = {
    "generation_config.json": b'{"max_length": 3}',
    "tokenizer.json": b"{}",
    "tokenizer_config.json": b"{ }",
    "tekken.json": b"",
    "sentencepiece.bpe.model": b"\0\1",
    "qwen.tiktoken": b"x",
    "source.spm": b"y",
    "chat_template.jinja": b"{{ x }}",
}
LEFT = (
    "README.md",
    "modeling_x.py",
    "fastinit.json",
    "recipe.toml",
    "pytorch_model.bin",
    "b\n.model",
    "a.jinja",
    "x.json",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkpoint with the small files that usually lie next to one, and links as in Hugging Face's cache."""
    (tmp_path / "source").mkdir()
    (tmp_path / "blobs").mkdir()
    save_file({"a.weight": np.ones((2, 2), np.float32)}, tmp_path / "source" / "model.safetensors")
    for number, (name, content) in enumerate(COPIED.items()):
        (tmp_path / "blobs" / str(number)).write_bytes(content)
        (tmp_path / "source" / name).symlink_to(tmp_path / "blobs" / str(number))
    for name in LEFT:
        (tmp_path / "source" / name).write_bytes(b"no")
    (tmp_path / "source" / "config.json").write_text('{"model_type": "x"}')
    return tmp_path / "source"


def test_files_of_known_names_come_along_when_asked(folder: Path, tmp_path: Path) -> None:
    assert recipe_from_checkpoint(folder).copies == {"config.json": b'{"model_type": "x"}'}
    recipe = recipe_from_checkpoint(folder, copy=True)
    assert recipe.copies == COPIED | {"config.json": b'{"model_type": "x"}'}
    assert recipe_from_checkpoint(folder / "model.safetensors", copy=True).copies == recipe.copies
    write(make_plan(recipe), tmp_path / "out")
    assert (tmp_path / "out" / "tokenizer_config.json").read_bytes() == b"{ }"
    assert verify(tmp_path / "out").mismatch is None


@pytest.mark.torch
def test_files_beside_a_configuration_come_along(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("transformers")
    path = folder / "config.json"
    path.write_text(json.dumps({"model_type": "gpt2", "n_embd": 8, "n_layer": 1, "n_head": 2}))
    assert recipe_from_config(path, copy=True, overrides={"n_head": 4}).copies.keys() == {"config.json", *COPIED}
    assert recipe_from_config(path).copies.keys() == {"config.json"}
    monkeypatch.chdir(folder)
    assert recipe_from_config("config.json", copy=True).copies.keys() == {"config.json", *COPIED}


def test_tokenizer_may_be_as_large_as_gemmas(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer.json").touch()
    os.truncate(folder / "tokenizer.json", 33_384_568)
    assert len(recipe_from_checkpoint(folder, copy=True).copies["tokenizer.json"]) == 33_384_568
    os.truncate(folder / "tokenizer.json", MAX_COPY_BYTES + 1)
    with pytest.raises(RecipeError, match=r"source: `copy`: .*tokenizer\.json must be at most 67108864 bytes"):
        recipe_from_checkpoint(folder, copy=True)


def test_what_cannot_be_read_is_told(folder: Path) -> None:
    (folder / "vocab.txt").mkdir()
    with pytest.raises(RecipeError, match=r"`copy`: cannot read .*vocab\.txt: it must be a regular file"):
        recipe_from_checkpoint(folder, copy=True)


def test_nothing_to_copy_is_told(folder: Path) -> None:
    for name in COPIED:
        (folder / name).unlink()
    with pytest.warns(UserWarning, match="no tokenizer or other small file to copy"):
        assert recipe_from_checkpoint(folder, copy=True).copies.keys() == {"config.json"}


@pytest.mark.torch
def test_files_that_transformers_tokenizers_have_are_known() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        transformers = pytest.importorskip("transformers")
        found: set[str] = set()
        for name in dir(transformers):
            with contextlib.suppress(ImportError):  # of those that want more libraries
                if "Tokenizer" in name:
                    files = getattr(getattr(transformers, name), "vocab_files_names", {})
                    found.update(files.values() if isinstance(files, dict) else ())
    assert {"vocab.txt", "spiece.model"} <= found
    assert not {name for name in found if not beside._is_wanted(name)}
