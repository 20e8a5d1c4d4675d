"""TensorBoard's event files, written by hand: frames of TFRecord around protocol buffers.

Source:
    TensorFlow's tensorflow/core/lib/io/record_writer.h for TFRecord; util/event.proto, framework/summary.proto and
    framework/tensor.proto there for the messages and the numbers of their fields. RFC 3720, appendix B.4, has known
    answers of CRC-32C.
"""

from __future__ import annotations

import itertools
import math
import os
import socket
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastinit.signal.records import Record

_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5  # wire types
_STRING = 7  # DT_STRING of TensorProto
_TENSORS = 2  # DATA_CLASS_TENSOR of SummaryMetadata
_POLYNOMIAL = 0x82F63B78  # of CRC-32C, its bits reversed
_MOST = 3.4028234663852886e38  # of float32; struct raises for larger numbers
_MASK = 0xA282EAD8


def _table() -> Iterator[int]:
    for remainder in range(256):
        for _ in range(8):
            remainder = (remainder >> 1) ^ (_POLYNOMIAL if remainder & 1 else 0)
        yield remainder


_TABLE = tuple(_table())


def crc32c(data: bytes) -> int:
    """Returns the CRC-32C (Castagnoli) of bytes.

    Example:
        >>> hex(crc32c(b"123456789"))
        '0xe3069283'
    """
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def frame(data: bytes) -> bytes:
    """Returns a TFRecord: length, its checksum, the data, their checksum."""
    length = struct.pack("<Q", len(data))
    return b"".join((length, _masked(length), data, _masked(data)))


def _masked(data: bytes) -> bytes:
    """Returns a checksum in the form in which it can itself be part of data with a checksum."""
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF)


def event(record: Record) -> bytes:
    """Returns the Event of a record: a scalar for each figure, tagged GROUP/NAME, and the verdict as text."""
    values = [_scalar("health/healthy", float(record.is_healthy)), _text("health/verdict", record.verdict)]
    values += [_scalar(f"{group}/{name}", x) for group, some in record.figures.items() for name, x in some.items()]
    summary = b"".join(_field(1, value) for value in values)
    return _double(1, record.time) + _varint_field(2, record.step) + _field(5, summary)


def _version(when: float) -> bytes:
    """Returns the Event that begins a file."""
    return _double(1, when) + _field(3, b"brain.Event:2")


def _scalar(tag: str, value: float) -> bytes:
    value = value if abs(value) <= _MOST else value * math.inf
    return _field(1, tag.encode()) + _key(2, _FLOAT) + struct.pack("<f", value)


def _text(tag: str, text: str) -> bytes:
    """Returns a Summary.Value for TensorBoard's text plugin: a tensor of one string."""
    tensor = _varint_field(1, _STRING) + _field(2, b"") + _field(8, text.encode())
    metadata = _field(1, _field(1, b"text")) + _varint_field(4, _TENSORS)
    return _field(1, tag.encode()) + _field(8, tensor) + _field(9, metadata)


def _key(field: int, wire: int) -> bytes:
    return _varint(field << 3 | wire)


def _field(field: int, data: bytes) -> bytes:
    return _key(field, _BYTES) + _varint(len(data)) + data


def _varint_field(field: int, value: int) -> bytes:
    return _key(field, _VARINT) + _varint(value)


def _double(field: int, value: float) -> bytes:
    return _key(field, _DOUBLE) + struct.pack("<d", value)


def _varint(value: int) -> bytes:
    """Writes seven bits per byte, the lowest first. The top bit says that more bytes follow."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


class EventFile:
    """A file of events in a folder, where TensorBoard finds it. Each run makes a new file, as TensorBoard itself does.

    Args:
        folder: The folder. It is made if it is missing.
    """

    _numbers = itertools.count()

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        now = time.time()
        name = f"events.out.tfevents.{now:010.0f}.{socket.gethostname()}.{os.getpid()}.{next(self._numbers)}"
        Path(folder).mkdir(parents=True, exist_ok=True)
        self.path = Path(folder, name)
        self._file = self.path.open("xb")
        self._write(_version(now))

    def write(self, record: Record) -> None:
        """Adds a record, and lets TensorBoard see it."""
        self._write(event(record))

    def _write(self, data: bytes) -> None:
        self._file.write(frame(data))
        self._file.flush()

    def close(self) -> None:
        """Ends the file."""
        self._file.close()
