"""Arrays as memory: address, shape, element type and device, by protocol and without a copy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastinit import _core, checks, cuda, dtypes
from fastinit.cuda import Gpu
from fastinit.devices import CPU, DEFAULT_DEVICE, Device, device_of
from fastinit.tracing import is_traced

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastinit.dtypes import ElementType

_NEED = "be a writable C-contiguous array"
_ON_CPU = "be in the memory of the CPU"
_DLPACK_CPU = (1, 3)  # kDLCPU, kDLCUDAHost (page-locked memory of the CPU)
_RAW_FORMATS = ("B", "b", "c")


class Buffer(NamedTuple):
    """Memory to fill. `owner` keeps it in place; `is_raw` memory is bytes without a shape of its own.

    `gpu` is None for the memory of the CPU.
    """

    address: int
    shape: tuple[int, ...]
    element: ElementType
    owner: Any
    is_raw: bool = False
    gpu: Gpu | None = None

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether an array of this shape fills the memory exactly."""
        return self.shape == shape or (self.is_raw and self.shape[0] == math.prod(shape))


def new_buffer(shape: tuple[int, ...], element: ElementType, device: Device = CPU) -> Buffer:
    """Returns the memory of a new array, which owns it: NumPy's array, or CuPy's on a CUDA device."""
    if device.is_cuda:
        array, gpu = cuda.empty(shape, element, device)
        return Buffer(array.data.ptr, shape, element, array, gpu=gpu)
    try:
        array = np.empty(shape, element.numpy)
    except ValueError as error:  # more dimensions or bytes than NumPy allows
        rule = f"be one that NumPy can hold ({error})"
        remedy = "draw a part of it by `index`"
        raise ValueError(checks.text("shape", rule, shape, remedy)) from None
    return Buffer(_core.address_of(array), shape, element, array)


def buffer_of(out: Any, dtype: Any, device: Any = DEFAULT_DEVICE) -> Buffer:
    """Returns the memory of `out`.

    Args:
        out: A NumPy or CuPy array, or anything with DLPack, `__cuda_array_interface__` or the buffer
            protocol.
        dtype: The element type that the caller asked for. Must agree with `out`, unless it is the
            default; bytes have no element type and take this one.
        device: The device that the caller asked for. Must agree with `out`, unless it is the default.

    Raises:
        TypeError: `out` is not such an array, or the stream lacks its element type, or it is not `dtype`.
        ValueError: `out` is read-only, not C-contiguous, has no memory, cannot be exported, or is not
            on `device`.
        RuntimeError: `out` is in the memory of a GPU, and this is a build without CUDA.
    """
    asked = None if dtype is None or dtype is dtypes.DEFAULT_DTYPE else dtypes.element_type(dtype)
    if isinstance(out, np.ndarray):
        buffer = _from_numpy(out, out)
    elif cuda.is_cupy(out):
        buffer = _from_cupy(out, asked)
    elif hasattr(out, "__dlpack__"):
        buffer = _from_dlpack(out)
    elif hasattr(out, "__cuda_array_interface__"):
        buffer = _from_cuda_interface(out, asked)
    else:
        buffer = _from_bytes_like(out, asked)
    _check_agreement(out, buffer, asked, dtype, device)
    return buffer


def _check_agreement(out: Any, buffer: Buffer, asked: ElementType | None, dtype: Any, device: Any) -> None:
    if not buffer.address and 0 not in buffer.shape:  # freed, or never allocated, as in a fake tensor
        seen = _name(out, "a null pointer of a")
        raise ValueError(checks.text("out", "have memory", seen, "allocate it first"))
    if buffer.address % buffer.element.itemsize:
        seen = _name(out, "an unaligned")
        raise ValueError(checks.text("out", "be aligned to its element size", seen))
    if asked not in (None, buffer.element):
        rule = f"be that of `out`, {buffer.element.name}"
        raise TypeError(checks.text("dtype", rule, dtype, "leave `dtype` out: it follows `out`"))
    if device is not DEFAULT_DEVICE:
        number = buffer.gpu.device if buffer.gpu else None
        if not device_of(device).agrees_with(number):
            place = "cpu" if number is None else f"cuda:{number}"
            rule = f"be that of `out`, {place}"
            remedy = "leave `device` out: it follows `out`"
            raise ValueError(checks.text("device", rule, device, remedy))


