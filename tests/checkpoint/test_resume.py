"""Bad days: whatever stops a run, nothing incomplete has a final name, and it can be gone on with."""

from __future__ import annotations

import os
import random
import resource
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from fastinit.checkpoint import CheckpointError, Plan, write
from fastinit.checkpoint.writing import shard_writer
from fastinit.checkpoint.writing.folder import RESUME
from tests.checkpoint.runs import (
    SHARD_BYTES,
    end,
    files_of,
    identities,
    interrupted,
    plan_in,
    start,
    wait_for,
)

if TYPE_CHECKING:
    from pathlib import Path


def kill_until_complete(folder: Path, plan: Plan, seconds: float, longest: float, shard_bytes: int) -> int:
    """Kills runs at random times until one completes; returns how many it took."""
    write(plan, folder / "undisturbed")
    whole = files_of(folder / "undisturbed")
    shards = [shard.file for shard in plan.shards]
    partial = folder / "out.partial"
    times = random.Random(7)
    finished: dict[str, tuple[int, int]] = {}
    for kills in range(200):
        (process,) = start(folder, seconds, "resume", shard_bytes=shard_bytes)
        time.sleep(times.uniform(0, longest * (1 + kills / 20)))  # a busy machine gets its time
        process.kill()
        code, output = end(process)
        assert not output, output
        if code == 0 or (folder / "out").exists():  # or killed when all was done
            assert identities(plan, folder / "out").items() >= finished.items()
            assert files_of(folder / "out") == whole
            assert sorted(os.listdir(folder)) == ["out", "r.toml", "undisturbed"]
            return kills
        assert code == -signal.SIGKILL
        if partial.exists():
            now = identities(plan, partial)
            assert now.items() >= finished.items()  # none is written again
            for name in now.keys() - finished.keys():
                assert (partial / name).read_bytes() == whole[name]
            finished = now
            names = set(os.listdir(partial))
            assert all(name in whole or ".part-" in name for name in names)
            assert not (names & set(shards)) - now.keys()
    raise AssertionError("never completed")


def test_killed_at_any_time_and_resumed_equals_undisturbed(tmp_path: Path) -> None:
    kills = kill_until_complete(tmp_path, plan_in(tmp_path, 24), 0.002, 0.15, SHARD_BYTES)
    assert kills > 2


@pytest.mark.slow
def test_killed_at_any_time_and_resumed_at_full_speed(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, 40, elements=10_000_000, shard_bytes=40_000_000)
    assert kill_until_complete(tmp_path, plan, 0, 0.15, 40_000_000) > 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 2), (signal.SIGINT, 2)])
