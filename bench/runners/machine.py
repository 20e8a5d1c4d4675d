"""The machine itself: the C library's memset for memory, a plain write for the disk."""

from __future__ import annotations

import ctypes
import os
import platform
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..check import CHECKPOINT_STD, CONSTANT_BYTE
from . import Prepared, ready_array

if TYPE_CHECKING:
    from ..cases import Subject, Work


def versions() -> dict[str, str]:
    return {"libc": " ".join(platform.libc_ver())}


def prepare(work: Work, subject: Subject) -> Prepared:
    return {"zeros": _memset, "constant": _memset, "checkpoint": _write}[work.kind](work, subject)


def _memset(work: Work, subject: Subject) -> Prepared:
    array = ready_array(work)
    parts = np.array_split(array, subject.threads)
    byte = CONSTANT_BYTE if work.kind == "constant" else 0
    pool = ThreadPoolExecutor(subject.threads)

    def write(part: np.ndarray) -> None:
        ctypes.memset(part.ctypes.data, byte, part.nbytes)  # without the GIL

    if subject.threads == 1:
        return Prepared(lambda: write(array), lambda _: array)
    return Prepared(lambda: list(pool.map(write, parts)), lambda _: array)


def _write(work: Work, _: Subject) -> Prepared:
    draws = np.random.default_rng(1).standard_normal(work.shape[1:], dtype=np.float32)
    layer = (draws * np.float32(CHECKPOINT_STD)).astype(np.dtype(work.dtype))
    folder = tempfile.TemporaryDirectory(prefix="bench-")  # lives as long as `write`

    def write() -> None:
        path = Path(folder.name, "plain.bin")
        path.unlink(missing_ok=True)
        with open(path, "wb", buffering=0) as file:
            for _ in range(work.shape[0]):
                file.write(layer.view(np.uint8).data)
            os.fsync(file.fileno())

    return Prepared(write, lambda _written: layer)
