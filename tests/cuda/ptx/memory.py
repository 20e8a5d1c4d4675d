"""Memory as a list of buffers at their real addresses; every access is checked against them.

All state spaces share one set of addresses, so that a generic address is the address itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.cuda.ptx.errors import Misaligned, OutOfBounds, Undefined


@dataclass(frozen=True)
class Buffer:
    data: np.ndarray  # bytes
    space: str  # "global", "const" or "param"
    writable: bool

    @property
    def address(self) -> int:
        return int(self.data.ctypes.data)

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

    def add(self, array: np.ndarray, *, writable: bool = True, space: str = "global") -> Buffer:
        """Lets a kernel see the array's memory, at the address where it is."""
        if not array.flags.c_contiguous:
            raise ValueError("only contiguous arrays have one stretch of memory")
        buffer = Buffer(array.reshape(-1).view(np.uint8), space, writable)
        self.buffers.append(buffer)
        return buffer

    def load(self, addresses: np.ndarray, width: int, count: int, space: str) -> list[np.ndarray]:
        """`count` neighbouring unsigned items of `width` bytes at each address."""
        results = [np.zeros(addresses.shape, f"u{width}") for _ in range(count)]
        for buffer, lanes in self._split(addresses, width * count, space, writing=False):
            for i, result in enumerate(results):
                items, index = buffer.items(addresses[lanes] + np.uint64(i * width), width)
                result[lanes] = items[index]
        return results

    def store(self, addresses: np.ndarray, values: list[np.ndarray], space: str) -> None:
        """Writes neighbouring items, one array of values after the other, at each address."""
        width = values[0].itemsize
        for buffer, lanes in self._split(addresses, width * len(values), space, writing=True):
            for i, value in enumerate(values):
                items, index = buffer.items(addresses[lanes] + np.uint64(i * width), width)
                items[index] = value[lanes]
                if (items[index] != value[lanes]).any():
                    raise Undefined("threads store different values at one address")

    def _split(
        self, addresses: np.ndarray, width: int, space: str, *, writing: bool
    ) -> list[tuple[Buffer, np.ndarray | slice]]:
        """Which lanes go to which buffer; raises where one goes to none."""
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
