"""The working folder of a run: OUT.partial, which becomes OUT by one rename when all is on the disk.

The first file in it is fastinit.json, to the byte that of the finished checkpoint. It says which plan
the folder belongs to, so that a later run can go on, and its lock says that a run is at work. The
lock goes with its process, however that ends.
"""

from __future__ import annotations

import json
import os
import stat
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from fastinit.checkpoint.errors import CheckpointError, show
from fastinit.checkpoint.layout import INDEX_FILE, NOTE_FILE, RECIPE_FILE
from fastinit.checkpoint.writing import destination
from fastinit.checkpoint.writing.lock import release, take_lock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fastinit.checkpoint.plan import Plan, Shard

RESUME = "--resume (resume=True)"
FORCE = "--force (force=True)"
_REPLACED = ".replaced-by-fastinit"


class Files(NamedTuple):
    """What a plan puts into its folder."""

    shards: tuple[Shard, ...]
    sides: Mapping[str, bytes]

    @classmethod
    def of(cls, plan: Plan) -> Files:
        """Takes them from the plan.

        Raises:
            CheckpointError: The name of a file leads elsewhere.
        """
        sides = plan.side_files()
        for name in (*sides, *(shard.file for shard in plan.shards)):
            if name in ("", ".", "..") or "/" in name or "\0" in name or destination.is_part(name):
                raise CheckpointError(
                    f"the files of a checkpoint must have plain names, got {show(name)}; rename it"
                )
        return cls(plan.shards, sides)

    @property
    def nbytes(self) -> int:
        """The size of all."""
        return sum(shard.nbytes for shard in self.shards) + sum(map(len, self.sides.values()))

    def unfinished(self, folder: int) -> list[Shard]:
        """The shards that are not in the folder as planned."""
        return [shard for shard in self.shards if not destination.is_finished(shard, folder)]

    def are_in(self, path: Path) -> bool:
        """Whether the folder `path`, or what it links to, holds all of them, as far as sizes and headers tell.

        Raises:
            OSError: It cannot be read.
        """
        try:
            folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return False
        try:
            return not self.unfinished(folder) and all(
                destination.read_file(name, folder, len(content) + 1) == content
                for name, content in self.sides.items()
            )
        except FileNotFoundError:
            return False
        finally:
            os.close(folder)


