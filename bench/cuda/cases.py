"""What is measured on a GPU: the fills, and who performs each."""

from __future__ import annotations

from dataclasses import dataclass

from ..cases import Work

FULL = 2**27  # ten times what the largest cache of today's GPUs holds, in float32
QUICK = 2**22


@dataclass(frozen=True)
class Subject:
    """Who performs a fill, a function of `subjects`, and how."""

    runner: str
    call: str
    variant: str = ""

    @property
    def label(self) -> str:
        return f"{self.runner} {self.call}"


@dataclass(frozen=True)
class Row:
    """A fill by several subjects, fastinit first; the yardsticks are rows of the machine's own."""

    name: str
    work: Work
    subjects: tuple[Subject, ...]


COPY, MEMSET = Subject("machine", "copy on the device"), Subject("machine", "memset")
_CURAND = tuple(
    Subject("curand", f"{generator}, in place", generator)
    for generator in ("XORWOW", "PHILOX4_32_10")
)
_CUPY = tuple(
    Subject("cupy", f"Generator({generator}), in place", generator)
    for generator in ("XORWOW", "Philox4x3210")
)


def _row(name: str, kind: str, dtype: str, *others: Subject) -> Row:
    own = (Subject("fastinit", kind), Subject("fastinit", f"{kind}, fresh array", "fresh"))
    return Row(name, Work(kind, dtype, (FULL,)), (*own, *others))


ROWS = (
    Row("copy", Work("zeros", shape=(FULL,)), (COPY, MEMSET)),
    _row("zeros", "zeros", "float32", MEMSET, Subject("torch", "zero_")),
    _row("uniform", "uniform", "float32", *_CURAND, *_CUPY, Subject("torch", "uniform_")),
    _row("normal", "normal", "float32", *_CURAND, *_CUPY, Subject("torch", "normal_")),
    _row(
        "truncated-normal",
        "truncated_normal",
        "float32",
        Subject("torch", "nn.init.trunc_normal_"),
    ),
    _row("normal-bf16", "normal", "bfloat16", Subject("torch", "normal_")),
    _row("uniform-bf16", "uniform", "bfloat16", Subject("torch", "uniform_")),
    _row("normal-f64", "normal", "float64", *_CURAND, *_CUPY, Subject("torch", "normal_")),
)
