"""Verifying: any wrong byte of a checkpoint is found and named, and nothing right is reported."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastinit import _core
from fastinit.checkpoint import (
    CheckpointError,
    Plan,
    make_plan,
    parse_recipe,
    write,
)
from fastinit.checkpoint.reading.verify import Mismatch, Verification, verify
from fastinit.dtypes import STORED
from fastinit.stored import layout

RECIPE = """\
seed = 7
dtype = "bfloat16"

[tensors]
"table" = [6, 4]
"layer.{0..2}.weight" = [11, 7]
"layer.{0..2}.bias" = { shape = [7], dtype = "float32" }
"scale" = { shape = [], dtype = "float64" }
"none" = [0, 3]
"small" = { shape = [3, 5], dtype = "float8_e5m2" }
"steps" = { shape = [2], dtype = "int64" }
"mask" = { shape = [3], dtype = "bool" }

[[rule]]
match = "table"
init = "normal"
padding_idx = 2

[[rule]]
match = "steps"
init = "constant"
value = 3

[[rule]]
match = "mask"
init = "ones"

[[rule]]
match = "*"
init = "uniform"
low = -1.0
high = 1.0
"""
CONFIG = b'{"model_type": "none", "hidden_size": 7}\n'
SHARD_BYTES = 200


def plan_of(shard_bytes: int = SHARD_BYTES, text: str = RECIPE) -> Plan:
    recipe = dataclasses.replace(parse_recipe(text), copies={"config.json": CONFIG})
    return make_plan(recipe, shard_bytes)


PLAN = plan_of()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of several files, which no test changes."""
    out = tmp_path_factory.mktemp("verify") / "out"
    write(PLAN, out)
    return out


@pytest.fixture
def copy(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "copy"))


def mismatch_in(folder: Path, *, sample: bool = False) -> Mismatch:
    """What is wrong, said in one line."""
    found = verify(folder, sample=sample).mismatch
    assert found is not None
    assert str(found).isprintable()
    assert len(str(found)) < 1000
    return found


def flip(path: Path, offset: int, mask: int = 1) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= mask
    path.write_bytes(content)


def names_file(found: Mismatch, file: str) -> bool:
    """Whether the file is named, or the note where the hash of a copy is told."""
    return found.file == file or {found.file, file} == {"config.json", layout.NOTE_FILE}


