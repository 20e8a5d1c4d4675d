"""Shared memory: every block's own copy of a kernel's `.shared` variables, and what addresses name in it.

A program sees the same addresses in every block. Each variable has a mebibyte of them to itself, so that an
index past its end meets no other, and starts no better aligned than it is declared to be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tests.cuda.ptx.errors import PtxError
from tests.cuda.ptx.parser import aligned_bytes

if TYPE_CHECKING:
    from tests.cuda.ptx.memory import Memory
    from tests.cuda.ptx.syntax import Local

WINDOW = 1 << 60  # generic address of shared address 0, far from all real ones
EACH = 1 << 20  # addresses a variable
MOST_BYTES = 48 << 10  # in a block, of variables whose size the compiler knows
UNIT = 1024  # variables start just so far behind a multiple of this as their alignment
PRESET = 0xA5


class Shared:
    """The copies of all blocks that run together.

    Args:
        variables: The kernel's.
        blocks: How many run together.
        memory: Which learns where the copies lie.

    Raises:
        PtxError: The variables do not fit into a block's shared memory.
    """

    def __init__(self, variables: list[Local], blocks: int, memory: Memory) -> None:
        total = 0
        for each in variables:
            total = _round_up(total, each.alignment) + each.size
        if total > MOST_BYTES:
            raise PtxError(f"{total} bytes of shared memory; a block has {MOST_BYTES}")
        self.symbols: dict[str, int] = {}
        # By number from 1; 0 and the one past the last hold nothing.
        first, end, place, self.stride = [0], [0], [0], 0
        for number, each in enumerate(variables, 1):
            self.symbols[each.name] = number * EACH + each.alignment
            first.append(each.alignment)
            end.append(each.alignment + each.size)
            place.append(self.stride)
            self.stride += _round_up(each.alignment + each.size, UNIT)
        self.first, self.end, self.place = (np.array([*each, 0], np.uint64) for each in (first, end, place))
        room = aligned_bytes(bytes([PRESET]) * (self.stride * blocks), UNIT)
        self.start = memory.add(room, space="shared").address

    def real(self, addresses: np.ndarray, width: int, blocks: np.ndarray, space: str) -> np.ndarray:
        """Where items lie in the blocks' copies; an address of nothing shared stays what it is.

        Args:
            addresses: As the program has them, of `space` "shared" or "generic".
            width: Bytes of an item, all of which must lie in one variable.
            blocks: Which of those that run together has each address.
            space: Of the addresses.
        """
        inner = addresses - np.uint64(WINDOW) if space == "generic" else addresses
        number = np.minimum(inner // np.uint64(EACH), np.uint64(len(self.end) - 1)).astype(np.intp)
        offset = inner % np.uint64(EACH)
        inside = (offset >= self.first[number]) & (offset + np.uint64(width) <= self.end[number])
        copy = np.uint64(self.start) + blocks.astype(np.uint64) * np.uint64(self.stride)
        return np.where(inside, copy + self.place[number] + offset, addresses)


def _round_up(size: int, unit: int) -> int:
    return -(-size // unit) * unit
