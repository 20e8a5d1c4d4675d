"""Literal values of a recipe: in files, in parts, damaged, saved, and every error by its message."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import os
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np
import pytest

from fastinit import checkpoint
from fastinit.checkpoint import CheckpointError, RecipeError, load_recipe, make_plan, parse_recipe, save_recipe, write
from fastinit.recipes import literals
from fastinit.stored.literals import decode, encode, with_literals

if TYPE_CHECKING:
    from pathlib import Path

    from fastinit.recipes.recipe import Recipe

DECAY = np.log(np.arange(1, 13, dtype=np.float32)).reshape(3, 4)
ARRAYS: dict[str, Any] = {
    "decay": DECAY,
    "positions": np.arange(5, dtype=np.int64),
    "mask": np.array([True, False, True]),
    "narrow": np.array([1.5, -2.0], dtype=ml_dtypes.bfloat16),
    "window": np.array([-np.inf, 0.0]),
}
BODY = """
[tensors]
"h.{0..2}.decay" = [3, 4]
"positions" = { shape = [5], dtype = "int64" }
"mask" = { shape = [3], dtype = "bool" }
"narrow" = { shape = [2], dtype = "bfloat16" }
"window" = { shape = [2], dtype = "float64" }
"weight" = [64, 8]

[[rule]]
match = "h.{0..2}.decay"
init = "literal"
key = "decay"

