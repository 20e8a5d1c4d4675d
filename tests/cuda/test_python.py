"""cuda.py and devices.py without CuPy: arrays of other libraries, their streams, every way of having no GPU.

No GPU takes part, and no CuPy or PyTorch either: what is called theirs here is a stand-in with their protocol
over the memory of the CPU.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import fastinit
from fastinit import _core, cuda
from fastinit.devices import CPU, CUDA, Device, device_of
from fastinit.dtypes import FLOATS
from tests.arrays.dlpack_by_hand import HandMade
from tests.cuda.host import Host, gpus_without_cupy

if TYPE_CHECKING:
    from collections.abc import Iterator

DLPACK_CODES = {
    "float64": (2, 64),
    "float32": (2, 32),
    "float16": (2, 16),
    "bfloat16": (4, 16),
    "float8_e4m3fn": (10, 8),
    "float8_e5m2": (12, 8),
}
ROW = 15
CPU_INSTEAD = '; fill on device="cpu" and copy: the values do not depend on the device'


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    with gpus_without_cupy(monkeypatch) as machine:
        yield machine


def memory_of(dtype: str) -> np.ndarray[Any, Any]:
    return np.zeros(ROW, FLOATS[dtype].numpy)


def expected(dtype: str = "float32", **options: Any) -> np.ndarray[Any, Any]:
    return fastinit.normal(ROW, std=0.5, seed=9, stream="w", dtype=dtype, **options)


def fill(out: Any, **options: Any) -> Any:
    return fastinit.normal(None, std=0.5, seed=9, stream="w", out=out, **options)


class OnGpu(HandMade):
    """An array of a library with DLPack whose memory says that it is a GPU's."""

    def __init__(self, dtype: str = "float32", device: tuple[int, int] = (2, 0)) -> None:
        code, bits = DLPACK_CODES[dtype]
        self.values = memory_of(dtype)
        super().__init__(self.values, code=code, bits=bits, device=device)
        self.device = device
        self.streams: list[Any] = []  # what exports were asked to wait for

    def __dlpack__(self, *, stream: Any = None, **_options: Any) -> Any:
        self.streams.append(stream)
        return super().__dlpack__()

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device


class WithInterface:
    """An array of a library that knows `__cuda_array_interface__` only."""

    def __init__(self, values: np.ndarray[Any, Any], **entries: Any) -> None:
        self.values = values
        self.__cuda_array_interface__ = {
            "shape": values.shape,
            "typestr": values.dtype.str,
            "data": (values.ctypes.data, False),
            "version": 3,
            **entries,
        }


class Torch:
    """PyTorch's module, as far as it is asked: the current device and its streams."""

    def __init__(self) -> None:
        self.current = 0
        self.streams = [0, 0x7000]
        self.cuda = SimpleNamespace(
            device=self.device,
            current_stream=lambda: SimpleNamespace(cuda_stream=self.streams[self.current]),
        )
        module = self

        class Tensor(OnGpu):
            """Exports as a tensor does: from the current device only."""

            is_cuda = True

            def __dlpack__(self, *, stream: Any = None, **options: Any) -> Any:
                if self.device[1] != module.current:
                    raise BufferError("Can't export tensors on a different CUDA device index.")
                return super().__dlpack__(stream=stream, **options)

        self.Tensor = Tensor

    @contextlib.contextmanager
    def device(self, device: tuple[int, int]) -> Iterator[None]:
        """Stands for `with torch.cuda.device(tensor.device)`."""
        before, self.current = self.current, device[1]
        yield
        self.current = before


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> Torch:
    module = Torch()
    monkeypatch.setitem(sys.modules, "torch", module)  # type: ignore[arg-type]
    return module


@pytest.mark.parametrize("dtype", DLPACK_CODES)
@pytest.mark.parametrize("number", [0, 1])
def test_torch_tensor_is_filled_on_its_current_stream(host: Host, torch: Torch, dtype: str, number: int) -> None:
    out = torch.Tensor(dtype, (2, number))
    assert fill(out) is out
    assert out.values.tobytes() == expected(dtype).tobytes()
    (launch,) = host.launches
    assert launch.address == out.memory.ctypes.data
    assert launch[1:] == (number, torch.streams[number])
    assert torch.current == 0
    # The tensor's stream is the one that is filled on: nothing is to wait for anything.
    assert set(out.streams) == {-1}


@pytest.mark.parametrize(("kind", "number"), [(2, 0), (2, 1), (13, 1)])
def test_dlpack_of_another_library_is_filled_on_the_default_stream(host: Host, kind: int, number: int) -> None:
    out = OnGpu(device=(kind, number))
    assert fill(out, device=f"cuda:{number}") is out
    np.testing.assert_array_equal(out.values, expected())
    assert host.launches[0].address == out.memory.ctypes.data
    # 1 is the default stream for DLPack, and as a handle of CUDA's.
    assert host.launches[0][1:] == (number, 1)
    assert set(out.streams) == {1}


