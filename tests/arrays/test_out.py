"""buffers.py and `out=`: every kind of array is filled in place, or refused untouched."""

from __future__ import annotations

import array
import ctypes
import mmap
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np
import pytest

import fastinit
from fastinit.dtypes import FLOATS
from tests.arrays.dlpack_by_hand import HandMade

if TYPE_CHECKING:
    from pathlib import Path

PRESET = 0xA5  # what memory holds before, so that "never written" shows


def preset(shape: Any, dtype: Any) -> np.ndarray[Any, Any]:
    out = np.empty(shape, dtype)
    out.reshape(-1).view(np.uint8)[:] = PRESET
    return out


def expected(shape: Any = (3, 5), dtype: Any = "float32", **options: Any) -> np.ndarray[Any, Any]:
    return fastinit.normal(shape, std=0.5, seed=9, stream="w", dtype=dtype, **options)


def fill(out: Any, shape: Any = None, **options: Any) -> Any:
    return fastinit.normal(shape, std=0.5, seed=9, stream="w", out=out, **options)


class Exporter:
    """An array that offers only DLPack, as arrays of other libraries do."""

    def __init__(self, numpy_array: np.ndarray[Any, Any], *, old: bool = False) -> None:
        self.array, self.old = numpy_array, old

    def __dlpack__(self, **options: Any) -> Any:
        if self.old and options:
            raise TypeError("no such arguments")
        return self.array.__dlpack__(**options)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(3, 5), (4099,), (), (0, 3), (2, 1, 3)])
def test_numpy(dtype: str, shape: tuple[int, ...]) -> None:
    out = preset(shape, FLOATS[dtype].numpy)
    assert fill(out) is out
    assert out.tobytes() == expected(shape, dtype).tobytes()
    for asked in (dtype, FLOATS[dtype].numpy, None):
        assert fill(out, shape, dtype=asked).tobytes() == out.tobytes()


@pytest.mark.parametrize("dtype", FLOATS)
def test_any_alignment_and_nothing_beside(dtype: str) -> None:
    element = FLOATS[dtype]
    for offset in range(1, 9):
        for count in (1, 2, 7, 64, 1001):
            memory = preset(count + 20, element.numpy)
            before = memory.tobytes()
            out = memory[offset : offset + count]
            fill(out)
            assert out.tobytes() == expected(count, dtype).tobytes()
            first, last = offset * element.itemsize, (offset + count) * element.itemsize
            assert memory.tobytes()[:first] == before[:first]
            assert memory.tobytes()[last:] == before[last:]


def test_part_into_out() -> None:
    whole = expected((6, 8))
    out = preset((2, 3), np.float32)
    assert fill(out, (6, 8), index=np.s_[2:4, 5:]) is out
    np.testing.assert_array_equal(out, whole[2:4, 5:])
    row = whole.copy()
    row[3] = 0
    fill(row[3], (6, 8), index=3)
    np.testing.assert_array_equal(row, whole)


def test_memmap(tmp_path: Path) -> None:
    out = np.memmap(tmp_path / "w.bin", ml_dtypes.bfloat16, "w+", shape=(300, 7))
    assert fill(out) is out
    out.flush()
    assert (tmp_path / "w.bin").read_bytes() == expected((300, 7), "bfloat16").tobytes()
    read_only = np.memmap(tmp_path / "w.bin", ml_dtypes.bfloat16, "r", shape=(300, 7))
    with pytest.raises(ValueError, match=r"got a read-only numpy\.memmap; pass"):
        fill(read_only)


@pytest.mark.parametrize("old", [False, True])
def test_dlpack(old: bool) -> None:
    memory = preset((3, 5), np.float32)
    out = Exporter(memory, old=old)
    assert fill(out) is out
    np.testing.assert_array_equal(memory, expected())
    assert fill(out, (6, 5), index=np.s_[3:]) is out
    np.testing.assert_array_equal(memory, expected((6, 5))[3:])


def test_dlpack_with_an_offset_and_without_strides() -> None:
    memory = preset(10, np.float32)
    before = memory.tobytes()
    out = HandMade(memory, byte_offset=8, shape=(ctypes.c_int64 * 1)(5))
    assert fill(out) is out
    assert memory[2:7].tobytes() == expected(5).tobytes()
    assert memory.tobytes()[:8] == before[:8]
    assert memory.tobytes()[28:] == before[28:]


@pytest.mark.parametrize(
    "make",
    [
        lambda: array.array("f", [7.0] * 15),
        lambda: memoryview(bytearray(60)).cast("f"),
        lambda: (ctypes.c_float * 15)(),
    ],
)
def test_buffer_protocol(make: Any) -> None:
    out = make()
    assert fill(out) is out
    assert bytes(memoryview(out)) == expected((15,)).tobytes()


