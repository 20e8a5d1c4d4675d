"""CuPy's streams, pools and graphs, arrays known by a protocol only, processes and full memory, on a real GPU."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import multiprocessing
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import fastinit
from tests.cuda.gpu import (  # noqa: F401 - fixtures are found by name
    DRAWN,
    PRESET,
    QUIET,
    capture_first,
    draw,
    element_of,
    fill_and_hash,
    needs_gpu,
    typed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

cupy = pytest.importorskip("cupy")
pytestmark = [pytest.mark.cuda, pytest.mark.usefixtures("needs_gpu"), QUIET]

COUNT = 2**22 + 3
MIB = 2**20
STREAMS: dict[str, Callable[[], Any]] = {
    "null": lambda: cupy.cuda.Stream.null,
    "blocking": cupy.cuda.Stream,
    "non-blocking": lambda: cupy.cuda.Stream(non_blocking=True),
    "of the thread": lambda: cupy.cuda.Stream.ptds,
}


@pytest.fixture(autouse=True)
def _wait() -> Iterator[None]:
    yield
    cupy.cuda.Device().synchronize()


@pytest.fixture(scope="module")
def expected() -> bytes:
    """The normals that most of these tests draw."""
    drawn: bytes = draw("normal", COUNT, "float32").tobytes()
    return drawn


@functools.cache
def ballast() -> Any:
    """Memory whose filling takes a while."""
    return cupy.empty(512 * MIB, cupy.uint8)


def keep_busy(out: Any, turns: int = 8) -> None:
    """Some milliseconds of work on the current stream, after which it writes `out`."""
    for _ in range(turns):
        ballast().fill(1)
    out.fill(7.0)


class TestStreams:
    """A fill comes after what its owner did before, and before what it does next."""

    @pytest.mark.parametrize("kind", STREAMS)
    def test_order_on_the_current_stream(self, kind: str, expected: bytes) -> None:
        stream = STREAMS[kind]()
        out = cupy.zeros(COUNT, cupy.float32)
        cupy.cuda.Device().synchronize()
        with stream:
            for _ in range(5):
                keep_busy(out)
                draw("normal", None, "float32", out=out)
                after = out + 0
                out.fill(0)
                assert after.tobytes() == expected
            drawn = draw("normal", COUNT, "float32", device="cuda")
            assert drawn.tobytes() == expected

    def test_a_call_does_not_wait(self) -> None:
        out = cupy.zeros(COUNT, cupy.float32)
        with cupy.cuda.Stream(non_blocking=True) as stream:
            draw("normal", None, "float32", out=out)  # loads the kernel
            keep_busy(out)  # and CuPy's
            stream.synchronize()
            keep_busy(out, turns=100)
            draw("normal", None, "float32", out=out)
            assert not stream.done
            stream.synchronize()

    def test_streams_side_by_side(self) -> None:
        streams = [cupy.cuda.Stream(non_blocking=True) for _ in range(8)]
        drawn = []
        for turn in range(32):
            with streams[turn % 8]:
                drawn.append(fastinit.normal(10**5 + turn, seed=turn, device="cuda"))
        cupy.cuda.Device().synchronize()
        for turn, array in enumerate(drawn):
            assert array.tobytes() == fastinit.normal(10**5 + turn, seed=turn).tobytes()

    def test_an_event_orders_another_stream(self, expected: bytes) -> None:
        first, second = (cupy.cuda.Stream(non_blocking=True) for _ in range(2))
        out = cupy.zeros(COUNT, cupy.float32)
        cupy.cuda.Device().synchronize()
        with first:
            keep_busy(out)
            draw("normal", None, "float32", out=out)
            event = first.record()
        with second:
            second.wait_event(event)
            assert (out + 0).tobytes() == expected


class TestPools:
    """New arrays come from whichever allocator CuPy has, and go back to it."""

    @pytest.mark.parametrize("kind", ["pool", "asynchronous pool", "managed memory", "none"])
    def test_allocators(self, kind: str) -> None:
        if kind == "asynchronous pool":
            try:
                allocator = cupy.cuda.MemoryAsyncPool().malloc
            except RuntimeError as error:
                pytest.skip(f"needs a GPU with asynchronous pools: {error}")
        else:
            allocator = {
                "pool": cupy.cuda.MemoryPool().malloc,
                "managed memory": cupy.cuda.MemoryPool(cupy.cuda.malloc_managed).malloc,
                "none": None,
            }[kind]
        with cupy.cuda.using_allocator(allocator):
            for stream in (cupy.cuda.Stream.null, cupy.cuda.Stream(non_blocking=True)):
                with stream:
                    for seed in range(20):  # in memory that the one before has given back
                        drawn = fastinit.normal(10**5, seed=seed, device="cuda")
                        assert drawn.tobytes() == fastinit.normal(10**5, seed=seed).tobytes()
                        del drawn
                    stream.synchronize()

    def test_memory_is_not_given_back_before_it_is_filled(self) -> None:
        pool = cupy.cuda.MemoryPool()
        with cupy.cuda.using_allocator(pool.malloc):
            for seed in range(50):
                fastinit.normal(COUNT, seed=seed, device="cuda")  # and dropped at once
            assert pool.used_bytes() == 0
            assert pool.total_bytes() < 3 * 4 * COUNT
            last = fastinit.normal(COUNT, seed=50, device="cuda")
            assert last.tobytes() == fastinit.normal(COUNT, seed=50).tobytes()


class TestArrays:
    """Which of CuPy's arrays are filled."""

    @pytest.mark.parametrize(
        "view",
        [
            lambda a: a.T,
            lambda a: a[:, :3],
            lambda a: a[::-1],
            lambda a: a[::2],
            lambda a: cupy.broadcast_to(a[:1], (4, 6)),
            lambda a: cupy.asfortranarray(a),
        ],
    )
    def test_strides_are_refused(self, view: Any) -> None:
        held = cupy.full((4, 6), 7.0, cupy.float32)
        with pytest.raises(ValueError, match="`out` must be a writable C-contiguous array, got"):
            draw("normal", None, "float32", out=view(held))
        assert (held == 7).all()

    def test_contiguous_views(self) -> None:
        held = cupy.full((5, 6, 7), 7.0, cupy.float32)
        draw("normal", None, "float32", out=held[1:3])
        expected = np.full((5, 6, 7), 7.0, np.float32)
        draw("normal", None, "float32", out=expected[1:3])
        assert held.tobytes() == expected.tobytes()

    def test_unaligned_ones_are_refused(self) -> None:
        held = cupy.full(401, 7, cupy.uint8)
        with pytest.raises(ValueError, match="`out` must be aligned to its element size"):
            draw("normal", None, "float32", out=held[1:].view(cupy.float32))
        assert (held == 7).all()

    def test_other_types_are_refused(self) -> None:
        for dtype in (cupy.int32, cupy.complex64, cupy.uint8):
            held = cupy.full(10, 7, dtype)
            with pytest.raises(TypeError, match="`out` must have an element type of the stream"):
                fastinit.normal(None, out=held)
            assert (held == 7).all()


