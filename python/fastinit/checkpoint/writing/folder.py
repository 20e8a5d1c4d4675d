"""The working folder of a run: OUT.partial. One rename turns it into OUT when everything is on the disk.

The first file in it is fastinit.json, the same to the byte as in the finished checkpoint. It says to which plan the
folder belongs, so that a later run can continue, and its lock says that a run is at work. The lock ends with its
process, in whatever way that ends.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, NamedTuple

from fastinit.checkpoint.writing import destination
from fastinit.checkpoint.writing.direct import needed
from fastinit.checkpoint.writing.lock import release, take_lock
from fastinit.checkpoint.writing.note import difference, parsed, read_note
from fastinit.checkpoint.writing.replacing import (
    is_empty_folder,
    is_mount_point,
    open_folder,
    refuse_foreign,
    refuse_unless_replaceable,
    remove_checkpoint,
    remove_files,
    remove_replaced,
    replaced_of,
)
from fastinit.errors import CheckpointError, show
from fastinit.stored.layout import NOTE_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fastinit.checkpoint.plan import Plan, Shard

RESUME = "resume=True"
FORCE = "force=True"


class Files(NamedTuple):
    """The files of a plan."""

    shards: tuple[Shard, ...]
    sides: Mapping[str, bytes]

    @classmethod
    def of(cls, plan: Plan) -> Files:
        """Takes the files from the plan.

        Raises:
            CheckpointError: A file's name leads to another folder.
        """
        sides = plan.side_files()
        for name in (*sides, *(shard.file for shard in plan.shards)):
            if name in ("", ".", "..") or "/" in name or "\0" in name or destination.is_part(name):
                raise CheckpointError(f"a file's name must not lead to another folder, got {show(name)}; rename it")
        return cls(plan.shards, sides)

    @property
    def nbytes(self) -> int:
        """The size of all files."""
        return sum(shard.nbytes for shard in self.shards) + sum(map(len, self.sides.values()))

    def unfinished(self, folder: int) -> list[Shard]:
        """The shards that are not in the folder as planned."""
        return [shard for shard in self.shards if not destination.is_finished(shard, folder)]

    def are_in(self, path: Path) -> bool:
        """Whether the folder `path`, or the folder that it links to, holds all files, judged by sizes and headers.

        Raises:
            OSError: It cannot be read.
        """
        try:
            folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return False
        try:
            return not self.unfinished(folder) and all(
                destination.read_file(name, folder, len(content) + 1) == content for name, content in self.sides.items()
            )
        except FileNotFoundError:
            return False
        finally:
            os.close(folder)

    def unlike(self, path: Path) -> str:
        """Words how the checkpoint in the folder `path`, which does not hold these files, differs from them."""
        with suppress(OSError):
            folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                note = read_note(folder)
            finally:
                os.close(folder)
            if note == self.sides[NOTE_FILE]:
                return "its files are missing or incomplete"
            if theirs := parsed(note):
                return difference(theirs, self.sides[NOTE_FILE])
        return f"it has no {NOTE_FILE}"


class WorkingFolder:
    """The folder of a run that holds its lock. Ends with `publish` or `give_up`."""

    def __init__(self, target: Path, files: Files, *, resume: bool, force: bool) -> None:
        self.target = target
        self.path = partial_of(target)
        self.files = files
        self._replaced = replaced_of(target)
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
        except BaseException as error:
            is_anothers = isinstance(error, CheckpointError)  # another run came between, and its lock raised
            if is_new and not is_anothers:
                _discard(self.path)
            self._open.close()
            raise

    def _enter(self, is_new: bool) -> None:
        """Opens, checks and locks the folder."""
        try:
            self._folder = open_folder(self.path)
        except OSError:
            if is_new:
                raise
            raise CheckpointError(_left_by_another_run(self.path)) from None
        self._open.callback(os.close, self._folder)
        if is_mount_point(self.path):
            raise CheckpointError(
                f"{self.path} cannot be renamed, because another file system is mounted there; "
                "unmount it or choose another name"
            )
        refuse_foreign(self.path, self._folder)
        self._lock = take_lock(self.path, self._folder)
        self._open.callback(release, self._lock)
        self._adopt()

    def _adopt(self) -> None:
        """Makes the folder this plan's: empty, or with finished files of this very plan."""
        found = read_note(self._folder)
        is_same = found == self._note
        theirs = None if is_same or self._start_anew else parsed(found)
        if theirs is not None:
            alone = " alone" if self._force else ""
            raise CheckpointError(
                f"{self.path} is left from an interrupted run of another checkpoint: "
                f"{difference(theirs, self._note)}; give the options of that run to go on with it, "
                f"use {FORCE}{alone} to start anew, or choose another name"
            )
        names = set(os.listdir(self._folder)) - {NOTE_FILE}
        keep = is_same and not self._start_anew
        remove_files(self._folder, filter(destination.is_part, names) if keep else names)
        if not is_same:
            with needed("shorten files (ftruncate)"):
                os.ftruncate(self._lock, 0)
            _write_all(self._lock, self._note)
            with needed("make files durable (fsync)"):
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
            OSError: Something has appeared at OUT meanwhile, or the disk fails.
        """
        missing = self.unfinished()
        if missing:
            raise CheckpointError(
                f"all files were written, but {len(missing)} are missing or incomplete in {self.path}, "
                f"first {missing[0].file}; choose an output folder on a file system that all workers share"
            )
        self._remove_parts()
        destination.sync_folder(self.path)
        if self._force and os.path.lexists(self.target):
            self._replace()
        else:  # fails if OUT has appeared or been filled meanwhile; an empty folder is replaced
            with needed("rename folders (rename)"):
                self.path.rename(self.target)
        self._remove_parts()  # left by workers that were thought to be dead
        destination.sync_folder(self.target.parent)
        remove_replaced(self.target)
        self._open.close()

    def _replace(self) -> None:
        """Replaces the old checkpoint by the new one, and restores the old one if that fails."""
        refuse_unless_replaceable(self.target)
        if os.path.lexists(self._replaced):  # a run was killed between these renames
            remove_checkpoint(self._replaced)
        try:
            with needed("rename folders (rename)"):
                self.target.rename(self._replaced)
                self.path.rename(self.target)
        except BaseException:
            if not os.path.lexists(self.target):
                self._replaced.rename(self.target)
            raise

    def give_up(self) -> str:
        """Cleans up after a failure, and returns a sentence about the remaining files."""
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
            is_there = os.path.lexists(self.target) and not is_empty_folder(self.target)
            first = f"remove {self.target}, then " if is_there and not self._force else ""
            options = f"{RESUME} and {FORCE}" if is_there and self._force else RESUME
            return f"{self.path} holds {finished} of {count} files; {first}run again with {options} to go on"
        remove_checkpoint(self.path)
        return "nothing was left behind"

    def _remove_parts(self) -> None:
        remove_files(self._folder, filter(destination.is_part, os.listdir(self._folder)))


def partial_of(target: Path) -> Path:
    """The folder in which a run that makes `target` works."""
    return target.with_name(target.name + ".partial")


def finish_beside(target: Path, files: Files) -> None:
    """Ends the work of a run that died after `target` was complete: removes its files next to it.

    Raises:
        OSError: It cannot be removed.
    """
    remove_replaced(target)
    path = partial_of(target)
    if not path.is_dir() or path.is_symlink():
        return
    folder = open_folder(path)
    try:
        names, note = os.listdir(folder), read_note(folder)
        if not names:  # it died before it wrote anything
            with suppress(OSError):  # it is a mount point, or in use by now
                path.rmdir()
        elif note == files.sides[NOTE_FILE] or (names == [NOTE_FILE] and not note):
            # A run may be at work there, or it may hold files that are not fastinit's.
            with suppress(CheckpointError):
                lock = take_lock(path, folder, create=False)
                try:
                    remove_checkpoint(path)
                finally:
                    release(lock)
    finally:
        os.close(folder)


def _discard(path: Path) -> None:
    """Removes, as far as possible, a folder that this run made and did not use."""
    with suppress(OSError):
        (path / NOTE_FILE).unlink(missing_ok=True)
        path.rmdir()


def _left_by_another_run(path: Path) -> str:
    """Returns the text about a file or folder that has the name of a working folder."""
    try:
        folder = open_folder(path)
    except OSError:
        return f"{path} exists and is not a folder that fastinit made; remove it"
    try:
        lock = take_lock(path, folder, create=False)
        release(lock)
        note = parsed(read_note(folder)) or {}
        files = note.get("files")
        files = files if isinstance(files, dict) else {}
        finished = len(set(os.listdir(folder)).intersection(files))
        return (
            f"{path} is left from an interrupted run, which finished {finished} of {len(files)} files; "
            f"use {RESUME} to go on, or {FORCE} to start anew"
        )
    except FileNotFoundError:
        return f"{path} exists and has no {NOTE_FILE}; remove it, or use {RESUME} if it is empty"
    except CheckpointError as error:
        return str(error)
    finally:
        os.close(folder)


def _write_all(descriptor: int, content: bytes) -> None:
    offset = 0
    while offset < len(content):
        offset += os.pwrite(descriptor, content[offset:], offset)
