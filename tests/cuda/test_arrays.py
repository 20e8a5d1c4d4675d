"""Real CuPy arrays over the memory of the CPU: what arrives at the launch, and that nothing is copied.

No GPU takes part; tests/cuda/host.py says what stands for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import fastinit
from fastinit.dtypes import FLOATS
from tests.cuda.host import PRESET, Host, gpus, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator

cupy = pytest.importorskip("cupy")

CUPY_FLOATS = [name for name in FLOATS if not name.startswith("float8")]
FLOAT8 = [name for name in FLOATS if name.startswith("float8")]
SHAPES = [(3, 5), (4099,), (), (0, 3), (2, 1, 3)]
RANDOM = ["normal", "uniform", "truncated_normal", "he_normal", "glorot_uniform"]


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    with gpus(monkeypatch) as machine:
        yield machine


def same_bits(array: Any, expected: np.ndarray[Any, Any]) -> bool:
    assert isinstance(array, cupy.ndarray)
    assert (array.shape, array.dtype) == (expected.shape, expected.dtype)
    return values_of(array).tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", CUPY_FLOATS)
@pytest.mark.parametrize("name", RANDOM)
def test_new_array_has_the_bits_of_the_cpu(host: Host, name: str, dtype: str) -> None:
    draw = getattr(fastinit, name)
    drawn = draw((37, 5), dtype=dtype, seed=3, stream="w", device="cuda")
    assert same_bits(drawn, draw((37, 5), dtype=dtype, seed=3, stream="w"))
    assert host.nothing_beside_was_written()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["normal", "zeros", "ones"])
def test_memory_that_is_returned_is_what_the_kernel_wrote(host: Host, name: str, shape: tuple[int, ...]) -> None:
    drawn = getattr(fastinit, name)(shape, device="cuda", seed=1)
    assert len(host.blocks) == len(host.launches) == 1  # one allocation, one launch: no copy
    assert host.launches[0].address == drawn.data.ptr
    assert drawn.flags.c_contiguous
    assert same_bits(drawn, getattr(fastinit, name)(shape, seed=1))


@pytest.mark.parametrize("shard", [fastinit.Shard(0, 1, 2), fastinit.Shard(1, 1, 2), fastinit.Shard(0, 3, 4)], ids=str)
def test_shard_of_one_box_is_one_launch_without_a_copy(host: Host, shard: fastinit.Shard) -> None:
    drawn = fastinit.normal((6, 4), device="cuda", seed=1, shard=shard)
    assert len(host.blocks) == len(host.launches) == 1
    assert same_bits(drawn, fastinit.normal((6, 4), seed=1, shard=shard))


def test_what_a_launch_is_given(host: Host) -> None:
    drawn = fastinit.normal(
        (6, 8), mean=1.0, std=0.5, dtype="bfloat16", seed=9, stream=7, index=np.s_[2:4, 5:],
        device="cuda",
    )  # fmt: skip
    (launch,) = host.launches
    assert launch.address == drawn.data.ptr
    assert launch.drawn == ("normal", "bfloat16", 9, 7, 6)
    constant = fastinit.constant((3, 5), 2.0, dtype="float16", device="cuda")
    assert host.launches[1].arguments == (constant.data.ptr, 15, 0x4000, 2)


def test_part_is_that_part_of_the_whole(host: Host) -> None:
    whole = fastinit.normal((6, 8), seed=9)
    for index in (np.s_[2:4, 5:], 3, np.s_[..., -1], np.s_[5:2]):
        part = fastinit.normal((6, 8), seed=9, index=index, device="cuda")
        assert same_bits(part, whole[index])
    assert host.nothing_beside_was_written()


def test_raw_words(host: Host) -> None:
    assert same_bits(fastinit.random_bits(99, seed=1, device="cuda"), fastinit.random_bits(99, seed=1))
    assert host.launches[0].drawn[:2] == ("bits", "uint32")


@pytest.mark.parametrize(("device", "number"), [("cuda", 0), ("cuda:0", 0), ("cuda:1", 1)])
def test_device_and_its_current_stream(host: Host, device: str, number: int) -> None:
    drawn = fastinit.normal(5, device=device, seed=1)
    assert drawn.device.id == number
    assert host.launches[0][1:] == (number, host.streams[number])
    assert host.current == 0  # put back


def test_cuda_is_the_current_device_and_stream_of_the_moment(host: Host) -> None:
    with host.device(1):
        host.streams[1] = 0x2222
        assert fastinit.normal(5, device="cuda", seed=1).device.id == 1
        assert fastinit.zeros(5, device="cuda:0").device.id == 0
    assert [launch[1:] for launch in host.launches] == [(1, 0x2222), (0, host.streams[0])]


def test_devices_of_other_libraries(host: Host) -> None:
    class Device:
        """Stands for cupy.cuda.Device, whose text is not the name of a device."""

        id = 1

    Device.__module__ = "cupy.cuda.device"
    assert fastinit.normal(5, device=Device(), seed=1).device.id == 1
    assert host.launches[0].device == 1


@pytest.mark.parametrize("dtype", [*CUPY_FLOATS, "uint32"])
@pytest.mark.parametrize("number", [0, 1])
def test_out_is_filled_where_it_is(host: Host, dtype: str, number: int) -> None:
    draw = fastinit.random_bits if dtype == "uint32" else fastinit.normal
    expected = draw((3, 5), seed=9) if dtype == "uint32" else draw((3, 5), seed=9, dtype=dtype)
    with host.device(number):
        out = cupy.empty((3, 5), expected.dtype)
    assert draw(None, seed=9, out=out) is out
    assert same_bits(out, expected)
    assert len(host.blocks) == 1
    assert host.launches[0].address == out.data.ptr
    assert host.launches[0][1:] == (number, host.streams[number])
    for device in ("cuda", f"cuda:{number}"):
        assert draw((3, 5), seed=9, out=out, device=device) is out


def test_out_may_be_a_view(host: Host) -> None:
    memory = cupy.empty((6, 5), np.float32)
    fastinit.normal((3, 5), seed=9, out=memory[2:5])
    assert host.launches[0].address == memory.data.ptr + 2 * 5 * 4
    fastinit.normal((6, 5), seed=9, index=5, out=memory[5])
    rows = values_of(memory)
    assert (rows[:2].view(np.uint8) == PRESET).all()
    np.testing.assert_array_equal(rows[2:5], fastinit.normal((3, 5), seed=9))
    np.testing.assert_array_equal(rows[5], fastinit.normal((6, 5), seed=9)[5])


@pytest.mark.parametrize("dtype", FLOAT8)
def test_bytes_take_the_float8_that_is_asked_for(host: Host, dtype: str) -> None:
    out = cupy.empty((3, 5), np.uint8)
    assert fastinit.normal((3, 5), seed=9, dtype=dtype, out=out) is out
    assert values_of(out).tobytes() == fastinit.normal((3, 5), seed=9, dtype=dtype).tobytes()
    assert host.launches[0].drawn[1] == dtype


@pytest.mark.parametrize(
    ("make", "options", "kind", "message"),
    [
        (
            lambda: cupy.empty((5, 3), np.float32).T,
            {},
            ValueError,
            "`out` must be a writable C-contiguous array, got strides (4, 12) of a cupy.ndarray; fill",
        ),
        (lambda: cupy.empty((3, 10), np.float32)[:, ::2], {}, ValueError, "got strides (40, 8)"),
        (
            lambda: cupy.empty((3, 5), np.int32),
            {},
            TypeError,
            "`out` must have an element type of the stream (float64, float32, float16, bfloat16",
        ),
        (lambda: cupy.empty((3, 5), np.uint8), {}, TypeError, "got uint8"),
        (lambda: cupy.empty((3, 5), np.uint8), {"dtype": "float16"}, TypeError, "got uint8"),
        (lambda: cupy.empty((3, 5), np.uint32), {}, TypeError, "`out` must have the element type"),
        (
            lambda: cupy.empty(61, np.uint8)[1:].view(np.float32),
            {"shape": 15},
            ValueError,
            "`out` must be aligned to its element size, got an unaligned cupy.ndarray",
        ),
        (
            lambda: cupy.empty((3, 5), np.float32),
            {"shape": (5, 3)},
            ValueError,
            "`out` must have the shape of `shape`, (5, 3), got (3, 5)",
        ),
        (
            lambda: cupy.empty((3, 5), np.float16),
            {"dtype": "bfloat16"},
            TypeError,
            "`dtype` must be that of `out`, float16, got 'bfloat16'; leave `dtype` out",
        ),
        (
            lambda: cupy.empty((3, 5), np.float32),
            {"device": "cpu"},
            ValueError,
            "`device` must be that of `out`, cuda:0, got 'cpu'; leave `device` out",
        ),
        (
            lambda: cupy.empty((3, 5), np.float32),
            {"device": "cuda:1"},
            ValueError,
            "`device` must be that of `out`, cuda:0, got 'cuda:1'; leave `device` out",
        ),
        (
            lambda: np.empty((3, 5), np.float32),
            {"device": "cuda"},
            ValueError,
            "`device` must be that of `out`, cpu, got 'cuda'; leave `device` out",
        ),
        (
            lambda: None,
            {"device": "cuda", "dtype": "float8_e5m2"},
            TypeError,
            "`dtype` must be one that CuPy has (Unsupported dtype float8_e5m2), got 'float8_e5m2'; pass",
        ),
        (
            lambda: None,
            {"device": "cuda:2"},
            ValueError,
            "`device` must be one of the 2 that CUDA sees, numbered from 0, got 'cuda:2'; fill on",
        ),
        (
            lambda: None,
            {"device": "cuda", "shape": 2**62},  # whose bytes CuPy would count as 0
            MemoryError,
            "`shape` must fit the memory of cuda:0, 18446744073709551616 bytes as float32 (more than",
        ),
    ],
)
def test_errors_come_before_a_launch_and_take_no_stream(
    host: Host, make: Any, options: dict[str, Any], kind: type[Exception], message: str
) -> None:
    host.run = lambda *_: None
    generator = fastinit.Generator(seed=1)
    with pytest.raises(kind) as caught:
        fastinit.normal(**{"shape": (3, 5), "seed": generator, "out": make(), **options})
    assert message in str(caught.value)
    assert not host.launches
    assert host.current == 0
    assert generator.next_stream() == 0


def test_no_memory_left(host: Host) -> None:
    def no_memory(size: int) -> None:
        raise cupy.cuda.memory.OutOfMemoryError(size, 10**9)

    generator = fastinit.Generator(seed=1)
    with cupy.cuda.using_allocator(no_memory), pytest.raises(MemoryError) as caught:
        fastinit.normal((1000, 20), dtype="float16", seed=generator, device="cuda:1")
    assert str(caught.value).startswith(
        "`shape` must fit the memory of cuda:1, 40000 bytes as float16 (Out of memory allocating"
    )
    assert str(caught.value).endswith("draw a part of it by `index`")
    assert not host.launches
    assert generator.next_stream() == 0


def test_generator_goes_on_from_device_to_device(host: Host) -> None:
    generator = fastinit.Generator(seed=4)
    for stream, device in enumerate(("cuda", "cpu", "cuda:1")):
        drawn = fastinit.normal(7, seed=generator, device=device)
        values = drawn if device == "cpu" else values_of(drawn)
        np.testing.assert_array_equal(values, fastinit.normal(7, seed=4, stream=stream))
    assert len(host.launches) == 2