class TestGraphs:
    """A graph's replay writes the same values again."""

    @pytest.mark.parametrize("mode", ["Global", "ThreadLocal", "Relaxed"])
    def test_every_kernel(self, mode: str) -> None:
        space = 2**14
        memory = cupy.full(space * len(DRAWN), PRESET, cupy.uint8)
        targets = []
        for place, (method, dtype) in enumerate(DRAWN):
            count = 1001 + place
            size_bytes = count * element_of(dtype).itemsize
            held = memory[place * space + 8 : place * space + 8 + size_bytes]
            targets.append((method, dtype, typed(held, dtype)))

        def draw_all() -> None:
            for method, dtype, out in targets:
                draw(method, out.shape, dtype, out=out)

        draw_all()  # loads the kernels, and says what is expected
        expected = memory.tobytes()
        memory.fill(PRESET)
        before = memory.tobytes()
        assert expected != before
        cupy.cuda.Device().synchronize()
        stream = cupy.cuda.Stream(non_blocking=True)
        with stream:
            stream.begin_capture(getattr(cupy.cuda.runtime, f"streamCaptureMode{mode}"))
            draw_all()
            graph = stream.end_capture()
            assert memory.tobytes() == before  # nothing was drawn yet
            for _ in range(2):
                memory.fill(PRESET)
                graph.launch()
                assert memory.tobytes() == expected
        for method, dtype, out in targets:
            assert out.tobytes() == draw(method, out.shape, dtype).tobytes()

    def test_the_first_fill_of_a_process(self) -> None:
        methods = ["normal", "constant"]
        with multiprocessing.get_context("spawn").Pool(2, maxtasksperchild=1) as pool:
            seen = pool.map_async(capture_first, methods, chunksize=1).get(timeout=60)
        for method, (before, first, second) in zip(methods, seen, strict=True):
            assert before == np.full(1001, 7.0, np.float32).tobytes()
            assert first == second == draw(method, 1001, "float32").tobytes()


class ByDlpack:
    """An array of which one knows DLPack's two methods only."""

    def __init__(self, array: Any) -> None:
        self.array = array
        self.streams: list[Any] = []

    def __dlpack__(self, *, stream: Any = None, **options: Any) -> Any:
        self.streams.append(stream)
        return self.array.__dlpack__(stream=stream, **options)

    def __dlpack_device__(self) -> Any:
        return self.array.__dlpack_device__()


class ByOlderDlpack(ByDlpack):
    """One of a library that does not know versions."""

    def __dlpack__(self, stream: Any = None) -> Any:  # type: ignore[override]
        return super().__dlpack__(stream=stream)


class ByInterface:
    """An array of which one knows `__cuda_array_interface__` only, with members replaced."""

    def __init__(self, array: Any, **members: Any) -> None:
        self.array = array
        self.__cuda_array_interface__ = {**array.__cuda_array_interface__, **members}


