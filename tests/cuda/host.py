"""CUDA's place taken by the memory of the CPU: the Python path to a GPU, as far as it runs without a driver.

CuPy's arrays are real ones; their allocator hands out NumPy memory, and the few functions of CuPy that ask
the driver answer as a machine of two GPUs would. A launch is recorded, then done on that memory: by the CPU's
core, or by the kernel itself on the PTX interpreter (`Host.interpret`).
"""

from __future__ import annotations

import contextlib
import ctypes
import math
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastinit import _core, cuda
from fastinit.dtypes import STORED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest
    from numpy.typing import NDArray

PRESET = 0xA5  # what memory holds before, so that "never written" shows
MULTIPROCESSORS = 2  # of the GPU that the interpreter stands for
BESIDE = 64  # bytes kept on both sides of an allocation, which nothing may touch


def _drawn(spec: Any) -> _core.FillSpec:
    """The draw of a fill, without its transform."""
    return spec.base if isinstance(spec, _core.TransformedSpec) else spec


class Launch(NamedTuple):
    """A call of a `cuda_fill...` function: what the CPU's function takes, and where."""

    arguments: tuple[Any, ...]
    device: int
    stream: int

    @property
    def address(self) -> int:
        """Where the launch writes."""
        return int(self.arguments[0])

    @property
    def drawn(self) -> tuple[str, str, int, int, int]:
        """Distribution, element type, seed, stream and elements of a launch that draws."""
        spec = _drawn(self.arguments[1])
        return spec.distribution, spec.dtype, spec.seed, spec.stream, spec.size


class Host:
    """A machine with two GPUs, whose memory is the CPU's."""

    def __init__(self, run: Callable[..., None], run_pattern: Callable[..., None]) -> None:
        self.run, self.run_pattern = run, run_pattern
        self.current = 0  # CuPy's device
        self.streams = [0x1000, 0x2000]  # CuPy's current one of each device
        self.launches: list[Launch] = []
        self.blocks: list[NDArray[np.uint8]] = []  # allocations, with what is beside them

    def fill(self, *arguments: Any) -> None:
        """Stands for `_core.cuda_fill`."""
        self.launches.append(Launch(arguments[:-2], *arguments[-2:]))
        self.run(*arguments[:-2])

    def fill_orthogonal(self, *arguments: Any) -> None:
        """Stands for `_core.cuda_fill_orthogonal`."""
        self.launches.append(Launch(arguments[:-2], *arguments[-2:]))
        _core.fill_orthogonal(*arguments[:-2])

    def fill_pattern(self, *arguments: Any) -> None:
        """Stands for `_core.cuda_fill_pattern`."""
        self.launches.append(Launch(arguments[:-2], *arguments[-2:]))
        self.run_pattern(*arguments[:-2])

    def interpret(self, target: str) -> None:
        """Does launches from now on by the kernels' PTX for that target, such as "sm_90"."""
        from tests.cuda.ptx import kernels

        def run(address: int, spec: _core.FillSpec | _core.TransformedSpec) -> None:
            drawn = _drawn(spec)
            memory = memory_at(address, drawn.size * (STORED[drawn.dtype].itemsize if drawn.dtype != "uint32" else 4))
            if isinstance(spec, _core.FillSpec):
                kernels.run(_core.cuda_launch(address, spec, MULTIPROCESSORS), memory, target)
                return
            workspace = np.full(_core.cuda_transform_workspace(spec), PRESET, np.uint8)
            for planned in _core.cuda_transformed_launches(address, spec, workspace.ctypes.data, MULTIPROCESSORS):
                kernels.run(planned, memory, target, workspace=workspace)

        def run_pattern(address: int, count: int, bits: int, itemsize: int) -> None:
            planned = _core.cuda_pattern_launch(address, count, bits, itemsize, MULTIPROCESSORS)
            kernels.run(planned, memory_at(address, count * itemsize), target)

        self.run, self.run_pattern = run, run_pattern

    def allocate(self, size_bytes: int) -> Any:
        """Stands for CuPy's pool."""
        import cupy

        block = np.full(size_bytes + 2 * BESIDE, PRESET, np.uint8)
        self.blocks.append(block)
        address = block.ctypes.data + BESIDE
        memory = cupy.cuda.UnownedMemory(address, size_bytes, block, self.current)
        return cupy.cuda.MemoryPointer(memory, 0)

    def nothing_beside_was_written(self) -> bool:
        """Tells whether every allocation kept what lies around it."""
        edges = [edge for b in self.blocks for edge in (b[:BESIDE], b[-BESIDE:])]
        return all((edge == PRESET).all() for edge in edges)

    @contextlib.contextmanager
    def device(self, number: int) -> Iterator[None]:
        """Stands for `with cupy.cuda.Device(number)`."""
        before, self.current = self.current, number
        yield
        self.current = before

    def stream(self, number: int = -1) -> SimpleNamespace:
        """Stands for `cupy.cuda.get_current_stream`."""
        return SimpleNamespace(ptr=self.streams[self.current if number == -1 else number])


@contextlib.contextmanager
def gpus_without_cupy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """Two GPUs for the core."""
    host = Host(_core.fill, _core.fill_pattern)
    replaced = {
        "cuda_fill": host.fill,
        "cuda_fill_orthogonal": host.fill_orthogonal,
        "cuda_fill_pattern": host.fill_pattern,
        "cuda_device_count": lambda: len(host.streams),
        "cuda_device_of": lambda _address: 1,
    }
    with monkeypatch.context() as patch:
        patch.setattr(cuda, "is_built", lambda: True)
        for name, function in replaced.items():
            patch.setattr(_core, name, function)
        yield host


@contextlib.contextmanager
def gpus(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """Two GPUs for the core and for CuPy."""
    import cupy

    with gpus_without_cupy(monkeypatch) as host, monkeypatch.context() as patch:
        patch.setattr(cupy.cuda, "Device", host.device)
        patch.setattr(cupy.cuda, "get_current_stream", host.stream)
        patch.setattr(cupy.cuda.runtime, "getDevice", lambda: host.current)
        with cupy.cuda.using_allocator(host.allocate):
            yield host


def memory_at(address: int, size_bytes: int) -> NDArray[np.uint8]:
    """Memory as bytes, without a copy."""
    return np.frombuffer((ctypes.c_uint8 * size_bytes).from_address(address), np.uint8)


def values_of(array: Any) -> NDArray[Any]:
    """The memory of a contiguous CuPy array as a NumPy array, without a copy."""
    size_bytes = math.prod(array.shape) * array.dtype.itemsize
    return memory_at(array.data.ptr, size_bytes).view(array.dtype).reshape(array.shape)
