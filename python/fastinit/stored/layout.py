"""The safetensors file format, and Hugging Face's names for the files of a sharded checkpoint. Reads no files.

A safetensors file is the length of its header (8 bytes, little-endian), the header (JSON: for each
tensor its dtype, shape and byte range in the data), and the data without holes. Readers find the
tensors by their byte ranges, so their order is free; a plan keeps the order of its recipe.

A header that comes from a file is untrusted. It is checked at least as strictly as in the safetensors library, so that
the library can open any file that passes.

Source: https://github.com/huggingface/safetensors, README.md, section Format; file names and index:
huggingface_hub, `split_torch_state_dict_into_shards`.
"""

from __future__ import annotations

import json
import math
import re
import struct
from typing import TYPE_CHECKING, NamedTuple

from fastinit.dtypes import STORED
from fastinit.errors import show
from fastinit.recipes.copies import FILE_SUFFIX, INDEX_SUFFIX
from fastinit.recipes.copies import NOTE_FILE as NOTE_FILE  # noqa: PLC0414 - for code that looks for file names here
from fastinit.recipes.copies import RECIPE_FILE as RECIPE_FILE  # noqa: PLC0414
from fastinit.recipes.ranges import RESERVED_NAME
from fastinit.recipes.tensors import MAX_TENSORS
from fastinit.stored.strict_json import is_utf8, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

RECIPE_KEY = "fastinit.recipe"  # in a header's metadata: the recipe's text and its hash
HASH_KEY = "fastinit.recipe_sha256"
INDEX_FILE = f"model{INDEX_SUFFIX}"
MAX_HEADER_BYTES = 100_000_000  # the safetensors readers refuse longer headers

SAFETENSORS_DTYPES = {name: element.safetensors for name, element in STORED.items()}
_DTYPES = {code: name for name, code in SAFETENSORS_DTYPES.items()}
# Types that fastinit does not make but files may hold: the bits of an element, and the name in NumPy, ml_dtypes and
# PyTorch if they have the type.
OTHER_TYPES: dict[str, tuple[int, str | None]] = {
    "F4": (4, None),
    "F6_E2M3": (6, None),
    "F6_E3M2": (6, None),
    "F8_E8M0": (8, "float8_e8m0fnu"),
    "F8_E4M3FNUZ": (8, "float8_e4m3fnuz"),
    "F8_E5M2FNUZ": (8, "float8_e5m2fnuz"),
    "U16": (16, "uint16"),
    "U32": (32, "uint32"),
    "U64": (64, "uint64"),
    "C64": (64, "complex64"),
}
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,31}")  # cannot be one of our type names, which are lower-case
_ALIGNMENT = 4096  # the data begin at a page, for readers that map the file and for vector instructions
LENGTH = struct.Struct("<Q")
_TENSOR_KEYS = {"dtype", "shape", "data_offsets"}


class Entry(NamedTuple):
    """A tensor to describe in a header."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    nbytes: int


class StoredEntry(NamedTuple):
    """A tensor as a header describes it; `offset` counts from the first byte of data."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int
    nbytes: int


def header(entries: Iterable[Entry], metadata: Mapping[str, str]) -> bytes:
    """Returns the part of a safetensors file that comes before the data of its tensors.

    Args:
        entries: The file's tensors in the order of their data, which follows without holes.
        metadata: Texts to keep under `__metadata__`.

    Raises:
        ValueError: The header is longer than safetensors readers accept.
    """
    text = "".join(_header_parts(entries, metadata)).encode()
    length = _padded(len(text))
    return LENGTH.pack(length) + text.ljust(length)


def header_bytes(entries: Iterable[Entry], metadata: Mapping[str, str]) -> int:
    """Returns the length of `header`, without making it.

    Raises:
        ValueError: The header is longer than safetensors readers accept.
    """
    parts = _header_parts(entries, metadata)
    return LENGTH.size + _padded(sum(len(p) if p.isascii() else len(p.encode()) for p in parts))


def _header_parts(entries: Iterable[Entry], metadata: Mapping[str, str]) -> Iterator[str]:
    """The JSON of a header, in parts, because a table with a million entries takes ten times the memory of its text."""
    yield f'{{"{RESERVED_NAME}":{_json(dict(metadata))}'
    begin = 0
    kinds: dict[tuple[str, tuple[int, ...]], str] = {}
    for name, dtype, shape, nbytes in entries:
        kind = kinds.get((dtype, shape))
        if kind is None:
            code, sizes = SAFETENSORS_DTYPES[dtype], ",".join(map(str, shape))
            kind = kinds[dtype, shape] = f'{{"dtype":"{code}","shape":[{sizes}],"data_offsets":['
        end = begin + nbytes
        yield f",{_json(name)}:{kind}{begin},{end}]}}"
        begin = end
    yield "}"


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _padded(length: int) -> int:
    """The length of a header with a text of this length, padded so that the data are aligned."""
    length += -(LENGTH.size + length) % _ALIGNMENT
    if length > MAX_HEADER_BYTES:
        raise ValueError(
            f"a safetensors header has {length} bytes, more than the {MAX_HEADER_BYTES} that readers accept; "
            "use a smaller shard size, so that each file holds fewer tensors"
        )
    return length


