"""Writes a plan: the shards one after another here, or as the tasks of an executor.

Files and the folder get their final names only when they are complete. Whatever stops a run, a later run can continue
from the finished files.
"""

from __future__ import annotations

import errno
import os
import queue
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fastinit import checks
from fastinit.checkpoint.plan import Plan
from fastinit.checkpoint.sizes import format_bytes
from fastinit.checkpoint.writing.destination import destination
from fastinit.checkpoint.writing.folder import (
    FORCE,
    RESUME,
    Files,
    WorkingFolder,
    finish_beside,
    partial_of,
)
from fastinit.checkpoint.writing.replacing import is_empty_folder, refuse_unless_replaceable
from fastinit.checkpoint.writing.shard_writer import free_buffers, write_shard
from fastinit.errors import CheckpointError, show
from fastinit.stored.layout import NOTE_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Executor, Future

    from fastinit.checkpoint.plan import Shard
    from fastinit.checkpoint.writing.destination import Destination

    Progress = Callable[[int], None]

_TOO_MANY = "; close some, or raise the limit (ulimit -n)"
_REMEDIES = {errno.EMFILE: _TOO_MANY, errno.ENFILE: _TOO_MANY}


def write(
    plan: Plan,
    out: str | os.PathLike[str],
    *,
    progress: Progress | None = None,
    resume: bool = False,
    force: bool = False,
    executor: Executor | None = None,
) -> int:
    """Writes a checkpoint into the folder `out`, in memory that does not grow with the model.

    The files go into the folder `out` + ".partial" next to it, which is renamed to `out` when all of them are on the
    disk. After a failure, that folder stays if any file is finished, and is removed otherwise.

    Args:
        plan: The plan, from `make_plan`.
        out: The folder to make; its parent must exist. An empty folder may be there: one rename replaces it.
        progress: Called with a number of bytes each time that many have been written: by an executor after each file,
            and at the start for files that are finished already.
        resume: Continues an interrupted run of the same plan: finished files stay as they are. Starts a new run if
            there is none. Does nothing if `out` is already complete, unless `force` is set and there is an interrupted
            run.
        force: Replaces `out` once the new one is complete, if it is an empty folder or only a checkpoint that fastinit
            wrote. Without `resume` it also drops the files of an interrupted run.
        executor: Its workers write the files: Dask's `client.get_executor()`, mpi4py's `MPIPoolExecutor`, or any
            other. All workers must see the folder under the same path.

    Returns:
        The bytes of the safetensors files that this call wrote, without those that a resumed run found finished.

    Raises:
        CheckpointError: `out` exists, or its parent does not; another run is at work there, or has left files of
            another plan; or the disk is full or fails. An interruption such as KeyboardInterrupt has a note about the
            files that are left.

    Example:
        >>> import tempfile
        >>> from fastinit.checkpoint import make_plan, parse_recipe
        >>> recipe = parse_recipe('seed = 0\\ndtype = "float32"\\n[tensors]\\nw = [8]\\n'
        ...                       '[[rule]]\\nmatch = "*"\\ninit = "zeros"\\n')
        >>> folder = tempfile.TemporaryDirectory()
        >>> write(make_plan(recipe), folder.name + "/out", resume=True)
        4128
        >>> write(make_plan(recipe), folder.name + "/out", resume=True)
        0
        >>> sorted(os.listdir(folder.name + "/out"))
        ['fastinit.json', 'model.safetensors', 'recipe.toml']
        >>> folder.cleanup()
    """
    checks.instance("plan", plan, Plan, "`make_plan` makes one from a recipe")
    try:
        target = Path(os.path.abspath(out))
    except FileNotFoundError:
        raise CheckpointError("your working folder has been removed; go to another folder first") from None
    if not target.name:
        raise CheckpointError(f"{target} is the root of the file system, which has no name; choose a folder in it")
    files = Files.of(plan)
    if not target.parent.is_dir():
        fault = "is not a folder" if target.parent.exists() else "does not exist; create it first"
        raise CheckpointError(f"{target.parent} {fault}")
    if _is_done(target, files, resume, force):
        _report(progress, plan.file_bytes)
        return 0
    try:
        folder = WorkingFolder(target, files, resume=resume, force=force)
    except OSError as error:
        if isinstance(error, CheckpointError):
            raise
        reason, partial = _reason(error, target, files.nbytes), partial_of(target)
        left = f"{partial} is left" if os.path.lexists(partial) else "nothing was left behind"
        raise CheckpointError(f"{reason} ({left})") from error
    shards: Sequence[Shard] = plan.shards
    try:
        if _is_done(target, files, resume, force):  # another run held the lock until now and finished it
            folder.give_up()
            _report(progress, plan.file_bytes)
            return 0
        shards = folder.unfinished()
        _report(progress, plan.file_bytes - _bytes_of(shards))
        _check_space(folder, shards)
        folder.write_side_files()
        to = destination(folder.path, files.sides[NOTE_FILE])
        if executor is None:
            for shard in shards:
                write_shard(shard, plan.recipe.seed, to, progress)
        else:
            _write_with(executor, shards, plan.recipe.seed, to, progress)
        folder.publish()
        return _bytes_of(shards)
    except BaseException as error:
        reason = _reason(error, target, _bytes_of(shards))  # measures free space, so it comes before files are removed
        left = folder.give_up()
        if isinstance(error, OSError):
            raise CheckpointError(f"{reason} ({left})") from error
        error.add_note(left)
        raise
    finally:
        free_buffers()


