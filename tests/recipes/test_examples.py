"""Examples are found by name, and a message about a recipe that does not exist tells what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import fastinit.checkpoint
from fastinit.checkpoint import RecipeError, load_recipe
from fastinit.recipes import examples

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", examples.NAMES)
def test_example_is_found_by_name_with_a_title(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.text == (examples.FOLDER / f"{name}.toml").read_text()
    assert list(recipe.copies) == ["config.json"]
    assert 5 < len(examples.title_of(name)) < 50


def test_checkpoint_of_an_example_is_opened_by_name() -> None:
    with fastinit.checkpoint.open("gpt2") as file:
        assert file.get_slice("transformer.h.0.attn.c_attn.weight")[:1, :3].shape == (1, 3)


def test_file_of_an_examples_name_wins(folder: Path) -> None:
    text = 'seed = 1\ndtype = "float32"\n[tensors]\nw = [4]\n[[rule]]\nmatch = "*"\ninit = "zeros"\n'
    (folder / "gpt2").mkdir()  # a checkpoint of that name does not
    assert load_recipe("gpt2").seed == 42
    (folder / "gpt2").rmdir()
    (folder / "gpt2").write_text(text)
    assert load_recipe("gpt2").text == text


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("gpt-2", "; did you mean 'gpt2'?"),
        ("mine.tml", "; did you mean 'mine.toml'?"),
        ("other", "; name a TOML file (there is mine.toml), or an example (gpt2, llama-3.1-8b, llama-3.2-1b, moe-1t)"),
        ("absent/other", "; name a TOML file, or an example (gpt2, llama-3.1-8b, llama-3.2-1b, moe-1t)"),
    ],
)
def test_absent_recipe_names_what_there_is(folder: Path, name: str, end: str) -> None:
    (folder / "mine.toml").touch()
    with pytest.raises(RecipeError) as error:
        load_recipe(name)
    assert str(error.value) == f"cannot read the recipe {name}: No such file or directory{end}"
