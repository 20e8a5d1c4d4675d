"""Writing: what is on the disk is what the array API draws; nothing is left behind by a failure."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import ml_dtypes
import numpy as np
import pytest
import safetensors

import fastinit
from fastinit.checkpoint import CheckpointError, Plan, load_recipe, make_plan, parse_recipe, write
from fastinit.checkpoint.writing import shard_writer
from fastinit.checkpoint.writing.destination import destination
from fastinit.checkpoint.writing.shard_writer import chunks
from fastinit.dtypes import FLOATS, STORED
from fastinit.recipes import examples
from fastinit.recipes.recipe import Rule, TensorSpec

EXAMPLE = examples.FOLDER / "llama-3.2-1b.toml"
FORMULAS = """
[[rule]]
match = "*norm"
init = "ones"
[[rule]]
match = "*.bias"
init = "uniform"
low = -0.5
high = 0.25
[[rule]]
match = "*cut"
init = "truncated_normal"
std = 0.1
[[rule]]
match = "*"
init = "he_normal"
"""
TENSORS = """
[tensors]
"layer.{0..2}.weight" = [37, 19]
"layer.{0..2}.bias" = [37]
"a.cut" = [5, 3, 2]
"scalar.cut" = []
"empty.cut" = [0, 4]
"the norm" = [11]
"""
DRAWS = {
    "norm": lambda shape, **k: fastinit.ones(shape, **k),
    "bias": lambda shape, **k: fastinit.uniform(shape, low=-0.5, high=0.25, **k),
    "cut": lambda shape, **k: fastinit.truncated_normal(shape, std=0.1, **k),
    "weight": lambda shape, **k: fastinit.he_normal(shape, layout="torch", **k),
}


def plan_of(dtype: str = "float32", shard_bytes: int = 10**9, tensors: str = TENSORS) -> Plan:
    head = f'seed = 42\ndtype = "{dtype}"\nlayout = "torch"\n'
    rules = FORMULAS if tensors == TENSORS else '[[rule]]\nmatch = "*"\ninit = "normal"\n'
    return make_plan(parse_recipe(head + tensors + rules), shard_bytes)


def files_of(folder: Path) -> dict[str, bytes]:
    """All files: name -> bytes."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def read(folder: Path) -> dict[str, tuple[str, list[int], bytes]]:
    """All tensors: name -> dtype, shape, bytes."""
    tensors = {}
    for file in folder.glob("*.safetensors"):
        for name, tensor in safetensors.deserialize(file.read_bytes()):
            assert name not in tensors
            tensors[name] = (tensor["dtype"], tensor["shape"], bytes(tensor["data"]))
    return tensors


@pytest.mark.parametrize("dtype", FLOATS)
def test_written_equals_drawn(dtype: str, tmp_path: Path) -> None:
    plan = plan_of(dtype)
    write(plan, tmp_path / "out")
    tensors = read(tmp_path / "out")
    assert len(tensors) == len(list(plan.tensors)) == 10
    for name, (_, shape, content) in tensors.items():
        draw = DRAWS[name.replace(" ", ".").rpartition(".")[2]]
        drawn = draw(tuple(shape), dtype=dtype, seed=42, stream=name)
        assert drawn.tobytes() == content, name


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_safe_open_reads_every_tensor(dtype: str, tmp_path: Path) -> None:
    plan = plan_of(dtype, shard_bytes=2000)
    write(plan, tmp_path / "out")
    seen = 0
    for shard in plan.shards:
        with safetensors.safe_open(tmp_path / "out" / shard.file, framework="np") as file:
            assert file.metadata()["format"] == "pt"
            for name in file.keys():  # noqa: SIM118 (it is no dict)
                draw = DRAWS[name.replace(" ", ".").rpartition(".")[2]]
                tensor = file.get_tensor(name)
                drawn = draw(tensor.shape, dtype=dtype, seed=42, stream=name)
                assert tensor.dtype == drawn.dtype
                np.testing.assert_array_equal(tensor, drawn)
                seen += 1
    assert seen == 10