@pytest.mark.parametrize("kind", [ctypes.c_ubyte, ctypes.c_byte, ctypes.c_char])
def test_byte_arrays_of_ctypes_are_bytes(kind: Any) -> None:
    out = (kind * 60)()
    assert fill(out, (3, 5), dtype="float32") is out
    assert bytes(memoryview(out)) == expected().tobytes()
    with pytest.raises(TypeError, match="`out` must have an element type, got bytes in a"):
        fill(out)


class Stubborn(np.ndarray[Any, Any]):
    """A subclass whose views are not what NumPy's are."""

    def view(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("not asked for")

    def __array_finalize__(self, _: Any) -> None:
        self.flags.writeable = True


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float8_e5m2"])
def test_subclasses_of_numpy_arrays(dtype: str) -> None:
    plain = preset(6, FLOATS[dtype].numpy)
    masked = np.ma.masked_array(plain, mask=[1, 0, 1, 0, 0, 0], hard_mask=True)
    assert fill(masked) is masked
    assert masked.data.tobytes() == expected(6, dtype).tobytes()
    assert masked.mask.tolist() == [True, False, True, False, False, False]
    for kind in (Stubborn, np.recarray):
        out = preset((3, 5), FLOATS[dtype].numpy)
        fill(out.view(kind))
        assert out.tobytes() == expected((3, 5), dtype).tobytes()


def test_bytes_take_the_type_and_shape_that_are_asked_for() -> None:
    out = bytearray(30)
    assert fill(out, dtype="bfloat16") is out
    assert out == expected((15,), "bfloat16").tobytes()
    out.append(0)  # refused while anyone holds on to the memory
    del out[-1]
    fill(out, (3, 5), dtype="bfloat16")
    assert out == expected((3, 5), "bfloat16").tobytes()
    with mmap.mmap(-1, 4096) as memory:
        fill(memory, (4, 256), dtype="float32")
        assert memory[:] == expected((4, 256)).tobytes()


def test_integer_words_into_out() -> None:
    out = np.zeros(9, np.uint32)
    fastinit.random_bits(None, seed=1, out=out)
    np.testing.assert_array_equal(out, fastinit.random_bits(9, seed=1))


@pytest.mark.parametrize("initializer", ["zeros", "ones", "orthogonal", "identity"])
def test_every_kind_of_initializer_fills_out(initializer: str) -> None:
    function = getattr(fastinit, initializer)
    out = preset((4, 4), np.float16)
    assert function(None, seed=2, out=out) is out
    np.testing.assert_array_equal(out, function((4, 4), dtype="float16", seed=2))
    part = preset((2,), np.float16)
    function((4, 4), seed=2, index=np.s_[1:3, 2], out=part)
    np.testing.assert_array_equal(part, out[1:3, 2])


READ_ONLY = np.zeros((3, 5), np.float32)
READ_ONLY.flags.writeable = False


@pytest.mark.parametrize(
    ("out", "arguments", "kind", "message"),
    [
        (
            READ_ONLY,
            {},
            ValueError,
            "`out` must be a writable C-contiguous array, got a read-only numpy",
        ),
        (bytes(60), {"dtype": "float32"}, ValueError, "got a read-only builtins.bytes"),
        (Exporter(READ_ONLY), {}, ValueError, "Exporter; pass a writable one"),
        (
            np.zeros((5, 3), np.float32).T,
            {},
            ValueError,
            "`out` must be a writable C-contiguous array, got strides (4, 12) of a numpy.ndarray; fill",
        ),
        (np.zeros((3, 10), np.float32)[:, ::2], {}, ValueError, "got strides (40, 8) of a numpy"),
        (np.broadcast_to(np.float32(1), (3, 5)).copy("F"), {}, ValueError, "got strides (4, 12)"),
        (Exporter(np.zeros((5, 3), np.float32).T), {}, ValueError, "got strides (1, 3) of a"),
        (memoryview(bytearray(60))[::2], {"dtype": "float32"}, ValueError, "got strides (2,) of a"),
        (
            np.zeros(61, np.uint8)[1:].view(np.float32),
            {},
            ValueError,
            "`out` must be aligned to its element size, got an unaligned numpy.ndarray",
        ),
        (
            np.zeros(3, np.int32),
            {},
            TypeError,
            "`out` must have an element type of the stream (float64",
        ),
        (
            HandMade(np.zeros(3, np.float32), byte_offset=2),
            {},
            ValueError,
            "got an unaligned",
        ),
        (np.zeros(3, np.int32), {}, TypeError, "got int32"),
        (np.zeros(3, ">f4"), {}, TypeError, "got >f4"),
        (
            Exporter(np.zeros(3, np.int16)),
            {},
            TypeError,
            "`out` must have an element type of the stream",
        ),
        (HandMade(np.zeros(3, np.float32), lanes=4), {}, TypeError, "got (2, 32, 4)"),
        ((ctypes.c_void_p * 3)(), {}, TypeError, "`out` must have an element type of the stream"),
        (array.array("l", [1]), {}, TypeError, "`out` must have an element type of the stream"),
        (
            np.zeros(3, np.uint32),
            {},
            TypeError,
            "`out` must have the element type one of float64",
        ),
        (
            [0.0] * 15,
            {},
            TypeError,
            "`out` must be a writable C-contiguous array, got a builtins.list",
        ),
        (3.0, {}, TypeError, "got a builtins.float; pass a NumPy array"),
        (
            bytearray(60),
            {},
            TypeError,
            "`out` must have an element type, got bytes in a builtins.bytear",
        ),
        (
            bytearray(61),
            {"dtype": "float32"},
            ValueError,
            "hold whole elements of float32, got 61 bytes",
        ),
        (
            bytearray(60),
            {"dtype": "float32", "shape": (4, 5)},
            ValueError,
            "`out` must have the shape of `shape`, (4, 5), got (15,)",
        ),
        (
            np.zeros((3, 5), np.float16),
            {"dtype": "bfloat16"},
            TypeError,
            "`dtype` must be that of `out`, float16, got 'bfloat16'; leave `dtype` out",
        ),
        (np.zeros(3, np.float16), {"dtype": "float32"}, TypeError, "`dtype` must be that of `out`"),
        (
            np.zeros((3, 5), np.float32),
            {"shape": (5, 3)},
            ValueError,
            "`out` must have the shape of `shape`, (5, 3), got (3, 5); nothing was written",
        ),
        (np.zeros(15, np.float32), {"shape": (3, 5)}, ValueError, "got (15,)"),
        (
            np.zeros((3, 5), np.float32),
            {"shape": (9, 5), "index": np.s_[:4]},
            ValueError,
            "`out` must have the shape of the part `index` of `shape`, (4, 5), got (3, 5)",
        ),
        (
            np.zeros((3, 5), np.float32),
            {"index": np.s_[:3]},
            TypeError,
            "`shape` must be the shape of the whole tensor when `index` is given, got None; `out` is",
        ),
        (
            HandMade(np.zeros(3, np.float32), device=(10, 0)),  # kDLROCM
            {},
            ValueError,
            "`out` must be in the memory of the CPU or of a CUDA device, got a",
        ),
        (
            np.zeros((3, 5), np.float32),
            {"device": "cuda:1"},
            ValueError,
            "`device` must be that of `out`, cpu, got 'cuda:1'; leave `device` out: it follows `out`",
        ),
    ],
)
def test_errors(out: Any, arguments: dict[str, Any], kind: type[Exception], message: str) -> None:
    before = None if isinstance(out, (Exporter, HandMade, list, float)) else bytes(memoryview(out))
    with pytest.raises(kind) as caught:
        fill(out, **arguments)
    assert message in str(caught.value)
    if before is not None:
        assert bytes(memoryview(out)) == before


def test_words_need_uint32() -> None:
    with pytest.raises(TypeError, match="`out` must have the element type uint32 for raw words"):
        fastinit.random_bits(None, out=np.zeros(3, np.float32))


@pytest.mark.torch
@pytest.mark.parametrize("dtype", FLOATS)
def test_torch(dtype: str) -> None:
    torch = pytest.importorskip("torch")
    out = torch.zeros((3, 5), dtype=getattr(torch, dtype))
    assert fill(out) is out
    as_bytes = out.view(torch.uint8).numpy().tobytes()
    assert as_bytes == expected((3, 5), dtype).tobytes()
    assert fill(out, dtype=out.dtype) is out
    fill(out[1], (6, 5), index=5)
    assert out.view(torch.uint8).numpy()[1].tobytes() == expected((6, 5), dtype)[5].tobytes()


@pytest.mark.torch
def test_torch_errors() -> None:
    torch = pytest.importorskip("torch")
    parameter = torch.nn.Parameter(torch.zeros(3, 5))
    with pytest.raises(ValueError, match=r"`out` must be exported by DLPack .*`out.detach\(\)`"):
        fill(parameter)
    assert not parameter.any()
    fill(parameter.detach())
    np.testing.assert_array_equal(parameter.detach().numpy(), expected())
    with pytest.raises(ValueError, match=r"got strides \(1, 5\) of a torch.Tensor"):
        fill(torch.zeros(3, 5).T)
    with pytest.raises(TypeError, match=r"element type of the stream .* got torch.int64"):
        fill(torch.zeros(3, dtype=torch.int64))
    with pytest.raises(ValueError, match="`out` must be exported by DLPack"):
        fill(torch.zeros(3, device="meta"))


@pytest.mark.jax
def test_jax_arrays_are_immutable() -> None:
    jnp = pytest.importorskip("jax.numpy")
    out = jnp.zeros((3, 5))
    with pytest.raises(ValueError, match=r"got an immutable jaxlib.ArrayImpl; draw with fastinit"):
        fill(out)
    assert not out.any()
