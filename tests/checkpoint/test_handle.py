"""Open checkpoints: the same values from files, from a recipe alone and from `safe_open`."""

from __future__ import annotations

import dataclasses
import json
import struct
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import safetensors
from hypothesis import given, settings
from hypothesis import strategies as st

import fastinit
from fastinit.checkpoint import (
    CheckpointError,
    Plan,
    RecipeError,
    make_plan,
    parse_recipe,
    write,
)
from fastinit.checkpoint.reading.handle import Handle, UnknownTensorError
from fastinit.checkpoint.reading.handle import open as open_checkpoint
from fastinit.dtypes import FLOATS, INTEGERS, STORED
from fastinit.stored import layout

if TYPE_CHECKING:
    from pathlib import Path

SHAPES = {
    "r0": (),
    "r1": (7,),
    "r2": (5, 6),
    "r3": (3, 4, 5),
    "r4": (2, 3, 2, 4),
    "none": (3, 0, 2),
}
TABLE = (6, 4)
FRAMEWORKS = ["numpy", pytest.param("torch", marks=pytest.mark.torch)]


def text_of(init: str) -> str:
    tensors = "".join(f'"{name}.{{0..1}}" = {list(shape)}\n' for name, shape in SHAPES.items())
    return (
        f'seed = 3\ndtype = "float32"\n[tensors]\n{tensors}"table" = {list(TABLE)}\n'
        f'[[rule]]\nmatch = "table"\ninit = "{init}"\n[[rule]]\nmatch = "*"\ninit = "{init}"\n'
    )


