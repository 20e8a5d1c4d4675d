"""The machine itself: the C library's memset for memory."""

from __future__ import annotations

import ctypes
import platform
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from ..check import CONSTANT_BYTE
from . import Prepared, ready_array

if TYPE_CHECKING:
    from ..cases import Subject, Work


def versions() -> dict[str, str]:
    return {"libc": " ".join(platform.libc_ver())}


def prepare(work: Work, subject: Subject) -> Prepared:
    array = ready_array(work)
    parts = np.array_split(array, subject.threads)
    byte = CONSTANT_BYTE if work.kind == "constant" else 0
    pool = ThreadPoolExecutor(subject.threads)

    def write(part: np.ndarray) -> None:
        ctypes.memset(part.ctypes.data, byte, part.nbytes)  # without the GIL

    if subject.threads == 1:
        return Prepared(lambda: write(array), lambda _: array)
    return Prepared(lambda: list(pool.map(write, parts)), lambda _: array)