class TestProtocols:
    """Arrays of libraries that fastinit does not know."""

    @pytest.mark.parametrize("kind", [ByDlpack, ByOlderDlpack])
    def test_dlpack(self, kind: Any, expected: bytes) -> None:
        for stream in (cupy.cuda.Stream.null, cupy.cuda.Stream(non_blocking=True)):
            out = cupy.zeros(COUNT, cupy.float32)
            cupy.cuda.Device().synchronize()
            with stream:  # the exporter's, which the fill on the default stream waits for
                keep_busy(out)
                other = kind(out)
                assert draw("normal", None, "float32", out=other) is other
            assert other.streams[-1] == 1
            cupy.cuda.Device().synchronize()
            assert out.tobytes() == expected

    @pytest.mark.parametrize("dtype", ["float64", "float16", "uint32"])
    def test_types_by_dlpack(self, dtype: str) -> None:
        method = "words" if dtype == "uint32" else "normal"
        out = cupy.zeros((30, 7), dtype)
        draw(method, None, dtype, out=ByDlpack(out))
        assert out.tobytes() == draw(method, (30, 7), dtype).tobytes()

    @pytest.mark.parametrize("kind", STREAMS)
    def test_the_stream_of_the_interface(self, kind: str, expected: bytes) -> None:
        stream = STREAMS[kind]()
        out = cupy.zeros(COUNT, cupy.float32)
        cupy.cuda.Device().synchronize()
        with stream:
            keep_busy(out)
        draw("normal", None, "float32", out=ByInterface(out, stream=stream.ptr or 1))
        with stream:
            assert (out + 0).tobytes() == expected

    @pytest.mark.parametrize("stream", [None, 1, 2])
    def test_default_streams_of_the_interface(self, stream: int | None, expected: bytes) -> None:
        out = cupy.zeros(COUNT, cupy.float32)
        cupy.cuda.Device().synchronize()
        draw("normal", None, "float32", out=ByInterface(out, stream=stream))
        cupy.cuda.Device().synchronize()
        assert out.tobytes() == expected

    def test_bytes_by_the_interface(self) -> None:
        for dtype in ("float8_e4m3fn", "float8_e5m2"):
            out = cupy.zeros(1001, cupy.uint8)
            draw("normal", None, dtype, out=ByInterface(out))
            assert out.tobytes() == draw("normal", 1001, dtype).tobytes()

    def test_read_only_and_strided_ones_are_refused(self) -> None:
        out = cupy.full((4, 6), 7.0, cupy.float32)
        read_only = ByInterface(out, data=(out.data.ptr, True))
        for other in (read_only, ByInterface(out.T), ByDlpack(out.T), ByDlpack(out[:, :3])):
            with pytest.raises(ValueError, match="`out` must be a writable C-contiguous array"):
                fastinit.normal(None, out=other)
        assert (out == 7).all()


def test_several_processes_on_one_gpu() -> None:
    numbers = range(4)
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        seen = pool.map_async(fill_and_hash, numbers, chunksize=1).get(timeout=100)
    for number, hashes in zip(numbers, seen, strict=True):
        for turn, digest in enumerate(hashes):
            drawn = draw("normal", 2**21 + number, "float32", seed=number, stream=turn)
            assert digest == hashlib.blake2b(drawn.tobytes()).hexdigest()


class TestFullMemory:
    """An array that does not fit into memory is an error before anything is drawn, and the next call works."""

    text = r"`shape` must fit the memory of cuda:\d+, 268435456 bytes as float32 \(.+\), got \(67108864,\)"

    def test_a_pools_limit(self) -> None:
        pool = cupy.cuda.MemoryPool()
        pool.set_limit(size=16 * MIB)
        generator = fastinit.Generator(seed=1)
        with cupy.cuda.using_allocator(pool.malloc):
            with pytest.raises(MemoryError, match=self.text):
                fastinit.normal(64 * MIB, seed=generator, device="cuda")
            drawn = fastinit.normal(1001, seed=generator, device="cuda")
            assert drawn.tobytes() == fastinit.normal(1001, seed=1, stream=0).tobytes()
        assert generator.next_stream() == 1

    def test_a_full_gpu(self, expected: bytes) -> None:
        out = draw("normal", COUNT, "float32", device="cuda")  # loads the kernel
        out.fill(7.0)
        cupy.get_default_memory_pool().free_all_blocks()
        generator = fastinit.Generator(seed=1)
        held = []
        try:
            for size in (1024 * MIB, 64 * MIB):
                with contextlib.suppress(MemoryError, cupy.cuda.runtime.CUDARuntimeError):
                    while True:
                        held.append(cupy.cuda.memory.Memory(size))
            held.pop()  # leaves the driver a little
            with pytest.raises(MemoryError, match=self.text):
                fastinit.normal(64 * MIB, seed=generator, device="cuda")
            assert generator.next_stream() == 0
            draw("normal", None, "float32", out=out)  # which takes no memory
            assert out.tobytes() == expected
        finally:
            held.clear()
        drawn = fastinit.normal(64 * MIB, seed=1, device="cuda")
        index = np.s_[-1001:]
        part = fastinit.normal(64 * MIB, seed=1, index=index)
        assert drawn[index].tobytes() == part.tobytes()
        del drawn
        cupy.get_default_memory_pool().free_all_blocks()