def plan_of(dtype: str, shard_bytes: int = 300) -> Plan:
    """Several files with every rank, empty tensors and a row that is zero."""
    recipe = parse_recipe(text_of("normal" if dtype in FLOATS else "ones"))
    tensors = tuple(tensor._replace(dtype=dtype) for tensor in recipe.tensors)
    rules = (dataclasses.replace(recipe.rules[0], padding_idx=2), recipe.rules[1])
    return make_plan(dataclasses.replace(recipe, tensors=tensors, rules=rules), shard_bytes)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One checkpoint for each element type."""
    root = tmp_path_factory.mktemp("handles")
    for dtype in STORED:
        write(plan_of(dtype), root / dtype)
    return {dtype: root / dtype for dtype in STORED}


def bits(value: Any) -> tuple[str, tuple[int, ...], bytes]:
    """What a tensor of any framework is, to the bit."""
    if isinstance(value, np.ndarray):
        return value.dtype.name, value.shape, value.tobytes()
    import torch

    assert isinstance(value, torch.Tensor)
    content = b"" if value.numel() == 0 else value.reshape(-1).view(torch.uint8).numpy().tobytes()
    return str(value.dtype).removeprefix("torch."), tuple(value.shape), content


def witness(folder: Path, framework: str) -> dict[str, Any]:
    """All tensors as the safetensors library reads them."""
    tensors = {}
    for path in folder.glob("*.safetensors"):
        with safetensors.safe_open(path, framework=framework) as file:
            tensors |= {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    return tensors


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("dtype", STORED)
def test_files_recipe_and_safe_open_hold_the_same(dtype: str, framework: str, folders: dict[str, Path]) -> None:
    if framework == "torch":
        pytest.importorskip("torch")
    elif dtype.startswith("float8"):
        pytest.importorskip("torch")  # safetensors does not read float8 into arrays
    plan = plan_of(dtype)
    assert len(plan.shards) > 2 or STORED[dtype].itemsize == 1
    known = witness(folders[dtype], "torch" if dtype.startswith("float8") else framework)
    with (
        open_checkpoint(folders[dtype], framework) as files,
        open_checkpoint(plan, framework) as planned,
    ):
        assert files.keys() == planned.keys() == sorted(known)
        assert files.offset_keys() == planned.offset_keys() == [t.name for t in plan.tensors]
        for name in files.keys():  # noqa: SIM118
            assert bits(files.get_tensor(name)) == bits(planned.get_tensor(name)), name
            assert bits(files.get_tensor(name)) == bits(known[name]), name
            part = files.get_slice(name)
            assert part.get_shape() == planned.get_slice(name).get_shape()
            assert part.get_dtype() == planned.get_slice(name).get_dtype()
            assert bits(part[...]) == bits(known[name])
        for opened in (files, planned):
            whole = opened.get_tensors()
            assert list(whole) == opened.offset_keys()
            assert all(bits(whole[name]) == bits(known[name]) for name in known)
        row = files.get_slice("table")
        assert not bits(row[2])[2].strip(b"\0")
        assert bits(row[1])[2].strip(b"\0")


def index_of(shape: tuple[int, ...]) -> st.SearchStrategy[Any]:
    """Any index that is allowed: ints, slices, and one `...`, or fewer parts."""
    parts = [
        (st.integers(-size, size - 1) if size else st.nothing())
        | st.builds(
            slice,
            *2 * (st.none() | st.integers(-size - 2, size + 2),),
            st.none() | st.integers(1, 3),
        )
        for size in shape
    ]
    whole = st.tuples(*parts)
    fewer = st.builds(lambda parts, count: parts[:count], whole, st.integers(0, len(shape)))
    dotted = st.builds(
        lambda parts, low, high: (*parts[:low], ..., *parts[max(low, high) :]),
        whole,
        *2 * (st.integers(0, len(shape)),),
    )
    single = parts[0] if parts else st.just(...)
    return whole | fewer | dotted | single


@settings(max_examples=60)
@given(data=st.data())
@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", [*(f"{name}.1" for name in SHAPES), "table"])
def test_parts_of_files_and_recipe_are_parts_of_the_whole(
    name: str, framework: str, data: st.DataObject, folders: dict[str, Path]
) -> None:
    if framework == "torch":
        pytest.importorskip("torch")
    dtype = data.draw(st.sampled_from(list(STORED)))
    with (
        open_checkpoint(folders[dtype], framework) as files,
        open_checkpoint(plan_of(dtype), framework) as planned,
        open_checkpoint(folders[dtype]) as arrays,
    ):
        index = data.draw(index_of(tuple(files.get_slice(name).get_shape())))
        whole = arrays.get_tensor(name)
        _, shape, content = bits(np.asarray(whole[index], whole.dtype))
        for opened in (files, planned):
            part = opened.get_slice(name)[index]
            assert bits(part) == (dtype, shape, content)


@pytest.mark.parametrize(
    "index",
    [
        slice(None, None, 0),
        slice(None, None, -1),
        slice(None, None, 1.0),
        "x",
        None,
        True,
        1.5,
        [0],
        (0, 0, 0),
        9,
    ],
)
def test_other_indices_are_refused_by_both(index: Any, folders: dict[str, Path]) -> None:
    for source in (folders["float32"], plan_of("float32")):
        with (
            open_checkpoint(source) as opened,
            pytest.raises((TypeError, ValueError, IndexError), match="`index` must"),
        ):
            opened.get_slice("r2.0")[index]


def test_results_are_memory_of_their_own(folders: dict[str, Path]) -> None:
    for source in (folders["float32"], plan_of("float32")):
        with open_checkpoint(source) as opened:
            part = opened.get_slice("r2.0")[1:3]
            whole = opened.get_tensor("r2.0")
            before = part.copy()
            whole[:] = 0
            assert part.flags.writeable
            assert part.flags.owndata
            np.testing.assert_array_equal(opened.get_slice("r2.0")[1:3], before)
        np.testing.assert_array_equal(part, before)


@pytest.mark.parametrize("shard_bytes", [300, 10**9])
def test_metadata_is_that_of_the_files(shard_bytes: int, tmp_path: Path) -> None:
    plan = plan_of("bfloat16", shard_bytes)
    write(plan, tmp_path / "out")
    with open_checkpoint(tmp_path / "out") as files, open_checkpoint(plan) as planned:
        assert files.metadata() == planned.metadata()
        metadata = files.metadata()
    with safetensors.safe_open(tmp_path / "out" / plan.shards[0].file, framework="np") as file:
        assert file.metadata() == metadata
    assert metadata is not None
    assert metadata["format"] == "pt"
    assert metadata["fastinit.seed"] == "3"


def save(path: Path, metadata: dict[str, str] | None = None, **tensors: tuple[str, list[int], bytes]) -> None:
    """Writes a file as others do: the data need not be aligned."""
    table: dict[str, object] = {} if metadata is None else {"__metadata__": metadata}
    end = 0
    for name, (code, shape, content) in tensors.items():
        table[name] = {"dtype": code, "shape": shape, "data_offsets": [end, end + len(content)]}
        end += len(content)
    text = json.dumps(table).encode()
    content = b"".join(content for _, _, content in tensors.values())
    path.write_bytes(struct.pack("<Q", len(text)) + text + content)


def test_metadata_of_several_files_is_what_they_agree_on(tmp_path: Path) -> None:
    save(tmp_path / "a.safetensors", {"format": "pt", "part": "1"}, x=("U8", [1], b"x"))
    save(tmp_path / "b.safetensors", {"format": "pt", "part": "2"}, y=("U8", [1], b"y"))
    with open_checkpoint(tmp_path) as opened:
        assert opened.metadata() == {"format": "pt"}
    save(tmp_path / "b.safetensors", None, y=("U8", [1], b"y"))
    with open_checkpoint(tmp_path) as opened:
        assert opened.metadata() is None


OTHERS = {
    "U16": ("uint16", 2),
    "U32": ("uint32", 4),
    "U64": ("uint64", 8),
    "C64": ("complex64", 8),
    "F8_E8M0": ("float8_e8m0fnu", 1),
    "F8_E4M3FNUZ": ("float8_e4m3fnuz", 1),
    "F8_E5M2FNUZ": ("float8_e5m2fnuz", 1),
}
CODES = OTHERS | {layout.code(dtype): (dtype, element.itemsize) for dtype, element in STORED.items()}


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("code", CODES)
def test_any_file_is_read_even_unaligned(code: str, framework: str, tmp_path: Path) -> None:
    if framework == "torch":
        pytest.importorskip("torch")
    dtype, item = CODES[code]
    content = bytes(i % 2 for i in range(6 * item))  # valid for booleans too
    for pad in range(8):
        path = tmp_path / f"{pad}.safetensors"
        save(path, {"note": "." * pad}, x=(code, [2, 3], content))
        with open_checkpoint(path, framework) as opened:
            assert bits(opened.get_tensor("x")) == (dtype, (2, 3), content)
            part = opened.get_slice("x")
            assert bits(part[1, 1:]) == (dtype, (2,), content[4 * item :])
            assert part.get_dtype() == code


@pytest.mark.parametrize("code", ["F4", "Q9"])
def test_type_without_arrays_is_named(code: str, tmp_path: Path) -> None:
    save(tmp_path / "x.safetensors", None, x=(code, [2], b"x"))
    with open_checkpoint(tmp_path) as opened:
        assert opened.get_slice("x").get_dtype() == code
        with pytest.raises(CheckpointError, match=f"has type '{code}', which no array can have"):
            opened.get_tensor("x")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_program_that_loads_shards_runs_from_the_recipe_alone(
    framework: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    """Tensor parallelism, written for `safe_open`: each rank takes its rows of each matrix."""
    if framework == "torch":
        pytest.importorskip("torch")

    def load(safe_open: Any, filename: Any, rank: int, world_size: int) -> dict[str, Any]:
        tensors = {}
        with safe_open(filename, framework=framework, device="cpu") as file:
            for name in file.keys():  # noqa: SIM118
                part = file.get_slice(name)
                shape = part.get_shape()
                if len(shape) < 2 or 0 in shape:  # safetensors cannot cut empty arrays
                    tensors[name] = file.get_tensor(name)
                    continue
                rows = -(-shape[0] // world_size)
                tensors[name] = part[rank * rows : min((rank + 1) * rows, shape[0]), :]
        return tensors

    plan = plan_of("float32", 10**9)
    write(plan, tmp_path / "out")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(text_of("normal"))
    for rank in range(2):
        theirs = load(safetensors.safe_open, tmp_path / "out" / "model.safetensors", rank, 2)
        files = load(open_checkpoint, folders["float32"], rank, 2)
        ours = load(open_checkpoint, plan, rank, 2)
        assert {name: bits(part) for name, part in ours.items()} == {name: bits(part) for name, part in theirs.items()}
        assert ours.keys() == files.keys()
        assert all(bits(ours[name]) == bits(files[name]) for name in ours)
        alone = load(open_checkpoint, recipe, rank, 2)  # this one has no row that is zero
        assert all(bits(alone[name]) == bits(theirs[name]) for name in alone if name != "table")


def test_part_of_a_model_that_no_disk_holds_is_drawn() -> None:
    text = 'seed = 1\ndtype = "bfloat16"\n[tensors]\nw = [10000000, 1000000]\n'
    recipe = parse_recipe(text + '[[rule]]\nmatch = "*"\ninit = "normal"\n')
    with open_checkpoint(recipe) as opened:
        part = opened.get_slice("w")[-2:, 5:9]
    index = (slice(-2, None), slice(5, 9))
    shape = (10**7, 10**6)
    drawn = fastinit.normal(shape, dtype="bfloat16", seed=1, stream="w", index=index)
    assert bits(part) == bits(drawn)


def test_only_the_part_is_read(tmp_path: Path) -> None:
    """A file far larger than memory: all of it but the header is a hole."""
    path = tmp_path / "x.safetensors"
    rows = 2**24
    entry = {"dtype": "F32", "shape": [rows, 2**10], "data_offsets": [0, rows * 2**12]}
    text = json.dumps({"x": entry}).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + rows * 2**12)
    with open_checkpoint(path) as opened:
        assert bits(opened.get_slice("x")[rows - 3 :, 1]) == ("float32", (3,), bytes(12))


def test_unknown_name_is_an_error_with_a_suggestion(folders: dict[str, Path]) -> None:
    for source in (folders["float32"], plan_of("float32")):
        with open_checkpoint(source) as opened:
            for method in (opened.get_tensor, opened.get_slice):
                with pytest.raises(UnknownTensorError) as caught:
                    method("tabel")
                assert isinstance(caught.value, KeyError)
                assert str(caught.value) == ("the checkpoint has no tensor 'tabel'; did you mean 'table'?")


def test_closed_handle_says_so(folders: dict[str, Path]) -> None:
    for source in (folders["float32"], plan_of("float32")):
        with open_checkpoint(source) as opened:
            part = opened.get_slice("table")
        calls = (
            opened.keys,
            opened.offset_keys,
            opened.metadata,
            lambda opened=opened: opened.get_tensor("table"),
            lambda opened=opened: opened.get_slice("table"),
            lambda part=part: part[0],
        )
        for call in calls:
            with pytest.raises(ValueError, match="the checkpoint is closed"):
                call()
        assert part.get_shape() == [6, 4]


def test_handle_works_without_a_with_block(folders: dict[str, Path]) -> None:
    opened = open_checkpoint(folders["float32"])
    assert isinstance(opened, Handle)
    assert opened.get_tensor("table").shape == TABLE


def test_arguments_are_checked(folders: dict[str, Path], tmp_path: Path) -> None:
    source = folders["float32"]
    with pytest.raises(ValueError, match='`framework` must be "numpy" or "torch", got \'tf\''):
        open_checkpoint(source, "tf")
    with pytest.raises(NotImplementedError, match='`device` must be "cpu", the only'):
        open_checkpoint(source, device="cuda")
    with pytest.raises(CheckpointError, match="No such file"):
        open_checkpoint(tmp_path / "none")
    with pytest.raises(RecipeError, match="cannot read the recipe"):
        open_checkpoint(tmp_path / "none.toml")
    (tmp_path / "run.toml").mkdir()
    save(tmp_path / "run.toml" / "x.safetensors", None, x=("U8", [1], b"x"))
    assert open_checkpoint(tmp_path / "run.toml").keys() == ["x"]


def test_missing_torch_is_said_at_once(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match='framework "torch" needs PyTorch, which is not installed'):
        open_checkpoint(folders["float32"], "pt")
    assert open_checkpoint(folders["float32"], "np").keys()


def test_file_that_changes_before_it_is_mapped_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save(path, None, x=("U8", [4], b"abcd"))
    opened = open_checkpoint(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="changed while it was open"):
        opened.get_tensor("x")


def test_every_stored_type_is_tested() -> None:
    assert set(STORED) == set(FLOATS) | set(INTEGERS)
    named = {code for code, (_, name) in layout.OTHER_TYPES.items() if name}
    assert named == set(OTHERS)


@pytest.mark.parametrize("framework", ["numpy", "torch"])
def test_shards_of_ranks_make_up_the_tensor(tmp_path: Path, framework: str) -> None:
    if framework == "torch":
        pytest.importorskip("torch")
    text = 'seed = 1\ndtype = "float32"\n[tensors]\nqkv = [24, 6]\n[[rule]]\nmatch = "*"\ninit = "normal"\n'
    recipe = parse_recipe(text)
    write(make_plan(recipe), tmp_path / "out")
    for source in (recipe, tmp_path / "out"):
        with open_checkpoint(source, framework) as handle:
            whole = np.asarray(handle.get_tensor("qkv"))
            for rank in range(2):
                shard = fastinit.Shard(0, rank, 2, sections=(12, 6, 6))
                found = np.asarray(handle.get_shard("qkv", [shard, fastinit.Shard(1, 1, 3)]))
                starts = ((6 * rank, 6), (12 + 3 * rank, 3), (18 + 3 * rank, 3))
                rows = [row for start, count in starts for row in range(start, start + count)]
                assert (found == whole[rows][:, 2:4]).all()
            assert (np.asarray(handle.get_shard("qkv", fastinit.Shard(1, 0, 2))) == whole[:, :3]).all()
            assert handle.get_shard("qkv", fastinit.Shard(0, 30, 31)).shape == (0, 6)
            with pytest.raises(ValueError, match="`sections` must add up to what is left of axis 0, 24"):
                handle.get_shard("qkv", fastinit.Shard(0, 0, 2, sections=(3, 4)))
            with pytest.raises(UnknownTensorError):
                handle.get_shard("q", fastinit.Shard(0, 0, 2))


def test_handles_and_slices_show_what_they_are() -> None:
    text = 'seed = 1\ndtype = "bf16"\n[tensors]\n"w" = [2, 3]\n[[rule]]\nmatch = "*"\ninit = "ones"\n'
    recipe = fastinit.checkpoint.parse_recipe(text)
    with fastinit.checkpoint.open(recipe) as handle:
        assert repr(handle) == "<Handle: 1 tensor, framework='numpy'>"
        assert repr(handle.get_slice("w")) == "TensorSlice('w', shape=[2, 3], dtype='BF16')"
    assert repr(handle) == "<Handle: closed, framework='numpy'>"
