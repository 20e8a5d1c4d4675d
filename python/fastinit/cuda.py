"""NVIDIA GPUs in Python: CuPy's arrays, the streams of other libraries, and errors if there is no GPU.

CuPy is needed to make arrays and to compute on them, not to fill those of other libraries. No library is
imported before a call asks for it.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import math
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastinit import _core, checks
from fastinit.extras import remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastinit.devices import Device
    from fastinit.dtypes import ElementType

DLPACK_CUDA = (2, 13)  # kDLCUDA, kDLCUDAManaged
_DEFAULT_STREAM = 1  # its handle, and its number in DLPack, which does not allow 0
_TOO_MANY_BYTES = 2**63  # CuPy's sizes wrap around here
# The reasons why CUDA sees no GPU, by the name of the error.
_NO_GPU = {
    "cudaErrorInsufficientDriver": "without an NVIDIA driver as new as this build's CUDA",
    "cudaErrorNoDevice": "on a machine without an NVIDIA GPU",
}


class Gpu(NamedTuple):
    """Where a fill is launched: the number of a CUDA device, and one of its streams."""

    device: int
    stream: int

    def __cuda_stream__(self) -> tuple[int, int]:
        """The stream in CUDA's own protocol."""
        return (0, self.stream)


@functools.cache
def is_built() -> bool:
    """Tells whether the core was built with CUDA."""
    return _core.build_info()["cuda"] != "off"


def check_built(argument: str, rule: str, value: object) -> None:
    """Raises if this is a build without CUDA."""
    if not is_built():
        rule = f"{rule} in a build without CUDA"
        raise RuntimeError(checks.text(argument, rule, value, checks.CPU_REMEDY))


def import_cupy(purpose: str) -> Any:
    """Returns CuPy.

    Raises:
        ImportError: It cannot be imported.
    """
    try:
        return importlib.import_module("cupy")
    except ImportError as error:
        instead = remedy("cupy-cuda13x", "cuda")
        raise ImportError(f"{purpose} needs CuPy, which cannot be imported ({error}); {instead}") from None


def empty(shape: tuple[int, ...], element: ElementType, device: Device) -> tuple[Any, Gpu]:
    """Returns a new array from CuPy's pool, and the place to fill it: CuPy's current stream."""
    count = count_devices(device)
    if device.number is not None and device.number >= count:
        rule = f"be one of the {count} that CUDA sees, numbered from 0"
        raise ValueError(checks.text("device", rule, str(device), checks.CPU_REMEDY))
    cupy = import_cupy(f'device="{device}"')
    number = cupy.cuda.runtime.getDevice() if device.number is None else device.number
    with cupy.cuda.Device(number):
        array = _allocate(cupy, shape, element, number)
        return array, Gpu(number, cupy.cuda.get_current_stream().ptr)


def count_devices(device: Device) -> int:
    """Returns how many devices CUDA sees, at least 1.

    Args:
        device: The device that was asked for, for errors.

    Raises:
        RuntimeError: This is a build without CUDA, or CUDA sees no driver or no GPU.
    """
    check_built("device", 'be "cpu"', str(device))
    try:
        return _core.cuda_device_count()
    except _core.CudaError as error:
        where = _NO_GPU.get(str(error).partition(":")[0], "where CUDA does not start")
        rule = f'be "cpu" {where} ({error})'
        raise RuntimeError(checks.text("device", rule, str(device), checks.CPU_REMEDY)) from None


def _allocate(cupy: Any, shape: tuple[int, ...], element: ElementType, number: int) -> Any:
    size_bytes = math.prod(shape) * element.itemsize
    try:
        if size_bytes >= _TOO_MANY_BYTES:
            raise MemoryError("more than 2**63 - 1 bytes")
        return cupy.empty(shape, element.numpy)
    except MemoryError as error:
        rule = f"fit the memory of cuda:{number}, {size_bytes} bytes as {element.name} ({error})"
        remedy = "free memory there, or draw a part of it by `index`"
        raise MemoryError(checks.text("shape", rule, shape, remedy)) from None
    except ValueError as error:  # shape and size are checked
        remedy = "pass a PyTorch tensor as `out`, or uint8 together with this `dtype`"
        rule = f"be one that CuPy has ({error})"
        raise TypeError(checks.text("dtype", rule, element.name, remedy)) from None


def is_cupy(array: Any) -> bool:
    """Whether it is an array of CuPy."""
    cupy = sys.modules.get("cupy")
    return cupy is not None and isinstance(array, cupy.ndarray)


def cupy_stream(number: int) -> int:
    """Returns CuPy's current stream of a device."""
    return int(sys.modules["cupy"].cuda.get_current_stream(number).ptr)


def dlpack_capsule(array: Any, **options: Any) -> tuple[Any, int]:
    """Returns an array's DLPack capsule, and the stream to fill it on if it is on a CUDA device.

    PyTorch's stream is its current one. Another owner is asked by the protocol to order its work before
    the stream that is filled on: the one in its `__cuda_array_interface__`, or the default stream, for
    which all streams wait unless they were made non-blocking.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(array, torch.Tensor):
        if not array.is_cuda:
            return array.__dlpack__(**options), 0
        with torch.cuda.device(array.device):  # PyTorch exports from the current device only
            # -1: no waiting, because the fill uses the same stream as the tensor's own work.
            capsule = array.__dlpack__(stream=-1, **options)
            return capsule, int(torch.cuda.current_stream().cuda_stream)
    if not hasattr(array, "__dlpack_device__") or array.__dlpack_device__()[0] not in DLPACK_CUDA:
        return array.__dlpack__(**options), 0
    stream = interface_stream(getattr(array, "__cuda_array_interface__", {})) or _DEFAULT_STREAM
    return array.__dlpack__(stream=stream, **options), stream


def interface_stream(interface: dict[str, Any]) -> int:
    """Returns the stream of a `__cuda_array_interface__`, 0 (the default stream) if it gives none."""
    return interface.get("stream") or 0


@contextlib.contextmanager
def computing_on(gpu: Gpu) -> Iterator[Any]:
    """Gives CuPy, with that device and stream as its current ones for a `with` block."""
    cupy = import_cupy("computing on the GPU")
    with cupy.cuda.Device(gpu.device), cupy.cuda.Stream.from_external(gpu):
        yield cupy


def put(cupy: Any, values: Any, element: ElementType, address: int, gpu: Gpu, owner: Any) -> None:
    """Writes CuPy's values to memory as that element type, on the current stream."""
    if not values.size:
        return
    dtype = element.numpy
    if element.itemsize == 1:  # CuPy has no float8, so the CPU rounds, and bytes are moved
        with np.errstate(over="ignore", invalid="ignore"):
            rounded = values.get().astype(dtype)
        values = cupy.asarray(rounded.view(np.uint8))
        dtype = values.dtype
    view(cupy, address, values.shape, dtype, gpu, owner)[...] = values


def view(cupy: Any, address: int, shape: tuple[int, ...], dtype: np.dtype[Any], gpu: Gpu, owner: Any) -> Any:
    """Returns a CuPy array over existing memory, which must not be empty."""
    memory = cupy.cuda.UnownedMemory(address, math.prod(shape) * dtype.itemsize, owner, gpu.device)
    return cupy.ndarray(shape, dtype, cupy.cuda.MemoryPointer(memory, 0))
