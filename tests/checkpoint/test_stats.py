"""Statistics of checkpoints: exact, never a false mark, and a mark for each fault."""

from __future__ import annotations

import json
import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import fastinit
from fastinit.checkpoint import CheckpointError, make_plan, parse_recipe, write
from fastinit.checkpoint.statistics import scan
from fastinit.checkpoint.statistics.stats import CheckpointStats, TensorStats, tensor_stats
from fastinit.dtypes import FLOATS, STORED
from tests.checkpoint.storedfiles import FAULTY, assign, change, pack, recipe_text, write_file

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def stats_of(path: Path, tensors: dict[str, NDArray[Any]]) -> dict[str, TensorStats]:
    return by_name(tensor_stats(write_file(path / "model.safetensors", tensors)))


def by_name(stats: CheckpointStats) -> dict[str, TensorStats]:
    return {entry.tensor.name: entry for entry in stats.tensors}


def sample_of(dtype: str, size: int) -> NDArray[Any]:
    element = STORED[dtype].numpy
    values = np.random.default_rng(7).normal(3, 20, size).round(1)
    values[::7] = 0
    return values.astype(np.float64).astype(element)


@pytest.mark.parametrize("dtype", STORED)
@pytest.mark.parametrize("size", [1, 2, 1000, 300_001])
def test_statistics_are_those_of_numpy(dtype: str, size: int, tmp_path: Path) -> None:
    sample = sample_of(dtype, size)
    stats = stats_of(tmp_path, {"w": sample})["w"]
    exact = sample.astype(np.float64)
    found = stats.found
    assert found is not None
    assert found.mean == pytest.approx(exact.mean(), rel=1e-13, abs=1e-13)
    assert found.std == pytest.approx(exact.std(), rel=1e-12)
    assert (found.low, found.high) == (exact.min(), exact.max())
    assert (found.zeros, found.count, found.size) == ((exact == 0).sum(), size, size)
    assert stats.faults == ()


def test_statistics_do_not_depend_on_threads_or_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = sample_of("float32", 100_000)
    path = write_file(tmp_path / "m.safetensors", {"w": sample, "v": sample[:99]})
    monkeypatch.setattr(scan, "BLOCK_BYTES", 4096)
    monkeypatch.setattr("fastinit.checkpoint.statistics.stats.BLOCK_BYTES", 4096)
    results = []
    for threads in (1, 2, 5):
        fastinit.set_num_threads(threads)
        results.append(tensor_stats(path))
    assert results[0] == results[1] == results[2]
    assert results[0].tensors[0].found is not None
    exact = sample.astype(np.float64)
    assert results[0].tensors[0].found.std == pytest.approx(exact.std(), rel=1e-12)


def test_spread_far_from_zero_keeps_its_digits() -> None:
    sample = 1e9 + np.random.default_rng(0).normal(0, 1, 500_000)
    assert pack(sample, "float64").std == pytest.approx(sample.std(), rel=1e-9)
    sample[0] = 0.0  # far from the others, and what the block is measured from
    assert pack(sample, "float64").std == pytest.approx(sample.std(), rel=1e-9)


@pytest.mark.parametrize("value", [0.1, 1 / 3, -7e-5])
def test_equal_elements_have_no_spread(value: float) -> None:
    found = pack(np.full(300_000, value), "float64")
    assert (found.mean, found.std, found.low, found.high) == (value, 0.0, value, value)


@pytest.mark.parametrize("dtype", [name for name in FLOATS if name != "float8_e4m3fn"])
def test_values_that_are_not_finite_are_told_apart(dtype: str, tmp_path: Path) -> None:
    sample = sample_of(dtype, 300_000)
    sample[[5, 200_000]] = math.inf
    sample[6] = -math.inf
    sample[[7, 8, 9, 299_999]] = math.nan
    stats = stats_of(tmp_path, {"w": sample, "all": sample[5:10]})
    rest = sample[np.isfinite(sample.astype(np.float32))].astype(np.float64)
    found = stats["w"].found
    assert found is not None
    assert (found.nans, found.infinities, found.count) == (4, 3, 299_993)
    assert found.std == pytest.approx(rest.std(), rel=1e-12)
    assert (found.low, found.high) == (rest.min(), rest.max())
    assert stats["w"].faults == ("7 values are not finite",)
    assert stats["all"].found is not None
    assert stats["all"].found.low is None
    row = stats["all"].as_dict()
    assert (row["mean"], row["std"], row["min"], row["nonfinite"]) == (None, None, None, 1.0)