[[rule]]
match = "weight"
init = "normal"
"""
for _key in ("positions", "mask", "narrow", "window"):
    BODY += f'\n[[rule]]\nmatch = "{_key}"\ninit = "literal"\nkey = "{_key}"\n'


def recipe_of(arrays: dict[str, Any] = ARRAYS, body: str = BODY, dtype: str = "float32") -> Recipe:
    content = encode(arrays)
    digest = hashlib.sha256(content).hexdigest()
    text = f'seed = 3\ndtype = "{dtype}"\nliterals = "{digest}"\n{body}'
    return with_literals(parse_recipe(text), arrays, content)


def test_file_holds_the_values_of_every_type() -> None:
    found = decode(encode(ARRAYS))
    assert found.keys() == ARRAYS.keys()
    for key, array in ARRAYS.items():
        assert found[key].dtype == array.dtype
        assert (found[key] == array).all()


def test_checkpoint_holds_verifies_and_serves_them(tmp_path: Path) -> None:
    recipe = recipe_of()
    write(make_plan(recipe, 100), tmp_path / "out")
    assert checkpoint.verify(tmp_path / "out").mismatch is None
    with checkpoint.open(tmp_path / "out") as stored, checkpoint.open(tmp_path / "out" / "recipe.toml") as drawn:
        for name in stored.keys():  # noqa: SIM118 - of a handle
            assert (stored.get_tensor(name) == drawn.get_tensor(name)).all()
        assert (stored.get_tensor("h.2.decay") == DECAY).all()
        assert (drawn.get_slice("h.1.decay")[1:, 2] == DECAY[1:, 2]).all()
        assert stored.get_tensor("positions").tolist() == [0, 1, 2, 3, 4]
        assert stored.get_tensor("mask").tolist() == [True, False, True]


def test_values_are_rounded_once_to_a_narrower_type() -> None:
    only = BODY.replace('"positions" = { shape = [5], dtype = "int64" }', '"positions" = [5]')
    with checkpoint.open(recipe_of(body=only, dtype="bfloat16")) as drawn:
        assert (drawn.get_tensor("h.0.decay") == DECAY.astype(ml_dtypes.bfloat16)).all()
        assert drawn.get_tensor("positions").astype(float).tolist() == [0, 1, 2, 3, 4]


def test_file_is_no_file_of_weights(tmp_path: Path) -> None:
    write(make_plan(recipe_of()), tmp_path / "out")
    assert [file.name for file in tmp_path.glob("out/*.safetensors")] == ["model.safetensors"]
    assert len(list(tmp_path.glob("out/literals-*.bin"))) == 1


@pytest.mark.parametrize("damage", ["byte", "longer", "shorter", "absent"])
def test_damage_is_found_and_named(tmp_path: Path, damage: str) -> None:
    write(make_plan(recipe_of()), tmp_path / "out")
    (file,) = tmp_path.glob("out/literals-*.bin")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    changed = {"byte": content, "longer": file.read_bytes() + b"x", "shorter": file.read_bytes()[:-1]}
    file.unlink()
    if damage in changed:
        file.write_bytes(changed[damage])
    found = checkpoint.verify(tmp_path / "out").mismatch
    assert found is not None
    assert found.file == file.name
    assert ("SHA-256" if damage in changed else "no such file") in str(found)
    with pytest.raises(RecipeError, match=r"literals-.*\.bin"):
        load_recipe(tmp_path / "out" / "recipe.toml")
    (note,) = checkpoint.tensor_stats(tmp_path / "out").notes
    assert "there are no expected values" in note


def test_statistics_expect_nothing_of_them_and_mark_nothing(tmp_path: Path) -> None:
    write(make_plan(recipe_of()), tmp_path / "out")
    found = checkpoint.tensor_stats(tmp_path / "out")
    assert not found.marked
    assert [stats.tensor.name for stats in found.tensors if stats.expected is not None] == ["weight"]


def test_interrupted_run_of_other_values_is_not_gone_on_with(tmp_path: Path) -> None:
    write(make_plan(recipe_of()), tmp_path / "out")
    other = {**ARRAYS, "decay": DECAY + 1}
    with pytest.raises(CheckpointError, match="already exists and is not this checkpoint"):
        write(make_plan(recipe_of(other)), tmp_path / "out", resume=True)


def test_saved_recipe_is_the_same_recipe(tmp_path: Path) -> None:
    recipe = dataclasses.replace(recipe_of(), copies={**recipe_of().copies, "config.json": b"{}"})
    files = save_recipe(recipe, tmp_path / "my.toml")
    assert [file.name for file in files] == ["my.toml", *recipe.copies]
    again = load_recipe(tmp_path / "my.toml")
    assert (again.tensors, again.rules, dict(again.copies)) == (recipe.tensors, recipe.rules, dict(recipe.copies))
    write(make_plan(again), tmp_path / "one")
    write(make_plan(recipe), tmp_path / "other")
    with checkpoint.open(tmp_path / "one") as one, checkpoint.open(tmp_path / "other") as other:
        for name in one.keys():  # noqa: SIM118 - of a handle
            assert (one.get_tensor(name) == other.get_tensor(name)).all()


def test_saving_overwrites_nothing(tmp_path: Path) -> None:
    recipe = recipe_of()
    save_recipe(recipe, tmp_path / "a.toml")
    save_recipe(recipe, tmp_path / "b.toml")  # beside the same literal values
    with pytest.raises(RecipeError, match=r"a\.toml exists already; choose another name"):
        save_recipe(recipe, tmp_path / "a.toml")
    (file,) = tmp_path.glob("literals-*.bin")
    file.write_bytes(b"other")
    with pytest.raises(RecipeError, match=r"literals-.*exists already"):
        save_recipe(recipe, tmp_path / "c.toml")
    assert not (tmp_path / "c.toml").exists()
    with pytest.raises(RecipeError, match=r"must end in \.toml, got .*my\.json"):
        save_recipe(recipe, tmp_path / "my.json")
    with pytest.raises(CheckpointError, match=r"cannot write .*No such file or directory"):
        save_recipe(recipe, tmp_path / "none" / "a.toml")


def test_saving_leaves_the_files_of_others_and_none_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "victim").write_text("keep")
    (tmp_path / ".my.toml.part").symlink_to("victim")
    save_recipe(recipe_of(), tmp_path / "my.toml")
    assert (tmp_path / "victim").read_text() == "keep"
    assert not (tmp_path / "my.toml").is_symlink()

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = sorted(tmp_path.iterdir())
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(CheckpointError, match=r"cannot write .*new\.toml: No space left on device$"):
        save_recipe(recipe_of(), tmp_path / "new.toml")
    assert sorted(tmp_path.iterdir()) == before


def changed(old: str, new: str) -> str:
    assert old in BODY
    return BODY.replace(old, new, 1)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            changed('key = "decay"', 'key = "decai"'),
            r"`key` must be a key .*'decai'.*did you mean 'decay'",
        ),
        (changed('key = "decay"', "key = 3"), r"`key` must be a key of the recipe's literal values, got 3"),
        (changed('key = "decay"', ""), r"`key` is missing; init 'literal' needs it"),
        (changed('key = "decay"', 'key = "decay"\nstd = 1'), r"init 'literal' has no key 'std'; its keys are key"),
        (changed("[3, 4]", "[4, 3]"), r"`key` must have values of shape \[4, 3\], got \[3, 4\]"),
        (changed("[3, 4]", '{ shape = [3, 4], dtype = "int64" }'), r"values that int64 can hold, got 'float32'"),
        (changed('dtype = "int64"', 'dtype = "bool"'), r"`key` must have values that bool can hold, got 'int64'"),
    ],
)
def test_rule_that_does_not_fit_its_values(body: str, text: str) -> None:
    with pytest.raises(RecipeError, match=text):
        make_plan(recipe_of(body=body))


def test_values_past_a_types_range_are_refused() -> None:
    with pytest.raises(RecipeError, match=r"values that float8_e5m2 can hold.*wider dtype"):
        make_plan(recipe_of({**ARRAYS, "decay": DECAY * 1e6}, dtype="float8_e5m2"))


def test_recipe_without_its_file() -> None:
    text = recipe_of().text
    with pytest.raises(RecipeError, match=r"has not been read; use load_recipe"):
        make_plan(parse_recipe(text))
    lines = text.splitlines()
    with pytest.raises(RecipeError, match=r"`literals` is missing, and a rule has init = 'literal'"):
        parse_recipe("\n".join(line for line in lines if not line.startswith("literals")))
    for value in ('"abc"', "3", f'"{"G" * 64}"'):
        wrong = "\n".join(f"literals = {value}" if line.startswith("literals") else line for line in lines)
        with pytest.raises(RecipeError, match="`literals` must be the SHA-256"):
            parse_recipe(wrong)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "the file is cut off: it has 0 bytes, and the length alone takes 8"),
        (b"\xff" * 8, r"the file is cut off: its header takes \d+ bytes, got 0"),
        (encode(ARRAYS)[:-1], "the header describes 111 bytes of data, and the file has 110"),
    ],
)
def test_file_of_literals_may_be_anyones(tmp_path: Path, content: bytes, text: str) -> None:
    digest = hashlib.sha256(content).hexdigest()
    (tmp_path / literals.file_of(digest)).write_bytes(content)
    (tmp_path / "r.toml").write_text(f'seed = 3\ndtype = "float32"\nliterals = "{digest}"\n{BODY}')
    with pytest.raises(RecipeError, match=text):
        load_recipe(tmp_path / "r.toml")


def test_too_many_values_name_the_largest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastinit.stored.literals.MAX_BYTES", 4200)
    with pytest.raises(RecipeError, match=r"more than the 4200 that are possible; add a \[\[rule\]\] for 'decay'"):
        encode(ARRAYS)


def test_tensors_with_the_same_values_share_a_key() -> None:
    values = [("a", DECAY), ("b", DECAY.copy()), ("c", DECAY.reshape(4, 3)), ("d", DECAY.view(np.int32))]
    keys, arrays = literals.keyed(values)
    assert keys == {"a": "a", "b": "a", "c": "c", "d": "d"}
    assert arrays.keys() == {"a", "c", "d"}


def test_copies_are_named_before_all_tables(tmp_path: Path) -> None:
    rule = '[[rule]]\nmatch = "*"\ninit = "ones"'
    recipe = parse_recipe(f'# A comment.\nseed = 1\ndtype = "float32"\n[tensors]\nw = [2]\n{rule}')
    save_recipe(dataclasses.replace(recipe, copies={"tokenizer.json": b"{}"}), tmp_path / "r.toml")
    assert load_recipe(tmp_path / "r.toml").copies == {"tokenizer.json": b"{}"}
    assert (tmp_path / "r.toml").read_text().startswith("# A comment.\ncopy = {")


def test_truth_values_are_zero_or_one() -> None:
    content = bytearray(encode({"mask": np.array([True, False])}))
    content[-1] = 7
    with pytest.raises(ValueError, match="'mask' has type bool and a value other than 0 or 1"):
        decode(bytes(content))
