"""Reads the elements of a checkpoint in blocks, and measures them in several threads."""

from __future__ import annotations

import os
from collections import deque
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastinit.checkpoint.statistics.moments import Moments, Scratch, decode
from fastinit.checkpoint.threads import thread_pool
from fastinit.dtypes import STORED
from fastinit.files import open_regular, read_into
from fastinit.runtime import get_num_threads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from fastinit.stored.reader import StoredCheckpoint, StoredTensor

BLOCK_BYTES = 8 * 2**20  # a multiple of every item size
MAX_THREADS = 16
SAMPLE_BYTES = 2**22
_SAMPLE_BLOCKS = 64


class Job(NamedTuple):
    """A piece of a tensor that one thread measures in one go."""

    tensor: StoredTensor
    offset: int
    nbytes: int
    is_padding: bool


def measured(checkpoint: StoredCheckpoint, jobs: Iterable[Job]) -> Iterator[tuple[Job, Moments]]:
    """Measures in several threads, and gives the results in order."""
    threads = min(get_num_threads(), MAX_THREADS)
    free: SimpleQueue[tuple[NDArray[np.uint8], Scratch]] = SimpleQueue()
    for _ in range(threads):
        free.put((np.empty(BLOCK_BYTES, np.uint8), Scratch()))

    def measure(job: Job) -> Moments:
        buffer, scratch = free.get()
        try:
            content = buffer[: job.nbytes]
            _read(checkpoint, job.tensor, job.offset, content)
            return scratch.measure(content, job.tensor.dtype)
        finally:
            free.put((buffer, scratch))

    pool = thread_pool(threads, "stats")
    running: deque[tuple[Job, Future[Moments]]] = deque()
    try:
        for job in jobs:
            running.append((job, pool.submit(measure, job)))
            if len(running) > 2 * threads:
                first, future = running.popleft()
                yield first, future.result()
        for first, future in running:
            yield first, future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def sample(checkpoint: StoredCheckpoint, tensor: StoredTensor) -> NDArray[np.float64]:
    """Reads blocks that are spread evenly over a tensor, at most 4 MB, for a histogram.

    Raises:
        CheckpointError: The file cannot be read.
    """
    if tensor.dtype not in STORED or not tensor.nbytes:
        return np.empty(0)
    block = min(tensor.nbytes, SAMPLE_BYTES // _SAMPLE_BLOCKS)
    item = STORED[tensor.dtype].itemsize
    count = min(_SAMPLE_BLOCKS, tensor.nbytes // block)
    parts = []
    for number in range(count):
        begin = (tensor.nbytes - block) * number // max(count - 1, 1) // item * item
        content = np.empty(block, np.uint8)
        _read(checkpoint, tensor, begin, content)
        parts.append(decode(content.view(STORED[tensor.dtype].numpy), tensor.dtype))
    return np.concatenate(parts).astype(np.float64)


def _read(checkpoint: StoredCheckpoint, tensor: StoredTensor, begin: int, content: NDArray[np.uint8]) -> None:
    """Fills memory with the bytes of a tensor from `begin` on."""
    path = checkpoint.folder / tensor.file
    descriptor = open_regular(path)
    try:
        read_into(content.data, descriptor, path, tensor.offset + begin)
    finally:
        os.close(descriptor)
