"""Finds what lockstep hides: threads of two warps at one address, one of them storing, with no barrier between.

Each granule of memory remembers who read it last and who wrote it last, as a stamp: the block, how many
barriers lie behind it, the warp. Threads of one warp may follow one another without a barrier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tests.cuda.ptx.memory import Buffer

BLOCK_BIT, BARRIER_BIT = 40, 6  # where a stamp's block and its count of barriers start; below stands the warp
SOME_WARPS = np.int64(63)  # the warp of several
SOME_BLOCKS = np.int64(-1)


class Races:
    """Who touched what, and whose accesses clash.

    Args:
        blocks: Each thread's block.
        warps: Each thread's warp in its block, below 63.
        granule: Bytes; no access is narrower.
    """

    def __init__(self, blocks: np.ndarray, warps: np.ndarray, granule: int) -> None:
        self.stamps = (blocks + 1 << BLOCK_BIT) + warps
        self.granule = granule
        self.marks: dict[int, tuple[np.ndarray, np.ndarray]] = {}  # readers and writers, by a buffer's address

    def pass_barrier(self, threads: np.ndarray) -> None:
        self.stamps[threads] += 1 << BARRIER_BIT

    def load(self, buffer: Buffer, addresses: np.ndarray, width: int, threads: np.ndarray) -> np.ndarray:
        """Notes a load, and tells whose clash with an earlier store."""
        readers, writers, at, stamps = self._look_up(buffer, addresses, width, threads)
        _mark(readers, at, stamps)
        return _clash(writers[at], stamps).any(axis=1)

    def store(
        self, buffer: Buffer, addresses: np.ndarray, width: int, threads: np.ndarray, changes: np.ndarray
    ) -> np.ndarray:
        """Notes a store, and tells whose clash with an earlier load, or with a store of something else."""
        readers, writers, at, stamps = self._look_up(buffer, addresses, width, threads)
        clash = _clash(readers[at], stamps).any(axis=1) | (changes & _clash(writers[at], stamps).any(axis=1))
        _mark(writers, at, stamps)
        return clash

    def _look_up(
        self, buffer: Buffer, addresses: np.ndarray, width: int, threads: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """A buffer's marks, which of them each access covers, and the stamps of who does it."""
        if buffer.address not in self.marks:
            size = len(buffer.data) // self.granule + 2
            self.marks[buffer.address] = np.zeros(size, np.int64), np.zeros(size, np.int64)
        first = (addresses // np.uint64(self.granule)).astype(np.int64) - buffer.address // self.granule
        at = first[:, None] + np.arange(width // self.granule)
        return *self.marks[buffer.address], at, np.broadcast_to(self.stamps[threads][:, None], at.shape)


def _clash(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Where nothing orders an earlier access and this one: another warp, and no barrier or another block."""
    apart = _same_block(old, new) & (old >> BARRIER_BIT != new >> BARRIER_BIT)
    return (old != 0) & (old != new) & ~apart


def _mark(marks: np.ndarray, at: np.ndarray, new: np.ndarray) -> None:
    """Notes accesses; where several since the last barrier, or several blocks, then all of them."""
    old = marks[at]
    several = _clash(old, new)
    both = np.where(_same_block(old, new), new | SOME_WARPS, SOME_BLOCKS)
    value = np.where(several, both, new)
    marks[at] = value
    # Accesses of this very step: the last one stands there now.
    other = marks[at] != value
    if other.any():
        at, value, last = at[other], value[other], marks[at][other]
        same = _same_block(value, last)
        marks[at[same]] = value[same] | SOME_WARPS
        marks[at[~same]] = SOME_BLOCKS


def _same_block(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a >> BLOCK_BIT == b >> BLOCK_BIT