@pytest.mark.torch
def test_torch_reads_every_tensor(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    write(plan_of("bfloat16"), tmp_path / "out")
    with safetensors.safe_open(tmp_path / "out" / "model.safetensors", framework="pt") as file:
        tensor = file.get_tensor("layer.1.weight")
        assert tensor.dtype == torch.bfloat16
        drawn = fastinit.he_normal((37, 19), layout="torch", dtype="bfloat16", seed=42, stream="layer.1.weight")
        assert torch.equal(tensor.float(), torch.from_numpy(drawn.astype(np.float32)))


@pytest.mark.parametrize("shard_bytes", [1, 3000, 10**9])
@pytest.mark.parametrize("buffer_bytes", [64, 4096, 2**20])
def test_bytes_do_not_depend_on_shards_or_buffers(
    shard_bytes: int, buffer_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(plan_of(), tmp_path / "whole")
    monkeypatch.setattr(shard_writer, "BUFFER_BYTES", buffer_bytes)
    write(plan_of(shard_bytes=shard_bytes), tmp_path / "split")
    assert read(tmp_path / "split") == read(tmp_path / "whole")
    if shard_bytes == 10**9:
        name = "model.safetensors"
        assert (tmp_path / "split" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_kept_buffers_of_another_size_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of()
    write(plan, tmp_path / "whole")
    note = plan.side_files()["fastinit.json"]
    (tmp_path / "fastinit.json").write_bytes(note)
    monkeypatch.setattr(shard_writer, "BUFFERS", 1)
    for size in (4096, 2**20):
        monkeypatch.setattr(shard_writer, "BUFFER_BYTES", size)
        shard_writer.write_shard(plan.shards[0], 42, destination(tmp_path, note))
        name = "model.safetensors"
        assert (tmp_path / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    shard_writer.free_buffers()


def test_folder_holds_the_plans_files_and_no_more(tmp_path: Path) -> None:
    plan = plan_of(shard_bytes=3000)
    reported: list[int] = []
    write(plan, tmp_path / "out", progress=reported.append)
    sizes = {path.name: path.stat().st_size for path in (tmp_path / "out").iterdir()}
    expected = {shard.file: shard.nbytes for shard in plan.shards}
    expected |= {name: len(content) for name, content in plan.side_files().items()}
    assert sizes == expected
    assert len(plan.shards) > 2
    assert os.listdir(tmp_path) == ["out"]
    assert sum(reported) == plan.file_bytes
    index = json.loads((tmp_path / "out" / "model.safetensors.index.json").read_text())
    assert index["weight_map"].keys() == read(tmp_path / "out").keys()


@pytest.mark.parametrize("limit", [64, 4096, 5000 * 8, 2**20])
def test_chunks_cover_the_file_once(limit: int) -> None:
    (shard,) = plan_of("bfloat16").shards
    end = 0
    covered: dict[str, int] = {}
    for chunk in chunks(shard, limit):
        assert chunk.offset == end
        end += chunk.nbytes
        assert chunk.nbytes == limit or end == shard.nbytes
        for piece in chunk.pieces:
            assert piece.start == covered.get(piece.tensor.name, 0)
            assert chunk.offset + piece.position == piece.tensor.offset + piece.start * 2
            assert 0 < piece.length * 2 <= chunk.nbytes - piece.position
            covered[piece.tensor.name] = piece.start + piece.length
    assert end == shard.nbytes
    assert covered == {t.name: t.size for t in shard.tensors if t.size}


def test_element_that_would_lie_in_two_chunks_is_refused() -> None:
    (shard,) = plan_of("float64").shards
    tensors = tuple(t._replace(offset=t.offset + 4) for t in shard.tensors)
    moved = dataclasses.replace(shard, tensors=tensors)
    with pytest.raises(ValueError, match=r"layer\.\d\.weight does not start at a multiple of 8 bytes"):
        list(chunks(moved, 4096))


def test_item_sizes_may_differ(tmp_path: Path) -> None:
    dtypes = ("float8_e5m2", "float64", "bfloat16", "int64", "uint8", "float32", "float16")
    specs = tuple(TensorSpec(f"w.{dtype}", (401,), dtype) for dtype in dtypes)
    rules = (Rule(1, ("*int*",), "zeros", {}), Rule(2, ("*",), "normal", {}))
    mixed = dataclasses.replace(plan_of().recipe, tensors=specs, rules=rules)
    write(make_plan(mixed), tmp_path / "out")
    tensors = read(tmp_path / "out")
    for dtype in dtypes:
        if dtype in FLOATS:
            drawn = fastinit.normal((401,), dtype=dtype, seed=42, stream=f"w.{dtype}").tobytes()
        else:
            drawn = bytes(401 * STORED[dtype].itemsize)
        assert tensors[f"w.{dtype}"][2] == drawn, dtype


def test_no_tensor_bytes_at_all(tmp_path: Path) -> None:
    write(plan_of(tensors='[tensors]\n"x" = [0]\n'), tmp_path / "out")
    assert read(tmp_path / "out") == {"x": ("F32", [0], b"")}


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_existing_out_is_refused_and_untouched(kind: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    if kind == "file":
        out.write_text("mine")
    elif kind == "dangling link":
        out.symlink_to("nowhere")
    else:
        out.mkdir()
        (out / "mine").write_text("mine")
    with pytest.raises(CheckpointError, match=r"out already exists; choose"):
        write(plan_of(), out)
    assert os.listdir(tmp_path) == ["out"]
    assert (out / "mine" if kind == "folder" else out).is_file() == (kind in ("file", "folder"))


def test_out_without_its_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointError, match=r".*/file is not a folder$"):
        write(plan_of(), tmp_path / "file" / "out")
    with pytest.raises(CheckpointError, match=r".*/none does not exist; create it"):
        write(plan_of(), tmp_path / "none" / "out")
    assert os.listdir(tmp_path) == ["file"]


def test_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"cannot write .*: File name too long \(nothing was le"):
        write(plan_of(), tmp_path / ("x" * 250))  # that of the working folder is longer
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "a/b", "..", "", "a\0b"])
def test_file_names_that_lead_elsewhere_are_refused(name: str, tmp_path: Path) -> None:
    plan = plan_of()
    recipe = dataclasses.replace(plan.recipe, copies={name: b"mine"})
    for bad in (
        dataclasses.replace(plan, recipe=recipe),
        dataclasses.replace(plan, shards=(dataclasses.replace(plan.shards[0], file=name),)),
    ):
        with pytest.raises(CheckpointError, match="must not lead to another folder, got"):
            write(bad, tmp_path / "out")
    assert os.listdir(tmp_path) == []


def test_copies_lie_beside_the_files(tmp_path: Path) -> None:
    plan = plan_of()
    recipe = dataclasses.replace(plan.recipe, copies={"config.json": b"{}\n"})
    write(dataclasses.replace(plan, recipe=recipe), tmp_path / "out")
    assert (tmp_path / "out" / "config.json").read_bytes() == b"{}\n"


def test_full_disk_is_noticed_before_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    message = (
        r"the checkpoint needs 1\d\.\d+ KB, and .* has only 1 KB free; free 1\d\.\d+ KB more or choose another "
        r"disk \(nothing was left behind\)"
    )
    with pytest.raises(CheckpointError, match=message):
        write(plan_of(), tmp_path / "out")
    assert os.listdir(tmp_path) == []


FAILURES = {
    errno.ENOSPC: (
        r"the disk is full: .*out needed \d+\.\d+ KB more when this run began, and .*B were free "
        r"when it stopped; free some space or choose another disk \("
    ),
    errno.EIO: r"cannot write .*out: Input/output error \(",
}


@pytest.mark.parametrize("code", FAILURES)
@pytest.mark.parametrize("function", ["pwrite", "fsync", "rename"])
@pytest.mark.parametrize("after", range(0, 12, 2))
def test_failing_disk_leaves_finished_files_or_nothing(
    code: int, function: str, after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(shard_bytes=1)
    write(plan, tmp_path / "whole")
    original, calls = getattr(os, function), []

    def fail(*arguments: object, **options: object) -> int:
        calls.append(function)
        if len(calls) > after:
            raise OSError(code, os.strerror(code))
        return int(original(*arguments, **options) or 0)

    with monkeypatch.context() as patch:
        patch.setattr(os, function, fail)
        with pytest.raises(CheckpointError, match=FAILURES[code]) as raised:
            write(plan, tmp_path / "out")
    files = [shard.file for shard in plan.shards]
    whole = files_of(tmp_path / "whole")
    if (tmp_path / "out.partial").exists():
        left = os.listdir(tmp_path / "out.partial")
        finished = set(left) & set(files)
        assert len(finished) > 0
        assert not any(".part-" in name for name in left)
        for name in finished:
            assert (tmp_path / "out.partial" / name).read_bytes() == whole[name]
        text = f"out.partial holds {len(finished)} of {len(files)} files; run again with"
        assert text in str(raised.value)
    else:
        assert str(raised.value).endswith("(nothing was left behind)")
    assert not (tmp_path / "out").exists()
    write(plan, tmp_path / "out", resume=True)
    assert files_of(tmp_path / "out") == whole
    assert sorted(os.listdir(tmp_path)) == ["out", "whole"]


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.ENOTSUP, errno.EINVAL])
@pytest.mark.parametrize("function", ["ftruncate", "fsync", "rename"])
def test_what_a_file_system_lacks_is_named_before_anything_large_is_written(
    function: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, function, fail)
    monkeypatch.setattr(shard_writer, "_fill", pytest.fail)
    message = rf"out: its file system cannot .*\({function}\): {os.strerror(code)}; choose one that can"
    with pytest.raises(CheckpointError, match=message):
        write(plan_of(), tmp_path / "out")
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_renamed_is_said_to_be_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, _: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fail)
        message = (
            r"out: Too many open files; close some, or raise the limit \(ulimit -n\) "
            r"\(.*out.partial holds 1 of 1 files; run again with resume=True"
        )
        with pytest.raises(CheckpointError, match=message):
            write(plan_of(), tmp_path / "out")
    assert write(plan_of(), tmp_path / "out", resume=True) == 0


