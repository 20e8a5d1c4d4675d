"""The folder of a run, as seen by its writers: threads, processes, other machines.

Everything goes through a descriptor of the folder, so that what was checked is what is written to, even if the path
changes meanwhile.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from fastinit.checkpoint.writing.direct import DirectFile, needed
from fastinit.errors import CheckpointError
from fastinit.stored.layout import NOTE_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastinit.checkpoint.plan import Shard

_PART = re.compile(r".+\.part-[\w-]*-[0-9]+-[0-9a-f]{16}", re.ASCII)
# The errors of opening for a missing file, for a link, and for a socket.
_NO_PLAIN_FILE = (errno.ENOENT, errno.ELOOP, errno.ENXIO)
_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP)
_HOST = re.sub(r"[^\w-]", "", os.uname().nodename, flags=re.ASCII)[:32]


class Destination(NamedTuple):
    """The place to which a run writes, in a form that can be sent to another process or machine.

    Attributes:
        path: The folder.
        note_sha256: The hash of the fastinit.json in it.
        run: A text that differs for every run: Dask would reuse the result of an identical earlier task.
    """

    path: str
    note_sha256: str
    run: str


def destination(path: str | os.PathLike[str], note: bytes) -> Destination:
    """Describes the folder `path`, whose fastinit.json holds `note`, for one run."""
    return Destination(os.fspath(path), hashlib.sha256(note).hexdigest(), secrets.token_hex(8))


@contextmanager
def open_destination(to: Destination) -> Iterator[int]:
    """Opens the folder of a run and gives its descriptor.

    Raises:
        CheckpointError: There is no such folder here, or it is another run's.
    """
    try:
        folder = os.open(to.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        raise _not_shared("no such folder", to) from None
    try:
        try:
            note = read_file(NOTE_FILE, folder)
        except FileNotFoundError:
            raise _not_shared(f"a folder without {NOTE_FILE}", to) from None
        if hashlib.sha256(note).hexdigest() != to.note_sha256:
            raise _not_shared(f"a folder with another {NOTE_FILE}", to)
        yield folder
    finally:
        os.close(folder)


def _not_shared(found: str, to: Destination) -> CheckpointError:
    return CheckpointError(
        f"this worker does not see the folder that is being written: there is {found} at {to.path} "
        f"on {os.uname().nodename}; choose an output folder on a file system that all workers share"
    )


@contextmanager
def new_file(name: str, folder: int) -> Iterator[DirectFile]:
    """Gives a new file, which gets its name when the block ends, and is removed if the block fails.

    The block ends with the file's `finish`, so that nothing incomplete ever has the name. Several processes may make
    the same file at once; the last one's stays.
    """
    part = f"{name}.part-{_HOST}-{os.getpid()}-{secrets.token_hex(8)}"
    try:
        with DirectFile(part, folder) as file:
            yield file
        with needed("rename files (rename)"):
            os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(part, dir_fd=folder)
        raise


def is_part(name: str) -> bool:
    """Whether a file of this name is an incomplete one from `new_file`."""
    return _PART.fullmatch(name) is not None


def write_file(name: str, content: bytes, folder: int) -> None:
    """Writes a small file, which gets its name only when it is complete."""
    with new_file(name, folder) as file:
        file.write(memoryview(content), 0)
        file.finish(len(content))


def read_file(name: str, folder: int, limit: int = -1) -> bytes:
    """Reads the first `limit` bytes of a plain file, or all of it.

    Raises:
        FileNotFoundError: Nothing has this name, or a folder or a link has it.
        OSError: It cannot be read, so that it is unknown whether it is there.
    """
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError as error:
        if error.errno not in _NO_PLAIN_FILE:
            raise
        raise FileNotFoundError(error.errno, error.strerror, name) from None
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FileNotFoundError(f"{name} is not a plain file")
        return file.read(limit)


def is_finished(shard: Shard, folder: int) -> bool:
    """Whether a shard's file is there, with the planned size and header."""
    try:
        found = os.stat(shard.file, dir_fd=folder, follow_symlinks=False)
        return (
            stat.S_ISREG(found.st_mode)
            and found.st_size == shard.nbytes
            and read_file(shard.file, folder, shard.header_bytes) == shard.header
        )
    except FileNotFoundError:
        return False


def sync_folder(path: str | os.PathLike[str]) -> None:
    """Makes the names in a folder durable, which fsync of a file does not.

    Raises:
        OSError: The disk fails. It does not raise where a file system cannot do it: the files themselves are safe.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:  # a folder that we may write to but not read
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise
    finally:
        os.close(descriptor)
