"""Reading what a checkpoint holds: any file or folder is read right or refused in one clear line."""

from __future__ import annotations

import json
import os
import shutil
import struct
from pathlib import Path

import pytest
import safetensors
from hypothesis import given, settings
from hypothesis import strategies as st

from fastinit.checkpoint import CheckpointError, make_plan, parse_recipe, write
from fastinit.stored import layout, reader
from fastinit.stored.reader import StoredTensor, read_checkpoint

RECIPE = """
seed = 1
dtype = "bfloat16"
[tensors]
"a.{0..2}" = [4, 3]
"b" = []
"empty" = [0, 7]
[[rule]]
match = "*"
init = "normal"
"""
SINGLE = "model.safetensors"
ENTRY = {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of several files, which no test changes."""
    out = tmp_path_factory.mktemp("reader") / "out"
    write(make_plan(parse_recipe(RECIPE), shard_bytes=30), out)
    return out


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def file_of(**entries: object) -> bytes:
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text


def refusal(path: str | os.PathLike[str]) -> str:
    """The message of the error that reading gives, which is one line and not too long."""
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(path)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 1000
    return message


def edit_index(copy: Path, **values: object) -> None:
    path = copy / layout.INDEX_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def weight_map_of(copy: Path) -> dict[str, object]:
    table: dict[str, object] = json.loads((copy / layout.INDEX_FILE).read_text())["weight_map"]
    return table


def test_folder_is_read_as_planned(folder: Path) -> None:
    plan = make_plan(parse_recipe(RECIPE), shard_bytes=30)
    read = read_checkpoint(folder)
    assert read.folder == folder
    assert len(read.files) == len(plan.shards) > 2
    for file, shard in zip(read.files, plan.shards, strict=True):
        assert (file.name, file.nbytes) == (shard.file, shard.nbytes)
        assert file.data_offset == shard.header_bytes
        assert file.metadata["fastinit.recipe"] == RECIPE
    assert list(read.tensors.values()) == [
        StoredTensor(t.name, t.dtype, t.shape, t.file, t.offset, t.nbytes) for t in plan.tensors
    ]


def test_offsets_are_those_of_the_file(folder: Path) -> None:
    for tensor in read_checkpoint(folder).tensors.values():
        content = (folder / tensor.file).read_bytes()
        found = dict(safetensors.deserialize(content))[tensor.name]
        assert content[tensor.offset : tensor.offset + tensor.nbytes] == bytes(found["data"])


def test_one_file_is_read_alone(folder: Path) -> None:
    whole = read_checkpoint(folder)
    read = read_checkpoint(str(folder / whole.files[1].name))
    assert read.folder == folder
    assert read.files == whole.files[1:2]


def test_index_comes_before_single_file_and_that_before_others(copy: Path) -> None:
    shards = {file.name for file in read_checkpoint(copy).files}
    (copy / SINGLE).write_bytes(file_of(x=ENTRY) + bytes(4))
    assert {file.name for file in read_checkpoint(copy).files} == shards
    (copy / layout.INDEX_FILE).unlink()
    assert [file.name for file in read_checkpoint(copy).files] == [SINGLE]
    (copy / SINGLE).unlink()
    (copy / "._hidden.safetensors").write_bytes(b"no")
    assert {file.name for file in read_checkpoint(copy).files} == shards


def test_index_of_another_name_is_used(copy: Path) -> None:
    (copy / layout.INDEX_FILE).rename(copy / "unet.safetensors.index.json")
    (copy / "extra.safetensors").write_bytes(b"not named by the index")
    assert len(read_checkpoint(copy).tensors) == 5
    (copy / "text.safetensors.index.json").write_text("{}")
    assert "has several indexes: 'text" in refusal(copy)


def test_files_behind_links_are_read(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).symlink_to(file)
    assert read_checkpoint(tmp_path).files == read_checkpoint(folder).files


def test_tensor_in_two_files_is_refused(copy: Path) -> None:
    (copy / layout.INDEX_FILE).unlink()
    shutil.copy(copy / "model-00001-of-00003.safetensors", copy / "other.safetensors")
    assert "tensor 'a.0' is in two files, 'model-00001" in refusal(copy)


def test_nothing_to_read_is_refused(tmp_path: Path) -> None:
    assert "has no checkpoint: there are no safetensors files" in refusal(tmp_path)
    assert refusal(tmp_path / "none").endswith("none: No such file or directory")
    assert r"cannot read 'a\x00b': " in refusal("a\0b")
    assert "surrogates not allowed" in refusal("\ud800")
    assert refusal("/x" * 3000).endswith("File name too long")
    assert r"no\n\x1b[2J" in refusal(tmp_path / "no\n\x1b[2J")


@pytest.mark.parametrize("name", [SINGLE, layout.INDEX_FILE])
def test_what_is_no_regular_file_is_refused_at_once(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    assert refusal(tmp_path).endswith("it must be a regular file, got another kind")
    (tmp_path / name).rmdir()
    os.mkfifo(tmp_path / name)
    assert refusal(tmp_path).endswith("it must be a regular file, got another kind")
    assert "regular file" in refusal(tmp_path / name)
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to("/dev/zero")
    assert refusal(tmp_path).endswith("it must be a regular file, got another kind")
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to(name)
    assert "cannot read" in refusal(tmp_path)


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 10**8 + 1, 2**40])
def test_length_that_lies_is_refused_unread(length: int, tmp_path: Path) -> None:
    path = tmp_path / SINGLE
    path.write_bytes(struct.pack("<Q", length) + b"{}")
    faults = (f"the header should take {length} bytes", "the file is cut off or is not")
    assert all(fault in refusal(tmp_path) for fault in faults)
    os.truncate(path, 2**41)  # a hole, which takes no space
    if length > layout.MAX_HEADER_BYTES:
        assert f"the header should take {length} bytes" in refusal(path)


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    content = file_of(a=ENTRY, b=ENTRY | {"data_offsets": [4, 8]}) + bytes(8)
    path = tmp_path / SINGLE
    path.write_bytes(content)
    assert len(read_checkpoint(path).tensors) == 2
    for length in range(len(content)):
        path.write_bytes(content[:length])
        assert str(path) in refusal(path)
    path.write_bytes(content + b"\0")
    assert "bytes that belong to no tensor" in refusal(path)


@pytest.mark.parametrize(
    "name",
    [
        "../secret.safetensors",
        "/etc/passwd",
        "sub/model.safetensors",
        "..\\secret.safetensors",
        "C:secret.safetensors",
        "a\0.safetensors",
        "a\n.safetensors",
        "\udcff.safetensors",
        "x" * 256,
        ".",
        "..",
        "",
        None,
        7,
        ["model.safetensors"],
        {},
    ],
)
def test_index_may_name_only_files_of_its_folder(name: object, copy: Path) -> None:
    (copy.parent / "secret.safetensors").write_bytes(file_of(x=ENTRY) + bytes(4))
    edit_index(copy, weight_map=weight_map_of(copy) | {"x": name})
    assert "the index must name files in its own folder, without any path, got" in refusal(copy)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the index is not valid JSON: Expecting value at character 0"),
        (b"[]", r"the index is not a table, but []"),
        (b"{}", "the index has no table `weight_map`, but None"),
        (b'{"weight_map": []}', "the index has no table `weight_map`, but []"),
        (b'{"weight_map": {}}', "the index has no table `weight_map`, but {}"),
        (b'{"weight_map": {"a": "b", "a": "b"}}', "has the key 'a' twice"),
        (b'{"weight_map": {"a": "\xff"}}', "the index is not UTF-8 text: invalid start byte"),
        (b"[" * 10**6, "has values that are nested too deeply"),
        (b'{"weight_map": {"a": "none.safetensors"}}', "none.safetensors: No such file"),
    ],
)
def test_faulty_index_is_refused(content: bytes, message: str, copy: Path) -> None:
    (copy / layout.INDEX_FILE).write_bytes(content)
    assert message in refusal(copy)


@pytest.mark.parametrize(
    "metadata",
    [b"null", b"-1", b"NaN", b"[Infinity]", b"1e400", b"-0.5", b"1" + b"0" * 30, b"9" * 5000],
)
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_other_entries_of_an_index_may_be_anything(metadata: bytes, start: bytes, copy: Path) -> None:
    weight_map = weight_map_of(copy)
    table = json.dumps(weight_map).encode()
    text = start + b'{"metadata": ' + metadata + b', "weight_map": ' + table + b"}"
    (copy / layout.INDEX_FILE).write_bytes(text)
    assert set(read_checkpoint(copy).tensors) == set(weight_map)


def test_total_size_of_an_index_may_be_anything(copy: Path) -> None:
    for total in (1.5e10, 7, None):  # found in real checkpoints
        edit_index(copy, metadata={"total_size": total})
        assert len(read_checkpoint(copy).tensors) == 5


def test_index_that_disagrees_with_the_files_is_refused(copy: Path) -> None:
    weight_map = weight_map_of(copy)
    edit_index(copy, weight_map=weight_map | {"x": weight_map["b"]})
    assert "tensor 'x' is in 'model-00003-of-00003.safetensors' according to the index, and in no file" in (
        refusal(copy)
    )
    edit_index(copy, weight_map={k: v for k, v in weight_map.items() if k != "empty"})
    assert "tensor 'empty' is in no file according to the index, and in 'model-0000" in refusal(copy)
    edit_index(copy, weight_map=weight_map | {"a.0": weight_map["b"]})
    assert "tensor 'a.0' is in 'model-00003-of" in refusal(copy)


def test_index_that_is_too_long_is_refused(copy: Path) -> None:
    os.truncate(copy / layout.INDEX_FILE, 2**28 + 1)
    assert "must be at most 268435456 bytes, got 268435457" in refusal(copy)


def test_too_many_tensors_in_all_files_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_TENSORS", 4)
    assert "has more tensors than the 4 that are possible" in refusal(folder)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged")


VALID = file_of(
    __metadata__={"format": "pt"},
    a=ENTRY,
    b={"dtype": "F32", "shape": [1, 2], "data_offsets": [4, 12]},
) + bytes(range(12))


@settings(max_examples=400)
@given(data=st.data())
def test_damaged_file_is_refused_in_one_line_or_read_as_safetensors_does(data: st.DataObject, scratch: Path) -> None:
    content = bytearray(VALID)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        kind = data.draw(st.sampled_from(["set", "remove", "insert"]))
        value = data.draw(st.binary(min_size=1, max_size=3))
        content[at : at + (kind != "insert")] = b"" if kind == "remove" else value
    path = scratch / "x.safetensors"
    path.write_bytes(content)
    fault, tensors = "", {}
    try:
        tensors = read_checkpoint(path).tensors
    except CheckpointError as error:
        fault = str(error)
    assert fault.isprintable()
    assert len(fault) < 1000
    if fault == "" and all(layout.item_bits(t.dtype) is not None for t in tensors.values()):
        theirs = dict(safetensors.deserialize(bytes(content)))
        assert theirs.keys() == tensors.keys()
        for name, tensor in tensors.items():
            assert tensor.shape == tuple(theirs[name]["shape"])
            assert layout.code(tensor.dtype) == theirs[name]["dtype"]
            part = content[tensor.offset : tensor.offset + tensor.nbytes]
            assert part == bytes(theirs[name]["data"])