def test_values_past_the_range_of_squares_are_no_error(tmp_path: Path) -> None:
    stats = stats_of(tmp_path, {"w": np.array([1e300, -1e300, 1.0])})["w"]
    assert (stats.as_dict()["max"], stats.as_dict()["std"], stats.faults) == (1e300, None, ())


HUGE = """
seed = 1
dtype = "float64"
tensors = { w = [4000], b = [300], c = [300], t = [3000], r = [200], p = [4, 8] }
[[rule]]
match = "b"
init = "constant"
value = 1e300
[[rule]]
match = "c"
init = "normal"
mean = 1e300
std = 1e285
[[rule]]
match = "t"
init = "uniform"
low = 1e189
high = 1e190
transform = ["abs"]
[[rule]]
match = "r"
init = "uniform"
low = -1e307
high = 1e307
[[rule]]
match = "p"
init = "normal"
mean = 1e200
std = 1e199
padding_idx = 0
[[rule]]
match = "*"
init = "normal"
std = 1e200
"""


def test_recipe_past_the_range_of_squares_has_expectations_and_no_mark(tmp_path: Path) -> None:
    write(make_plan(parse_recipe(HUGE)), tmp_path / "out")
    stats = tensor_stats(tmp_path / "out")
    assert stats.marked == ()
    json.dumps(stats.as_dict(), allow_nan=False)
    expected = {name: entry.expected.std for name, entry in by_name(stats).items() if entry.expected is not None}
    wanted = {"w": 1e200, "b": 0.0, "c": 1e285, "t": 2.598e189, "r": 0.57735e307, "p": 4.416e199}
    assert expected == pytest.approx(wanted, rel=1e-2)
    found = by_name(stats)["b"].found
    assert found is not None
    assert (found.mean, found.std) == (1e300, 0.0)


MASKS = """
seed = 1
dtype = "float32"
tensors = { mask = [8, 8], part = [8, 8], plain = [8, 8] }
[[rule]]
match = "mask"
init = "triangular"
value = -inf
diagonal = 1
[[rule]]
match = "part"
init = "constant"
value = -inf
slice = { dim = 0, part = 1, of = 4 }
[[rule]]
match = "plain"
init = "triangular"
[[rule]]
match = "*"
init = "zeros"
"""


def test_value_of_the_recipe_that_is_not_finite_is_no_fault(tmp_path: Path) -> None:
    write(make_plan(parse_recipe(MASKS)), tmp_path / "out")
    (file,) = (tmp_path / "out").glob("*.safetensors")
    assert tensor_stats(tmp_path / "out").marked == ()
    content = bytearray(file.read_bytes())
    content[-4:] = np.float32(np.nan).tobytes()  # of `plain`
    file.write_bytes(content)
    assert [entry.tensor.name for entry in tensor_stats(tmp_path / "out").marked] == ["plain"]


def test_any_byte_but_zero_is_true() -> None:
    found = pack(np.array([0, 1, 7, 255], np.uint8), "bool")
    assert (found.mean, found.low, found.high, found.zeros) == (0.75, 0, 1, 1)
    assert type(found.high) is int


def test_type_without_arithmetic_has_sizes_only(tmp_path: Path) -> None:
    path = write_file(tmp_path / "m.safetensors", {"w": np.zeros(64, np.int8)})
    path.write_bytes(path.read_bytes().replace(b'"I8"', b'"F4"').replace(b"[64]", b"[128]"))
    content = path.read_bytes()
    length = content.index(b"}}") + 2 - 8
    path.write_bytes(struct.pack("<Q", length) + content[8:])
    seen: list[int] = []
    stats = tensor_stats(path, progress=seen.append)
    assert seen == [64]
    row = stats.as_dict()["tensors"][0]
    assert (row["dtype"], row["size"], row["bytes"], row["std"]) == ("F4", 128, 64, None)
    assert stats.rows()[1][:5] == ("w", "[128]", "F4", "-", "-")