def test_a_disk_without_inodes_is_not_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", fail)
    status = SimpleNamespace(f_bavail=3, f_frsize=1000, f_files=9, f_favail=0)
    monkeypatch.setattr(os, "statvfs", lambda _: status)
    message = "out has no free inode for another file, with 3 KB free; remove some files or choose"
    with pytest.raises(CheckpointError, match=message):
        write(plan_of(), tmp_path / "out")


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(plan_of(), tmp_path / "whole")
    original = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: original(fd, data[:100], at))
    write(plan_of(), tmp_path / "short")
    name = "model.safetensors"
    assert (tmp_path / "short" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_out_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    def interfere(_: int) -> None:
        (tmp_path / "out").mkdir(exist_ok=True)
        (tmp_path / "out" / "mine").write_text("mine")

    message = (
        r"cannot write .*out: Directory not empty \(.*out.partial holds 1 of 1 files; "
        r"remove .*out, then run again with resume=True to go on\)"
    )
    with pytest.raises(CheckpointError, match=message):
        write(plan_of(), tmp_path / "out", progress=interfere)
    assert os.listdir(tmp_path / "out") == ["mine"]


def test_any_exception_leaves_nothing(tmp_path: Path) -> None:
    def stop(_: int) -> None:
        assert os.listdir(tmp_path)
        assert not (tmp_path / "out").exists()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(plan_of(), tmp_path / "out", progress=stop)
    assert os.listdir(tmp_path) == []


BIG = '[tensors]\n"w{0..999}" = [1000, 1000]\n'  # 4 GB in float32
COMMAND = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job would ignore it,
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # and one under nohup this
from fastinit.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("number", "code", "what"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "terminated"),
        (signal.SIGHUP, 129, "the terminal was closed"),
    ],
    ids=["Ctrl-C", "SIGTERM", "SIGHUP"],
)
def test_signal_leaves_nothing(number: signal.Signals, code: int, what: str, tmp_path: Path) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text(plan_of(tensors=BIG).recipe.text)
    (tmp_path / "here").mkdir()
    command = [sys.executable, "-c", COMMAND, "init", str(recipe), str(tmp_path / "here" / "out")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            deadline = time.monotonic() + 60
            while not list((tmp_path / "here").glob("out.partial/model.safetensors.part-*")):
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.01)
            time.sleep(0.1)
            process.send_signal(number)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == code
    assert os.listdir(tmp_path / "here") == []
    assert errors == f"fastinit: error: {what} (nothing was left behind)\n"