class WorkingFolder:
    """The folder of a run that has the lock. Ends with `publish` or `give_up`."""

    def __init__(self, target: Path, files: Files, *, resume: bool, force: bool) -> None:
        self.target = target
        self.path = partial_of(target)
        self.files = files
        self._replaced = _replaced_of(target)
        self._note = files.sides[NOTE_FILE]
        self._force = force
        self._start_anew = force and not resume
        self._open = ExitStack()  # what is closed at the end
        try:
            self.path.mkdir()
            is_new = True
        except FileExistsError:
            is_new = False
        if not (is_new or resume or force):
            raise CheckpointError(_left_by_another_run(self.path))
        try:
            self._enter(is_new)
        except BaseException:
            if is_new:
                _discard(self.path)
            self._open.close()
            raise

    def _enter(self, is_new: bool) -> None:
        """Opens, checks and locks the folder."""
        try:
            self._folder = _open_folder(self.path)
        except OSError:
            if is_new:
                raise
            raise CheckpointError(_left_by_another_run(self.path)) from None
        self._open.callback(os.close, self._folder)
        _refuse_foreign(self.path, self._folder)
        self._lock = take_lock(self.path, self._folder)
        self._open.callback(release, self._lock)
        self._adopt()

    def _adopt(self) -> None:
        """Makes the folder that of this plan, empty but for finished files of this very plan."""
        found = _read_note(self._folder)
        is_same = found == self._note
        theirs = None if is_same or self._start_anew else _parse(found)
        if theirs is not None:
            raise CheckpointError(
                f"{self.path} must be of this very checkpoint to go on, got another, whose "
                f"{_difference(theirs, self._note)}; start anew with {FORCE} or choose another name"
            )
        names = set(os.listdir(self._folder)) - {NOTE_FILE}
        keep = is_same and not self._start_anew
        _remove(self._folder, filter(destination.is_part, names) if keep else names)
        if not is_same:
            os.ftruncate(self._lock, 0)
            _write_all(self._lock, self._note)
            os.fsync(self._lock)

    def unfinished(self) -> list[Shard]:
        """The shards still to write."""
        return self.files.unfinished(self._folder)

    def write_side_files(self) -> None:
        """Writes the small files."""
        for name, content in self.files.sides.items():
            if name != NOTE_FILE:
                destination.write_file(name, content, self._folder)

    def publish(self) -> None:
        """Turns the complete folder into OUT.

        Raises:
            CheckpointError: Files are missing, or OUT cannot be replaced.
            OSError: OUT has come to be meanwhile, or the disk fails.
        """
        missing = self.unfinished()
        if missing:
            raise CheckpointError(
                f"every file must be in {self.path} when all are written, got {len(missing)} that "
                f"are missing or incomplete, {missing[0].file} the first; "
                "choose OUT on a file system that all workers share"
            )
        self._remove_parts()
        destination.sync_folder(self.path)
        if self._force and os.path.lexists(self.target):
            self._replace()
        else:  # fails if OUT has come to be meanwhile; an empty folder is no loss
            self.path.rename(self.target)
        self._remove_parts()  # of workers that were taken for dead
        destination.sync_folder(self.target.parent)
        _remove_replaced(self.target)
        self._open.close()

    def _replace(self) -> None:
        """Puts the new checkpoint in the place of the old one, which is back if that fails."""
        refuse_unless_replaceable(self.target)
        if os.path.lexists(self._replaced):  # of a run that was killed between these renames
            remove_checkpoint(self._replaced)
        try:
            self.target.rename(self._replaced)
            self.path.rename(self.target)
        except BaseException:
            if not os.path.lexists(self.target):
                self._replaced.rename(self.target)
            raise

    def give_up(self) -> str:
        """Clears up after a failure and says in a sentence what is left."""
        try:
            return self._clear()
        except OSError as error:
            return f"{self.path} could not be cleared up: {error.strerror or error}"
        finally:
            self._open.close()

    def _clear(self) -> str:
        if not os.path.lexists(self.path) and self.files.are_in(self.target):
            return f"{self.target} is complete"
        self._remove_parts()
        count = len(self.files.shards)
        finished = count - len(self.unfinished())
        if finished:
            is_there = os.path.lexists(self.target)
            first = f"remove {self.target}, then " if is_there and not self._force else ""
            options = f"{RESUME} and {FORCE}" if is_there and self._force else RESUME
            return (
                f"{self.path} holds {finished} of {count} finished files; "
                f"{first}run again with {options} to go on"
            )
        remove_checkpoint(self.path)
        return "nothing was left behind"

    def _remove_parts(self) -> None:
        _remove(self._folder, filter(destination.is_part, os.listdir(self._folder)))


def partial_of(target: Path) -> Path:
    """Where a run that makes `target` works."""
    return target.with_name(target.name + ".partial")


def _replaced_of(target: Path) -> Path:
    """Where the old checkpoint is while a new one takes its place."""
    return target.with_name(target.name + _REPLACED)


def finish_beside(target: Path, files: Files) -> None:
    """Ends the work of a run that died when `target` was complete: removes what it has left beside it.

    Raises:
        OSError: That cannot be removed.
    """
    _remove_replaced(target)
    path = partial_of(target)
    if not path.is_dir() or path.is_symlink():
        return
    folder = _open_folder(path)
    try:
        names, note = os.listdir(folder), _read_note(folder)
        if not names:  # it died before it wrote anything
            path.rmdir()
        elif note == files.sides[NOTE_FILE] or (names == [NOTE_FILE] and not note):
            # A run may be at work there, or it may hold files of somebody else's.
            with suppress(CheckpointError):
                lock = take_lock(path, folder, create=False)
                try:
                    remove_checkpoint(path)
                finally:
                    release(lock)
    finally:
        os.close(folder)


def _remove_replaced(target: Path) -> None:
    """Removes the checkpoint that `target` has replaced; what is not fastinit's stays."""
    replaced = _replaced_of(target)
    if os.path.lexists(replaced):
        with suppress(CheckpointError):
            remove_checkpoint(replaced)


def _discard(path: Path) -> None:
    """Removes a folder that this run has made and not come to use, as far as that goes."""
    with suppress(OSError):
        (path / NOTE_FILE).unlink(missing_ok=True)
        path.rmdir()


