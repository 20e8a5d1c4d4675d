"""What is measured: the table of fills, the subject of each, its peers and their targets.

To add a row or a peer, add it here. A peer that a runner does not know is added in `runners/`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

FULL = 2**26
QUICK = 2**22


@dataclass(frozen=True)
class Work:
    """A task that every subject of a row performs: it fills an array of `shape` and `dtype` with `kind`."""

    kind: str
    dtype: str = "float32"
    shape: tuple[int, ...] = (FULL,)

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    def at_most(self, elements: int) -> Work:
        """The same work cut along its first axis to about `elements` elements."""
        if self.elements <= elements:
            return self
        leading = max(1, self.shape[0] * elements // self.elements)
        return replace(self, shape=(leading, *self.shape[1:]))


@dataclass(frozen=True)
class Subject:
    """The performer of a task: a module of `runners`, with its call, threads, variant and environment."""

    runner: str
    call: str
    threads: int = 1
    variant: str = ""
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        threads = f"{self.threads} thread{'s' * (self.threads > 1)}"
        return ", ".join([f"{self.runner} {self.call}", threads, *map("=".join, self.environment)])


@dataclass(frozen=True)
class Peer:
    """A subject to compare with; `target` is the wanted quotient peer time / subject time."""

    subject: Subject
    target: float | None = None
    at_most: bool = False


@dataclass(frozen=True)
class Row:
    name: str
    work: Work
    subject: Subject
    peers: tuple[Peer, ...] = ()

    @property
    def subjects(self) -> tuple[Subject, ...]:
        return (self.subject, *(peer.subject for peer in self.peers))


def fastinit(call: str, threads: int = 2, **options: Any) -> Subject:
    return Subject("fastinit", call, threads, **options)


def torch(call: str, threads: int = 2, **options: Any) -> Subject:
    return Subject("torch", call, threads, **options)


def mkl(generator: str, **options: Any) -> Subject:
    return Subject("mkl", f"vsRngGaussian {generator} ICDF", variant=generator, **options)


NUMPY_NORMAL = Subject("numpy", "standard_normal")
NUMPY_FILL = Subject("numpy", "fill")
MEMSET = tuple(Peer(Subject("machine", "memset", threads)) for threads in (1, 2))
MKL_AVX2 = (("MKL_ENABLE_INSTRUCTIONS", "AVX2"),)
AVX2 = (("FASTINIT_ISA", "avx2"),)
SCALAR = (("FASTINIT_ISA", "scalar"),)

ROWS = (
    Row(
        "zeros",
        Work("zeros"),
        fastinit("zeros"),
        (Peer(NUMPY_FILL, 1.7), Peer(torch("zero_")), *MEMSET),
    ),
    Row(
        "constant",
        Work("constant"),
        fastinit("constant"),
        (Peer(NUMPY_FILL, 1.7), Peer(torch("fill_")), *MEMSET),
    ),
    Row(
        "uniform",
        Work("uniform"),
        fastinit("uniform"),
        (
            Peer(torch("uniform_"), 9),
            Peer(Subject("numpy", "random"), 6),
            Peer(fastinit("uniform", environment=AVX2)),
        ),
    ),
    Row(
        "normal",
        Work("normal"),
        fastinit("normal"),
        (
            Peer(torch("normal_"), 8),
            Peer(NUMPY_NORMAL, 15),
            Peer(Subject("jax", "random.normal", threads=2), 25),
            Peer(fastinit("normal", threads=1), 1.85),
            Peer(fastinit("normal", environment=AVX2)),
            Peer(fastinit("normal", environment=SCALAR)),
        ),
    ),
    Row(
        "normal-1-thread",
        Work("normal"),
        fastinit("normal", threads=1),
        (
            Peer(mkl("SFMT19937"), 1.7),
            Peer(mkl("SFMT19937", environment=MKL_AVX2)),
            Peer(mkl("ARS5")),
            Peer(mkl("PHILOX4X32X10")),
            Peer(fastinit("normal", threads=1, environment=AVX2)),
        ),
    ),
    Row(
        "normal-bf16",
        Work("normal", "bfloat16"),
        fastinit("normal"),
        (Peer(torch("normal_"), 11), Peer(fastinit("normal", environment=AVX2))),
    ),
    Row(
        "truncated-normal",
        Work("truncated_normal"),
        fastinit("truncated_normal"),
        (
            Peer(torch("nn.init.trunc_normal_"), 150),
            Peer(fastinit("truncated_normal", environment=AVX2)),
        ),
    ),
    Row(
        "fresh-1-gib",
        Work("normal", shape=(2**28,)),
        fastinit("normal, in place"),
        (Peer(fastinit("normal, fresh array", variant="fresh"), 1.35, at_most=True),),
    ),
    Row(
        "he-normal-64x64",
        Work("he_normal", shape=(64, 64)),
        fastinit("he_normal, fresh array", variant="fresh"),
        (
            Peer(torch("nn.init.kaiming_normal_"), 1),
            Peer(torch("empty + kaiming_normal_", variant="fresh")),
        ),
    ),
    # The rows below have no targets; they are for information.
    Row(
        "normal-f16",
        Work("normal", "float16"),
        fastinit("normal"),
        (Peer(torch("normal_")),),
    ),
    Row("normal-e4m3", Work("normal", "float8_e4m3fn"), fastinit("normal")),
    Row("normal-e5m2", Work("normal", "float8_e5m2"), fastinit("normal")),
    Row(
        "normal-f64",
        Work("normal", "float64"),
        fastinit("normal"),
        (Peer(torch("normal_")), Peer(NUMPY_NORMAL)),
    ),
    Row(
        "bits",
        Work("random_bits", "uint32"),
        fastinit("random_bits"),
        (Peer(Subject("numpy", "integers")),),
    ),
    Row(
        "orthogonal",
        Work("orthogonal", shape=(1024, 1024)),
        fastinit("orthogonal, fresh array", variant="fresh"),
        (Peer(torch("nn.init.orthogonal_")),),
    ),
)
