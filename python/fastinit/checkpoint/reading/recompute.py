"""Compares files with the values of a plan: threads read chunks, draw the expected values and compare.

They draw in blocks that stay in the cache and that the core does not divide among threads, so no thread waits for
another, and few buffers are needed. Files are read past the page cache if the file system allows it, because the bytes
on the disk have to be checked.
"""

from __future__ import annotations

import bisect
import ctypes
import errno
import os
from collections import deque
from concurrent.futures import wait
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastinit.checkpoint.memory import aligned_memory
from fastinit.checkpoint.threads import thread_pool
from fastinit.checkpoint.values import fill_run, forget_matrices
from fastinit.dtypes import STORED
from fastinit.errors import CheckpointError, show_path
from fastinit.files import open_regular
from fastinit.runtime import get_num_threads

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from pathlib import Path
    from typing import Self

    from fastinit.checkpoint.plan import PlannedTensor, Shard

CHUNK_BYTES = 4 * 2**20  # that are read at once
BLOCK_BYTES = 2**16  # that are drawn and compared at once: the most that the core draws on the calling thread
MAX_THREADS = 16
SAMPLE_BLOCK_BYTES = 64 * 2**10
SAMPLE_BLOCKS = 64  # at most, for one tensor
SAMPLE_BYTES = 10**9  # roughly, for all tensors together
_PAGE = 4096  # memory, offset and length must be multiples of it to read past the page cache

_memcmp = ctypes.CDLL(None).memcmp  # twice as fast as NumPy, which stores each comparison
_memcmp.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)


class Span(NamedTuple):
    """Bytes `begin` to `end` of a file."""

    begin: int
    end: int


class Difference(NamedTuple):
    """The first element of a file that differs from the plan."""

    tensor: PlannedTensor
    flat_index: int
    expected: bytes
    found: bytes


def whole(shards: Iterable[Shard]) -> list[list[Span]]:
    """All data of each file."""
    return [[Span(shard.header_bytes, shard.nbytes)] for shard in shards]


