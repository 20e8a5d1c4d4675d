"""The element types of the stream, and the names under which each is known."""

from __future__ import annotations

from typing import Any, NamedTuple

import ml_dtypes
import numpy as np

from fastinit import checks


class ElementType(NamedTuple):
    """One element type: its name in the core, its NumPy dtype, its size."""

    name: str
    numpy: np.dtype[Any]
    itemsize: int
    wide: bool = False  # float64: takes two words an element and float64 arithmetic


class DefaultDType(str):
    """The default of `dtype`: float32, or the type of `out`. An explicit "float32" is a plain str."""

    __slots__ = ()


def _element(dtype: Any, wide: bool = False) -> ElementType:
    numpy_dtype = np.dtype(dtype)
    return ElementType(numpy_dtype.name, numpy_dtype, numpy_dtype.itemsize, wide)


FLOATS = {
    element.name: element
    for element in (
        _element(np.float64, wide=True),
        _element(np.float32),
        _element(np.float16),
        _element(ml_dtypes.bfloat16),
        _element(ml_dtypes.float8_e4m3fn),
        _element(ml_dtypes.float8_e5m2),
    )
}
FLOAT32 = FLOATS["float32"]
# Whole numbers, which checkpoints hold beside the weights (counters, positions). Only constants fill them.
INTEGERS = {
    element.name: element
    for element in map(_element, (np.int64, np.int32, np.int16, np.int8, np.uint8, np.bool_))
}
STORED = FLOATS | INTEGERS  # what a checkpoint can hold
UINT32 = _element(np.uint32)

DEFAULT_DTYPE = DefaultDType("float32")

# DLPack's (type code, bits): kDLUInt = 1, kDLFloat = 2, kDLBfloat = 4, and the 8-bit floats of DLPack 1.1.
_DLPACK = {
    (1, 32): UINT32,
    (2, 16): FLOATS["float16"],
    (2, 32): FLOATS["float32"],
    (2, 64): FLOATS["float64"],
    (4, 16): FLOATS["bfloat16"],
    (10, 8): FLOATS["float8_e4m3fn"],
    (12, 8): FLOATS["float8_e5m2"],
}
_BY_DTYPE = {element.numpy: element for element in (*FLOATS.values(), UINT32)}
_BY_NAME = {
    prefix + name: element
    for name, element in (*FLOATS.items(), ("uint32", UINT32))
    for prefix in ("", "torch.")
}


def element_type(dtype: Any) -> ElementType:
    """Returns the element type that `dtype` names.

    Args:
        dtype: A name, a NumPy or ml_dtypes type or dtype, or the dtype of a framework.

    Raises:
        TypeError: No element type of the stream is called so.

    Example:
        >>> element_type("bfloat16").itemsize
        2
        >>> element_type(np.float64).name
        'float64'
    """
    known = _BY_NAME.get(dtype) if isinstance(dtype, str) else None
    known = known or _BY_NAME.get(str(dtype)) or by_numpy(dtype)
    if known is None:
        raise TypeError(checks.text("dtype", f"be one of {', '.join(FLOATS)}", dtype))
    return known


def by_numpy(dtype: Any) -> ElementType | None:
    """Returns the element type of a NumPy dtype in native byte order, None if the stream has none."""
    try:
        return _BY_DTYPE.get(np.dtype(dtype)) if dtype is not None else None
    except TypeError:
        return None


def from_dlpack(code: int, bits: int, lanes: int) -> ElementType | None:
    """Returns the element type of a DLPack data type, None if the stream has no such type."""
    return _DLPACK.get((code, bits)) if lanes == 1 else None
