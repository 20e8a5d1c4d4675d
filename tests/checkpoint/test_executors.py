"""Writing in the workers of an executor gives what one process writes, whatever becomes of them."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fastinit.checkpoint import CheckpointError, Plan, load_recipe, make_plan, write
from fastinit.checkpoint.writing import direct, shard_writer, writer
from fastinit.checkpoint.writing.destination import Destination, destination
from fastinit.checkpoint.writing.shard_writer import write_shard
from fastinit.stored.layout import NOTE_FILE
from tests.checkpoint.slow_writes import slow_writes

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
SHARD_BYTES = 800_000


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Ten shards, whose recipe lies in the folder."""
    recipe = tmp_path / "r.toml"
    recipe.write_text(
        'seed = 3\ndtype = "float32"\n[tensors]\n"w{1..10}" = [200000]\n[[rule]]\nmatch = "*"\ninit = "normal"\n'
    )
    return make_plan(load_recipe(recipe), SHARD_BYTES)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def assert_equals_undisturbed(folder: Path, plan: Plan) -> None:
    write(plan, folder / "undisturbed")
    assert files_of(folder / "out") == files_of(folder / "undisturbed")
    shutil.rmtree(folder / "undisturbed")


def spawned(workers: int = 2, **options: Any) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), **options)


class Plain(Executor):
    """The least that an executor can be: its futures have a result and call back."""

    class Task:
        def __init__(self, result: Any) -> None:
            self.result = lambda: result

        def add_done_callback(self, function: Callable[[Any], object]) -> None:
            function(self)

        def cancel(self) -> bool:
            return False

    def submit(self, function: Any, /, *arguments: Any, **options: Any) -> Any:
        return self.Task(function(*arguments, **options))


class Lazy(Executor):
    """Says that all is done."""

    def submit(self, *_: Any, **__: Any) -> Future[None]:
        future: Future[None] = Future()
        future.set_result(None)
        return future


@pytest.mark.parametrize("make", [lambda: ThreadPoolExecutor(4), spawned, Plain])
def test_executor_writes_what_one_process_writes(make: Callable[[], Executor], plan: Plan, tmp_path: Path) -> None:
    reported: list[int] = []
    with make() as executor:
        write(plan, tmp_path / "out", executor=executor, progress=reported.append)
    assert_equals_undisturbed(tmp_path, plan)
    assert sorted(reported) == sorted(shard.nbytes for shard in plan.shards)
    assert sorted(os.listdir(tmp_path)) == ["out", "r.toml"]


