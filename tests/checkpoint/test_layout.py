"""The safetensors format: the header to the byte, errors in headers, and file names."""

from __future__ import annotations

import json
import struct

import pytest
import safetensors
from hypothesis import given, settings
from hypothesis import strategies as st

from fastinit.dtypes import STORED
from fastinit.stored import layout


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
    padded = text + b" " * (4096 - 8 - len(text))
    assert layout.header(entries, {"format": "pt"}) == struct.pack("<Q", len(padded)) + padded


@given(st.text(min_size=1).filter(lambda name: name != "__metadata__" and name.isprintable()))
def test_data_starts_aligned_and_names_survive(name: str) -> None:
    header = layout.header([layout.Entry(name, "float64", (1,), 8)], {"note": name})
    assert len(header) % 4096 == 0
    entries = (layout.Entry(name, "float64", (1,), 8),)
    assert layout.header_bytes(entries, {"note": name}) == len(header)
    ((read, tensor),) = safetensors.deserialize(header + bytes(8))
    assert (read, tensor["shape"]) == (name, [1])
    assert json.loads(header[8:])["__metadata__"] == {"note": name}


@pytest.mark.parametrize("dtype", STORED)
def test_every_element_type_has_its_name(dtype: str) -> None:
    item = STORED[dtype].itemsize
    header = layout.header([layout.Entry("x", dtype, (3,), 3 * item)], {})
    ((_, tensor),) = safetensors.deserialize(header + bytes(3 * item))
    assert tensor["dtype"] == layout.SAFETENSORS_DTYPES[dtype]
    assert len(tensor["data"]) == 3 * item
    (entry,), _ = layout.parse_header(header[8:], 3 * item)
    assert entry == layout.StoredEntry("x", dtype, (3,), 0, 3 * item)


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
    with pytest.raises(ValueError, match=r"4088 bytes, more than the 100 that readers accept; use a smaller shard"):
        layout.header([layout.Entry("x" * 60, "float32", (1,), 4)], {})


def test_files_are_named_as_hugging_face_names_them() -> None:
    assert layout.file_name(1, 1) == "model.safetensors"
    assert layout.file_name(3, 12) == "model-00003-of-00012.safetensors"


def test_index_maps_every_tensor_to_its_file() -> None:
    weight_map = {"b": "model-00001-of-00002.safetensors", "a": "model-00002-of-00002.safetensors"}
    content = layout.index(weight_map, 123)
    assert json.loads(content) == {"metadata": {"total_size": 123}, "weight_map": weight_map}
    assert content.endswith(b"}\n")


ENTRY = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}


def text_of(**entries: object) -> bytes:
    return json.dumps(entries).encode()


def is_read_by_safetensors(text: bytes, data_bytes: int) -> bool:
    try:
        safetensors.deserialize(struct.pack("<Q", len(text)) + text + bytes(data_bytes))
    except safetensors.SafetensorError:
        return False
    return True


def test_what_is_written_is_read_back() -> None:
    entries = [layout.Entry("b", "float64", (0, 5), 0), layout.Entry("a", "bfloat16", (2, 3), 12)]
    header = layout.header(entries, {"format": "pt", "note": 'é "\n'})
    read, metadata = layout.parse_header(header[8:], 12)
    assert [entry[:3] + entry[4:] for entry in read] == [tuple(entry) for entry in entries]
    assert [entry.offset for entry in read] == [0, 0]
    assert metadata == {"format": "pt", "note": 'é "\n'}


def test_tensors_come_in_the_order_of_their_data() -> None:
    second = {"dtype": "I8", "shape": [], "data_offsets": [24, 25]}
    empty = {"dtype": "U8", "shape": [0], "data_offsets": [24, 24]}
    read, metadata = layout.parse_header(text_of(b=second, c=empty, a=ENTRY), 25)
    assert [entry.name for entry in read] == ["a", "c", "b"]
    assert metadata == {}


@pytest.mark.parametrize(
    ("code", "shape", "nbytes"),
    [
        ("F4", [2, 3], 3),
        ("F6_E2M3", [4], 3),
        ("F6_E3M2", [8], 6),
        ("F8_E8M0", [3], 3),
        ("F8_E4M3FNUZ", [3], 3),
        ("F8_E5M2FNUZ", [3], 3),
        ("U16", [3], 6),
        ("U32", [3], 12),
        ("U64", [3], 24),
        ("C64", [3], 24),
    ],
)
def test_sizes_of_types_without_a_name_here_are_checked(code: str, shape: list[int], nbytes: int) -> None:
    text = text_of(x={"dtype": code, "shape": shape, "data_offsets": [0, nbytes]})
    assert is_read_by_safetensors(text, nbytes)
    (entry,), _ = layout.parse_header(text, nbytes)
    assert (entry.dtype, layout.code(entry.dtype), entry.nbytes) == (code, code, nbytes)
    longer = text_of(x={"dtype": code, "shape": shape, "data_offsets": [0, nbytes + 1]})
    with pytest.raises(ValueError, match=f"tensor 'x' must take {nbytes} bytes as {code}"):
        layout.parse_header(longer, nbytes + 1)