def test_progress_adds_up_to_the_data(tmp_path: Path) -> None:
    tensors = {"w": sample_of("float64", 3_000_000), "e": np.empty(0, np.float32)}
    path = write_file(tmp_path / "m.safetensors", tensors)
    seen: list[int] = []
    tensor_stats(path, progress=seen.append)
    assert sum(seen) == 24_000_000
    assert len(seen) == 3


def test_file_that_shrinks_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_file(tmp_path / "m.safetensors", {"w": sample_of("float32", 1000)})
    real = scan.open_regular

    def shrink(name: Path) -> int:
        path.write_bytes(path.read_bytes()[:-8])
        return real(name)

    monkeypatch.setattr(scan, "open_regular", shrink)
    with pytest.raises(CheckpointError, match="it became shorter while it was read"):
        tensor_stats(path)


@pytest.mark.parametrize("dtype", FLOATS)
def test_what_is_written_has_no_mark(dtype: str, tmp_path: Path) -> None:
    write(make_plan(parse_recipe(recipe_text(dtype)), 10**6), tmp_path / "out")
    stats = tensor_stats(tmp_path / "out")
    assert (stats.marked, stats.notes) == ((), ())
    assert all(entry.expected is not None for entry in stats.tensors)
    one = next((tmp_path / "out").glob("model-*.safetensors"))
    assert (tensor_stats(one).marked, tensor_stats(one).notes) == ((), ())


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    write(make_plan(parse_recipe(FAULTY)), tmp_path / "out")
    return tmp_path / "out"


