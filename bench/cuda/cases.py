"""The fills that are measured on a GPU, and the subjects that perform each."""

from __future__ import annotations

from dataclasses import dataclass

import ml_dtypes  # noqa: F401  (registers the narrow types with numpy.dtype)
import numpy as np

from ..cases import Work

FULL_BYTES = 2**30  # twenty times the size of the largest cache of today's GPUs
QUICK = 2**22
SIZES = tuple(2**k for k in (20, 22, 24, 26, 28, 30, 33))  # in bytes
KINDS = ("uniform", "normal", "truncated_normal")
DTYPES = ("float32", "bfloat16", "float16", "float8_e4m3fn", "float8_e5m2", "float64")
SWEEP = (  # fills measured at every size
    ("zeros", "float32"),
    ("uniform", "float32"),
    ("normal", "float32"),
    ("normal", "bfloat16"),
    ("truncated_normal", "float32"),
)


@dataclass(frozen=True)
class Subject:
    """The performer of a fill: a function of `subjects`, with its options."""

    runner: str
    call: str
    variant: str = ""

    @property
    def label(self) -> str:
        return f"{self.runner} {self.call}"


@dataclass(frozen=True)
class Row:
    """A fill by several subjects, fastinit first. The yardsticks are rows of the machine itself."""

    name: str
    work: Work
    subjects: tuple[Subject, ...]


COPY, MEMSET = Subject("machine", "copy on the device"), Subject("machine", "memset")
GENERATED = ("uniform", "normal")  # the kinds that generators and torch.func._random draw


def _work(kind: str, dtype: str, size: int = FULL_BYTES) -> Work:
    return Work(kind, dtype, (size // np.dtype(dtype).itemsize,))


def torch_fill(kind: str) -> Subject:
    calls = {"zeros": "zero_", "truncated_normal": "nn.init.trunc_normal_"}
    return Subject("torch", calls.get(kind, f"{kind}_"))


def _peers(kind: str, dtype: str) -> tuple[Subject, ...]:
    """All subjects that can fill this type with this distribution."""
    if dtype.startswith("float8"):
        return ()
    peers = [torch_fill(kind)]
    if kind in GENERATED and dtype == "float32":
        peers.append(Subject("torch", f"func._random.{kind}", "functional"))
    if kind in GENERATED and dtype in ("float32", "float64"):
        peers += [Subject("curand", f"{generator}, in place", generator) for generator in ("XORWOW", "PHILOX4_32_10")]
        peers.append(Subject("cupy", "Generator(Philox4x3210), in place", "Philox4x3210"))
    return tuple(peers)


def _row(kind: str, dtype: str) -> Row:
    own = [Subject("fastinit", kind)]
    if not dtype.startswith("float8"):  # CuPy cannot make arrays of these types
        own.append(Subject("fastinit", f"{kind}, fresh array", "fresh"))
    return Row(f"{kind}-{dtype}", _work(kind, dtype), (*own, *_peers(kind, dtype)))


def _sized(kind: str, dtype: str, size: int) -> Row:
    peers = [MEMSET] if kind == "zeros" else [torch_fill(kind)]
    if kind in GENERATED and dtype == "float32":
        peers.append(Subject("curand", "PHILOX4_32_10, in place", "PHILOX4_32_10"))
    name = f"{kind}-{dtype}-2^{size.bit_length() - 1}"
    return Row(name, _work(kind, dtype, size), (Subject("fastinit", kind), *peers))


ROWS = (
    Row("copy", _work("zeros", "float32"), (COPY, MEMSET)),
    Row(
        "zeros-float32",
        _work("zeros", "float32"),
        (
            Subject("fastinit", "zeros"),
            Subject("fastinit", "zeros, fresh array", "fresh"),
            MEMSET,
            torch_fill("zeros"),
        ),
    ),
    *(_row(kind, dtype) for kind in KINDS for dtype in DTYPES),
)
SIZED = tuple(_sized(kind, dtype, size) for kind, dtype in SWEEP for size in SIZES)