def test_type_that_nobody_knows_keeps_its_code() -> None:
    text = text_of(x={"dtype": "Q3_K", "shape": [7], "data_offsets": [0, 5]})
    (entry,), _ = layout.parse_header(text, 5)
    assert entry == layout.StoredEntry("x", "Q3_K", (7,), 0, 5)
    assert layout.item_bits("Q3_K") is None


def changed(**values: object) -> bytes:
    return text_of(x=ENTRY | values)


REFUSED = {
    "empty": (b"", "does not start with '{', but with b''"),
    "a list": (b"[]", r"does not start with '{', but with b'\[\]'"),
    "a space first": (b" {}", "does not start with '{'"),
    "zeros": (b"{}\0\0", "the header is not valid JSON: Extra data at character 2"),
    "cut off": (b'{"x":{"dtype":"F3', "the header is not valid JSON: Unterminated string"),
    "not UTF-8": (b'{"\xff":1}', "the header is not UTF-8 text: invalid start byte at byte 2"),
    "nested": (b'{"x":' + b"[" * 10**6, "has values that are nested too deeply"),
    "tables nested": (b'{"x":' * 10**5, "has values that are nested too deeply"),
    "a name twice": (b'{"x":{},"x":{}}', "has the key 'x' twice"),
    "a key twice": (b'{"x":{"dtype":1,"dtype":1}}', "has the key 'dtype' twice"),
    "half a pair": (b'{"\\ud800":{}}', r"name is invalid text: '\\ud800'"),
    "no table": (text_of(x=[]), r"tensor 'x' must be a table of data_offsets, dtype, shape"),
    "key missing": (text_of(x={"dtype": "F32", "shape": []}), "must be a table of data_offsets"),
    "dtype a number": (changed(dtype=1), "must have a dtype such as 'BF16', got 1"),
    "dtype of ours": (changed(dtype="float32"), "must have a dtype such as 'BF16', got 'float32'"),
    "dtype with lines": (changed(dtype="F\n"), "must have a dtype such as 'BF16'"),
    "shape a number": (changed(shape=6), "must have a list of whole numbers as shape, got 6"),
    "shape of booleans": (changed(shape=[6, True]), "a list of whole numbers as shape"),
    "shape of floats": (changed(shape=[6.0]), "the header must hold whole numbers .* got '6.0'"),
    "shape of lists": (changed(shape=[[6]]), "a list of whole numbers as shape"),
    "negative shape": (changed(shape=[-2, -3]), "must hold whole numbers from 0 .* got '-2'"),
    "minus zero": (b'{"x":{"shape":[-0]}}', "must hold whole numbers from 0 .* got '-0'"),
    "absurd shape": (changed(shape=[2**32, 2**31]), r"less than 2\*\*63 elements"),
    "absurd empty shape": (changed(shape=[2**62, 2, 0]), r"less than 2\*\*63 elements"),
    "absurd after zero": (changed(shape=[0, 2**63]), r"less than 2\*\*63 elements"),
    "absurd number": (changed(shape=[10**30]), "must hold whole numbers from 0"),
    "number without end": (b'{"x":' + b"9" * 10**6 + b"}", "must hold whole numbers from 0"),
    "not a number": (changed(shape=[float("nan")]), "must hold whole numbers .* got 'NaN'"),
    "infinite": (changed(shape=[float("inf")]), "must hold whole numbers .* got 'Infinity'"),
    "other size": (changed(shape=[5]), r"must take 20 bytes as F32 of shape \[5\], got 24"),
    "half a byte": (changed(dtype="F4", shape=[3]), "must take 1.5 bytes as F4"),
    "offsets a number": (changed(data_offsets=24), "must have two data_offsets"),
    "one offset": (changed(data_offsets=[24]), "must have two data_offsets"),
    "three offsets": (changed(data_offsets=[0, 24, 24]), "must have two data_offsets"),
    "offsets of texts": (changed(data_offsets=["0", "24"]), "must have two data_offsets"),
    "offsets of booleans": (changed(data_offsets=[False, 24]), "must have two data_offsets"),
    "offsets reversed": (changed(data_offsets=[24, 0]), "must have two data_offsets"),
    "negative offset": (changed(data_offsets=[-24, 0]), "must hold whole numbers from 0"),
    "float offset": (changed(data_offsets=[0, 24.0]), "must hold whole numbers from 0"),
    "absurd offset": (changed(data_offsets=[0, 2**63]), "must have two data_offsets"),
    "longer than a number": (changed(data_offsets=[0, 10**30]), "must hold whole numbers from 0"),
    "a hole": (
        changed(data_offsets=[1, 25]),
        "tensor 'x' begins at byte 1 of the data instead of 0, so that it leaves a hole",
    ),
    "an overlap": (
        text_of(x=ENTRY, y=ENTRY),
        "tensor 'y' begins at byte 0 of the data instead of 24, so that it overlaps the tensor before it",
    ),
    "data cut off": (
        changed(shape=[7], data_offsets=[0, 28]),
        "the header describes 28 bytes of data, and the file has 24; it is cut off",
    ),
    "bytes too many": (
        changed(shape=[5], data_offsets=[0, 20]),
        "the header describes 20 bytes of data, and the file has 24; it has bytes that belong to no tensor",
    ),
    "no tensors but data": (b"{}", "the header describes 0 bytes of data, and the file has 24"),
    "metadata a text": (text_of(__metadata__="x"), "__metadata__ is not a table of texts"),
    "metadata of lists": (text_of(__metadata__={"a": []}), "__metadata__ is not a table of texts"),
    "half a pair in metadata": (
        b'{"__metadata__":{"a":"\\udc00"}}',
        r"__metadata__ has invalid text: '\\udc00'",
    ),
}


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a b",
        "\u00a0",
        "\u3000x",
        "so\u00adft",
        "a\u200db",
        "\t",
        "a\nb",
        "\0",
        "\x1b[2J",
        "\ue000",
    ],
)
def test_names_may_be_any_text(name: str) -> None:
    text = text_of(**{name: ENTRY})
    assert is_read_by_safetensors(text, 24)
    (entry,), _ = layout.parse_header(text, 24)
    assert entry.name == name


