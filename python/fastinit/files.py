"""Reads untrusted files: only regular ones, of a bounded size."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from fastinit.errors import CheckpointError, show_path

if TYPE_CHECKING:
    from pathlib import Path


def read_small(path: Path, limit: int) -> bytes:
    """Reads a small file whole.

    Raises:
        CheckpointError: It cannot be read, is not a regular file, or is larger than `limit` bytes.
    """
    descriptor = open_regular(path)
    try:
        nbytes = os.fstat(descriptor).st_size
        if nbytes > limit:
            raise CheckpointError(f"{show_path(path)} must be at most {limit} bytes, got {nbytes}")
        return read_at(descriptor, path, nbytes, 0)
    finally:
        os.close(descriptor)


def read_start(path: Path, count: int) -> bytes:
    """Reads the first `count` bytes of a file.

    Raises:
        CheckpointError: It cannot be read, is not a regular file, or is shorter.
    """
    descriptor = open_regular(path)
    try:
        return read_at(descriptor, path, count, 0)
    finally:
        os.close(descriptor)


def open_regular(path: Path, flags: int = 0) -> int:
    """Opens a regular file for reading and returns its descriptor.

    Raises:
        CheckpointError: There is none, or it is of a kind whose reading could block or never end.
    """
    try:
        # Without O_NONBLOCK, opening a FIFO waits for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | flags)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path, or half of a surrogate pair
        reason = getattr(error, "strerror", None) or error
        raise CheckpointError(f"cannot read {show_path(path)}: {reason}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise CheckpointError(f"cannot read {show_path(path)}: it must be a regular file, got another kind")
    return descriptor


def read_into(memory: memoryview, descriptor: int, path: Path, offset: int) -> None:
    """Fills memory with the bytes of an open file from `offset` on.

    Raises:
        CheckpointError: It cannot be read, or ends before.
    """
    while memory:
        try:
            count = os.preadv(descriptor, [memory], offset)
        except OSError as error:
            raise CheckpointError(f"cannot read {show_path(path)}: {error.strerror}") from None
        if not count:
            raise CheckpointError(f"cannot read {show_path(path)}: it became shorter while it was read")
        memory, offset = memory[count:], offset + count


def read_at(descriptor: int, path: Path, count: int, offset: int) -> bytes:
    """Returns `count` bytes of an open file from `offset` on; raises as `read_into` does."""
    content = bytearray(count)
    read_into(memoryview(content), descriptor, path, offset)
    return bytes(content)
