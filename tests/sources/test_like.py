"""Recipes from the headers of an existing checkpoint."""

from __future__ import annotations

import json
import math
import struct
from typing import TYPE_CHECKING

import pytest

from fastinit.checkpoint import Recipe, RecipeError, load_recipe, make_plan, parse_recipe, write
from fastinit.recipes import examples
from fastinit.sources.resolve import recipe_from_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:names alone decide for all tensors")  # see test_like_model.py
EXAMPLE = examples.FOLDER / "llama-3.2-1b.toml"
CODES = {"F32": 4, "BF16": 2, "I64": 8, "U16": 2, "F8_E4M3": 1}


def write_file(path: Path, tensors: dict[str, tuple[str, list[int]]]) -> None:
    """A safetensors file whose data is a hole."""
    header, end = {}, 0
    for name, (code, shape) in tensors.items():
        begin, end = end, end + CODES[code] * math.prod(shape)
        header[name] = {"dtype": code, "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text)
    with path.open("r+b") as file:
        file.truncate(8 + len(text) + end)


MODEL = {
    "h.1.fc.weight": ("BF16", [4, 3]),
    "h.0.fc.weight": ("BF16", [4, 3]),
    "h.0.norm.weight": ("F32", [3]),
    "ids.num_batches_tracked": ("I64", []),
}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    folder = tmp_path / "some model"
    folder.mkdir()
    write_file(folder / "model.safetensors", MODEL)
    return folder


def kinds(recipe: Recipe) -> list[tuple[str, tuple[int, ...], str]]:
    return [(t.name, t.shape, t.dtype) for t in recipe.tensors]


def test_tensors_are_those_of_the_headers_in_order(checkpoint: Path) -> None:
    recipe = recipe_from_checkpoint(checkpoint, seed=3)
    assert kinds(recipe) == [
        ("h.1.fc.weight", (4, 3), "bfloat16"),
        ("h.0.fc.weight", (4, 3), "bfloat16"),
        ("h.0.norm.weight", (3,), "float32"),
        ("ids.num_batches_tracked", (), "int64"),
    ]
    assert (recipe.seed, recipe.dtype, recipe.copies) == (3, "bfloat16", {})
    calls = {t.name: t.rule.call for t in make_plan(recipe).tensors}
    assert calls["h.1.fc.weight"] == "normal(std=0.02)"
    assert calls["ids.num_batches_tracked"] == "zeros()"
    assert recipe.text.startswith("# Made from the tensors of some model, preset hf.\nseed = 3\n")
    assert str(checkpoint.parent) not in recipe.text
    assert kinds(parse_recipe(recipe.text)) == kinds(recipe)


def test_dtype_is_for_floating_tensors(checkpoint: Path) -> None:
    recipe = recipe_from_checkpoint(checkpoint, dtype="float16")
    assert [t.dtype for t in recipe.tensors] == ["float16", "float16", "float16", "int64"]


def test_one_file_will_do(checkpoint: Path) -> None:
    one = recipe_from_checkpoint(checkpoint / "model.safetensors")
    assert kinds(one) == kinds(recipe_from_checkpoint(checkpoint))


def test_config_beside_gives_the_std_and_is_copied(checkpoint: Path) -> None:
    content = b'{"initializer_range": 0.5,\n "model_type": "made up"}'
    (checkpoint / "config.json").write_bytes(content)
    recipe = recipe_from_checkpoint(checkpoint)
    assert recipe.copies == {"config.json": content}
    assert "normal(std=0.5)" in {rule.call for rule in recipe.rules}
    (checkpoint / "config.json").write_text('{"text_config": {"initializer_range": 2}}')
    assert "normal(std=2.0)" in {r.call for r in recipe_from_checkpoint(checkpoint).rules}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[1]", r"'config\.json' is not a JSON object"),
        ("{", r"'config\.json' is not valid JSON: "),
        ('{"initializer_range": "x"}', r"`initializer_range` must be a number .*got 'x'"),
        ('{"initializer_range": -1}', r"`initializer_range` must be a number .*got -1"),
        ('{"initializer_range": NaN}', r"`initializer_range` must be a number .*got nan"),
        ('{"initializer_range": true}', r"`initializer_range` must be a number .*got true"),
        ('{"initializer_range": 1' + "0" * 400 + "}", r"`initializer_range` must be a number"),
    ],
)
def test_bad_config_beside_is_refused(content: str, message: str, checkpoint: Path) -> None:
    (checkpoint / "config.json").write_text(content)
    with pytest.raises(RecipeError, match=message) as caught:
        recipe_from_checkpoint(checkpoint)
    assert str(caught.value).isprintable()