@pytest.mark.parametrize("text", [changed(note=1), text_of(__metadata__=None, x=ENTRY)])
def test_what_safetensors_ignores_is_ignored(text: bytes) -> None:
    assert is_read_by_safetensors(text, 24)
    entries, metadata = layout.parse_header(text, 24)
    assert [entry.name for entry in entries] == ["x"]
    assert metadata == {}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_faulty_header_is_refused_in_one_line(text: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        layout.parse_header(text, 24)
    shown = str(caught.value)
    assert shown.isprintable()
    assert len(shown) < 1000


def test_too_many_tensors_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MAX_TENSORS", 1)
    empty = {"dtype": "U8", "shape": [0], "data_offsets": [24, 24]}
    with pytest.raises(ValueError, match="the header has 2 tensors, more than the 1 that"):
        layout.parse_header(text_of(x=ENTRY, y=empty), 24)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 30) | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
SIZES = st.integers(-1, 9) | st.sampled_from([2**31, 2**62, 2**63, 2**64, 10**30])
CODES = st.sampled_from([*layout.SAFETENSORS_DTYPES.values(), "F4", "U16", "F8_E8M0", "f32", "bool"])
MARKS = [mark.encode() for mark in '0123456789-+.eE"[]{},:\\ tfnu']
TENSORS = st.fixed_dictionaries(
    {
        "dtype": CODES | JSON,
        "shape": st.lists(SIZES, max_size=3) | JSON,
        "data_offsets": st.lists(SIZES, min_size=2, max_size=2) | JSON,
    }
)
TEXTS = st.dictionaries(st.text(max_size=3), st.text(max_size=3) | JSON, max_size=2)


@settings(max_examples=500)
@given(
    st.dictionaries(st.text(max_size=3), TENSORS | JSON, max_size=3),
    st.none() | TEXTS | JSON,
    st.integers(0, 80),
)
def test_any_header_is_refused_in_one_line_or_read_by_safetensors_too(
    entries: dict[str, object], metadata: object, data_bytes: int
) -> None:
    text = json.dumps(entries | ({} if metadata is None else {"__metadata__": metadata})).encode()
    check_as_safetensors(text, data_bytes)


@settings(max_examples=500)
@given(st.data())
def test_damaged_header_is_refused_in_one_line_or_read_by_safetensors_too(
    data: st.DataObject,
) -> None:
    entries = [layout.Entry("a.weight", "bfloat16", (2, 3), 12), layout.Entry("é", "bool", (3,), 3)]
    text = bytearray(layout.header(entries, {"format": "pt"})[8:].rstrip())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        kind = data.draw(st.sampled_from(["set", "remove", "insert"]))
        value = data.draw(st.binary(min_size=1, max_size=1) | st.sampled_from(MARKS))
        text[at : at + (kind != "insert")] = b"" if kind == "remove" else value
    check_as_safetensors(bytes(text), 15)


def check_as_safetensors(text: bytes, data_bytes: int) -> None:
    fault = ""
    entries: list[layout.StoredEntry] = []
    try:
        entries, _ = layout.parse_header(text, data_bytes)
    except ValueError as error:
        fault = str(error)
    assert len(fault) < 1000
    assert fault.isprintable()
    if fault == "" and all(layout.item_bits(entry.dtype) is not None for entry in entries):
        assert is_read_by_safetensors(text, data_bytes)
        assert sum(entry.nbytes for entry in entries) == data_bytes