def sample(shards: Sequence[Shard], chance: random.Random) -> list[list[Span]]:
    """Some blocks of each file: the first and last block of each tensor, and some between at random.

    If even the ends of all tensors are too much for a quick look, it takes some of the tensors at random.
    """
    tensors = sum(len(shard.tensors) for shard in shards)
    limit = SAMPLE_BYTES // SAMPLE_BLOCK_BYTES
    inner = min(SAMPLE_BLOCKS - 2, limit // max(tensors, 1))
    blocks: set[tuple[int, int]] = set()  # the file's number, and the block's number in its data
    for number, shard in enumerate(shards):
        for tensor in shard.tensors:
            if tensor.nbytes:
                begin = tensor.offset - shard.header_bytes
                first = begin // SAMPLE_BLOCK_BYTES
                last = (begin + tensor.nbytes - 1) // SAMPLE_BLOCK_BYTES
                between = range(first + 1, last)
                chosen = chance.sample(between, min(inner, len(between)))
                blocks.update((number, block) for block in (first, *chosen, last))
    if len(blocks) > limit:
        blocks = set(chance.sample(sorted(blocks), limit))
    spans: list[list[Span]] = [[] for _ in shards]
    for number, block in sorted(blocks):
        begin = shards[number].header_bytes + block * SAMPLE_BLOCK_BYTES
        end = min(begin + SAMPLE_BLOCK_BYTES, shards[number].nbytes)
        spans[number].append(Span(begin, end))
    return spans


class Recomputation:
    """Buffers and threads for comparing files, one after the other, inside a `with` block."""

    def __init__(self, seed: int, progress: Callable[[int], None] | None) -> None:
        self._seed = seed
        self._progress = progress
        threads = min(get_num_threads() + 1, MAX_THREADS)  # one more than the cores, because some wait for the disk
        self._free = [_Buffer() for _ in range(threads + 1)]
        self._pool = thread_pool(threads, "verify")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        forget_matrices()

    def compare(self, path: Path, shard: Shard, spans: Iterable[Span]) -> Difference | None:
        """Compares parts of a file, in order, up to the first difference.

        Raises:
            CheckpointError: The file cannot be read.
        """
        running: deque[tuple[Future[Difference | None], _Buffer, Span]] = deque()
        chunks = _cut(spans, CHUNK_BYTES)
        drawn = _Drawn(shard, self._seed)
        file = _File(path)
        try:
            while True:
                while self._free and (span := next(chunks, None)):
                    buffer = self._free.pop()
                    future = self._pool.submit(_compare, file, drawn, span, buffer)
                    running.append((future, buffer, span))
                if not running:
                    return None
                future, buffer, span = running[0]
                difference = future.result()
                if difference is not None:
                    return difference
                running.popleft()
                self._free.append(buffer)
                if self._progress is not None:
                    self._progress(span.end - span.begin)
        finally:
            for future, _, _ in running:
                future.cancel()
            wait([future for future, _, _ in running])  # no thread may use the file after it is closed
            self._free += [buffer for _, buffer, _ in running]
            file.close()


class _Buffer:
    """The memory of one thread: page-aligned, for a chunk and after it for a block."""

    def __init__(self) -> None:
        self.chunk, self.address = aligned_memory(CHUNK_BYTES + BLOCK_BYTES)
        self.drawn = self.address + CHUNK_BYTES


def _compare(file: _File, drawn: _Drawn, span: Span, buffer: _Buffer) -> Difference | None:
    file.read(buffer.chunk, span)
    return drawn.compare(span, buffer)


class _Drawn:
    """The expected data of a file."""

    def __init__(self, shard: Shard, seed: int) -> None:
        self._tensors = [tensor for tensor in shard.tensors if tensor.nbytes]
        self._offsets = [tensor.offset for tensor in self._tensors]
        self._seed = seed

    def compare(self, span: Span, buffer: _Buffer) -> Difference | None:
        """Compares a span of the file, which is in the buffer, with the expected bytes."""
        for block in _cut([span], BLOCK_BYTES):
            self._draw(block, buffer.drawn)
            found = buffer.address + block.begin - span.begin
            count = block.end - block.begin
            if _memcmp(buffer.drawn, found, count):
                expected = ctypes.string_at(buffer.drawn, count)
                return self._locate(block, expected, ctypes.string_at(found, count))
        return None

    def _draw(self, block: Span, address: int) -> None:
        at = block.begin
        number = self._at(at)
        while at < block.end:
            tensor = self._tensors[number]
            item = STORED[tensor.dtype].itemsize
            end = min(block.end, tensor.offset + tensor.nbytes)
            start, count = (at - tensor.offset) // item, (end - at) // item
            fill_run(tensor, self._seed, start, count, address + at - block.begin)
            at, number = end, number + 1

    def _locate(self, block: Span, expected: bytes, found: bytes) -> Difference:
        wrong = np.frombuffer(expected, np.uint8) != np.frombuffer(found, np.uint8)
        offset = block.begin + int(wrong.argmax())
        tensor = self._tensors[self._at(offset)]
        item = STORED[tensor.dtype].itemsize
        flat_index = (offset - tensor.offset) // item
        begin = tensor.offset + flat_index * item - block.begin
        part = slice(begin, begin + item)
        return Difference(tensor, flat_index, expected[part], found[part])

    def _at(self, offset: int) -> int:
        """The number of the tensor that holds a byte."""
        return bisect.bisect_right(self._offsets, offset) - 1


class _File:
    """A file that threads read past the page cache, as long as that works."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._direct: int | None = None
        with suppress(CheckpointError):  # the file system cannot do it, or the open below raises
            self._direct = open_regular(path, getattr(os, "O_DIRECT", 0))
        try:
            self._cached = open_regular(path)
        except CheckpointError:
            self._close(self._direct)
            raise
        self._is_direct = self._direct is not None

    def close(self) -> None:
        self._close(self._direct)
        self._close(self._cached)

    def read(self, memory: memoryview, span: Span) -> None:
        """Reads a span to the beginning of the memory."""
        count, done = span.end - span.begin, 0
        while done < count:
            direct = self._direct if self._is_direct else None
            try:
                if direct is None:
                    got = os.preadv(self._cached, [memory[done:count]], span.begin + done)
                else:
                    whole_pages = -(-count // _PAGE) * _PAGE
                    got = os.preadv(direct, [memory[done:whole_pages]], span.begin + done)
            except OSError as error:
                if error.errno == errno.EINVAL and direct is not None:
                    self._is_direct = False
                    continue
                raise CheckpointError(f"cannot read {show_path(self._path)}: {error.strerror}") from None
            if got == 0:
                raise CheckpointError(f"cannot read {show_path(self._path)}: it became shorter while it was read")
            done += got

    @staticmethod
    def _close(descriptor: int | None) -> None:
        if descriptor is not None:
            os.close(descriptor)


def _cut(spans: Iterable[Span], limit: int) -> Iterator[Span]:
    for begin, end in spans:
        for at in range(begin, end, limit):
            yield Span(at, min(at + limit, end))
