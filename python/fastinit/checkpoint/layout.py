"""The safetensors file format and Hugging Face's names for the files of a sharded checkpoint. Pure.

A safetensors file is the length of its header (8 bytes, little-endian), the header (JSON: for each
tensor its dtype, shape and byte range in the data), and the data without holes. Readers find the
tensors by their byte ranges, so the order is free; a plan keeps that of its recipe.

Source: https://github.com/huggingface/safetensors, README.md, section Format; file names and index:
huggingface_hub, `split_torch_state_dict_into_shards`.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

INDEX_FILE = "model.safetensors.index.json"
MAX_HEADER_BYTES = 100_000_000  # the safetensors readers refuse longer headers
RESERVED_NAME = "__metadata__"  # the header's own key, so no tensor's name

SAFETENSORS_DTYPES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "bfloat16": "BF16",
    "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2",
}
_ALIGNMENT = 8  # of the data: the widest item, so that one dtype per file leaves all items aligned


class Entry(NamedTuple):
    """A tensor as the header describes it."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    nbytes: int


def header(entries: Iterable[Entry], metadata: Mapping[str, str]) -> bytes:
    """Returns everything of a safetensors file that precedes the data of its tensors.

    Args:
        entries: The file's tensors in the order of their data, which follows without holes.
        metadata: Texts to keep under `__metadata__`.

    Raises:
        ValueError: The header is longer than safetensors readers accept.
    """
    table: dict[str, object] = {RESERVED_NAME: dict(metadata)}
    begin = 0
    for name, dtype, shape, nbytes in entries:
        end = begin + nbytes
        table[name] = {
            "dtype": SAFETENSORS_DTYPES[dtype],
            "shape": list(shape),
            "data_offsets": [begin, end],
        }
        begin = end
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    if len(text) > MAX_HEADER_BYTES:
        raise ValueError(
            f"a safetensors header must be at most {MAX_HEADER_BYTES} bytes, got {len(text)}; "
            "pass a smaller shard size, so that each file holds fewer tensors"
        )
    return struct.pack("<Q", len(text)) + text


def file_name(number: int, count: int) -> str:
    """Names file `number` (from 1) of a checkpoint of `count` files.

    >>> file_name(1, 1), file_name(2, 4)
    ('model.safetensors', 'model-00002-of-00004.safetensors')
    """
    if count == 1:
        return "model.safetensors"
    return f"model-{number:05d}-of-{count:05d}.safetensors"


def index(weight_map: Mapping[str, str], total_bytes: int) -> bytes:
    """Returns the index of a checkpoint of several files: which file holds which tensor."""
    content = {"metadata": {"total_size": total_bytes}, "weight_map": dict(weight_map)}
    return (json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
