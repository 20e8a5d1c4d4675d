"""The element types of the stream, and the names under which each is known."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import ml_dtypes
import numpy as np

from fastinit import checks
from fastinit.errors import suggest

# The names of a `dtype`: those of `FLOATS` and of `ALIASES`.
DTypeName: TypeAlias = Literal[
    "float64",
    "float32",
    "float16",
    "bfloat16",
    "float8_e4m3fn",
    "float8_e5m2",
    "fp64",
    "double",
    "fp32",
    "fp16",
    "half",
    "bf16",
    "fp8",
]


class FrameworkDType(Protocol):
    """The common part of the dtypes of PyTorch, JAX and NumPy, which text lacks."""

    @property
    def itemsize(self) -> int: ...


DType: TypeAlias = DTypeName | type[Any] | FrameworkDType | None


class ElementType(NamedTuple):
    """One element type: its name in the core, its NumPy dtype, its size, and its codes elsewhere.

    `wide` is for float64, which takes two words per element and float64 arithmetic. `dlpack` is DLPack's
    (type code, bits) of a type that memory to fill may have.
    """

    name: str
    numpy: np.dtype[Any]
    itemsize: int
    wide: bool
    safetensors: str
    dlpack: tuple[int, int] | None


class DefaultDType(str):
    """The default of `dtype`: float32, or the type of `out`. An explicit "float32" is a plain str."""

    __slots__ = ()


def _element(dtype: Any, safetensors: str, dlpack: int | None = None) -> ElementType:
    numpy = np.dtype(dtype)
    code = None if dlpack is None else (dlpack, 8 * numpy.itemsize)
    return ElementType(numpy.name, numpy, numpy.itemsize, numpy == np.float64, safetensors, code)


# DLPack's type codes: kDLUInt = 1, kDLFloat = 2, kDLBfloat = 4, and the 8-bit floats of DLPack 1.1.
FLOATS = {
    element.name: element
    for element in (
        _element(np.float64, "F64", dlpack=2),
        _element(np.float32, "F32", dlpack=2),
        _element(np.float16, "F16", dlpack=2),
        _element(ml_dtypes.bfloat16, "BF16", dlpack=4),
        _element(ml_dtypes.float8_e4m3fn, "F8_E4M3", dlpack=10),
        _element(ml_dtypes.float8_e5m2, "F8_E5M2", dlpack=12),
    )
}
FLOAT32 = FLOATS["float32"]
# Short names. Files (recipes, checkpoints) have the names of `FLOATS`.
ALIASES = {
    "fp64": "float64",
    "double": "float64",
    "fp32": "float32",
    "fp16": "float16",
    "half": "float16",
    "bf16": "bfloat16",
    "fp8": "float8_e4m3fn",  # the one of the two that is meant for weights
}
NAMES = (*FLOATS, *ALIASES)
# Whole numbers, which checkpoints hold in addition to weights (counters, positions). Only constants fill them.
INTEGERS = {
    element.name: element
    for element in (
        _element(np.int64, "I64"),
        _element(np.int32, "I32"),
        _element(np.int16, "I16"),
        _element(np.int8, "I8"),
        _element(np.uint8, "U8"),
        _element(np.bool_, "BOOL"),
    )
}
STORED = FLOATS | INTEGERS  # what a checkpoint can hold
UINT32 = _element(np.uint32, "U32", dlpack=1)

DEFAULT_DTYPE = DefaultDType("float32")

_DLPACK = {element.dlpack: element for element in (*FLOATS.values(), UINT32)}
_BY_DTYPE = {element.numpy: element for element in (*FLOATS.values(), UINT32)}
_BY_NAME = {
    prefix + name: element for name, element in (*FLOATS.items(), ("uint32", UINT32)) for prefix in ("", "torch.")
} | {alias: FLOATS[name] for alias, name in ALIASES.items()}


def canonical(name: Any) -> Any:
    """Returns the name that an alias stands for, and anything else as it is.

    Example:
        >>> canonical("bf16"), canonical("int64")
        ('bfloat16', 'int64')
    """
    return ALIASES.get(name, name) if isinstance(name, str) else name


def element_type(dtype: Any) -> ElementType:
    """Returns the element type that `dtype` names.

    Args:
        dtype: A name or its alias, a NumPy or ml_dtypes type or dtype, or the dtype of a framework.

    Raises:
        TypeError: The stream has no element type of this name.

    Example:
        >>> element_type("bfloat16").itemsize
        2
        >>> element_type(np.float64).name
        'float64'
    """
    known = _BY_NAME.get(dtype) if isinstance(dtype, str) else None
    known = known or _BY_NAME.get(str(dtype)) or by_numpy(dtype)
    if known is None:
        rule = f"be one of {', '.join(FLOATS)}"
        raise TypeError(checks.text("dtype", rule, dtype) + suggest(dtype, NAMES))
    return known


def by_numpy(dtype: Any) -> ElementType | None:
    """Returns the element type of a NumPy dtype in native byte order, None if the stream has none."""
    try:
        return _BY_DTYPE.get(np.dtype(dtype)) if dtype is not None else None
    except (TypeError, ValueError, SyntaxError):  # NumPy parses text
        return None


def from_dlpack(code: int, bits: int, lanes: int) -> ElementType | None:
    """Returns the element type of a DLPack data type, None if the stream has no such type."""
    return _DLPACK.get((code, bits)) if lanes == 1 else None