def _from_numpy(array: NDArray[Any], out: Any) -> Buffer:
    element = dtypes.by_numpy(array.dtype)
    if element is None:
        raise _unknown_type(array.dtype)
    flags = array.flags
    if not flags.writeable:
        raise _read_only(out)
    if not flags.c_contiguous:
        raise _not_contiguous(out, array.strides)
    return Buffer(_core.address_of(array), array.shape, element, array)


def _from_dlpack(out: Any) -> Buffer:
    if type(out).__module__.partition(".")[0] in ("jax", "jaxlib"):
        remedy = "draw with fastinit and pass the result to jax.numpy.asarray"
        raise ValueError(checks.text("out", _NEED, _name(out, "an immutable"), remedy))
    try:
        capsule, stream = _dlpack_capsule(out)
        if type(capsule).__name__ != "PyCapsule":
            raise TypeError(f"__dlpack__ returned no capsule but {type(capsule).__name__}")
    except Exception as error:  # each library has its own kinds
        needs_detach = "grad" in str(error)
        remedy = "pass `out.detach()`" if needs_detach else "pass a plain array"
        rule = f"be exported by DLPack ({error})"
        raise ValueError(checks.text("out", rule, _name(out), remedy)) from error
    view = _core.dlpack_view(capsule)
    address, shape, strides, code, bits, lanes, device_type, device, read_only = view
    if device_type not in (*_DLPACK_CPU, *cuda.DLPACK_CUDA):
        raise ValueError(checks.text("out", f"{_ON_CPU} or of a CUDA device", _name(out)))
    gpu = Gpu(device, stream) if device_type in cuda.DLPACK_CUDA else None
    if gpu:
        cuda.check_built("out", _ON_CPU, _name(out))
    element = dtypes.from_dlpack(code, bits, lanes)
    if element is None:
        raise _unknown_type(getattr(out, "dtype", (code, bits, lanes)))
    _check_layout(out, shape, strides, 1, read_only)
    if hasattr(out, "untyped_storage"):
        check_storage("out", out)
        check_untraced("out", out)
        if out.is_neg():
            seen = _name(out, "a negated view of a")
            raise ValueError(checks.text("out", "hold its values as they are", seen, "fill the original"))
    return Buffer(address, shape, element, capsule, gpu=gpu)


