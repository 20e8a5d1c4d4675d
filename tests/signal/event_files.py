"""Reads TensorBoard's event files, by the formats' specifications and with no code of the writer's."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def crc_bit_by_bit(data: bytes) -> int:
    """CRC-32C as the remainder of a long division, with the bits in the order of RFC 3720."""
    register = 0xFFFFFFFF
    for byte in data:
        for bit in range(8):
            low = (register ^ byte >> bit) & 1
            register = register >> 1 ^ (0x82F63B78 if low else 0)
    return register ^ 0xFFFFFFFF


def unmasked(stored: int) -> int:
    rotated = (stored - 0xA282EAD8) % 2**32
    return (rotated >> 17 | rotated << 15) % 2**32


def frames(path: Path) -> Iterator[bytes]:
    """The data of each TFRecord, whose two checksums must be right."""
    content = path.read_bytes()
    while content:
        (length,), (of_length,) = struct.unpack("<Q", content[:8]), struct.unpack("<I", content[8:12])
        assert unmasked(of_length) == crc_bit_by_bit(content[:8])
        data, (of_data,) = content[12 : 12 + length], struct.unpack("<I", content[12 + length : 16 + length])
        assert unmasked(of_data) == crc_bit_by_bit(data)
        yield data
        content = content[16 + length :]


def fields(message: bytes) -> dict[int, list[Any]]:
    """The fields of a protocol buffer by number: integers, floats, and bytes as they are."""
    found: dict[int, list[Any]] = {}
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte % 128) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        field, wire = divmod(varint(), 8)
        value: Any
        if wire == 0:
            value = varint()
        else:
            size = varint() if wire == 2 else {1: 8, 5: 4}[wire]
            value, at = message[at : at + size], at + size
            if wire != 2:
                (value,) = struct.unpack("<d" if wire == 1 else "<f", value)
        found.setdefault(field, []).append(value)
    return found


def read(path: Path) -> list[dict[str, Any]]:
    """The events of a file, each with its time, step, file version, scalars and texts."""
    return [_event(fields(data)) for data in frames(path)]


def _event(found: dict[int, list[Any]]) -> dict[str, Any]:
    values = [fields(value) for summary in found.get(5, []) for value in fields(summary)[1]]
    return {
        "time": found[1][0],
        "step": found.get(2, [0])[0],
        "version": found.get(3, [None])[0],
        "scalars": {value[1][0].decode(): value[2][0] for value in values if 2 in value},
        "texts": {value[1][0].decode(): fields(value[8][0])[8][0].decode() for value in values if 8 in value},
    }