FAULTS: dict[str, tuple[str, Any, str]] = {
    "std": ("w", lambda a: np.multiply(a, 1.02, out=a), "std 0.0203"),
    "smaller std": ("w", lambda a: np.multiply(a, 0.98, out=a), "std 0.0195"),
    "mean": ("w", lambda a: np.add(a, 2e-4, out=a), "mean 0.00018"),
    "nan": ("w", assign((3, 4), math.nan), "1 value is not finite"),
    "infinity": ("w", assign((999, 999), -math.inf), "1 value is not finite"),
    "above": ("w", assign((5, 5), 0.16), "max 0.16 is above 0.1508, the greatest possible"),
    "below": ("w", assign((5, 5), -0.9), "min -0.9 is below -0.1508, the least possible"),
    "zeros": ("w", assign((7, slice(None, 50)), 0), "50 zeros where about 0 should be"),
    "padding": ("padded", assign((7, slice(None)), 0.01), "50 values of the padding row are not"),
    "one of it": ("padded", assign((7, 9), 1e-30), "1 value of the padding row is not zero"),
    "padding nan": ("padded", assign((7, 9), math.nan), "1 value of the padding row is not zero"),
    "constant": ("ones", assign(8, 1.0000001), "values from 1 to 1.00000012 where all must be 1"),
    "other constant": ("ones", assign(..., 2), "values from 2 to 2 where all must be 1"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_fault_is_marked(case: str, faulty: Path) -> None:
    name, damage, text = FAULTS[case]
    marked = change(faulty, name, damage)
    assert any(fault.startswith(text) for fault in marked.faults), marked.faults
    assert all("\n" not in fault for fault in marked.faults)


def test_distances_are_in_standard_errors(faulty: Path) -> None:
    marked = change(faulty, "w", lambda a: np.multiply(a, 1.02, out=a))
    assert marked.found is not None
    distance = (marked.found.std - 0.02) / (0.02 / math.sqrt(2 * 10**6))
    assert marked.faults == (f"std {marked.found.std:.6g} is {distance:.3g} standard errors from 0.02",)


def test_other_shape_than_the_recipe_is_marked(tmp_path: Path) -> None:
    path = write_file(
        tmp_path / "model.safetensors",
        {"w": np.ones((2, 3), np.float32), "extra": np.ones(2, np.float32)},
        **{"fastinit.recipe": FAULTY},
    )
    stats = tensor_stats(tmp_path)
    assert by_name(stats)["w"].faults == ("the recipe has shape [1000, 1000] of float32",)
    assert by_name(stats)["extra"].faults == ()
    assert stats.notes == ("2 tensors of the recipe are missing; the first is 'ones'",)
    assert tensor_stats(path).notes == ()  # other files may have them


def test_recipe_beside_the_files_serves_too(faulty: Path) -> None:
    plan = make_plan(parse_recipe(FAULTY))
    arrays = {t.name: np.array(np.memmap(faulty / t.file, np.float32, "r", t.offset, t.shape)) for t in plan.tensors}
    write_file(faulty / "model.safetensors", arrays)
    stats = tensor_stats(faulty)
    assert all(entry.expected is not None for entry in stats.tensors)
    assert stats.marked == ()


@pytest.mark.parametrize("text", ["seed = ", FAULTY.replace('"w"', '"v"', 1), "like = '/etc'"])
def test_damaged_recipe_is_a_note(text: str, tmp_path: Path) -> None:
    tensors = {"w": np.ones(3, np.float32)}
    write_file(tmp_path / "model.safetensors", tensors, **{"fastinit.recipe": text})
    stats = tensor_stats(tmp_path)
    (note,) = stats.notes
    assert note.startswith("there are no expected values, because the recipe cannot be used: the recipe in ")
    assert "\n" not in note
    assert (stats.tensors[0].expected, stats.marked) == (None, ())


def test_recipe_that_was_changed_is_a_note(faulty: Path) -> None:
    path = faulty / "model.safetensors"
    path.write_bytes(path.read_bytes().replace(b"std = 0.02", b"std = 0.03"))
    stats = tensor_stats(faulty)
    assert "the recipe in model.safetensors has the SHA-256 " in stats.notes[0]
    assert stats.marked == ()


def test_files_of_different_recipes_are_a_note(tmp_path: Path) -> None:
    for name, text in (("a", FAULTY), ("b", FAULTY + "\n")):
        tensors = {name: np.ones(3, np.float32)}
        write_file(tmp_path / f"{name}.safetensors", tensors, **{"fastinit.recipe": text})
    (note,) = tensor_stats(tmp_path).notes
    assert note.endswith("cannot be used: the files have different recipes")


def test_recipe_file_that_is_no_text_is_a_note(tmp_path: Path) -> None:
    write_file(tmp_path / "model.safetensors", {"w": np.ones(3, np.float32)})
    (tmp_path / "recipe.toml").write_bytes(b"\xff\xfe")
    assert "is not UTF-8 text" in tensor_stats(tmp_path).notes[0]


def test_trained_checkpoint_has_no_expectation(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    tensors = {
        "wte": rng.normal(0, 0.14, (500, 64)).astype(np.float32),
        "h.0.w": rng.standard_t(3, (64, 64)).astype(np.float32),
        "step": np.array(123456789, np.int64),
        "mask": np.array([True, False]),
    }
    stats = tensor_stats(write_file(tmp_path / "a.safetensors", tensors))
    assert (stats.marked, stats.notes) == ((), ())
    assert all(entry.expected is None for entry in stats.tensors)
    assert stats.tensors[2].as_dict()["min"] == 123456789
    assert "expected" not in stats.rows()[0]
    tensors["h.0.w"][5, 5] = math.nan
    stats = tensor_stats(write_file(tmp_path / "a.safetensors", tensors))
    assert [entry.faults for entry in stats.marked] == [("1 value is not finite",)]


def test_rows_and_json_agree(faulty: Path) -> None:
    change(faulty, "w", assign((3, 4), math.nan))
    stats = tensor_stats(faulty)
    table = json.loads(json.dumps(stats.as_dict(), allow_nan=False))
    assert table["marked"] == 1
    rows = stats.rows()
    assert [row[0] for row in rows[1:]] == [entry["name"] for entry in table["tensors"]]
    assert rows[0] == (
        "tensor", "shape", "dtype", "mean", "std", "expected", "min", "max", "zeros", "non-finite", "faults",
    )  # fmt: skip
    assert all(len(row) == len(rows[0]) for row in rows)
    (entry,) = (entry for entry in table["tensors"] if entry["name"] == "w")
    assert entry["faults"] == ["1 value is not finite"]
    assert (entry["nans"], entry["infinities"], entry["nonfinite"]) == (1, 0, 1e-6)
    assert entry["expected"].keys() == {"mean", "std", "min", "max", "zeros", "nonfinite"}