def test_dlpack_with_a_stream_of_its_own(host: Host) -> None:
    out = OnGpu()
    out.__cuda_array_interface__ = {"stream": 0x9000}  # type: ignore[attr-defined]
    fill(out)
    assert host.launches[0].stream == 0x9000
    assert set(out.streams) == {0x9000}


def test_dlpack_of_the_cpu_is_asked_for_no_stream(host: Host) -> None:
    out = OnGpu(device=(1, 0))
    fill(out)
    np.testing.assert_array_equal(out.values, expected())
    assert set(out.streams) == {None}
    assert not host.launches


@pytest.mark.parametrize(
    ("entries", "stream"),
    [({}, 0), ({"stream": None}, 0), ({"stream": 1}, 1), ({"stream": 2}, 2), ({"stream": 77}, 77)],
)
def test_cuda_array_interface(host: Host, entries: dict[str, Any], stream: int) -> None:
    out = WithInterface(np.zeros((3, 5), np.float16), strides=(10, 2), **entries)
    assert fill(out) is out
    assert out.values.tobytes() == expected("float16").tobytes()
    assert host.launches[0].address == out.values.ctypes.data
    assert host.launches[0][1:] == (1, stream)  # the device of that address, which CUDA tells


def test_cuda_array_interface_of_nothing(host: Host) -> None:
    fill(WithInterface(np.zeros((0, 5), np.float32), data=(0, False)))
    assert host.launches[0].address == 0


@pytest.mark.parametrize(
    "interface",
    [
        {},
        None,
        {"data": (4096, False), "shape": (2,)},
        {"data": 4096, "shape": (2,), "typestr": "<f4"},
        {"data": (4096, False), "shape": 2, "typestr": "<f4"},
        {"data": (4096, False), "shape": (2,), "typestr": "?!"},
    ],
)
def test_interfaces_that_say_too_little(host: Host, interface: Any) -> None:
    out = type("Foreign", (), {"__cuda_array_interface__": interface})()
    with pytest.raises(ValueError, match="`out` must have `data`, `shape` and `typestr`"):
        fastinit.normal(None, out=out, seed=1)
    assert not host.launches


@pytest.mark.parametrize("dtype", ["bfloat16", "float8_e4m3fn", "float8_e5m2"])
def test_types_that_the_interface_has_no_name_for(host: Host, dtype: str) -> None:
    names = ["|u1", "|V1"] if FLOATS[dtype].itemsize == 1 else ["<V2"]
    for name in names:
        out = WithInterface(memory_of(dtype), typestr=name)
        fill(out, dtype=dtype)
        assert out.values.tobytes() == expected(dtype).tobytes()
    assert len(host.launches) == len(names)


def test_constants_and_words(host: Host, torch: Torch) -> None:
    out = torch.Tensor("bfloat16", (2, 1))
    fastinit.ones(None, out=out)
    assert (out.values == 1).all()
    assert host.launches[0] == ((out.memory.ctypes.data, ROW, 0x3F80, 2), 1, 0x7000)
    words = WithInterface(np.zeros(9, np.uint32))
    fastinit.random_bits(None, seed=1, out=words)
    np.testing.assert_array_equal(words.values, fastinit.random_bits(9, seed=1))


@pytest.mark.parametrize(
    ("make", "options", "kind", "message"),
    [
        (
            lambda: WithInterface(np.zeros(ROW, np.float32), data=(64, True)),
            {},
            ValueError,
            "`out` must be a writable C-contiguous array, got a read-only",
        ),
        (
            lambda: WithInterface(np.zeros((5, 3), np.float32), strides=(4, 20)),
            {},
            ValueError,
            "`out` must be a writable C-contiguous array, got strides (4, 20) of a",
        ),
        (
            lambda: WithInterface(np.zeros(ROW, np.float32), data=(66, False)),
            {},
            ValueError,
            "`out` must be aligned to its element size, got an unaligned",
        ),
        (
            lambda: WithInterface(np.zeros(ROW, np.int32)),
            {},
            TypeError,
            "`out` must have an element type of the stream (float64, float32",
        ),
        (lambda: WithInterface(np.zeros(ROW, np.uint8)), {}, TypeError, "got uint8"),
        (
            lambda: WithInterface(np.zeros(ROW, np.uint8)),
            {"dtype": "bfloat16"},
            TypeError,
            "got uint8",
        ),
        (
            OnGpu,
            {"device": "cuda:1"},
            ValueError,
            "`device` must be that of `out`, cuda:0, got 'cuda:1'; leave `device` out: it follows `out`",
        ),
        (OnGpu, {"device": "cpu"}, ValueError, "`device` must be that of `out`, cuda:0, got 'cpu'"),
        (OnGpu, {"dtype": "float64"}, TypeError, "`dtype` must be that of `out`, float32"),
        (
            lambda: OnGpu(device=(10, 0)),
            {},
            ValueError,
            "`out` must be in the memory of the CPU or of a CUDA device, got a",
        ),
    ],
)
def test_out_is_refused_before_a_launch(
    host: Host, make: Any, options: dict[str, Any], kind: type[Exception], message: str
) -> None:
    host.run = lambda *_: None
    generator = fastinit.Generator(seed=1)
    with pytest.raises(kind) as caught:
        fastinit.normal(None, seed=generator, out=make(), **options)
    assert message in str(caught.value)
    assert not host.launches
    assert generator.next_stream() == 0


