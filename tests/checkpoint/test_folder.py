"""The folder of a run: one run at a time, nothing of others touched, replaced only when complete."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from fastinit.checkpoint import CheckpointError, write
from fastinit.checkpoint.writing import replacing
from fastinit.checkpoint.writing.folder import FORCE, RESUME, Files, WorkingFolder
from tests.checkpoint.runs import (
    end,
    files_of,
    interrupted,
    plan_in,
    start,
    wait_for,
)


@pytest.mark.parametrize("what", ["file", "link", "empty folder", "their folder"])
@pytest.mark.parametrize("option", [None, "resume", "force"])
def test_what_is_no_working_folder_is_left_alone(what: str, option: str | None, tmp_path: Path) -> None:
    partial = tmp_path / "out.partial"
    if what == "file":
        partial.write_text("mine")
    elif what == "link":
        (tmp_path / "elsewhere").mkdir()
        partial.symlink_to("elsewhere")
    else:
        partial.mkdir()
        if what == "their folder":
            (partial / "mine").write_text("mine")
    plan = plan_in(tmp_path)
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    options: dict[str, Any] = {option: True} if option else {}
    if what == "empty folder" and option:  # stopped as soon as it was made
        write(plan, tmp_path / "out", **options)
        return
    with pytest.raises(CheckpointError, match=r"out.partial (exists|is left|holds) "):
        write(plan, tmp_path / "out", **options)
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before


def test_two_runs_into_one_folder_do_not_mix(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    write(plan, tmp_path / "undisturbed")
    processes = start(tmp_path, 0.05, "resume", count=4)
    results = [end(process) for process in processes]
    busy = f"another run is writing into {tmp_path / 'out'}.partial; wait for it or choose another name"
    assert (0, "") in results
    assert set(results) <= {(0, ""), (1, busy)}  # one that comes late finds all done
    assert files_of(tmp_path / "out") == files_of(tmp_path / "undisturbed")


@pytest.mark.parametrize("option", ["resume", "force", None])
def test_a_run_at_work_is_not_disturbed(option: str | None, tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    (process,) = start(tmp_path, 0.02)
    wait_for(tmp_path, "out.partial/model-00002-*.part-*", process)
    options: dict[str, Any] = {option: True} if option else {}
    with pytest.raises(CheckpointError, match=r"another run is writing into .*out.partial"):
        write(plan_in(tmp_path, seed=9), tmp_path / "out", **options)
    assert end(process) == (0, "")
    write(plan, tmp_path / "undisturbed")
    assert files_of(tmp_path / "out") == files_of(tmp_path / "undisturbed")


# JAX, where a test has loaded it, and newer Pythons warn about any fork of a process with threads.
@pytest.mark.filterwarnings("ignore:.*fork:RuntimeWarning", "ignore:.*fork:DeprecationWarning")
def test_forked_processes_do_not_hold_the_lock(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    readers = os.pipe()
    children: list[int] = []

    def fork(_: int) -> None:
        if not children:
            child = os.fork()
            if child == 0:
                os.read(readers[0], 1)  # outlives the run
                os._exit(0)
            children.append(child)
        elif len(list((tmp_path / "out.partial").glob("*.safetensors"))) == 2:
            raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):
            write(plan, tmp_path / "out", progress=fork)
        write(plan, tmp_path / "out", resume=True)
        assert (tmp_path / "out").exists()
    finally:
        os.write(readers[1], b"x")
        os.waitpid(children[0], 0)
        for descriptor in readers:
            os.close(descriptor)


def test_file_system_without_locks_is_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    write(plan_in(tmp_path), tmp_path / "out")
    assert (tmp_path / "out").exists()


@pytest.mark.parametrize("what", ["checkpoint", "empty folder", "nothing", "stale run"])
def test_force_replaces(what: str, tmp_path: Path) -> None:
    old, new = plan_in(tmp_path, 3, seed=5), plan_in(tmp_path, 2)
    write(new, tmp_path / "undisturbed")
    out = tmp_path / "out"
    if what == "checkpoint":
        write(old, out)
        before = files_of(out)
    elif what == "empty folder":
        out.mkdir()
        before = {}
    elif what == "stale run":
        interrupted(old, out)

    def check(_: int) -> None:
        if what in ("checkpoint", "empty folder"):
            assert files_of(out) == before  # until the new one is complete

    write(new, out, force=True, progress=check)
    assert files_of(out) == files_of(tmp_path / "undisturbed")
    assert sorted(os.listdir(tmp_path)) == ["out", "r.toml", "undisturbed"]


@pytest.mark.parametrize("option", ["resume", "force", None])
def test_empty_folder_is_replaced_when_all_is_written(option: str | None, tmp_path: Path) -> None:
    plan, out = plan_in(tmp_path), tmp_path / "out"
    out.mkdir()
    options: dict[str, Any] = {option: True} if option else {}
    write(
        plan,
        out,
        progress=lambda _: os.listdir(out) and pytest.fail("OUT must be empty until all is written"),
        **options,
    )
    write(plan, tmp_path / "undisturbed")
    assert files_of(out) == files_of(tmp_path / "undisturbed")
    assert sorted(os.listdir(tmp_path)) == ["out", "r.toml", "undisturbed"]


def test_run_into_an_empty_folder_is_resumed(tmp_path: Path) -> None:
    plan, out = plan_in(tmp_path), tmp_path / "out"
    interrupted(plan, out)
    out.mkdir()
    with pytest.raises(CheckpointError, match=r"interrupted run, .*use resume=True"):
        write(plan, out)
    write(plan, out, resume=True)
    write(plan, tmp_path / "undisturbed")
    assert files_of(out) == files_of(tmp_path / "undisturbed")


def stop_after_one_file(out: Path) -> None:
    if list(out.parent.glob("out.partial/*.safetensors")):
        raise KeyboardInterrupt


def test_interruption_of_a_run_into_an_empty_folder_does_not_ask_to_remove_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(KeyboardInterrupt) as stopped:
        write(plan_in(tmp_path), out, progress=lambda _: stop_after_one_file(out))
    (note,) = stopped.value.__notes__
    assert "holds 1 of 4 files; run again with resume=True" in note
    assert os.listdir(out) == []


def test_empty_folder_that_is_filled_meanwhile_is_kept(tmp_path: Path) -> None:
    plan, out = plan_in(tmp_path), tmp_path / "out"
    out.mkdir()
    with pytest.raises(CheckpointError, match=r"not empty .*remove .*out, then run again with resume=True"):
        write(plan, out, progress=lambda _: (out / "mine").touch())
    assert os.listdir(out) == ["mine"]


def test_working_directory_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.chdir(out)
    for force in (False, True):
        with pytest.raises(CheckpointError, match="is your working folder"):
            write(plan_in(tmp_path), ".", force=force)
    assert os.listdir(tmp_path) == ["out", "r.toml"]


def test_folder_that_cannot_be_read_is_called_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x").touch()

    def refuse(_: Path) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(replacing, "open_folder", refuse)
    with pytest.raises(
        CheckpointError, match=r"out cannot be read \(Permission denied\), so it is not replaced; remove"
    ):
        replacing.refuse_unless_replaceable(tmp_path / "out")


@pytest.mark.parametrize("what", ["file", "link", "their folder", "a file more", "a folder in it"])
def test_force_replaces_nothing_else(what: str, tmp_path: Path) -> None:
    plan, out = plan_in(tmp_path), tmp_path / "out"
    if what == "file":
        out.write_text("mine")
    elif what == "link":
        write(plan, tmp_path / "elsewhere")
        out.symlink_to("elsewhere")
    elif what == "their folder":
        out.mkdir()
        (out / "model.safetensors").write_text("mine")
    else:
        write(plan, out)
        (out / "mine").mkdir() if "folder" in what else (out / "mine").write_text("mine")
    before = sorted((str(path), path.lstat().st_ino) for path in tmp_path.rglob("*"))
    with pytest.raises(CheckpointError, match=r"is not a folder, so it is not|which fastinit did not write"):
        write(plan, out, force=True)
    assert sorted((str(path), path.lstat().st_ino) for path in tmp_path.rglob("*")) == before


def test_file_put_into_out_meanwhile_is_kept_by_force(tmp_path: Path) -> None:
    plan, out = plan_in(tmp_path), tmp_path / "out"
    write(plan, out)
    with pytest.raises(CheckpointError, match=r"holds 'mine', .*; remove the folder .*; run again"):
        write(plan, out, force=True, progress=lambda _: (out / "mine").touch())
    assert (out / "mine").exists()


@pytest.mark.parametrize("failing", [1, 2])
def test_old_checkpoint_is_back_if_it_cannot_be_replaced(
    failing: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, out = plan_in(tmp_path, 3, seed=5), plan_in(tmp_path, 2), tmp_path / "out"
    write(old, out)
    before = files_of(out)
    rename, calls = Path.rename, []

    def fail(path: Path, to: Path) -> Path:
        calls.append(path)
        if len(calls) == failing:
            raise KeyboardInterrupt
        return rename(path, to)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fail)
        with pytest.raises(KeyboardInterrupt) as raised:
            write(new, out, force=True)
    assert files_of(out) == before
    text = f"{out}.partial holds 2 of 2 files; run again with {RESUME} and {FORCE} to go on"
    assert raised.value.__notes__ == [text]
    assert write(new, out, force=True, resume=True) == 0
    assert files_of(out).keys() != before.keys()
    assert sorted(os.listdir(tmp_path)) == ["out", "r.toml"]


def test_killed_between_the_renames_and_resumed(tmp_path: Path) -> None:
    old, new, out = plan_in(tmp_path, 3, seed=5), plan_in(tmp_path, 2), tmp_path / "out"
    write(old, tmp_path / "out.replaced-by-fastinit")
    write(new, tmp_path / "out.partial")
    write(new, out, resume=True)
    assert sorted(os.listdir(tmp_path)) == ["out", "r.toml"]


@pytest.mark.parametrize("option", ["resume", None])
def test_run_that_ends_while_another_waits_for_the_lock(
    option: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, out = plan_in(tmp_path), tmp_path / "out"
    mkdir = Path.mkdir

    def late(path: Path) -> None:
        monkeypatch.setattr(Path, "mkdir", mkdir)
        write(plan, out)
        mkdir(path)

    monkeypatch.setattr(Path, "mkdir", late)
    if option:
        write(plan, out, resume=True)
    else:
        with pytest.raises(CheckpointError, match=r"out already exists; .*\(nothing was left"):
            write(plan, out)
    assert sorted(os.listdir(tmp_path)) == ["out", "r.toml"]


def test_resume_finishes_what_a_run_left_that_died_when_out_was_complete(tmp_path: Path) -> None:
    old, new, out = plan_in(tmp_path, 3, seed=5), plan_in(tmp_path, 2), tmp_path / "out"
    write(new, out)
    write(old, tmp_path / "out.replaced-by-fastinit")
    write(new, tmp_path / "out.partial")
    os.remove(tmp_path / "out.partial" / "model-00002-of-00002.safetensors")
    assert write(new, out, resume=True) == 0
    assert sorted(os.listdir(tmp_path)) == ["out", "r.toml"]


@pytest.mark.parametrize("names", [[], ["fastinit.json"]])
def test_resume_removes_what_a_run_left_that_died_as_it_began(names: list[str], tmp_path: Path) -> None:
    plan, out = plan_in(tmp_path, 2), tmp_path / "out"
    write(plan, out)
    (tmp_path / "out.partial").mkdir()
    for name in names:
        (tmp_path / "out.partial" / name).touch()
    assert write(plan, out, resume=True) == 0
    assert sorted(os.listdir(tmp_path)) == ["out", "r.toml"]


def test_resume_of_a_complete_checkpoint_leaves_what_is_of_others(tmp_path: Path) -> None:
    other, plan, out = plan_in(tmp_path, 3, seed=5), plan_in(tmp_path, 2), tmp_path / "out"
    write(plan, out)
    (tmp_path / "out.replaced-by-fastinit").mkdir()
    (tmp_path / "out.replaced-by-fastinit" / "mine").touch()
    write(other, tmp_path / "out.partial")
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    assert write(plan, out, resume=True) == 0
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before
    for path in out.iterdir():  # and a run that makes OUT
        path.unlink()
    out.rmdir()
    assert write(other, out, resume=True) == 0
    assert (tmp_path / "out.replaced-by-fastinit" / "mine").exists()


def test_link_to_a_complete_checkpoint_is_complete(tmp_path: Path) -> None:
    plan, out = plan_in(tmp_path), tmp_path / "out"
    write(plan, tmp_path / "elsewhere")
    out.symlink_to("elsewhere")
    assert write(plan, out, resume=True) == 0
    with pytest.raises(
        CheckpointError, match="out already exists and is not this checkpoint: its seed is 1, and this run has 8"
    ):
        write(plan_in(tmp_path, seed=8), out, resume=True)


@pytest.mark.parametrize("number", [errno.EIO, errno.EMFILE, errno.EACCES])
def test_what_cannot_be_read_is_not_absent(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, out = plan_in(tmp_path), tmp_path / "out"
    write(plan, out)
    open_ = os.open

    def fail(path: Any, *arguments: Any, **options: Any) -> int:
        if path == "model-00002-of-00004.safetensors":
            raise OSError(number, os.strerror(number))
        return open_(path, *arguments, **options)

    monkeypatch.setattr(os, "open", fail)
    with pytest.raises(CheckpointError, match=f"cannot read .*out: {os.strerror(number)}"):
        write(plan, out, resume=True)


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_names_that_the_disk_does_not_keep_are_an_error(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, out = plan_in(tmp_path), tmp_path / "out"
    fsync = os.fsync

    def fail(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(CheckpointError, match=r"partial holds 4 of 4 files"):
            write(plan, out)
    assert write(plan, out, resume=True) == 0


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_file_system_that_cannot_sync_folders_is_written_to(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def fail(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fail)
    write(plan_in(tmp_path), tmp_path / "out")
    assert sorted(os.listdir(tmp_path)) == ["out", "r.toml"]


@pytest.mark.parametrize("where", ["folder", "note", "lock"])
def test_nothing_is_left_where_a_run_cannot_begin(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, out = plan_in(tmp_path), tmp_path / "out"
    open_ = os.open

    def fail(path: Any, *arguments: Any, **options: Any) -> int:
        if os.fspath(path).endswith({"folder": "out.partial", "note": "fastinit.json"}[where]):
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return open_(path, *arguments, **options)

    def refuse(*_: Any) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    with monkeypatch.context() as patch:
        patch.setattr(*((fcntl, "flock", refuse) if where == "lock" else (os, "open", fail)))
        with pytest.raises(CheckpointError, match=r"cannot write .*\(nothing was left behind\)"):
            write(plan, out)
    assert sorted(os.listdir(tmp_path)) == ["r.toml"]
    write(plan, out)


def test_what_could_not_be_removed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, out = plan_in(tmp_path), tmp_path / "out"

    def refuse(*_: Any) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(Path, "rmdir", refuse)
    with pytest.raises(CheckpointError, match=r"cannot write .*\(.*out\.partial is left\)"):
        write(plan, out)


@pytest.mark.parametrize("what", ["name", "mount", "bind", "access", "sticky"])
def test_what_force_cannot_replace_is_refused_at_the_start(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / ("o" * 240 if what == "name" else "a checkpoint")
    write(plan_in(tmp_path), out)
    if what == "mount":
        monkeypatch.setattr(os.path, "ismount", lambda path: path == out)
    elif what == "bind":
        mounts = tmp_path / "mountinfo"
        place = str(out).replace(" ", "\\040")
        mounts.write_text(f"42 27 254:0 /elsewhere {place} rw - ext4 /dev/vda rw\n")
        monkeypatch.setattr(replacing, "_MOUNTS", mounts)
    elif what == "access":
        monkeypatch.setattr(os, "access", lambda *_: False)
    elif what == "sticky":
        tmp_path.chmod(0o1777)
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    message = {
        "name": r"its name is too long: with '\.replaced-by-fastinit' it has 261 bytes of 255",
        "mount": "another file system is mounted there",
        "bind": "another file system is mounted there",
        "access": "you may not write to it",
        "sticky": "it is not yours, and only owners may rename",
    }[what]
    begun: list[int] = []
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    with pytest.raises(CheckpointError, match=message):
        write(plan_in(tmp_path, seed=3), out, force=True, progress=begun.append)
    assert not begun
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["recipe.toml", "model.safetensors.index.json"])
@pytest.mark.parametrize("where", ["out", "out.partial"])
@pytest.mark.parametrize("option", ["resume", "force"])
def test_files_of_these_names_without_a_note_are_somebodys(name: str, where: str, option: str, tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    (tmp_path / where).mkdir()
    (tmp_path / where / name).write_text("mine")
    with pytest.raises(CheckpointError):
        write(plan, tmp_path / "out", **{option: True})
    assert (tmp_path / where / name).read_text() == "mine"


def test_run_that_loses_the_folder_it_has_made_leaves_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, out = plan_in(tmp_path), tmp_path / "out"
    mkdir = Path.mkdir
    winner: list[WorkingFolder] = []

    def lose(path: Path) -> None:
        monkeypatch.setattr(Path, "mkdir", mkdir)
        mkdir(path)
        winner.append(WorkingFolder(out, Files.of(plan), resume=True, force=False))

    monkeypatch.setattr(Path, "mkdir", lose)
    with pytest.raises(CheckpointError, match="another run is writing into"):
        write(plan, out)
    assert os.listdir(tmp_path / "out.partial") == ["fastinit.json"]
    winner[0].give_up()


def not_called(_: int) -> None:
    raise AssertionError("something was written")


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_is_called_as_the_old_checkpoint_would_be(kind: str, tmp_path: Path) -> None:
    plan, out = plan_in(tmp_path), tmp_path / "out"
    other = tmp_path / "out.replaced-by-fastinit"
    if kind == "file":
        other.touch()
    else:
        other.symlink_to("nowhere")
    write(plan, out)
    assert write(plan, out, resume=True) == 0
    with pytest.raises(CheckpointError, match=r"cannot be replaced: another file has its name with "):
        write(plan_in(tmp_path, seed=3), out, force=True, progress=not_called)
    assert os.path.lexists(other)


def test_a_working_folder_that_is_a_mount_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, out = plan_in(tmp_path), tmp_path / "out"
    (tmp_path / "out.partial").mkdir()
    monkeypatch.setattr(os.path, "ismount", lambda path: path.name == "out.partial")
    with pytest.raises(CheckpointError, match="partial cannot be renamed"):
        write(plan, out, resume=True, progress=not_called)
