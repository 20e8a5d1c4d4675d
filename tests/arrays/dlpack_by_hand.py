"""Arrays that are known by DLPack only, made by hand: what NumPy never exports."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import numpy as np


class DLManagedTensor(ctypes.Structure):
    """DLPack's own struct, as it was before version 1."""

    _fields_: ClassVar = [
        ("data", ctypes.c_void_p),
        ("device", ctypes.c_int32 * 2),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
        ("manager", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
    ]


class HandMade:
    """Exports one row of float32 memory, with any of the struct's members replaced."""

    def __init__(self, memory: np.ndarray[Any, Any], **members: Any) -> None:
        self.memory = memory  # of C-contiguous float32, and kept alive
        self.shape = (ctypes.c_int64 * 1)(memory.size)
        self.tensor = DLManagedTensor(
            **{
                "data": memory.ctypes.data,
                "device": (1, 0),
                "ndim": 1,
                "code": 2,
                "bits": 32,
                "lanes": 1,
                "shape": self.shape,
                **members,
            }
        )

    def __dlpack__(self) -> Any:
        new_capsule = ctypes.pythonapi.PyCapsule_New
        new_capsule.restype = ctypes.py_object
        new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return new_capsule(ctypes.addressof(self.tensor), b"dltensor", None)