def test_default_device_follows_out(host: Host) -> None:
    fill(OnGpu(device=(2, 1)))
    fill(OnGpu(device=(2, 1)), device="cuda")
    assert [launch.device for launch in host.launches] == [1, 1]


@pytest.mark.parametrize(
    ("value", "device"),
    [
        ("cpu", CPU),
        ("cuda", CUDA),
        ("cuda:0", Device(is_cuda=True, number=0)),
        ("cuda:12", Device(is_cuda=True, number=12)),
    ],
)
def test_names_of_devices(value: str, device: Device) -> None:
    assert device_of(value) == device
    assert str(device) == value


def error_of(device: Any = "cuda", **options: Any) -> BaseException:
    generator = fastinit.Generator(seed=1)
    with pytest.raises((ImportError, RuntimeError, ValueError)) as caught:
        fastinit.normal((3, 5), device=device, seed=generator, **options)
    assert generator.next_stream() == 0
    return caught.value


def test_built_without_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "is_built", lambda: False)
    error = error_of()
    assert type(error) is RuntimeError
    assert str(error) == f"`device` must be \"cpu\" in a build without CUDA, got 'cuda'{CPU_INSTEAD}"
    for out in (OnGpu(), WithInterface(np.zeros(ROW, np.float32))):
        with pytest.raises(RuntimeError) as caught:
            fill(out)
        rule = "`out` must be in the memory of the CPU in a build without CUDA"
        assert str(caught.value).startswith(f"{rule}, got a ")
        assert str(caught.value).endswith(f"{type(out).__name__}{CPU_INSTEAD}")


@pytest.mark.parametrize(
    ("name", "where"),
    [
        (
            "cudaErrorInsufficientDriver: CUDA driver version is insufficient",
            "without an NVIDIA driver as new as this build's CUDA",
        ),
        (
            "cudaErrorNoDevice: no CUDA-capable device is detected",
            "on a machine without an NVIDIA GPU",
        ),
        ("cudaErrorSystemNotReady: system not yet initialized", "where CUDA does not start"),
    ],
)
def test_no_driver_and_no_gpu(host: Host, monkeypatch: pytest.MonkeyPatch, name: str, where: str) -> None:
    def count() -> int:
        raise _core.CudaError(name)

    monkeypatch.setattr(_core, "cuda_device_count", count)
    error = error_of("cuda:1")
    assert type(error) is RuntimeError
    assert str(error) == f"`device` must be \"cpu\" {where} ({name}), got 'cuda:1'{CPU_INSTEAD}"
    assert not host.launches


def test_no_such_device(host: Host) -> None:
    error = error_of("cuda:7")
    assert type(error) is ValueError
    assert str(error) == (f"`device` must be one of the 2 that CUDA sees, numbered from 0, got 'cuda:7'{CPU_INSTEAD}")
    assert not host.launches


def test_no_cupy(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)  # which makes its import fail
    error = error_of("cuda:1")
    assert type(error) is ImportError
    assert str(error).startswith('device="cuda:1" needs CuPy, which cannot be imported (')
    assert str(error).endswith('; run `pip install cupy-cuda13x`, or `pip install ".[cuda]"` in a clone of fastinit')
    generator = fastinit.Generator(seed=1)
    with pytest.raises(ImportError, match=r"computing on the GPU needs CuPy.*\[cuda\]"):
        fastinit.sparse((3, 5), sparsity=0.5, seed=generator, out=WithInterface(np.zeros((3, 5))))
    assert generator.next_stream() == 0
    fill(OnGpu())  # what computes nothing needs none
    assert len(host.launches) == 1


def test_no_library_is_imported_unasked() -> None:
    code = (
        "import fastinit, sys, numpy\n"
        "fastinit.normal((3, 5), seed=1, out=numpy.zeros((3, 5)))\n"
        "print([name for name in ('cupy', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_gpu_tells_its_stream_in_cudas_protocol() -> None:
    assert cuda.Gpu(device=1, stream=77).__cuda_stream__() == (0, 77)