def test_first_failure_cancels_the_rest_and_leaves_what_is_finished(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    def fail_at_fourth(*arguments: Any) -> None:
        begun.append(arguments)
        if len(begun) == 4:
            raise OSError(errno.ENOSPC, "full")
        time.sleep(0.05)  # the others are still running when the fourth fails
        write_shard(*arguments)

    message = (
        r"the disk is full: .*out needed 8.*MB more when this run began, .*"
        r"\(.*out.partial holds (3|4|5) of 10 files; run again with resume=True"
    )
    with ThreadPoolExecutor(2) as executor, monkeypatch.context() as patch:
        patch.setattr(writer, "write_shard", fail_at_fourth)
        with pytest.raises(CheckpointError, match=message):
            write(plan, tmp_path / "out", executor=executor)
        now = os.listdir(tmp_path / "out.partial")
    assert sorted(os.listdir(tmp_path / "out.partial")) == sorted(now)  # none was still at work
    assert not any(".part-" in name for name in now)
    assert len(begun) < 8
    with ThreadPoolExecutor(2) as executor:
        write(plan, tmp_path / "out", executor=executor, resume=True)
    assert_equals_undisturbed(tmp_path, plan)


def test_lost_worker_process_is_reported_and_resumed(plan: Plan, tmp_path: Path) -> None:
    def kill(_: int) -> None:
        """After the first file: another is being written."""
        deadline = time.monotonic() + 30
        while not list((tmp_path / "out.partial").glob("*.part-*")):
            assert time.monotonic() < deadline
            time.sleep(0.001)
        for process in multiprocessing.active_children():
            os.kill(process.pid or 0, signal.SIGKILL)

    message = (
        r"a worker failed: BrokenProcessPool: .*"
        r"\(.*out.partial holds [1-9] of 10 files; run again with resume=True"
    )
    with (
        spawned(initializer=slow_writes, initargs=(0.05,)) as executor,
        pytest.raises(CheckpointError, match=message),
    ):
        write(plan, tmp_path / "out", executor=executor, progress=kill)
    assert not list((tmp_path / "out.partial").glob("*.part-*"))
    write(plan, tmp_path / "out", resume=True)
    assert_equals_undisturbed(tmp_path, plan)


def test_files_that_workers_did_not_write_are_missed(plan: Plan, tmp_path: Path) -> None:
    message = r"10 are missing or incomplete in .*, first model-00001-of-00010.safetensors; "
    with pytest.raises(CheckpointError, match=message):
        write(plan, tmp_path / "out", executor=Lazy())
    assert os.listdir(tmp_path) == ["r.toml"]


def working_folder(plan: Plan, folder: Path) -> Destination:
    """A folder such as a worker finds."""
    folder.mkdir()
    note = plan.side_files()[NOTE_FILE]
    (folder / NOTE_FILE).write_bytes(note)
    return destination(folder, note)


@pytest.mark.parametrize("found", ["no such folder", "a folder without fastinit.json",
                                   "a folder with another fastinit.json"])  # fmt: skip
def test_worker_that_sees_another_folder_says_so(found: str, plan: Plan, tmp_path: Path) -> None:
    to = working_folder(plan, tmp_path / "out")
    if "another" in found:
        (tmp_path / "out" / NOTE_FILE).write_bytes(b"{}")
    else:
        (tmp_path / "out" / NOTE_FILE).unlink()
        if "no such" in found:
            (tmp_path / "out").rmdir()
    message = f"this worker does not see the folder that is being written: there is {found} at .*/out on "
    with pytest.raises(CheckpointError, match=message):
        write_shard(plan.shards[0], plan.recipe.seed, to)
    assert not list(tmp_path.glob("out/*safetensors*"))


def test_attempts_at_one_shard_do_not_disturb_each_other(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard_writer, "BUFFER_BYTES", 2**18)
    write(plan, tmp_path / "undisturbed")
    to = working_folder(plan, tmp_path / "out")
    shard = plan.shards[0]
    whole = (tmp_path / "undisturbed" / shard.file).read_bytes()
    path = tmp_path / "out" / shard.file
    original, failing = direct.DirectFile.finish, threading.Event()

    def finish(file: direct.DirectFile, nbytes: int) -> None:
        original(file, nbytes)
        if failing.is_set():
            raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(direct.DirectFile, "finish", finish)
    with ThreadPoolExecutor(8) as threads:
        tasks = [threads.submit(write_shard, shard, plan.recipe.seed, to) for _ in range(40)]
        seen = 0
        while not all(task.done() for task in tasks):
            if path.exists():
                seen += 1
                assert path.read_bytes() == whole
        for task in tasks:
            task.result()
    assert seen > 0
    failing.set()
    with pytest.raises(OSError, match="broken"):
        write_shard(shard, plan.recipe.seed, to)
    assert path.read_bytes() == whole
    assert sorted(os.listdir(tmp_path / "out")) == [NOTE_FILE, shard.file]


def test_late_worker_cannot_write_into_the_folder_of_another_run(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = working_folder(plan, tmp_path / "out")
    original = direct.DirectFile.finish

    def replaced_meanwhile(file: direct.DirectFile, nbytes: int) -> None:
        original(file, nbytes)
        (tmp_path / "out").rename(tmp_path / "old")
        (tmp_path / "out").mkdir()

    monkeypatch.setattr(direct.DirectFile, "finish", replaced_meanwhile)
    write_shard(plan.shards[0], plan.recipe.seed, to)
    assert os.listdir(tmp_path / "out") == []
    assert plan.shards[0].file in os.listdir(tmp_path / "old")


def test_what_workers_taken_for_dead_leave_is_removed(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = "model-00001-of-00010.safetensors.part-other-host-77-0123456789abcdef"
    rename = Path.rename

    def leave(path: Path, target: Path) -> Path:
        assert not list(path.glob("*.part-*"))  # that of before is gone, and one comes late
        (path / part).touch()
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", leave)
    write(plan, tmp_path / "out", progress=lambda _: (tmp_path / "out.partial" / part).touch())
    monkeypatch.undo()
    assert_equals_undisturbed(tmp_path, plan)


def run(folder: Path, *command: str | Path, timeout: float = 90) -> str:
    """Runs a script that writes `folder`/r.toml into `folder`/out."""
    arguments = [*map(str, command), str(folder / "r.toml"), str(folder / "out"), str(SHARD_BYTES)]
    bin_folder = Path(sys.executable).parent
    environment = os.environ | {
        "PATH": f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}",
        # Open MPI refuses, unless told, to run as root, or more processes than there are cores.
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    }
    process = subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=timeout)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # whatever it has started
        process.wait()
    assert process.returncode == 0, errors
    return output


def test_dask_cluster_that_loses_a_worker(plan: Plan, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    output = run(tmp_path, sys.executable, "-m", "tests.checkpoint.write_on_dask")
    assert int(output) > 0  # a worker was killed in the middle of a file
    assert_equals_undisturbed(tmp_path, plan)
    whole = files_of(tmp_path / "out")
    # Dask takes a task with the same arguments for done; each of these runs has its own.
    assert files_of(tmp_path / "out-first") == whole
    assert files_of(tmp_path / "out-again") == whole
    assert files_of(tmp_path / "out-command") == whole


def test_mpi_processes(plan: Plan, tmp_path: Path) -> None:
    pytest.importorskip("mpi4py")
    script = "tests/checkpoint/write_on_mpi.py"
    run(tmp_path, "mpiexec", "-n", "3", sys.executable, "-m", "mpi4py.futures", script)
    assert_equals_undisturbed(tmp_path, plan)
