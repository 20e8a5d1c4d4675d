"""The safetensors format: the header to the byte, and file names."""

from __future__ import annotations

import json
import struct

import pytest
import safetensors
from hypothesis import given
from hypothesis import strategies as st

from fastinit.checkpoint import layout
from fastinit.dtypes import FLOATS


def test_header_to_the_byte() -> None:
    entries = [
        layout.Entry("b", "bfloat16", (2, 3), 12),
        layout.Entry("a", "bfloat16", (), 2),
    ]
    text = (
        b'{"__metadata__":{"format":"pt"},'
        b'"b":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]},'
        b'"a":{"dtype":"BF16","shape":[],"data_offsets":[12,14]}}'
    )
    padded = text + b" " * (-len(text) % 8)
    assert layout.header(entries, {"format": "pt"}) == struct.pack("<Q", len(padded)) + padded


@given(st.text(min_size=1).filter(lambda name: name != "__metadata__" and name.isprintable()))
def test_data_starts_aligned_and_names_survive(name: str) -> None:
    header = layout.header([layout.Entry(name, "float64", (1,), 8)], {"note": name})
    assert len(header) % 8 == 0
    ((read, tensor),) = safetensors.deserialize(header + bytes(8))
    assert (read, tensor["shape"]) == (name, [1])
    assert json.loads(header[8:])["__metadata__"] == {"note": name}


@pytest.mark.parametrize("dtype", FLOATS)
def test_every_element_type_has_its_name(dtype: str) -> None:
    item = FLOATS[dtype].itemsize
    header = layout.header([layout.Entry("x", dtype, (3,), 3 * item)], {})
    ((_, tensor),) = safetensors.deserialize(header + bytes(3 * item))
    assert tensor["dtype"] == layout.SAFETENSORS_DTYPES[dtype]
    assert len(tensor["data"]) == 3 * item


def test_empty_tensors_take_no_bytes() -> None:
    entries = [
        layout.Entry(name, "float32", shape, 4 * size)
        for name, shape, size in (("a", (0, 4), 0), ("b", (2,), 2), ("c", (0,), 0))
    ]
    read = dict(safetensors.deserialize(layout.header(entries, {}) + bytes(8)))
    assert {name: tensor["shape"] for name, tensor in read.items()} == {
        "a": [0, 4],
        "b": [2],
        "c": [0],
    }


def test_header_longer_than_readers_accept_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MAX_HEADER_BYTES", 100)
    with pytest.raises(ValueError, match=r"at most 100 bytes, got 1\d\d; pass a smaller shard"):
        layout.header([layout.Entry("x" * 60, "float32", (1,), 4)], {})


def test_files_are_named_as_hugging_face_names_them() -> None:
    assert layout.file_name(1, 1) == "model.safetensors"
    assert layout.file_name(3, 12) == "model-00003-of-00012.safetensors"


def test_index_maps_every_tensor_to_its_file() -> None:
    weight_map = {"b": "model-00001-of-00002.safetensors", "a": "model-00002-of-00002.safetensors"}
    content = layout.index(weight_map, 123)
    assert json.loads(content) == {"metadata": {"total_size": 123}, "weight_map": weight_map}
    assert content.endswith(b"}\n")
