"""Writes one shard, on any machine, with a few buffers: the core fills some while others are written.

A file is written in chunks from its first byte to its last, header included, so that every chunk starts at a multiple
of the buffer size, as direct writes need.
"""

from __future__ import annotations

import os
import queue
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from fastinit.checkpoint.memory import aligned_memory
from fastinit.checkpoint.threads import thread_pool
from fastinit.checkpoint.values import fill_run, forget_matrices
from fastinit.checkpoint.writing.destination import new_file, open_destination
from fastinit.checkpoint.writing.direct import ALIGNMENT
from fastinit.dtypes import STORED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from fastinit.checkpoint.plan import PlannedTensor, Shard
    from fastinit.checkpoint.writing.destination import Destination
    from fastinit.checkpoint.writing.direct import DirectFile

BUFFER_BYTES = 16 * 2**20  # a multiple of every item size and of the alignment
BUFFERS = 3  # one is filled, one is written, and one balances the two


class Piece(NamedTuple):
    """Elements `start` to `start + length` of a tensor, at byte `position` of a chunk."""

    tensor: PlannedTensor
    start: int
    length: int
    position: int


class Chunk(NamedTuple):
    """The part of a file in one buffer: bytes `offset` to `offset + nbytes`, without the header's."""

    offset: int
    nbytes: int
    pieces: tuple[Piece, ...]


class _Buffer:
    """Page-aligned memory of a fixed size."""

    def __init__(self) -> None:
        self.memory, self.address = aligned_memory(BUFFER_BYTES)


# Buffers that are free for the next call, because touching new memory takes as long as filling it.
_spare: queue.SimpleQueue[_Buffer] = queue.SimpleQueue()


def free_buffers() -> None:
    """Frees the memory of unused buffers."""
    global _spare
    _spare = queue.SimpleQueue()


os.register_at_fork(after_in_child=free_buffers)  # the old queue may be locked by another thread


def write_shard(
    shard: Shard,
    seed: int,
    destination: Destination,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Writes a shard into the folder of a run. The file gets its name when all of it is on the disk.

    Any number of attempts at one shard, even at the same time, give the same file, and leave a finished one intact.


    Args:
        shard: The file to write.
        seed: The recipe's seed.
        destination: The folder of the run.
        progress: Called with a number of bytes each time that many have been written.

    Raises:
        CheckpointError: The folder is not here, or belongs to another run.
        OSError: The disk is full or fails.
    """
    with open_destination(destination) as folder, new_file(shard.file, folder) as file:
        _write(shard, seed, file, progress)


def _write(shard: Shard, seed: int, file: DirectFile, progress: Callable[[int], None] | None) -> None:
    """Fills buffers in this thread, while another thread writes the earlier ones, in order."""
    free: list[_Buffer] = []
    made = 0
    writing: deque[tuple[Future[None], _Buffer, int]] = deque()

    def collect() -> None:
        """Waits for the oldest write, whose buffer is then free."""
        future, buffer, nbytes = writing.popleft()
        try:
            future.result()
        finally:
            free.append(buffer)
        if progress is not None:
            progress(nbytes)

    header = shard.header
    pool = thread_pool(1, "writer")
    try:
        for chunk in chunks(shard, BUFFER_BYTES):
            while writing and writing[0][0].done():
                collect()  # this is faster than touching new memory
            if not free and made < BUFFERS:
                free.append(_take_buffer())
                made += 1
            elif not free:
                collect()
            buffer = free.pop()
            _fill(chunk, buffer, header, seed)
            # The bytes past the end are cut off when the file is finished.
            content = buffer.memory[: chunk.nbytes + -chunk.nbytes % ALIGNMENT]
            writing.append((pool.submit(file.write, content, chunk.offset), buffer, chunk.nbytes))
        while writing:
            collect()
    finally:
        pool.shutdown(cancel_futures=True)  # first, because no thread may still use a buffer that is given back
        forget_matrices()
        for buffer in (*free, *(entry[1] for entry in writing)):
            if _spare.qsize() < BUFFERS:
                _spare.put(buffer)
    file.finish(shard.nbytes)


def _take_buffer() -> _Buffer:
    try:
        buffer = _spare.get_nowait()
    except queue.Empty:
        return _Buffer()
    return buffer if len(buffer.memory) == BUFFER_BYTES else _Buffer()


def _fill(chunk: Chunk, buffer: _Buffer, header: bytes, seed: int) -> None:
    start = header[chunk.offset : chunk.offset + chunk.nbytes]
    buffer.memory[: len(start)] = start
    for tensor, first, length, position in chunk.pieces:
        fill_run(tensor, seed, first, length, buffer.address + position)


def chunks(shard: Shard, limit: int) -> Iterator[Chunk]:
    """Cuts a file into chunks of `limit` bytes, the last one shorter.

    No element lies in two chunks: `limit` is a multiple of every item size, and a plan's tensors start at multiples of
    their item size.
    """
    offset = 0
    pieces: list[Piece] = []
    for tensor in shard.tensors:
        item = STORED[tensor.dtype].itemsize
        start, size = 0, tensor.size
        while start < size:
            position = tensor.offset + start * item - offset
            if position >= limit:
                yield Chunk(offset, limit, tuple(pieces))
                offset, pieces = offset + limit, []
                continue
            length = min(size - start, (limit - position) // item)
            if length == 0:
                raise ValueError(f"{tensor.name} does not start at a multiple of {item} bytes")
            pieces.append(Piece(tensor, start, length, position))
            start += length
    end = shard.nbytes
    while offset < end:
        yield Chunk(offset, min(limit, end - offset), tuple(pieces))
        offset, pieces = offset + limit, []
