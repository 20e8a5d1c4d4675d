"""Reads what a checkpoint on the disk holds: files, headers and the index, but no values.

All of it is untrusted input. Any fault is raised as a `CheckpointError` of one line, and what is returned has been
checked: every tensor lies inside its file, and every file inside the folder. Links are followed, because Hugging
Face's cache keeps its files behind links.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fastinit.errors import CheckpointError, show, show_path
from fastinit.files import open_regular, read_at, read_small
from fastinit.recipes.copies import FILE_SUFFIX, INDEX_SUFFIX, is_plain
from fastinit.recipes.tensors import MAX_TENSORS
from fastinit.stored import layout
from fastinit.stored.strict_json import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_INDEX_BYTES = 2**28


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """One tensor of a file.

    Attributes:
        dtype: A name such as "bfloat16", or the safetensors code of a type that fastinit itself does not name.
        offset: The position of its first byte in the file.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    file: str
    offset: int
    nbytes: int


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One safetensors file, its tensors in the order of their data, which starts at `data_offset`."""

    name: str
    nbytes: int
    data_offset: int
    metadata: dict[str, str]
    tensors: tuple[StoredTensor, ...]


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """The files of a checkpoint, by name. See `read_checkpoint`."""

    folder: Path
    files: tuple[StoredFile, ...]

    @property
    def tensors(self) -> dict[str, StoredTensor]:
        """All tensors by name, in the order of the files."""
        return {tensor.name: tensor for file in self.files for tensor in file.tensors}


def read_checkpoint(path: str | os.PathLike[str]) -> StoredCheckpoint:
    """Reads the headers of a checkpoint.

    Args:
        path: A safetensors file, or a folder. In a folder, the index names the files to read; without an index it is
            `model.safetensors`, or else all safetensors files.

    Raises:
        CheckpointError: There is nothing to read, or something in it is wrong.
    """
    target = Path(path)
    if not _is_folder(target):
        return StoredCheckpoint(target.parent, (_read_file(target.parent, target.name),))
    index = _index_of(target)
    weight_map = None if index is None else _read_index(target / index)
    names = _file_names(target) if weight_map is None else sorted(set(weight_map.values()))
    files: list[StoredFile] = []
    count = 0
    for name in names:
        files.append(_read_file(target, name))
        count += len(files[-1].tensors)
        if count > MAX_TENSORS:
            raise CheckpointError(f"{show_path(target)} has more tensors than the {MAX_TENSORS} that are possible")
    _check_unique(target, files)
    if weight_map is not None and index is not None:
        _check_index(target / index, weight_map, files)
    return StoredCheckpoint(target, tuple(files))


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CheckpointError(f"cannot read {show_path(path)}: {reason}") from None


def _listing(folder: Path, suffix: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(suffix))
    except OSError as error:
        raise CheckpointError(f"cannot read {show_path(folder)}: {error.strerror}") from None


def _index_of(folder: Path) -> str | None:
    """The name of the folder's index; None if it has none."""
    names = _listing(folder, INDEX_SUFFIX)
    if layout.INDEX_FILE in names:
        return layout.INDEX_FILE
    if len(names) > 1:
        raise CheckpointError(
            f"{show_path(folder)} has several indexes: {', '.join(map(show, names[:4]))}; "
            "give one of the safetensors files instead of the folder"
        )
    return names[0] if names else None


def _file_names(folder: Path) -> list[str]:
    """The safetensors files of a folder without an index."""
    names = [name for name in _listing(folder, FILE_SUFFIX) if not name.startswith(".")]
    if not names:
        raise CheckpointError(f"{show_path(folder)} has no checkpoint: there are no safetensors files in it")
    single = layout.file_name(1, 1)
    return [single] if single in names else names


def _read_index(path: Path) -> dict[str, str]:
    """Reads which file holds which tensor. A file must be named without a path."""
    try:
        table = parse_json(read_small(path, _MAX_INDEX_BYTES), "the index", any_numbers=True)
        weight_map = table.get("weight_map")
        if not isinstance(weight_map, dict) or not weight_map:
            raise ValueError(f"the index has no table `weight_map`, but {show(weight_map)}")
        for name, file in weight_map.items():
            if not is_plain(file):
                raise ValueError(
                    "the index must name files in its own folder, without any path, "
                    f"got {show(file)} for tensor {show(name)}"
                )
    except ValueError as error:
        raise CheckpointError(f"{show_path(path)}: {error}") from None
    return weight_map


def _read_file(folder: Path, name: str) -> StoredFile:
    path = folder / name
    descriptor = open_regular(path)
    try:
        nbytes = os.fstat(descriptor).st_size
        if nbytes < layout.LENGTH.size:
            raise ValueError(f"a safetensors file has at least 8 bytes, and this one has {nbytes}")
        (length,) = layout.LENGTH.unpack(read_at(descriptor, path, layout.LENGTH.size, 0))
        data_offset = layout.LENGTH.size + length
        if length > layout.MAX_HEADER_BYTES or data_offset > nbytes:
            raise ValueError(
                f"the header should take {length} bytes, and the file has {nbytes}; at most {layout.MAX_HEADER_BYTES} "
                "are possible; the file is cut off or is not in the safetensors format"
            )
        text = read_at(descriptor, path, length, layout.LENGTH.size)
        entries, metadata = layout.parse_header(text, nbytes - data_offset)
    except ValueError as error:
        raise CheckpointError(f"{show_path(path)}: {error}") from None
    finally:
        os.close(descriptor)
    tensors = (StoredTensor(e.name, e.dtype, e.shape, name, data_offset + e.offset, e.nbytes) for e in entries)
    return StoredFile(name, nbytes, data_offset, metadata, tuple(tensors))


def _check_unique(folder: Path, files: Iterable[StoredFile]) -> None:
    origin: dict[str, str] = {}
    for file in files:
        for tensor in file.tensors:
            if tensor.name in origin:
                raise CheckpointError(
                    f"{show_path(folder)}: tensor {show(tensor.name)} is in two files, "
                    f"{show(origin[tensor.name])} and {show(file.name)}; "
                    "give one of the files instead of the folder"
                )
            origin[tensor.name] = file.name


def _check_index(path: Path, weight_map: dict[str, str], files: Iterable[StoredFile]) -> None:
    """Checks that the index and the headers name the same file for each tensor."""
    found = {tensor.name: file.name for file in files for tensor in file.tensors}
    if found == weight_map:
        return
    for name in (*weight_map, *found):
        if weight_map.get(name) != found.get(name):
            told, held = weight_map.get(name), found.get(name)
            raise CheckpointError(
                f"{show_path(path)}: tensor {show(name)} is in "
                f"{show(told) if told else 'no file'} according to the index, and in "
                f"{show(held) if held else 'no file'} according to the headers"
            )