def file_name(number: int, count: int) -> str:
    """Names file `number` (from 1) of a checkpoint of `count` files.

    >>> file_name(1, 1), file_name(2, 4)
    ('model.safetensors', 'model-00002-of-00004.safetensors')
    """
    if count == 1:
        return f"model{FILE_SUFFIX}"
    return f"model-{number:05d}-of-{count:05d}{FILE_SUFFIX}"


def index(weight_map: Mapping[str, str], total_bytes: int) -> bytes:
    """Returns the index of a checkpoint of several files: which file holds which tensor."""
    content = {"metadata": {"total_size": total_bytes}, "weight_map": dict(weight_map)}
    return (json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def code(dtype: str) -> str:
    """Returns the safetensors code of a stored type, also of a type that fastinit itself does not name.

    >>> code("bfloat16"), code("F8_E8M0")
    ('BF16', 'F8_E8M0')
    """
    return SAFETENSORS_DTYPES.get(dtype, dtype)


def item_bits(dtype: str) -> int | None:
    """Returns the size of an element in bits; None for an unknown type.

    >>> item_bits("bfloat16"), item_bits("F4"), item_bits("X9")
    (16, 4, None)
    """
    if dtype in STORED:
        return 8 * STORED[dtype].itemsize
    return OTHER_TYPES.get(dtype, (None,))[0]


def parse_header(text: bytes, data_bytes: int) -> tuple[list[StoredEntry], dict[str, str]]:
    """Checks the header of a safetensors file.

    Args:
        text: The JSON, without the eight bytes of its length.
        data_bytes: The number of bytes that follow it in the file.

    Returns:
        The tensors in the order of their data, and the texts under `__metadata__`.

    Raises:
        ValueError: The text is not a header, or does not fit the data. The message is one line.
    """
    if not text.startswith(b"{"):
        raise ValueError(f"the header does not start with '{{', but with {show(text[:8])}")
    table = parse_json(text, "the header")
    if len(table) > MAX_TENSORS:
        raise ValueError(f"the header has {len(table)} tensors, more than the {MAX_TENSORS} that are possible")
    metadata = table.pop(RESERVED_NAME, None)
    if metadata is None:
        metadata = {}
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise ValueError(f"{RESERVED_NAME} is not a table of texts, but {show(metadata)}")
    for value in (*metadata, *metadata.values()):
        if not is_utf8(value):
            raise ValueError(f"{RESERVED_NAME} has invalid text: {show(value)}")
    entries = sorted((_entry(*item) for item in table.items()), key=_range)
    end = 0
    for entry in entries:
        if entry.offset != end:
            what = "overlaps the tensor before it" if entry.offset < end else "leaves a hole"
            raise ValueError(
                f"tensor {show(entry.name)} begins at byte {entry.offset} of the data instead of {end}, "
                f"so that it {what}"
            )
        end += entry.nbytes
    if end != data_bytes:
        fault = "is cut off" if data_bytes < end else "has bytes that belong to no tensor"
        raise ValueError(f"the header describes {end} bytes of data, and the file has {data_bytes}; it {fault}")
    return entries, metadata


def _entry(name: str, value: object) -> StoredEntry:
    """Checks the description of one tensor."""
    if not is_utf8(name):
        raise ValueError(f"a tensor's name is invalid text: {show(name)}")
    try:
        # Further keys are ignored, as in the safetensors library.
        if not isinstance(value, dict) or not value.keys() >= _TENSOR_KEYS:
            raise ValueError(f"must be a table of {', '.join(sorted(_TENSOR_KEYS))}, got {show(value)}")
        dtype = _dtype(value["dtype"])
        shape = _shape(value["shape"])
        begin, end = _offsets(value["data_offsets"])
        bits = math.prod(shape) * (item_bits(dtype) or 0)
        if item_bits(dtype) is not None and bits != 8 * (end - begin):
            needed = bits / 8 if bits % 8 else bits // 8
            raise ValueError(
                f"must take {needed} bytes as {code(dtype)} of shape {show(list(shape))}, got {end - begin}"
            )
    except ValueError as error:
        raise ValueError(f"tensor {show(name)} {error}") from None
    return StoredEntry(name, dtype, shape, begin, end - begin)


def _dtype(value: object) -> str:
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise ValueError(f"must have a dtype such as 'BF16', got {show(value)}")
    return _DTYPES.get(value, value)


def _shape(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(n) is int for n in value):
        raise ValueError(f"must have a list of whole numbers as shape, got {show(value)}")
    size = 1
    for n in value:
        size *= n
        # Readers multiply one number after the other, so that a later zero does not undo an overflow.
        if size >= 2**63 or n >= 2**63:
            raise ValueError(f"must have less than 2**63 elements, got shape {show(value)}")
    return tuple(value)


def _offsets(value: object) -> tuple[int, int]:
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(type(n) is int and n < 2**63 for n in value)
        or value[0] > value[1]
    ):
        raise ValueError(f"must have two data_offsets, the first and the one past the last, got {show(value)}")
    return value[0], value[1]


def _range(entry: StoredEntry) -> tuple[int, int]:
    return entry.offset, entry.nbytes
