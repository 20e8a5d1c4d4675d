"""Direct writes: the file is the same whether the system allows a write, rejects it, or does only half of it."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
from typing import TYPE_CHECKING, Any

import pytest

from fastinit.checkpoint.writing import direct
from fastinit.checkpoint.writing.direct import ALIGNMENT, DirectFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHUNK = 4 * ALIGNMENT
SIZE = 2 * CHUNK + ALIGNMENT + 1000


def content() -> memoryview:
    """Page-aligned bytes, no two blocks alike, longer than SIZE by what fills the last block."""
    memory = memoryview(mmap.mmap(-1, 3 * CHUNK))
    for i in range(len(memory) // ALIGNMENT):
        memory[i * ALIGNMENT : (i + 1) * ALIGNMENT] = os.urandom(ALIGNMENT)
    return memory


def write_file(folder: Path, data: memoryview) -> bool:
    """Writes the file `f` in chunks; returns whether the end of it was written directly."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with DirectFile("f", descriptor) as file:
            for offset in range(0, SIZE, CHUNK):
                file.write(data[offset : min(offset + CHUNK, SIZE + -SIZE % ALIGNMENT)], offset)
            file.finish(SIZE)
            return file.is_direct
    finally:
        os.close(descriptor)


def holds_direct(folder: Path) -> bool:
    """Whether the file system that tests use takes direct writes."""
    if not hasattr(os, "O_DIRECT"):
        return False
    try:
        os.close(os.open(folder / "probe", os.O_WRONLY | os.O_CREAT | os.O_DIRECT))
    except OSError:
        return False
    return True


def test_file_is_written_directly_where_it_can(tmp_path: Path) -> None:
    data = content()
    assert write_file(tmp_path, data) == holds_direct(tmp_path)
    assert (tmp_path / "f").read_bytes() == data[:SIZE]


def test_system_without_direct_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "_O_DIRECT", 0)
    data = content()
    assert not write_file(tmp_path, data)
    assert (tmp_path / "f").read_bytes() == data[:SIZE]


def test_file_system_without_direct_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = fcntl.fcntl

    def refuse(descriptor: int, command: int, flags: int = 0) -> int:
        if command == fcntl.F_SETFL and flags & direct._O_DIRECT:
            raise OSError(errno.EINVAL, "Invalid argument")
        return original(descriptor, command, flags)

    monkeypatch.setattr(direct, "_O_DIRECT", getattr(os, "O_DIRECT", 0o40000))
    monkeypatch.setattr(fcntl, "fcntl", refuse)
    data = content()
    assert not write_file(tmp_path, data)
    assert (tmp_path / "f").read_bytes() == data[:SIZE]


class Disk:
    """Stands in for os.pwrite and the flags of a file, so that every file system is tested the same."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, write: Callable[..., int]) -> None:
        self.flags = 0
        self.offsets: list[tuple[bool, int]] = []
        self._write = write
        self._pwrite = os.pwrite
        monkeypatch.setattr(direct, "_O_DIRECT", 0o40000)
        monkeypatch.setattr(fcntl, "fcntl", self.fcntl)
        monkeypatch.setattr(os, "pwrite", self.pwrite)

    def fcntl(self, _: int, command: int, flags: int = 0) -> int:
        if command == fcntl.F_SETFL:
            self.flags = flags
        return self.flags

    def pwrite(self, descriptor: int, data: memoryview, offset: int) -> int:
        is_direct = bool(self.flags)
        self.offsets.append((is_direct, offset))
        if is_direct and (offset % ALIGNMENT or len(data) % ALIGNMENT):
            raise OSError(errno.EINVAL, "Invalid argument")
        count = self._write(len(data), offset, is_direct)
        return self._pwrite(descriptor, data[:count], offset)


def test_refusal_in_the_middle_goes_on_through_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(count: int, offset: int, is_direct: bool) -> int:
        if is_direct and offset >= CHUNK:
            raise OSError(errno.EINVAL, "Invalid argument")
        return count

    disk = Disk(monkeypatch, refuse)
    data = content()
    assert not write_file(tmp_path, data)
    assert disk.offsets == [(True, 0), (True, CHUNK), (False, CHUNK), (False, 2 * CHUNK)]
    assert (tmp_path / "f").read_bytes() == data[:SIZE]


@pytest.mark.parametrize("written", [1, 511, ALIGNMENT - 1])
def test_write_of_less_than_a_block_goes_on_through_the_cache(
    written: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Disk(monkeypatch, lambda count, offset, _: min(count, written) if offset < CHUNK else count)
    data = content()
    assert not write_file(tmp_path, data)
    assert (tmp_path / "f").read_bytes() == data[:SIZE]


@pytest.mark.parametrize("written", [ALIGNMENT, ALIGNMENT + 512, 3 * ALIGNMENT - 1])
def test_short_write_goes_on_at_a_block(written: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch, lambda count, _offset, _direct: min(count, written))
    data = content()
    assert write_file(tmp_path, data)
    assert all(is_direct and offset % ALIGNMENT == 0 for is_direct, offset in disk.offsets)
    assert (tmp_path / "f").read_bytes() == data[:SIZE]


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOSPC, errno.EIO])
def test_errors_of_ordinary_writes_are_raised(code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> int:
        raise OSError(code, os.strerror(code))

    Disk(monkeypatch, fail)
    with pytest.raises(OSError) as raised:
        write_file(tmp_path, content())
    assert raised.value.errno == code


def test_existing_file_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("mine")
    with pytest.raises(FileExistsError):
        write_file(tmp_path, content())
    assert (tmp_path / "f").read_text() == "mine"