def refuse_unless_replaceable(target: Path) -> None:
    """Checks that `target` is an empty folder, or a checkpoint of fastinit's and nothing more, and can be moved.

    Raises:
        CheckpointError: It is not, or cannot.
    """
    try:
        folder = _open_folder(target)
        try:
            _refuse_foreign(target, folder)
        finally:
            os.close(folder)
    except CheckpointError:
        raise
    except OSError:
        raise CheckpointError(
            f"OUT must be a checkpoint of fastinit's to be replaced, got {target}, which is no "
            "folder; remove it or choose another name"
        ) from None
    _refuse_immovable(target)


def _refuse_immovable(target: Path) -> None:
    """Says at the start what would fail when all is written."""
    longest = os.pathconf(target.parent, "PC_NAME_MAX")
    length = len(os.fsencode(_replaced_of(target).name))
    if length > longest:
        what = f"a name that leaves room for {_REPLACED!r}, {length} bytes of {longest}"
    elif os.path.ismount(target):
        what = "a folder within its file system, not the place where another is mounted"
    elif not os.access(target, os.W_OK | os.X_OK):
        what = "a folder that you may write to"
    else:
        return
    raise CheckpointError(
        f"OUT must be {what}, to be replaced, got {target}; choose another name or remove what it holds"
    )


def remove_checkpoint(path: Path) -> None:
    """Removes a checkpoint of fastinit's, its fastinit.json last.

    Raises:
        CheckpointError: It holds other files, or is no checkpoint.
    """
    folder = _open_folder(path)
    try:
        _refuse_foreign(path, folder)
        _remove(folder, set(os.listdir(folder)) - {NOTE_FILE})
        _remove(folder, [NOTE_FILE])
        path.rmdir()
    finally:
        os.close(folder)


def _open_folder(path: Path) -> int:
    """Opens a folder; a link to one is none."""
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def _refuse_foreign(path: Path, folder: int) -> None:
    """Refuses a folder that holds anything that fastinit has not written."""
    names = os.listdir(folder)
    note = _parse(_read_note(folder))
    own = {NOTE_FILE, RECIPE_FILE, INDEX_FILE}
    for key in ("files", "copies"):
        if note is not None and isinstance(note.get(key), dict):
            own |= note[key].keys()
    for name in sorted(names):
        try:
            mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        except FileNotFoundError:  # a worker taken for dead may still clear up
            continue
        if not stat.S_ISREG(mode) or (name not in own and not destination.is_part(name)):
            raise CheckpointError(
                f"{path} must hold nothing but a checkpoint of fastinit's, got {show(name)} in it, "
                "which is not of one; remove the folder or choose another name"
            )


def _read_note(folder: int) -> bytes:
    try:
        return destination.read_file(NOTE_FILE, folder)
    except FileNotFoundError:
        return b""


def _parse(note: bytes) -> dict[str, Any] | None:
    """The content of a fastinit.json, None if it is none."""
    try:
        content = json.loads(note)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) and "recipe_sha256" in content else None


def _difference(theirs: dict[str, Any], note: bytes) -> str:
    """Says in what another fastinit.json differs from that of the plan."""
    ours = json.loads(note)
    for key, what in (
        ("stream_version", "stream version"),
        ("recipe_sha256", "recipe (SHA-256)"),
        ("shard_bytes", "shard size"),
        ("copies", "copied files"),
    ):
        if theirs.get(key) != ours[key]:
            return f"{what} is {show(theirs.get(key))} and not {show(ours[key])}"
    return f"{NOTE_FILE} differs"


def _left_by_another_run(path: Path) -> str:
    """Says what is in the way of a working folder."""
    try:
        folder = _open_folder(path)
    except OSError:
        return f"{path} must not exist, got something that is no folder of a run; remove it"
    try:
        lock = take_lock(path, folder, create=False)
        release(lock)
        note = _parse(_read_note(folder)) or {}
        files = note.get("files")
        files = files if isinstance(files, dict) else {}
        finished = len(set(os.listdir(folder)).intersection(files))
        return (
            f"{path} must not exist, got that of an interrupted run, which holds {finished} of "
            f"{len(files)} finished files; go on with {RESUME} or start anew with {FORCE}"
        )
    except FileNotFoundError:
        return (
            f"{path} must not exist, got a folder without {NOTE_FILE}; "
            f"remove it, or go on with {RESUME} if it is empty"
        )
    except CheckpointError as error:
        return str(error)
    finally:
        os.close(folder)


def _remove(folder: int, names: Any) -> None:
    for name in names:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)


def _write_all(descriptor: int, content: bytes) -> None:
    offset = 0
    while offset < len(content):
        offset += os.pwrite(descriptor, content[offset:], offset)