def test_stopped_by_a_signal_and_resumed(number: int, code: int, tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    write(plan, tmp_path / "undisturbed")
    (process,) = start(tmp_path, 0.02)
    wait_for(tmp_path, "out.partial/model-00003-*.part-*", process)
    process.send_signal(number)
    partial = tmp_path / "out.partial"
    expected = f"{partial} holds 2 of 4 files; run again with {RESUME} to go on"
    assert end(process) == (code, "" if number == signal.SIGKILL else expected)
    assert bool(list(partial.glob("*.part-*"))) == (number == signal.SIGKILL)
    before = identities(plan, partial)
    assert len(before) == 2
    with pytest.raises(CheckpointError, match=r"is left from an interrupted run, which finished 2 of 4 files; use "):
        write(plan, tmp_path / "out")
    reported: list[int] = []
    write(plan, tmp_path / "out", resume=True, progress=reported.append)
    assert identities(plan, tmp_path / "out").items() >= before.items()
    assert files_of(tmp_path / "out") == files_of(tmp_path / "undisturbed")
    assert sum(reported) == plan.file_bytes
    assert reported[0] == sum(shard.nbytes for shard in plan.shards[:2])


def test_resume_with_nothing_there_starts(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    write(plan, tmp_path / "undisturbed")
    write(plan, tmp_path / "out", resume=True)
    assert files_of(tmp_path / "out") == files_of(tmp_path / "undisturbed")


def test_resume_of_a_complete_checkpoint_writes_nothing(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    write(plan, tmp_path / "out")
    before = [path.stat().st_ino for path in (tmp_path / "out").iterdir()]
    reported: list[int] = []
    write(plan, tmp_path / "out", resume=True, progress=reported.append)
    assert [path.stat().st_ino for path in (tmp_path / "out").iterdir()] == before
    assert sum(reported) == plan.file_bytes


@pytest.mark.parametrize("name", ["recipe.toml", "model-00002-of-00004.safetensors", "model.safetensors.index.json"])
@pytest.mark.parametrize("how", ["shorter", "other start", "gone"])
def test_resume_of_an_incomplete_out_is_refused(name: str, how: str, tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    write(plan, tmp_path / "out")
    damage(tmp_path / "out" / name, how)
    with pytest.raises(CheckpointError, match="is not this checkpoint: its files are missing or incomplete"):
        write(plan, tmp_path / "out", resume=True)


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == "gone":
        path.unlink()
    elif how == "shorter":
        path.write_bytes(content[:-1])
    else:
        path.write_bytes(content[:20] + b"?" + content[21:])


@pytest.mark.parametrize("how", ["shorter", "other start", "gone", "a link"])
def test_resume_writes_damaged_files_again(how: str, tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    write(plan, tmp_path / "undisturbed")
    partial = interrupted(plan, tmp_path / "out")
    first, second = (partial / shard.file for shard in plan.shards[:2])
    inode = first.stat().st_ino
    if how == "a link":
        second.rename(tmp_path / "elsewhere")
        second.symlink_to(tmp_path / "elsewhere")
        with pytest.raises(CheckpointError, match=r"holds 'model-00002-of-00004.safetensors'"):
            write(plan, tmp_path / "out", resume=True)
        return
    damage(second, how)
    write(plan, tmp_path / "out", resume=True)
    assert (tmp_path / "out" / first.name).stat().st_ino == inode
    assert files_of(tmp_path / "out") == files_of(tmp_path / "undisturbed")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 2}, "its seed is 1, and this run has 2; give the options of that run"),
        (
            {"shard_bytes": 10**9},
            "its shard size in bytes is 800000, and this run has 1000000000; give the options",
        ),
    ],
)
def test_resume_with_another_plan_is_refused(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    partial = interrupted(plan_in(tmp_path), tmp_path / "out")
    before = files_of(partial)
    with pytest.raises(CheckpointError, match=message):
        write(plan_in(tmp_path, **options), tmp_path / "out", resume=True)
    assert files_of(partial) == before
    assert not (tmp_path / "out").exists()


def test_a_run_that_replaces_is_gone_on_with(tmp_path: Path) -> None:
    old, new, out = plan_in(tmp_path, 3, seed=5), plan_in(tmp_path), tmp_path / "out"
    write(new, tmp_path / "whole")
    write(old, out)
    before = files_of(out)
    partial = interrupted(new, out, force=True)
    finished = identities(new, partial)
    with pytest.raises(CheckpointError, match="already exists and is not this checkpoint: its seed is 5"):
        write(new, out, resume=True)
    with pytest.raises(CheckpointError, match="from an interrupted run of another checkpoint"):
        write(old, out, resume=True, force=True)
    assert files_of(out) == before
    assert identities(new, partial) == finished
    write(new, out, resume=True, force=True)
    assert files_of(out) == files_of(tmp_path / "whole")
    assert identities(new, out).items() >= finished.items()
    assert sorted(os.listdir(tmp_path)) == ["out", "r.toml", "whole"]


def test_resume_and_force_replace_only_what_is_not_complete(tmp_path: Path) -> None:
    old, new, out = plan_in(tmp_path, 3, seed=5), plan_in(tmp_path), tmp_path / "out"
    assert write(new, out, resume=True, force=True) == new.file_bytes
    assert write(new, out, resume=True, force=True) == 0
    assert write(old, out, resume=True, force=True) == old.file_bytes
    (out / "mine").touch()
    with pytest.raises(CheckpointError, match="holds 'mine'"):
        write(new, out, resume=True, force=True)


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b"{}", b"[" * 10**6, b"\xff"])
@pytest.mark.parametrize("others", [(), ("recipe.toml",), ("model.safetensors",), ("mine",)])
def test_resume_with_an_unreadable_note(note: bytes, others: tuple[str, ...], tmp_path: Path) -> None:
    partial = tmp_path / "out.partial"
    partial.mkdir()
    for name in ("fastinit.json", *others):
        (partial / name).write_bytes(note)
    plan = plan_in(tmp_path, 1)
    if others in ((), ("recipe.toml",)):  # the run was stopped before it wrote anything
        write(plan, tmp_path / "out", resume=True)
        write(plan, tmp_path / "undisturbed")
        assert files_of(tmp_path / "out") == files_of(tmp_path / "undisturbed")
    else:
        with pytest.raises(CheckpointError, match=rf"holds '{others[0]}', which fastinit did not write"):
            write(plan, tmp_path / "out", resume=True)
        assert sorted(os.listdir(partial)) == sorted(["fastinit.json", *others])


def test_start_anew_leaves_no_file_of_the_old_plan(tmp_path: Path) -> None:
    interrupted(plan_in(tmp_path), tmp_path / "out")
    (tmp_path / "out.partial" / "fastinit.json").write_bytes(b"")
    for shard in (tmp_path / "out.partial").glob("*.safetensors"):
        shard.unlink()
    one = plan_in(tmp_path, 1)
    write(one, tmp_path / "out", resume=True)
    assert sorted(os.listdir(tmp_path / "out")) == [
        "fastinit.json", "model.safetensors", "recipe.toml",
    ]  # fmt: skip


def test_limit_on_file_size_is_reported_and_resumed(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    write(plan, tmp_path / "undisturbed")
    partial = interrupted(plan, tmp_path / "out")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
        with pytest.raises(CheckpointError, match=r"cannot write .*out: File too large \(.*2 of 4 files"):
            write(plan, tmp_path / "out", resume=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)
    assert not list(partial.glob("*.part-*"))
    write(plan, tmp_path / "out", resume=True)
    assert files_of(tmp_path / "out") == files_of(tmp_path / "undisturbed")


def test_space_is_asked_for_what_is_left_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_in(tmp_path)
    partial = interrupted(plan, tmp_path / "out")
    (partial / "model-00003-of-00004.safetensors.part-host-1-0123456789abcdef").touch()
    free = [1.5, 2.5]

    class Usage:
        def __init__(self, _: object) -> None:
            assert not list(partial.glob("*.part-*"))  # what they take is free by now
            self.free = int(free[0] * SHARD_BYTES)

    monkeypatch.setattr(shard_writer, "BUFFER_BYTES", 2**18)
    monkeypatch.setattr("shutil.disk_usage", Usage)
    message = (
        r"the checkpoint needs 1\.6\d\d MB, and .* has only 1\.2 MB free; free 4\d\d\.?\d* KB more or choose "
        r"another disk \(.*out.partial holds 2 of 4 files; run again with resume=True"
    )
    with pytest.raises(CheckpointError, match=message):
        write(plan, tmp_path / "out", resume=True)
    free.pop(0)
    write(plan, tmp_path / "out", resume=True)