def check_storage(argument: str, tensor: Any) -> None:
    """Raises for a tensor of PyTorch whose storage is too short for its elements, as FSDP leaves a parameter.

    Args:
        argument: The name of the argument, for the error.
        tensor: The tensor, with any strides.

    Raises:
        ValueError: The storage is too short.
    """
    if not tensor.numel():
        return
    if tensor.is_contiguous():
        last = tensor.numel() - 1
    else:
        last = sum(stride * (size - 1) for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
    need = (tensor.storage_offset() + last + 1) * tensor.element_size()
    have = tensor.untyped_storage().nbytes()
    if have < need:
        rule, seen = f"have memory for its elements, {need} bytes", _Verbatim(f"{have} bytes")
        raise ValueError(checks.text(argument, rule, seen, "allocate its storage first"))


def check_untraced(argument: str, tensor: Any) -> None:
    """Raises for a tensor of PyTorch while its operations are recorded, because a graph would lack the values.

    Raises:
        RuntimeError: A trace, an export or `make_fx` is recording.
    """
    if is_traced():
        rule = "be filled outside of torch.jit.trace, torch.export and make_fx, whose graph would not hold the values"
        remedy = "draw before, or with PyTorch's own functions"
        raise RuntimeError(checks.text(argument, rule, _name(tensor), remedy))


def _dlpack_capsule(out: Any) -> tuple[Any, int]:
    try:
        return cuda.dlpack_capsule(out, max_version=(1, 1), copy=False)
    except TypeError:  # older libraries do not know these arguments
        return cuda.dlpack_capsule(out)


def _from_cupy(array: Any, asked: ElementType | None) -> Buffer:
    cuda.check_built("out", _ON_CPU, _name(array))
    element = _element_on_gpu(array.dtype, asked)
    _check_layout(array, array.shape, array.strides, element.itemsize)
    number = array.device.id
    gpu = Gpu(number, cuda.cupy_stream(number))
    return Buffer(array.data.ptr, array.shape, element, array, gpu=gpu)


def _from_cuda_interface(out: Any, asked: ElementType | None) -> Buffer:
    cuda.check_built("out", _ON_CPU, _name(out))
    interface = out.__cuda_array_interface__
    try:
        address, read_only = interface["data"]
        shape, strides = tuple(interface["shape"]), interface.get("strides")
        dtype, stream = np.dtype(interface["typestr"]), cuda.interface_stream(interface)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        rule = "have `data`, `shape` and `typestr` in its __cuda_array_interface__"
        raise ValueError(checks.text("out", rule, _Verbatim(repr(error)))) from None
    element = _element_on_gpu(dtype, asked)
    _check_layout(out, shape, strides, element.itemsize, read_only)
    device = _core.cuda_device_of(address) if address else 0  # the protocol does not give the device
    return Buffer(address, shape, element, out, gpu=Gpu(device, stream))


def _element_on_gpu(dtype: np.dtype[Any], asked: ElementType | None) -> ElementType:
    """The element type. Bytes, and memory without a type of its own, have the type that was asked for."""
    element = dtypes.by_numpy(dtype)
    if element is None and asked and (dtype.kind == "V" or dtype == np.uint8):
        element = asked if asked.itemsize == dtype.itemsize else None
    if element is None:
        raise _unknown_type(dtype)
    return element


def _from_bytes_like(out: Any, asked: ElementType | None) -> Buffer:
    try:
        view = memoryview(out)
    except (TypeError, ValueError):
        remedy = "pass a NumPy array, or one with DLPack or the buffer protocol"
        raise TypeError(checks.text("out", _NEED, _name(out), remedy)) from None
    if not view.c_contiguous:
        raise _not_contiguous(out, view.strides)
    if view.format.lstrip("@=<>!") not in _RAW_FORMATS:  # ctypes says "<B"
        try:
            array = np.asarray(view)
        except ValueError:  # NumPy does not know the format
            raise _unknown_type(view.format) from None
        return _from_numpy(array, out)
    if asked is None:
        seen, remedy = _name(out, "bytes in a"), 'pass for example dtype="float32" as well'
        raise TypeError(checks.text("out", "have an element type", seen, remedy))
    if view.nbytes % asked.itemsize:
        rule = f"hold whole elements of {asked.name}"
        raise ValueError(checks.text("out", rule, _Verbatim(f"{view.nbytes} bytes")))
    array = np.frombuffer(view, asked.numpy)
    return _from_numpy(array, out)._replace(is_raw=True)


def _check_layout(out: Any, shape: Any, strides: Any, step: int, read_only: bool = False) -> None:
    """Raises for arrays that are read-only or not C-contiguous; `step` is the stride of one element."""
    if read_only:
        raise _read_only(out)
    if strides is None or 0 in shape:
        return
    expected = step
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        if size != 1 and stride != expected:
            raise _not_contiguous(out, strides)
        expected *= size


def _name(out: Any, what: str = "a") -> _Verbatim:
    return _Verbatim(f"{what} {type(out).__module__.partition('.')[0]}.{type(out).__name__}")


class _Verbatim(str):
    """Text that an error shows without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _unknown_type(dtype: Any) -> TypeError:
    rule = f"have an element type of the stream ({', '.join(dtypes.FLOATS)})"
    return TypeError(checks.text("out", rule, _Verbatim(dtype)))


def _read_only(out: Any) -> ValueError:
    seen = _name(out, "a read-only")
    return ValueError(checks.text("out", _NEED, seen, "pass a writable one"))


def _not_contiguous(out: Any, strides: Any) -> ValueError:
    seen = _name(out, f"strides {strides} of a")
    return ValueError(checks.text("out", _NEED, seen, "fill a contiguous array and copy"))
