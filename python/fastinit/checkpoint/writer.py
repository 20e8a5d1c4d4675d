"""Writes a plan: bounded buffers, filled by the core while the one before is being written.

Nothing incomplete ever carries its final name: everything goes to a sibling folder, which gets the
name when all of it is on the disk, and is removed when anything fails.
"""

from __future__ import annotations

import errno
import mmap
import os
import secrets
import shutil
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastinit.checkpoint.sizes import format_bytes
from fastinit.dtypes import FLOATS
from fastinit.fill import fill_address
from fastinit.index import Box

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastinit.checkpoint.plan import Plan, PlannedTensor, Shard

BUFFER_BYTES = 32 * 2**20  # a multiple of every item size
BUFFERS = 2


class CheckpointError(OSError):
    """A checkpoint that could not be written. The message says why, and nothing is left behind."""


class Piece(NamedTuple):
    """Elements `start` to `start + length` of a tensor, at byte `position` of a chunk."""

    tensor: PlannedTensor
    start: int
    length: int
    position: int


class Chunk(NamedTuple):
    """What fits one buffer: bytes `offset` to `offset + nbytes` of a file."""

    offset: int
    nbytes: int
    pieces: tuple[Piece, ...]


class _Buffer:
    """Page-aligned memory of a fixed size."""

    def __init__(self) -> None:
        self.memory = memoryview(mmap.mmap(-1, BUFFER_BYTES))
        self.address: int = np.frombuffer(self.memory, np.uint8).ctypes.data


def write(
    plan: Plan,
    out: str | os.PathLike[str],
    *,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Writes a checkpoint into the new folder `out`, in memory that does not grow with the model.

    Args:
        plan: From `make_plan`.
        out: The folder to make; its parent exists.
        progress: Called with the number of bytes each time some have been written.

    Raises:
        CheckpointError: `out` exists, its parent does not, or the disk is full or fails.
    """
    target = Path(os.path.abspath(out))
    side_files = plan.side_files()
    needed = plan.file_bytes + sum(map(len, side_files.values()))
    _check(target, needed)
    partial = target.with_name(f"{target.name}.partial-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        partial.mkdir()
        _write_shards(plan, partial, progress)
        for name, content in side_files.items():
            _write_small(partial / name, content)
        _sync_folder(partial)
        # This replaces an empty folder, which is harmless, and fails on anything else.
        partial.rename(target)
    except BaseException as error:
        reason = _reason(error, target, needed)  # asks for the free space, so before that changes
        shutil.rmtree(partial, ignore_errors=True)
        if isinstance(error, OSError):
            left = (
                f"{partial} could not be removed" if partial.exists() else "nothing was left behind"
            )
            raise CheckpointError(f"{reason} ({left})") from error
        raise
    _sync_folder(target.parent)


def _check(target: Path, needed: int) -> None:
    """Refuses what can be known before anything is written."""
    if os.path.lexists(target):
        raise CheckpointError(
            f"OUT must not exist, got {target}, which does; "
            "remove it or choose another name (nothing was changed)"
        )
    if not target.parent.is_dir():
        raise CheckpointError(
            f"the folder of OUT must exist, got {target.parent}, which does not; create it first"
        )
    free = shutil.disk_usage(target.parent).free
    if needed > free:
        raise CheckpointError(
            f"the checkpoint needs {format_bytes(needed)}, "
            f"got {format_bytes(free)} free in {target.parent}; "
            f"free {format_bytes(needed - free)} or choose another disk (nothing was written)"
        )


def _reason(error: BaseException, target: Path, needed: int) -> str:
    if not isinstance(error, OSError) or error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return f"cannot write {target}: {getattr(error, 'strerror', None) or error}"
    free = shutil.disk_usage(target.parent).free
    return (
        f"the disk is full: {target} needs {format_bytes(needed)}, and {format_bytes(free)} were "
        "free when writing stopped; free some space or choose another disk"
    )


def _write_shards(plan: Plan, folder: Path, progress: Callable[[int], None] | None) -> None:
    """Fills buffers in this thread while another writes the ones before, in order."""
    free = [_Buffer() for _ in range(BUFFERS)]
    writing: deque[tuple[Future[None], _Buffer, int]] = deque()
    finishing: list[Future[None]] = []
    files: list[FileIO] = []

    def collect() -> None:
        """Waits for the oldest write, whose buffer is free from then on."""
        future, buffer, nbytes = writing.popleft()
        future.result()
        free.append(buffer)
        if progress is not None:
            progress(nbytes)

    pool = ThreadPoolExecutor(1, thread_name_prefix="fastinit-writer")
    try:
        for shard in plan.shards:
            file = FileIO(folder / shard.file, "xb")
            files.append(file)
            _write_at(file, memoryview(shard.header), 0)
            if progress is not None:
                progress(len(shard.header))
            for chunk in chunks(shard, BUFFER_BYTES):
                if not free:
                    collect()
                buffer = free.pop()
                _fill(chunk, buffer.address, plan.recipe.seed)
                future = pool.submit(_write_at, file, buffer.memory[: chunk.nbytes], chunk.offset)
                writing.append((future, buffer, chunk.nbytes))
            finishing.append(pool.submit(_finish, file))
        while writing:
            collect()
        for future in finishing:
            future.result()
    finally:
        pool.shutdown(cancel_futures=True)  # first: no thread may use a file that is closed here
        for file in files:
            file.close()


def _fill(chunk: Chunk, address: int, seed: int) -> None:
    for tensor, start, length, position in chunk.pieces:
        fill_address(
            tensor.distribution,
            address + position,
            tensor.dtype,
            seed,
            tensor.stream,
            Box(shape=(length,), start=start, run=length, extents=(), strides=()),
        )


def _write_at(file: FileIO, content: memoryview, offset: int) -> None:
    while content:
        written = os.pwrite(file.fileno(), content, offset)
        content, offset = content[written:], offset + written


def _finish(file: FileIO) -> None:
    os.fsync(file.fileno())
    file.close()


def _write_small(path: Path, content: bytes) -> None:
    with FileIO(path, "xb") as file:
        _write_at(file, memoryview(content), 0)
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    """Makes the names in a folder durable, as fsync of a file does not."""
    with suppress(OSError):  # some file systems cannot, and the files themselves are safe
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def chunks(shard: Shard, limit: int) -> Iterator[Chunk]:
    """Cuts the data of a shard into chunks of at most `limit` bytes, of whole elements."""
    offset, position = len(shard.header), 0
    pieces: list[Piece] = []
    for tensor in shard.tensors:
        item = FLOATS[tensor.dtype].itemsize
        start = 0
        while start < tensor.size:
            length = min(tensor.size - start, (limit - position) // item)
            if length == 0:
                yield Chunk(offset, position, tuple(pieces))
                offset, position, pieces = offset + position, 0, []
                continue
            pieces.append(Piece(tensor, start, length, position))
            start, position = start + length, position + length * item
    if pieces:
        yield Chunk(offset, position, tuple(pieces))