@pytest.mark.parametrize("sample", [False, True])
@pytest.mark.parametrize("shard_bytes", [1, SHARD_BYTES, 10**9])
def test_sound_checkpoint_passes(shard_bytes: int, sample: bool, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(plan_of(shard_bytes), out)
    reported: list[int] = []
    found = verify(str(out), sample=sample, progress=reported.append)
    total = sum(path.stat().st_size for path in out.iterdir())
    assert found == Verification(None, total, total)  # so small that a sample is all of it
    assert sum(reported) == total
    assert found.share == 1


@pytest.mark.parametrize("dtype", STORED)
def test_every_element_type_is_recomputed_to_the_last_bit(dtype: str, tmp_path: Path) -> None:
    text = f'seed = 1\n[tensors]\nx = {{ shape = [5, 7], dtype = "{dtype}" }}\n[[rule]]\nmatch = "*"\n'
    plan = plan_of(text=text + 'init = "ones"\n')
    write(plan, tmp_path / "out")
    assert verify(tmp_path / "out").mismatch is None
    (tensor,) = plan.tensors
    item = STORED[dtype].itemsize
    flip(tmp_path / "out" / tensor.file, tensor.offset + 33 * item + item - 1, 0x80)
    found = mismatch_in(tmp_path / "out")
    assert (found.tensor, found.index, found.flat_index) == ("x", (4, 5), 33)
    assert found.offset == tensor.offset + 33 * item
    one = np.ones((), STORED[dtype].numpy)
    assert found.expected == f"{one} (0x{one.tobytes()[::-1].hex()})"
    assert found.found != found.expected


def test_element_is_named_with_both_values_and_bits(copy: Path) -> None:
    tensor = next(t for t in PLAN.tensors if t.name == "layer.1.bias")
    path = copy / tensor.file
    content = bytearray(path.read_bytes())
    content[tensor.offset + 8 : tensor.offset + 12] = np.float32(2.5).tobytes()
    (right,) = np.frombuffer(path.read_bytes(), np.float32, 1, tensor.offset + 8)
    path.write_bytes(content)
    bits = right.tobytes()[::-1].hex()
    assert str(mismatch_in(copy)) == (
        f"'{tensor.file}', byte {tensor.offset + 8}: tensor 'layer.1.bias', element [2] (flat 2): "
        f"must be {right} (0x{bits}), got 2.5 (0x40200000)"
    )


def test_first_of_several_faults_is_named(copy: Path) -> None:
    tensor = next(t for t in PLAN.tensors if t.name == "layer.2.weight")
    for element in (50, 20, 70):
        flip(copy / tensor.file, tensor.offset + 2 * element)
    found = mismatch_in(copy)
    assert (found.tensor, found.index, found.flat_index) == ("layer.2.weight", (2, 6), 20)


def test_row_of_the_padding_token_must_be_zero(copy: Path) -> None:
    tensor = next(t for t in PLAN.tensors if t.name == "table")
    flip(copy / tensor.file, tensor.offset + 2 * (2 * 4 + 1) + 1, 0x80)
    found = mismatch_in(copy)
    assert (found.tensor, found.index) == ("table", (2, 1))
    assert (found.expected, found.found) == ("0.0 (0x0000)", "-0.0 (0x8000)")


@pytest.mark.parametrize("sample", [False, True])
@pytest.mark.parametrize("name", [t.name for t in PLAN.tensors if t.nbytes])
def test_flip_at_either_end_of_a_tensor_is_found(name: str, sample: bool, copy: Path) -> None:
    tensor = next(t for t in PLAN.tensors if t.name == name)
    for offset in (tensor.offset, tensor.offset + tensor.nbytes - 1):
        flip(copy / tensor.file, offset)
        found = mismatch_in(copy, sample=sample)
        assert (found.file, found.tensor) == (tensor.file, name)
        flip(copy / tensor.file, offset)
    assert verify(copy).mismatch is None


REGIONS = [
    (0, "length"),
    (7, "length"),
    (8, "brace"),
    (9, "quote"),
    (200, "recipe"),
    (-1, "padding"),
    (-200, "padding"),
]


@pytest.mark.parametrize("sample", [False, True])
@pytest.mark.parametrize("number", range(len(PLAN.shards)))
@pytest.mark.parametrize("offset", [offset for offset, _ in REGIONS])
def test_flip_in_a_header_is_found(offset: int, number: int, sample: bool, copy: Path) -> None:
    shard = PLAN.shards[number]
    at = offset % len(shard.header)
    flip(copy / shard.file, at, 4)
    found = mismatch_in(copy, sample=sample)
    assert (found.file, found.offset, found.tensor) == (shard.file, at, None)
    assert found.expected == repr(shard.header[at : at + 16])


def test_flip_anywhere_in_the_only_header_is_found(tmp_path: Path) -> None:
    plan = plan_of(10**9)
    out = tmp_path / "out"
    write(plan, out)
    (shard,) = plan.shards
    used = len(shard.header.rstrip())
    for offset in range(0, used, 7):
        flip(out / shard.file, offset, 1 << offset % 8)
        assert mismatch_in(out).offset == offset
        flip(out / shard.file, offset, 1 << offset % 8)


def shard_size_digits() -> range:
    """Other shard sizes can give the same files, so the digest is compared instead."""
    text = PLAN.side_files()[layout.NOTE_FILE]
    begin = text.index(b"200", text.index(b"shard_bytes"))
    return range(begin, begin + 3)


SHARD_SIZE_DIGITS = shard_size_digits()


@pytest.mark.parametrize("name", PLAN.side_files())
def test_flip_anywhere_in_a_side_file_is_found(name: str, copy: Path) -> None:
    for offset in range((copy / name).stat().st_size):
        flip(copy / name, offset, 1 << offset % 8)
        found = mismatch_in(copy)
        assert names_file(found, name), (offset, str(found))
        if name != layout.NOTE_FILE or offset not in SHARD_SIZE_DIGITS:
            assert found.offset in (offset, None)
        flip(copy / name, offset, 1 << offset % 8)


@settings(max_examples=150)
@given(data=st.data())
def test_any_flip_is_found(data: st.DataObject, sound: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    name = data.draw(st.sampled_from(sorted(path.name for path in sound.iterdir())))
    content = (sound / name).read_bytes()
    offset = data.draw(st.integers(0, len(content) - 1))
    mask = 1 << data.draw(st.integers(0, 7))
    folder = tmp_path_factory.mktemp("flip") / "copy"
    shutil.copytree(sound, folder)
    flip(folder / name, offset, mask)
    found = mismatch_in(folder)
    assert names_file(found, name)
    if name.endswith(".safetensors"):
        assert found.offset is not None
        items = {t.name: STORED[t.dtype].itemsize for t in PLAN.tensors}
        item = 1 if found.tensor is None else items[found.tensor]
        assert found.offset <= offset < found.offset + item
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", [*PLAN.side_files(), *(shard.file for shard in PLAN.shards)])
def test_missing_and_cut_and_longer_files_are_found(name: str, copy: Path) -> None:
    content = (copy / name).read_bytes()
    (copy / name).unlink()
    found = mismatch_in(copy)
    assert found.file == name
    for changed in (content + b"\n", content + b"\0" * 5000, content[:-1], content[:5], b""):
        (copy / name).write_bytes(changed)
        assert names_file(mismatch_in(copy), name), changed[:10]
    (copy / name).write_bytes(content)
    assert verify(copy).mismatch is None


def test_sizes_are_said(copy: Path) -> None:
    shard = PLAN.shards[1]
    with (copy / shard.file).open("ab") as file:
        file.write(b"x")
    assert str(mismatch_in(copy)) == (f"'{shard.file}': must be {shard.nbytes} bytes long, got {shard.nbytes + 1}")


@pytest.mark.parametrize("name", ["model.safetensors", "a\n\x1b[2J.safetensors", "x.safetensors.index.json"])
def test_file_too_many_is_found(name: str, copy: Path) -> None:
    (copy / name).write_bytes(b"")
    assert str(mismatch_in(copy)) == (f"{name!r}: must be absent, got a file that does not belong to the checkpoint")


def test_files_that_are_no_weights_may_lie_beside(copy: Path) -> None:
    (copy / "tokenizer.json").write_bytes(b"{}")
    (copy / "README.md").write_bytes(b"")
    assert verify(copy).mismatch is None


def test_swapped_files_are_found(copy: Path) -> None:
    first, second = (copy / shard.file for shard in PLAN.shards[1:3])
    first.rename(copy / "x")
    second.rename(first)
    (copy / "x").rename(second)
    assert mismatch_in(copy).file == first.name


def test_swapped_tensors_of_one_shape_are_found(copy: Path) -> None:
    tensors = {t.name: t for t in PLAN.tensors}
    one, two = tensors["layer.0.weight"], tensors["layer.1.weight"]
    contents = [(copy / t.file).read_bytes()[t.offset : t.offset + t.nbytes] for t in (two, one)]
    for to, data in zip((one, two), contents, strict=True):
        whole = bytearray((copy / to.file).read_bytes())
        whole[to.offset : to.offset + to.nbytes] = data
        (copy / to.file).write_bytes(whole)
    found = mismatch_in(copy)
    assert (found.tensor, found.flat_index) == ("layer.0.weight", 0)


def test_other_recipe_in_the_folder_is_found(copy: Path) -> None:
    other = RECIPE.replace("seed = 7", "seed = 8")
    (copy / layout.RECIPE_FILE).write_text(other)
    found = mismatch_in(copy)
    assert (found.file, found.offset) == (layout.RECIPE_FILE, 7)
    assert (found.expected[:4], found.found[:4]) == ("b'7\\", "b'8\\")


def test_checkpoint_of_another_seed_under_this_recipe_is_found(copy: Path, tmp_path: Path) -> None:
    write(plan_of(text=RECIPE.replace("seed = 7", "seed = 8")), tmp_path / "other")
    for shard in PLAN.shards:
        other = (tmp_path / "other" / shard.file).read_bytes()[len(shard.header) :]
        (copy / shard.file).write_bytes(shard.header + other)
    found = mismatch_in(copy)
    assert found.flat_index == 0


def test_config_is_held_to_its_hash(copy: Path) -> None:
    (copy / "config.json").write_bytes(b"{}")
    right, wrong = (hashlib.sha256(content).hexdigest() for content in (CONFIG, b"{}"))
    assert str(mismatch_in(copy)) == (
        f"'config.json': must be of SHA-256 '{right}', according to fastinit.json, got '{wrong}'"
    )


def test_names_of_copies_stay_in_the_folder(copy: Path) -> None:
    note = json.loads((copy / layout.NOTE_FILE).read_text())
    (copy.parent / "secret").write_bytes(b"secret")
    note["copies"] = {"../secret": hashlib.sha256(b"secret").hexdigest()}
    (copy / layout.NOTE_FILE).write_text(json.dumps(note))
    assert mismatch_in(copy).file == "../secret"
    assert "none that can be read" in mismatch_in(copy).found


@pytest.mark.parametrize("note", [b"", b"[]", b'{"copies": 3, "shard_bytes": {}}', b"\xff", b"{" * 10**5])
def test_damaged_note_hides_nothing_else(note: bytes, copy: Path) -> None:
    (copy / layout.NOTE_FILE).write_bytes(note)
    assert mismatch_in(copy).file == layout.NOTE_FILE


def test_other_stream_version_cannot_be_verified(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_core, "stream_version", 99)
    with pytest.raises(CheckpointError, match=r"has values of stream version '2', .* verifies version 99"):
        verify(copy)


def test_what_fastinit_did_not_write_cannot_be_verified(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"cannot read .*: No such file or directory; give the"):
        verify(tmp_path / "none")
    with pytest.raises(CheckpointError, match=r"has no usable recipe in .*header;"):
        verify(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(layout.header([], {"format": "pt"}))
    with pytest.raises(CheckpointError, match="header; it is not a checkpoint of fastinit"):
        verify(tmp_path)
    with pytest.raises(CheckpointError, match="Not a directory"):
        verify(tmp_path / "model.safetensors")
    (tmp_path / layout.RECIPE_FILE).write_text(RECIPE)
    with pytest.raises(CheckpointError, match="no hash matches the text there"):
        verify(tmp_path)


def test_recipe_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    text = RECIPE.replace("uniform", "normalised")
    (tmp_path / layout.RECIPE_FILE).write_text(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    (tmp_path / layout.NOTE_FILE).write_text(json.dumps({"recipe_sha256": digest}))
    with pytest.raises(CheckpointError, match=r"its recipe cannot be used: .*normalised"):
        verify(tmp_path)


def test_recipe_of_a_header_serves_when_the_others_are_gone(copy: Path) -> None:
    (copy / layout.RECIPE_FILE).unlink()
    assert str(mismatch_in(copy)) == "'recipe.toml': must be there, got no such file"
    (copy / layout.NOTE_FILE).unlink()
    assert mismatch_in(copy).file == layout.RECIPE_FILE
    (copy / layout.RECIPE_FILE).write_text(RECIPE)
    assert mismatch_in(copy).file == layout.NOTE_FILE


def test_directory_in_place_of_a_file_is_an_error(copy: Path) -> None:
    (copy / PLAN.shards[0].file).unlink()
    os.mkfifo(copy / PLAN.shards[0].file)
    assert mismatch_in(copy).found == "0"
    (copy / layout.RECIPE_FILE).unlink()
    (copy / layout.RECIPE_FILE).mkdir()
    with pytest.raises(CheckpointError, match="must be a regular file"):
        verify(copy)