IMPORTING = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from fastinit.cli import main

class Signals:
    def find_spec(self, name, *_):
        if name == "fastinit.checkpoint.plan":
            os.kill(os.getpid(), int(sys.argv.pop()))

sys.meta_path.insert(0, Signals())
sys.exit(main(["info"]))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_during_imports_is_one_line(number: signal.Signals, code: int) -> None:
    command = [sys.executable, "-c", IMPORTING, str(int(number))]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    what = "interrupted" if number == signal.SIGINT else "terminated"
    assert (run.returncode, run.stdout, run.stderr) == (code, "", f"fastinit: error: {what}\n")


LOCKED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from fastinit.checkpoint.writing import shard_writer, writer
from fastinit.cli import main

def broken(*_):  # as a lock whose own code the signal comes into
    try:
        os.kill(os.getpid(), int(sys.argv[3]))
    except BaseException:
        raise RuntimeError("cannot notify on un-acquired lock")

if sys.argv[4] == "task":
    writer.write_shard = broken
else:
    shard_writer._fill = broken
sys.exit(main(["init", *sys.argv[1:3]]))
"""


@pytest.mark.parametrize("where", ["task", "fill"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_that_ends_as_another_error(number: signal.Signals, code: int, where: str, tmp_path: Path) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text(plan_of().recipe.text)
    words = [str(recipe), str(tmp_path / "out"), str(int(number)), where]
    command = [sys.executable, "-c", LOCKED, *words]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    what = "interrupted" if number == signal.SIGINT else "terminated"
    assert run.stderr == f"fastinit: error: {what} (nothing was left behind)\n"
    assert run.returncode == code
    assert os.listdir(tmp_path) == ["r.toml"]


@pytest.mark.slow
def test_llama_example_equals_drawn(tmp_path: Path) -> None:
    plan = make_plan(load_recipe(EXAMPLE), 10**9)
    write(plan, tmp_path / "out")
    for shard in plan.shards:
        with safetensors.safe_open(tmp_path / "out" / shard.file, framework="np") as file:
            assert set(file.keys()) == {planned.name for planned in shard.tensors}
            for planned in shard.tensors:
                options = {"dtype": "bfloat16", "seed": 42, "stream": planned.name}
                if planned.name.endswith("norm.weight"):
                    drawn = fastinit.ones(planned.shape, **options)
                else:
                    drawn = fastinit.normal(planned.shape, std=0.02, **options)
                assert np.array_equal(file.get_tensor(planned.name), drawn), planned.name


PEAK = """
import sys
from fastinit.checkpoint import load_recipe, make_plan, write
write(make_plan(load_recipe(sys.argv[1])), sys.argv[2])
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs Linux's VmHWM")
def test_peak_memory_does_not_grow_with_the_model(tmp_path: Path) -> None:
    peaks = []
    for count in (25, 100):  # 100 and 400 MB: both fill every buffer
        recipe = tmp_path / f"{count}.toml"
        tensors = f'[tensors]\n"w{{1..{count}}}" = [1000, 1000]\n'
        recipe.write_text(plan_of(tensors=tensors).recipe.text)
        done = subprocess.run(
            [sys.executable, "-c", PEAK, str(recipe), str(tmp_path / str(count))],
            capture_output=True,
            text=True,
            check=True,
        )
        peaks.append(int(done.stdout) * 1024)
        shutil.rmtree(tmp_path / str(count))
    assert peaks[1] < peaks[0] + 32 * 2**20
    assert peaks[1] < 400 * 10**6


def test_bfloat16_is_float32_rounded_once(tmp_path: Path) -> None:
    write(plan_of("float32"), tmp_path / "f32")
    write(plan_of("bfloat16"), tmp_path / "bf16")
    narrow = read(tmp_path / "bf16")
    for name, (_, _, content) in read(tmp_path / "f32").items():
        wide = np.frombuffer(content, np.float32).astype(ml_dtypes.bfloat16)
        assert wide.tobytes() == narrow[name][2]


def test_root_of_the_file_system_is_refused() -> None:
    for force in (False, True):
        with pytest.raises(
            CheckpointError, match=r"^/ is the root of the file system, which has no name; choose a fol"
        ):
            write(plan_of(), "/", force=force)


def test_removed_working_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(CheckpointError, match=r"^your working folder has been removed; go to another folder first$"):
        write(plan_of(), "out")
    write(plan_of(), tmp_path / "out")
