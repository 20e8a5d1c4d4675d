"""Other libraries' arrays as memory: address, shape and element type, by protocol and without a copy."""

from __future__ import annotations

import math
from ctypes import addressof, c_char
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastinit import _core, checks, dtypes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastinit.dtypes import ElementType

_NEED = "be a writable C-contiguous array"
_DLPACK_CPU = (1, 3)  # kDLCPU, kDLCUDAHost (page-locked memory of the CPU)
_RAW_FORMATS = ("B", "b", "c")


class Buffer(NamedTuple):
    """Memory to fill. `owner` keeps it in place; `is_raw` memory is bytes without a shape of its own."""

    address: int
    shape: tuple[int, ...]
    element: ElementType
    owner: Any
    is_raw: bool = False

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Tells whether an array of this shape fills the memory exactly."""
        return self.shape == shape or (self.is_raw and self.shape[0] == math.prod(shape))


def address_of(array: NDArray[Any]) -> int:
    """Returns where the first element of a writable C-contiguous array is."""
    if array.ndim and array.size:  # a third of the time of array.ctypes
        # NumPy's own types tell that an array is a buffer from Python 3.12 on only.
        return addressof(c_char.from_buffer(array.view(np.uint8)))  # type: ignore[arg-type]
    return int(array.ctypes.data)


def buffer_of(out: Any, dtype: Any) -> Buffer:
    """Returns the memory of `out`.

    Args:
        out: A NumPy array, or anything with DLPack or the buffer protocol.
        dtype: The element type that the caller asked for. Must agree with `out`, unless it is the
            default; bytes have no element type and take this one.

    Raises:
        TypeError: `out` is no such array, or its element type is none of the stream's, or not `dtype`.
        ValueError: `out` is read-only, not C-contiguous, or cannot be exported.
        NotImplementedError: `out` is in the memory of a GPU.
    """
    if isinstance(out, np.ndarray):
        buffer = _from_numpy(out, out)
    elif hasattr(out, "__dlpack__"):
        buffer = _from_dlpack(out)
    elif hasattr(out, "__cuda_array_interface__"):
        raise _on_gpu(out)
    else:
        buffer = _from_bytes_like(out, dtype)
    asked = None if dtype is None or dtype is dtypes.DEFAULT_DTYPE else dtypes.element_type(dtype)
    if buffer.address % buffer.element.itemsize:
        seen = _name(out, "an unaligned")
        raise ValueError(checks.text("out", "be aligned to its element size", seen))
    if asked not in (None, buffer.element):
        remedy = "leave `dtype` out: it follows `out`"
        raise TypeError(
            checks.text("dtype", f"be that of `out`, {buffer.element.name}", dtype, remedy)
        )
    return buffer


def _from_numpy(array: NDArray[Any], out: Any) -> Buffer:
    element = dtypes.by_numpy(array.dtype)
    if element is None:
        raise _unknown_type(array.dtype)
    flags = array.flags
    if not flags.writeable:
        raise _read_only(out)
    if not flags.c_contiguous:
        raise _not_contiguous(out, array.strides)
    return Buffer(address_of(array), array.shape, element, array)


def _from_dlpack(out: Any) -> Buffer:
    if type(out).__module__.partition(".")[0] in ("jax", "jaxlib"):
        remedy = "draw with fastinit and pass the result to jax.numpy.asarray"
        raise ValueError(checks.text("out", _NEED, _name(out, "an immutable"), remedy))
    try:
        capsule = _dlpack_capsule(out)
    except Exception as error:  # each library has its own kinds
        needs_detach = "grad" in str(error)
        remedy = "pass `out.detach()`" if needs_detach else "pass a plain array in CPU memory"
        rule = f"be exported by DLPack ({error})"
        raise ValueError(checks.text("out", rule, _name(out), remedy)) from error
    view = _core.dlpack_view(capsule)
    address, shape, strides, code, bits, lanes, device_type, _, read_only = view
    if device_type not in _DLPACK_CPU:
        raise _on_gpu(out)
    element = dtypes.from_dlpack(code, bits, lanes)
    if element is None:
        raise _unknown_type(getattr(out, "dtype", (code, bits, lanes)))
    if read_only:
        raise _read_only(out)
    if strides is not None and not _c_contiguous(shape, strides):
        raise _not_contiguous(out, strides)
    return Buffer(address, shape, element, capsule)


def _dlpack_capsule(out: Any) -> Any:
    try:
        return out.__dlpack__(max_version=(1, 1), copy=False)
    except TypeError:  # older libraries do not know these arguments
        return out.__dlpack__()


def _from_bytes_like(out: Any, dtype: Any) -> Buffer:
    try:
        view = memoryview(out)
    except (TypeError, ValueError):
        remedy = "pass a NumPy array, or one with DLPack or the buffer protocol"
        raise TypeError(checks.text("out", _NEED, _name(out), remedy)) from None
    if not view.c_contiguous:
        raise _not_contiguous(out, view.strides)
    if view.format not in _RAW_FORMATS:
        try:
            array = np.asarray(view)
        except ValueError:  # a format that NumPy does not know
            raise _unknown_type(view.format) from None
        return _from_numpy(array, out)
    if dtype is None or dtype is dtypes.DEFAULT_DTYPE:
        seen, remedy = _name(out, "bytes in a"), 'pass for example dtype="float32" as well'
        raise TypeError(checks.text("out", "have an element type", seen, remedy))
    element = dtypes.element_type(dtype)
    if view.nbytes % element.itemsize:
        rule = f"hold whole elements of {element.name}"
        raise ValueError(checks.text("out", rule, _Verbatim(f"{view.nbytes} bytes")))
    array = np.frombuffer(view, element.numpy)
    return _from_numpy(array, out)._replace(is_raw=True)


def _c_contiguous(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    if 0 in shape:
        return True
    expected = 1
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        if size != 1 and stride != expected:
            return False
        expected *= size
    return True


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


def _on_gpu(out: Any) -> NotImplementedError:
    rule = "be in the memory of the CPU, the only device this build serves"
    return NotImplementedError(checks.text("out", rule, _name(out), checks.CUDA_REMEDY))
