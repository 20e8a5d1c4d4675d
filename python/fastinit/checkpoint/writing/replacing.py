"""Folders that fastinit may replace and remove: checkpoints that it wrote, and nothing else."""

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
    """Checks that `target` is an empty folder, or only a checkpoint that fastinit wrote, and that it can be moved.

    Raises:
        CheckpointError: It is something else, or cannot be moved.
    """
    try:
        folder = open_folder(target)
        try:
            refuse_foreign(target, folder)
        finally:
            os.close(folder)
    except CheckpointError:
        raise
    except OSError as error:
        fault = f"cannot be read ({error.strerror})" if _is_folder(target) else "is not a folder"
        raise CheckpointError(f"{target} {fault}, so it is not replaced; remove it or choose another name") from None
    _refuse_immovable(target)


def is_empty_folder(target: Path) -> bool:
    """Whether `target` is a folder that a rename replaces without loss. A link to one does not count.

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
            f"{target} is your working folder, and would be replaced by another; go to another folder first"
        )
    return True


def _refuse_immovable(target: Path) -> None:
    """Raises at the start for problems that would otherwise appear when everything is written."""
    longest = os.pathconf(target.parent, "PC_NAME_MAX")
    length = len(os.fsencode(replaced_of(target).name))
    if length > longest:
        fault = f"its name is too long: with {_REPLACED!r} it has {length} bytes of {longest}"
    elif os.path.lexists(replaced_of(target)) and not _is_folder(replaced_of(target)):
        fault = f"another file has its name with {_REPLACED!r}"
    elif is_mount_point(target):
        fault = "another file system is mounted there"
    elif not os.access(target, os.W_OK | os.X_OK):
        fault = "you may not write to it"
    elif _is_anothers(target):
        fault = "it is not yours, and only owners may rename in its folder (the sticky bit)"
    else:
        return
    raise CheckpointError(f"{target} cannot be replaced: {fault}; choose another name or remove what it holds")


def _is_folder(path: Path) -> bool:
    """Whether it is a folder. A link to a folder is not."""
    return os.path.isdir(path) and not path.is_symlink()


def is_mount_point(path: Path) -> bool:
    """Whether Linux's table lists it as a mount point, even of its own file system."""
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
    """Removes a checkpoint that fastinit wrote, its fastinit.json last.

    Raises:
        CheckpointError: It holds other files, or is not a checkpoint.
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
    """Removes the checkpoint that `target` has replaced; files that are not fastinit's stay."""
    replaced = replaced_of(target)
    if _is_folder(replaced):
        with suppress(CheckpointError):
            remove_checkpoint(replaced)


def replaced_of(target: Path) -> Path:
    """The place of the old checkpoint while a new one takes its name."""
    return target.with_name(target.name + _REPLACED)


def open_folder(path: Path) -> int:
    """Opens a folder, but not through a link."""
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def refuse_foreign(path: Path, folder: int) -> None:
    """Raises if a folder holds anything that fastinit did not write."""
    names = os.listdir(folder)
    note = parsed(read_note(folder))
    has_note = NOTE_FILE in names  # written first and removed last; it may be unreadable
    own = {NOTE_FILE, RECIPE_FILE, INDEX_FILE} if has_note else set()
    for key in ("files", "copies"):
        if note is not None and isinstance(note.get(key), dict):
            own |= note[key].keys()
    for name in sorted(names):
        try:
            mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        except FileNotFoundError:  # a worker that was thought to be dead may still be cleaning up
            continue
        is_own = name in own or (has_note and destination.is_part(name))
        if not stat.S_ISREG(mode) or not is_own:
            raise CheckpointError(
                f"{path} holds {show(name)}, which fastinit did not write, so fastinit does not remove it; "
                "remove the folder or choose another name"
            )


def remove_files(folder: int, names: Iterable[str]) -> None:
    """Removes these files from the open folder, as far as they exist."""
    for name in names:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
