"""The lock of a run on its folder's fastinit.json. It ends with its process, in whatever way that ends."""

from __future__ import annotations

import errno
import fcntl
import os
from typing import TYPE_CHECKING

from fastinit.errors import CheckpointError
from fastinit.stored.layout import NOTE_FILE

if TYPE_CHECKING:
    from pathlib import Path

_NO_LOCKS = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EBADF, errno.ENOSYS}
_locked: set[int] = set()  # descriptors


def _close_locks() -> None:
    """Closes a parent's locks in a forked process, which may outlive the parent."""
    for descriptor in _locked:
        os.close(descriptor)
    _locked.clear()


os.register_at_fork(after_in_child=_close_locks)


def take_lock(path: Path, folder: int, create: bool = True) -> int:
    """Opens and locks the fastinit.json of a folder.

    Raises:
        CheckpointError: Another run holds the lock.
    """
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_CREAT if create else 0)
    lock = os.open(NOTE_FILE, flags, 0o666, dir_fd=folder)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _busy(path) from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
        # The run that held it until now may have turned the folder into OUT, or removed it.
        try:
            is_same = os.path.samestat(os.fstat(lock), os.stat(path / NOTE_FILE))
        except FileNotFoundError:
            is_same = False
        if not is_same:
            raise _busy(path)
    except BaseException:
        os.close(lock)
        raise
    _locked.add(lock)
    return lock


def release(lock: int) -> None:
    """Gives a lock back."""
    _locked.discard(lock)
    os.close(lock)


def _busy(path: Path) -> CheckpointError:
    return CheckpointError(f"another run is writing into {path}; wait for it or choose another name")
