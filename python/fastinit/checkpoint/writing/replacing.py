"""Folders that are fastinit's to replace and to remove: checkpoints it has written, and nothing of others."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fastinit.checkpoint.writing import destination
from fastinit.checkpoint.writing.note import parsed, read_note
from fastinit.errors import CheckpointError, show
from fastinit.stored.layout import INDEX_FILE, NOTE_FILE, RECIPE_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable

_REPLACED = ".replaced-by-fastinit"
_MOUNTS = Path("/proc/self/mountinfo")


def refuse_unless_replaceable(target: Path) -> None:
    """Checks that `target` is an empty folder, or a checkpoint of fastinit's and nothing more, and can be moved.

    Raises:
        CheckpointError: It is not, or cannot.
    """
    try:
        folder = open_folder(target)
        try:
            refuse_foreign(target, folder)
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


def is_empty_folder(target: Path) -> bool:
    """Whether `target` is a folder that a rename replaces without loss; a link to one is none.

    Raises:
        CheckpointError: It is the working directory, which a shell would be left without.
    """
    try:
        if not _is_folder(target) or os.listdir(target):
            return False
        is_here = os.path.samefile(target, os.curdir)
    except OSError:  # it cannot be read
        return False
    if is_here:
        raise CheckpointError(
            f"{target} is the folder that you are in, and would be replaced by another; go to another folder first"
        )
    return True


def _refuse_immovable(target: Path) -> None:
    """Says at the start what would fail when all is written."""
    longest = os.pathconf(target.parent, "PC_NAME_MAX")
    length = len(os.fsencode(replaced_of(target).name))
    if length > longest:
        what = f"a name that leaves room for {_REPLACED!r}, {length} bytes of {longest}"
    elif os.path.lexists(replaced_of(target)) and not _is_folder(replaced_of(target)):
        what = f"a name with whose {_REPLACED!r} no other file is called"
    elif is_mount_point(target):
        what = "a folder within its file system, not the place where another is mounted"
    elif not os.access(target, os.W_OK | os.X_OK):
        what = "a folder that you may write to"
    elif _is_anothers(target):
        what = "yours, in a folder where only owners may rename (with the sticky bit)"
    else:
        return
    raise CheckpointError(
        f"OUT must be {what}, to be replaced, got {target}; choose another name or remove what it holds"
    )


def _is_folder(path: Path) -> bool:
    """Tells a folder; a link to one is none."""
    return os.path.isdir(path) and not path.is_symlink()


def is_mount_point(path: Path) -> bool:
    """Tells also a folder that is mounted from its own file system, by Linux's table."""
    if os.path.ismount(path):
        return True
    try:
        lines = _MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return False
    escaped = re.sub(r"[ \t\n\\]", lambda c: f"\\{ord(c[0]):03o}", os.path.realpath(path))
    return any(line.split(" ")[4] == escaped for line in lines)


def _is_anothers(path: Path) -> bool:
    parent = path.parent.stat()
    owners = (0, parent.st_uid, path.lstat().st_uid)
    return bool(parent.st_mode & stat.S_ISVTX) and os.geteuid() not in owners


def remove_checkpoint(path: Path) -> None:
    """Removes a checkpoint of fastinit's, its fastinit.json last.

    Raises:
        CheckpointError: It holds other files, or is no checkpoint.
    """
    folder = open_folder(path)
    try:
        refuse_foreign(path, folder)
        remove_files(folder, set(os.listdir(folder)) - {NOTE_FILE})
        remove_files(folder, [NOTE_FILE])
        path.rmdir()
    finally:
        os.close(folder)


def remove_replaced(target: Path) -> None:
    """Removes the checkpoint that `target` has replaced; what is not fastinit's stays."""
    replaced = replaced_of(target)
    if _is_folder(replaced):
        with suppress(CheckpointError):
            remove_checkpoint(replaced)


def replaced_of(target: Path) -> Path:
    """Where the old checkpoint is while a new one takes its place."""
    return target.with_name(target.name + _REPLACED)


def open_folder(path: Path) -> int:
    """Opens a folder; a link to one is none."""
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def refuse_foreign(path: Path, folder: int) -> None:
    """Refuses a folder that holds anything that fastinit has not written."""
    names = os.listdir(folder)
    note = parsed(read_note(folder))
    has_note = NOTE_FILE in names  # which is written first and removed last, and may be unreadable
    own = {NOTE_FILE, RECIPE_FILE, INDEX_FILE} if has_note else set()
    for key in ("files", "copies"):
        if note is not None and isinstance(note.get(key), dict):
            own |= note[key].keys()
    for name in sorted(names):
        try:
            mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        except FileNotFoundError:  # a worker taken for dead may still clear up
            continue
        is_own = name in own or (has_note and destination.is_part(name))
        if not stat.S_ISREG(mode) or not is_own:
            raise CheckpointError(
                f"{path} must hold nothing but a checkpoint of fastinit's, got {show(name)} in it, "
                "which is not of one; remove the folder or choose another name"
            )


def remove_files(folder: int, names: Iterable[str]) -> None:
    """Removes files of an open folder, as far as they are there."""
    for name in names:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
