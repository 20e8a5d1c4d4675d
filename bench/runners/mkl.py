"""Intel MKL's `vsRngGaussian` through ctypes, method ICDF (its fastest Gaussian).

The numbers are from mkl_vsl_defines.h. MKL chooses its kernels by instruction set and vendor of
the processor, `MKL_ENABLE_INSTRUCTIONS` limits the choice, and `versions` names the kernels that were loaded.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.metadata
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from . import Prepared, ready_array

if TYPE_CHECKING:
    import numpy as np

    from ..cases import Subject, Work

GENERATORS = {  # multiples of VSL_BRNG_INC
    "SFMT19937": 13 << 20,
    "ARS5": 15 << 20,
    "PHILOX4X32X10": 16 << 20,
}
METHOD_GAUSSIAN_ICDF = 2
LARGEST_CALL = 2**30  # MKL_INT is a 32-bit integer in the interface that libmkl_rt offers


def _find_library() -> str:
    try:
        files = importlib.metadata.files("mkl") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    wheel = [str(file.locate()) for file in files if "mkl_rt" in file.name]
    found = wheel[0] if wheel else ctypes.util.find_library("mkl_rt")
    if found is None:
        raise ImportError("libmkl_rt was not found; `pip install mkl` provides it")
    return found


os.environ.setdefault("MKL_THREADING_LAYER", "SEQUENTIAL")
LIBRARY = ctypes.CDLL(_find_library(), mode=ctypes.RTLD_GLOBAL)


def versions() -> dict[str, str]:
    text = ctypes.create_string_buffer(256)
    LIBRARY.mkl_get_version_string(text, len(text))
    number = re.search(r"Version (\S+)", text.value.decode())
    limit = os.environ.get("MKL_ENABLE_INSTRUCTIONS")
    name = f"mkl with MKL_ENABLE_INSTRUCTIONS={limit}" if limit else "mkl"
    return {name: f"{number[1] if number else 'unknown'} ({_kernels() or 'kernels unknown'})"}


def _kernels() -> str:
    """The kernel library that MKL has loaded for this processor, e.g. libmkl_vml_avx2.so.2."""
    maps = Path("/proc/self/maps")
    return ", ".join(sorted(set(re.findall(r"libmkl_vml_\S+", maps.read_text())))) if maps.exists() else ""


def _checked(status: int) -> None:
    if status != 0:
        raise RuntimeError(f"MKL returned status {status}")


def prepare(work: Work, subject: Subject) -> Prepared:
    LIBRARY.MKL_Set_Num_Threads(subject.threads)
    array, stream = ready_array(work), ctypes.c_void_p()
    _checked(LIBRARY.vslNewStream(ctypes.byref(stream), GENERATORS[subject.variant], 1))
    mean, std = ctypes.c_float(0), ctypes.c_float(1)

    def fill() -> np.ndarray:
        for start in range(0, array.size, LARGEST_CALL):
            part = array[start : start + LARGEST_CALL]
            address = ctypes.c_void_p(part.ctypes.data)
            _checked(LIBRARY.vsRngGaussian(METHOD_GAUSSIAN_ICDF, stream, part.size, address, mean, std))
        return array

    return Prepared(fill)