def test_recipe_file_names_a_folder_relative_to_itself(checkpoint: Path) -> None:
    path = checkpoint.parent / "r.toml"
    path.write_text('seed = 1\nlike = "some model"\n[[rule]]\nmatch = "*.fc.*"\ninit = "uniform"\nlow = -1.0\n')
    recipe = load_recipe(path)
    assert [rule.call for rule in recipe.rules] == ["uniform(low=-1.0)", "ones()", "zeros()"]
    path.write_text('seed = 1\nlike = "../nothing here"\n')
    with pytest.raises(RecipeError, match=r"r\.toml: `like`: .*nothing here"):
        load_recipe(path)


def test_checkpoint_of_this_project_gives_its_tensors_back(tmp_path: Path) -> None:
    text = 'seed = 1\ndtype = "float32"\n[tensors]\n"h.{0..11}.a.weight" = [2, 3]\n"h.{0..11}.norm.bias" = [3]\n'
    recipe = parse_recipe(text + '[[rule]]\nmatch = "*"\ninit = "zeros"\n')
    write(make_plan(recipe, 100), tmp_path / "out")
    again = recipe_from_checkpoint(tmp_path / "out")
    assert kinds(again) == kinds(recipe)
    assert '"h.{0..11}.a.weight" = [2, 3]\n"h.{0..11}.norm.bias" = [3]\n' in again.text


def test_layers_in_alphabetical_order_give_a_short_recipe(tmp_path: Path) -> None:
    tensors = {t.name: ("BF16", list(t.shape)) for t in load_recipe(EXAMPLE).tensors}
    write_file(tmp_path / "model.safetensors", dict(sorted(tensors.items())))
    recipe = recipe_from_checkpoint(tmp_path)
    assert [t.name for t in recipe.tensors] == sorted(tensors)
    assert len(recipe.text) < 4000
    assert sum(len(rule.match) for rule in recipe.rules) == 11


BAD = {
    "type": ({"w": ("U16", [2, 2])}, r"tensor 'w' has type 'U16', which is not one of"),
    "braces": ({"w{0..3}": ("F32", [2, 2])}, r"'w\{0\.\.3\}' has a name that a recipe would read as a range"),
    "brace": ({"w{": ("F32", [2, 2])}, r"braces in a tensor's name must enclose a range"),
    "long": ({"w" * 1001: ("F32", [2, 2])}, r"a tensor's name must have at most 1000 characters"),
    "none": ({}, r"has no tensors"),
    "unknown": ({"w": ("F32", [2])}, r"tensor 'w' of shape \[2\] .* a name that does not tell"),
}


@pytest.mark.parametrize("name", BAD)
def test_checkpoint_that_no_recipe_can_say_is_refused(name: str, tmp_path: Path) -> None:
    tensors, message = BAD[name]
    write_file(tmp_path / "model.safetensors", tensors)
    with pytest.raises(RecipeError, match=message) as caught:
        recipe_from_checkpoint(tmp_path)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none", "a\0b"):
        with pytest.raises(RecipeError):
            recipe_from_checkpoint(path)
    (tmp_path / "model.safetensors").write_bytes(b"\xff" * 100)
    with pytest.raises(RecipeError, match=r"model\.safetensors"):
        recipe_from_checkpoint(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"preset": "nope"}, "`preset` must be one of 'hf', "),
        ({"seed": -1}, "`seed` must be a whole number"),
        ({"dtype": "int64"}, "`dtype` must be one of 'float64', .*got 'int64'"),
        ({"layout": "x"}, "`layout` must be one of 'keras', 'torch'"),
        ({"preset": "he"}, "`layout` is missing, and preset he takes fans"),
    ],
)
def test_bad_options_are_refused(options: dict[str, object], message: str, checkpoint: Path) -> None:
    with pytest.raises(RecipeError, match=message):
        recipe_from_checkpoint(checkpoint, **options)  # type: ignore[arg-type]


def test_layout_serves_fans(checkpoint: Path) -> None:
    recipe = recipe_from_checkpoint(checkpoint, preset="he", layout="torch")
    (tensor,) = (t for t in make_plan(recipe).tensors if t.name == "h.0.fc.weight")
    assert tensor.distribution.std == pytest.approx(math.sqrt(2 / 3))
