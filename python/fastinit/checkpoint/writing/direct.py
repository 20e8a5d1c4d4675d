"""Writes new files past the page cache, if the system and the file system can.

O_DIRECT gives our memory directly to the disk. The copy into the page cache would cost more than the disk itself, for
files larger than memory. In exchange memory, offset and length must be multiples of the disk's block. If O_DIRECT
is missing (tmpfs, some network file systems, macOS), or stops working in the middle, the same calls write through the
page cache.
"""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

# O_DIRECT needs memory, offset and length in multiples of the disk's logical block, 512 or 4096 bytes. A page is a
# multiple of both, and anonymous memory starts at one.
ALIGNMENT = 4096
_O_DIRECT = getattr(os, "O_DIRECT", 0)
_LACKING = (errno.ENOSYS, errno.ENOTSUP, errno.EINVAL)


@contextmanager
def needed(what: str) -> Iterator[None]:
    """Adds to an error the operation that the file system lacks, if that is the cause.

    Args:
        what: What the `with` block does there, and the name of the system call.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _LACKING:
            raise
        text = f"its file system cannot {what}: {error.strerror}; choose one that can"
        raise OSError(error.errno, text) from error


class DirectFile:
    """A new file, which must not exist yet, in an open folder. `with` closes it, `finish` makes it durable."""

    def __init__(self, name: str, folder: int) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._descriptor = os.open(name, flags, 0o666, dir_fd=folder)
        self.is_direct = False
        with suppress(OSError):  # set afterwards, because open() with O_DIRECT may make the file and then fail
            self._set_direct(True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def write(self, content: memoryview, offset: int) -> None:
        """Writes `content` at `offset`; fastest where memory, offset and length are aligned."""
        end = offset + len(content)
        while content:
            try:
                written = os.pwrite(self._descriptor, content, offset)
            except OSError as error:
                if error.errno != errno.EINVAL or not self.is_direct:
                    raise
                self._set_direct(False)
                continue
            if self.is_direct and offset + written < end:
                written -= (offset + written) % ALIGNMENT  # continue at a block, so a part is written twice
                if written <= 0:
                    self._set_direct(False)
                    continue
            content, offset = content[written:], offset + written

    def finish(self, nbytes: int) -> None:
        """Cuts the file to its size and waits until it is on the disk."""
        with needed("shorten files (ftruncate)"):
            os.ftruncate(self._descriptor, nbytes)
        with needed("make files durable (fsync)"):
            os.fsync(self._descriptor)

    def _set_direct(self, on: bool) -> None:
        if not _O_DIRECT:
            return
        flags = fcntl.fcntl(self._descriptor, fcntl.F_GETFL)
        flags = flags | _O_DIRECT if on else flags & ~_O_DIRECT
        fcntl.fcntl(self._descriptor, fcntl.F_SETFL, flags)
        self.is_direct = on
