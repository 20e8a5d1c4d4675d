"""Memory as a list of buffers at their real addresses; every access is checked against them.

All state spaces share one set of addresses, so that a generic address is the address itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tests.cuda.ptx.errors import Misaligned, OutOfBounds, Race, Undefined

if TYPE_CHECKING:
    from tests.cuda.ptx.races import Races


@dataclass(frozen=True)
class Buffer:
    data: np.ndarray  # bytes
    space: str  # "global", "const", "param", "local" or "shared"
    writable: bool

    @property
    def address(self) -> int:
        return int(self.data.ctypes.data)

    @property
    def may_race(self) -> bool:
        return self.writable and self.space in ("global", "shared")

    def holds(self, addresses: np.ndarray, width: int) -> np.ndarray:
        """Where whole items of `width` bytes lie inside."""
        if len(self.data) < width:
            return np.zeros(addresses.shape, bool)
        # An address before the start wraps round to a huge offset.
        return addresses - np.uint64(self.address) <= np.uint64(len(self.data) - width)

    def items(self, addresses: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
        """The memory as items of `width` bytes, and which of them aligned addresses name."""
        skip = -self.address % width
        body = self.data[skip : skip + (len(self.data) - skip) // width * width]
        first = np.uint64(self.address + skip)
        index = ((addresses - first) // np.uint64(width)).astype(np.int64)
        return body.view(f"u{width}"), index


class Memory:
    """What a kernel may touch."""

    def __init__(self, buffers: tuple[Buffer, ...] = ()) -> None:
        self.buffers = list(buffers)
        self.races: Races | None = None  # told of accesses, where there may be any

    def add(self, array: np.ndarray, *, writable: bool = True, space: str = "global") -> Buffer:
        """Lets a kernel see the array's memory, at the address where it is."""
        if not array.flags.c_contiguous:
            raise ValueError("only contiguous arrays have one stretch of memory")
        buffer = Buffer(array.reshape(-1).view(np.uint8), space, writable)
        self.buffers.append(buffer)
        return buffer

    def load(self, addresses: np.ndarray, width: int, count: int, space: str, threads: np.ndarray) -> list[np.ndarray]:
        """`count` neighbouring unsigned items of `width` bytes at each thread's address."""
        results = [np.zeros(addresses.shape, f"u{width}") for _ in range(count)]
        for buffer, lanes in self._split(addresses, width * count, space, writing=False):
            for i, result in enumerate(results):
                items, index = buffer.items(addresses[lanes] + np.uint64(i * width), width)
                result[lanes] = items[index]
            if self.races and buffer.may_race:
                clash = self.races.load(buffer, addresses[lanes], width * count, threads[lanes])
                _refuse_race(clash, lanes, "another warp stored here")
        return results

    def store(self, addresses: np.ndarray, values: list[np.ndarray], space: str, threads: np.ndarray) -> None:
        """Writes neighbouring items, one array of values after the other, at each thread's address."""
        width = values[0].itemsize
        for buffer, lanes in self._split(addresses, width * len(values), space, writing=True):
            changes = np.zeros(len(threads), bool)[lanes]
            for i, value in enumerate(values):
                items, index = buffer.items(addresses[lanes] + np.uint64(i * width), width)
                changes |= items[index] != value[lanes]
                items[index] = value[lanes]
                if (items[index] != value[lanes]).any():
                    raise Undefined("threads store different values at one address")
            if self.races and buffer.may_race:
                clash = self.races.store(buffer, addresses[lanes], width * len(values), threads[lanes], changes)
                _refuse_race(clash, lanes, "another warp loaded from here or stored another value")

    def _split(
        self, addresses: np.ndarray, width: int, space: str, *, writing: bool
    ) -> list[tuple[Buffer, np.ndarray | slice]]:
        """Which lanes access which buffer; raises an error if a lane accesses none."""
        odd = addresses % np.uint64(width) != 0
        if odd.any():
            lane = int(np.argmax(odd))
            raise Misaligned(f"{width} bytes at {int(addresses[lane]):#x}: misaligned", lane)
        parts: list[tuple[Buffer, np.ndarray | slice]] = []
        left = np.ones(addresses.shape, bool)
        for buffer in self.buffers:
            if space not in ("generic", buffer.space) or (writing and not buffer.writable):
                continue
            inside = buffer.holds(addresses, width)
            if inside.all():
                return [(buffer, slice(None))]
            if inside.any():
                parts.append((buffer, inside & left))
                left &= ~inside
                if not left.any():
                    return parts
        lane = int(np.argmax(left))
        kind = "writable " if writing else ""
        raise OutOfBounds(
            f"{width} bytes at {int(addresses[lane]):#x}: outside every {kind}buffer ({space})",
            lane,
        )


def _refuse_race(clash: np.ndarray, lanes: np.ndarray | slice, what: str) -> None:
    """Raises where some of these lanes' accesses clash with earlier ones."""
    if clash.any():
        lane = int(np.argmax(clash)) if isinstance(lanes, slice) else int(np.flatnonzero(lanes)[np.argmax(clash)])
        raise Race(f"{what}, with no barrier between", lane)
