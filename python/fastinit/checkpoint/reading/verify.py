"""Checks a checkpoint against its own recipe: makes every byte of every file again and compares."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fastinit.checkpoint.reading import recompute
from fastinit.checkpoint.reading.evidence import MAX_SMALL_BYTES, DamagedLiterals, replan
from fastinit.dtypes import STORED
from fastinit.errors import CheckpointError, show, show_path
from fastinit.files import read_small, read_start
from fastinit.recipes.copies import FILE_SUFFIX, INDEX_SUFFIX
from fastinit.stored import layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastinit.checkpoint.plan import Shard
    from fastinit.checkpoint.reading.evidence import Replanned

_EXCERPT = 16  # bytes shown of texts that differ


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The first difference from the recipe. Its `str` describes it in one line.

    Attributes:
        file: The name of the file.
        expected: The expected content; for an element its value and its bits.
        found: The content that was found.
        offset: The position of the byte in the file; None if there is no single byte.
        tensor: The tensor that the byte belongs to; None outside the data.
        index: The element of the tensor; None outside the data.
        flat_index: The same as one number, in the order of the data.
    """

    file: str
    expected: str
    found: str
    offset: int | None = None
    tensor: str | None = None
    index: tuple[int, ...] | None = None
    flat_index: int | None = None

    def __str__(self) -> str:
        where = show(self.file)
        if self.offset is not None:
            where += f", byte {self.offset}"
        if self.index is not None:
            position = ", ".join(map(str, self.index))
            where += f": tensor {show(self.tensor)}, element [{position}] (flat {self.flat_index})"
        return f"{where}: must be {self.expected}, got {self.found}"


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of `verify`.

    Attributes:
        mismatch: The first difference; None if there is none.
        bytes_checked: The number of bytes that were compared.
        bytes_total: The number of bytes in the files of the checkpoint.
    """

    mismatch: Mismatch | None
    bytes_checked: int
    bytes_total: int

    @property
    def share(self) -> float:
        """The share of bytes that were compared, from 0 to 1."""
        return self.bytes_checked / self.bytes_total


def verify(
    path: str | os.PathLike[str],
    *,
    sample: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Verification:
    """Recomputes a checkpoint that fastinit wrote, and compares every byte of its folder.

    Args:
        path: The folder.
        sample: Whether to check only a sample of the data: the first and last block of each tensor and some random
            ones, at most about 1 GB in all. Everything else is checked in full.
        progress: Called with the number of bytes each time some have been compared.

    Raises:
        CheckpointError: The folder cannot be read, holds no recipe, or was written with another version of the
            stream, so that its values cannot be checked.
    """
    folder = Path(path)
    try:
        names = sorted(os.listdir(folder))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CheckpointError(
            f"cannot read {show_path(folder)}: {reason}; give the folder that fastinit wrote"
        ) from None
    try:
        replanned = replan(folder, names)
    except DamagedLiterals as damage:  # the rest cannot be compared without them
        total = sum(os.stat(folder / name).st_size for name in names)
        return Verification(Mismatch(damage.file, damage.expected, damage.found), 0, total)
    checks = _Checks(folder, names, replanned, progress)
    mismatch = next(checks.run(sample), None)
    return Verification(mismatch, checks.checked, checks.total)


class _Checks:
    """The checks of one folder, cheap ones first. Each yields its findings; the first one counts."""

    def __init__(
        self,
        folder: Path,
        names: list[str],
        replanned: Replanned,
        progress: Callable[[int], None] | None,
    ) -> None:
        self._folder = folder
        self._names = names
        self._plan, self._strange = replanned
        self._side_files = self._plan.side_files()
        self._progress = progress
        self.checked = 0
        self.total = self._plan.file_bytes + sum(map(len, self._side_files.values()))

    def run(self, sample: bool) -> Iterator[Mismatch]:
        """Yields each fault as it is found."""
        yield from self._small(layout.RECIPE_FILE)
        for name, (told, found) in self._strange.items():
            yield Mismatch(name, f"{told}, according to {layout.NOTE_FILE}", found)
        yield from self._small(layout.NOTE_FILE)  # checked before the parts that depend on it
        for name in self._side_files:
            if name not in (layout.RECIPE_FILE, layout.NOTE_FILE):
                yield from self._small(name)
        yield from self._listing()
        for shard in self._plan.shards:
            yield from self._size(shard)
        for shard in self._plan.shards:
            header = read_start(self._folder / shard.file, shard.header_bytes)
            yield from self._text(shard.file, shard.header, header)
        yield from self._data(sample)

    def _small(self, name: str) -> Iterator[Mismatch]:
        if name in self._names:
            found = read_small(self._folder / name, MAX_SMALL_BYTES)
            yield from self._text(name, self._side_files[name], found)
        else:
            yield _missing(name)

    def _listing(self) -> Iterator[Mismatch]:
        files = {shard.file for shard in self._plan.shards}
        for name in sorted(files.difference(self._names)):
            yield _missing(name)
        for name in self._names:
            if name not in files and name not in self._side_files and _is_read_as_weights(name):
                yield Mismatch(name, "absent", "a file that does not belong to the checkpoint")

    def _size(self, shard: Shard) -> Iterator[Mismatch]:
        path = self._folder / shard.file
        try:
            nbytes = path.stat().st_size
        except OSError as error:
            raise CheckpointError(f"cannot read {show_path(path)}: {error.strerror}") from None
        if nbytes != shard.nbytes:
            yield Mismatch(shard.file, f"{shard.nbytes} bytes long", str(nbytes))

    def _text(self, name: str, expected: bytes, found: bytes) -> Iterator[Mismatch]:
        """Compares everything but the data."""
        if expected != found:
            at = _first_difference(expected, found)
            if at is None:
                yield Mismatch(name, f"{len(expected)} bytes long", str(len(found)))
            else:
                part = slice(at, at + _EXCERPT)
                yield Mismatch(name, repr(expected[part]), repr(found[part]), at)
        self._add(len(expected))

    def _data(self, sample: bool) -> Iterator[Mismatch]:
        shards = self._plan.shards
        spans = recompute.sample(shards, random.Random()) if sample else recompute.whole(shards)
        with recompute.Recomputation(self._plan.recipe.seed, self._add) as recomputation:
            for shard, parts in zip(shards, spans, strict=True):
                found = recomputation.compare(self._folder / shard.file, shard, parts)
                if found is not None:
                    yield _element(found)

    def _add(self, count: int) -> None:
        self.checked += count
        if self._progress is not None:
            self._progress(count)


def _is_read_as_weights(name: str) -> bool:
    """Whether a loader might read a file as part of the checkpoint. Other files, such as a tokenizer, are allowed."""
    return name.endswith((FILE_SUFFIX, INDEX_SUFFIX))


def _missing(name: str) -> Mismatch:
    return Mismatch(name, "there", "no such file")


def _first_difference(expected: bytes, found: bytes) -> int | None:
    """The first byte that differs; None if one text begins with the other."""
    count = min(len(expected), len(found))
    differs = np.frombuffer(expected, np.uint8, count) != np.frombuffer(found, np.uint8, count)
    return int(differs.argmax()) if differs.any() else None


def _element(difference: recompute.Difference) -> Mismatch:
    tensor = difference.tensor
    index: list[int] = []
    rest = difference.flat_index
    for size in reversed(tensor.shape):
        rest, position = divmod(rest, size)
        index.append(position)
    return Mismatch(
        file=tensor.file,
        expected=_value(tensor.dtype, difference.expected),
        found=_value(tensor.dtype, difference.found),
        offset=tensor.offset + difference.flat_index * STORED[tensor.dtype].itemsize,
        tensor=tensor.name,
        index=tuple(reversed(index)),
        flat_index=difference.flat_index,
    )


def _value(dtype: str, content: bytes) -> str:
    """Shows an element as a number and as its bits: `0.0201 (0x3ca5)`."""
    (number,) = np.frombuffer(content, STORED[dtype].numpy)
    return f"{number} (0x{content[::-1].hex()})"