def _is_done(target: Path, files: Files, resume: bool, force: bool) -> bool:
    """Whether OUT is already this complete checkpoint and the run may resume. Raises if it is something else."""
    if not os.path.lexists(target):
        return False
    goes_on = force and os.path.lexists(partial_of(target))
    if resume and not goes_on and _is_complete(target, files):
        return True
    if is_empty_folder(target) or force:
        refuse_unless_replaceable(target)
        return False
    if resume:
        raise CheckpointError(
            f"{target} already exists and is not this checkpoint: {files.unlike(target)}; "
            f"choose another name, or use {FORCE} to replace a checkpoint that fastinit wrote"
        )
    raise CheckpointError(
        f"{target} already exists; choose another name, use {FORCE} to replace a checkpoint that fastinit wrote, "
        f"or {RESUME} to keep it if it is this very checkpoint"
    )


def _is_complete(target: Path, files: Files) -> bool:
    """Whether OUT is this checkpoint. If so, files that a run has left next to it are removed."""
    try:
        is_complete = files.are_in(target)
        if is_complete:
            finish_beside(target, files)
    except CheckpointError:
        raise
    except OSError as error:
        raise CheckpointError(f"cannot read {target}: {error.strerror or error}") from error
    return is_complete


def _check_space(folder: WorkingFolder, shards: Sequence[Shard]) -> None:
    """Raises before anything large is written if the disk is too small."""
    needed = _bytes_of(shards) + sum(map(len, folder.files.sides.values()))
    free = shutil.disk_usage(folder.path).free
    if needed > free:
        raise CheckpointError(
            f"the checkpoint needs {format_bytes(needed)}, "
            f"and {folder.target.parent} has only {format_bytes(free)} free; "
            f"free {format_bytes(needed - free)} more or choose another disk"
        )


def _reason(error: BaseException, target: Path, needed: int) -> str:
    if isinstance(error, CheckpointError):
        return str(error)
    number = (isinstance(error, OSError) and error.errno) or 0
    if number not in (errno.ENOSPC, errno.EDQUOT):
        strerror = getattr(error, "strerror", None) or error
        return f"cannot write {target}: {strerror}{_REMEDIES.get(number, '')}"
    try:
        status = os.statvfs(target.parent)
        free = format_bytes(status.f_bavail * status.f_frsize)
        if status.f_files and not status.f_favail:
            return (
                f"the file system of {target} has no free inode for another file, with {free} free; "
                "remove some files or choose another disk"
            )
    except OSError:
        free = "an unknown number of bytes"
    return (
        f"the disk is full: {target} needed {format_bytes(needed)} more when this run began, and "
        f"{free} were free when it stopped; free some space or choose another disk"
    )


def _write_with(
    executor: Executor,
    shards: Sequence[Shard],
    seed: int,
    to: Destination,
    progress: Progress | None,
) -> None:
    """Writes each shard as a task of the executor."""
    done: queue.SimpleQueue[Future[None]] = queue.SimpleQueue()
    tasks: dict[Future[None], Shard] = {}
    try:
        for shard in shards:
            with _executor_errors():
                task = executor.submit(write_shard, shard, seed, to)
                tasks[task] = shard
                task.add_done_callback(done.put)
        for _ in shards:
            task = done.get()
            with _executor_errors():
                task.result()
            _report(progress, tasks[task].nbytes)
    except BaseException:
        _stop(tasks)
        raise


@contextmanager
def _executor_errors() -> Iterator[None]:
    """Turns an executor's errors, such as the loss of its workers, into a CheckpointError."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise CheckpointError(
            f"a worker failed: {type(error).__name__}: {show(str(error))}; see the messages of the workers"
        ) from error


def _stop(tasks: Iterable[Future[None]]) -> None:
    """Cancels the tasks that have not begun, and waits for the others."""
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(Exception):
            task.result()


def _report(progress: Progress | None, nbytes: int) -> None:
    if progress is not None and nbytes:
        progress(nbytes)


def _bytes_of(shards: Iterable[Shard]) -> int:
    return sum(shard.nbytes for shard in shards)
