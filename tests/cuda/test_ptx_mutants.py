"""Kernels broken one instruction at a time: how the breaks are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.cuda.ptx.errors import Race
from tests.cuda.ptx.machine import launch
from tests.cuda.ptx.memory import Memory
from tests.cuda.ptx.mutants import Mutant, mutants_of
from tests.cuda.ptx.parser import parse

if TYPE_CHECKING:
    from tests.cuda.ptx.syntax import Kernel

SMALL = """
.version 9.0
.target sm_90
.address_size 64
.visible .entry k(.param .u64 out)
{
    .reg .pred %p<2>;
    .reg .b32 %r<9>;
    .reg .b64 %rd<9>;
    ld.param.u64 %rd1, [out];
    mov.u32 %r1, 0;
LOOP:
    add.s32 %r1, %r1, 3;
    setp.lt.s32 %p1, %r1, 20;
    @%p1 bra LOOP;
    st.global.u32 [%rd1], %r1;
    ret;
}
"""


def small() -> Kernel:
    return parse(SMALL).kernels["k"]


def outcome(kernel: Kernel, block: int = 1) -> int:
    out = np.full(4, 77, np.uint32)
    memory = Memory()
    memory.add(out)
    launch(kernel, 1, block, out.ctypes.data.to_bytes(8, "little"), memory, most_steps=500)
    return int(out[0])


def named(kind: str) -> Mutant:
    (only,) = (m for m in mutants_of(small()) if m.kind == kind)
    return only


def test_every_instruction_of_interest_has_mutants() -> None:
    kinds = [(m.at, m.kind) for m in mutants_of(small())]
    assert kinds == [
        (0, "address"),
        (1, "integer constant, last bit"),
        (2, "add -> sub"),
        (2, "add dropped"),
        (2, "integer constant, last bit"),
        (3, "comparison"),
        (3, "sign of a type"),
        (3, "operands swapped"),
        (3, "integer constant, last bit"),
        (4, "guard negated"),
        (4, "bra dropped"),
        (5, "st dropped"),
        (5, "address"),
    ]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("st dropped", 77), ("bra dropped", 3), ("guard negated", 3), ("operands swapped", 3)],
)
def test_mutants_do_what_their_kind_says(kind: str, expected: int) -> None:
    kernel = small()
    assert outcome(kernel) == 21
    assert outcome(named(kind).apply(kernel)) == expected
    assert outcome(kernel) == 21  # which itself stays as it was


def test_dropping_an_instruction_moves_the_labels_after_it() -> None:
    kernel = small()
    broken = Mutant("", 0, None).apply(kernel)
    assert broken.labels == {"LOOP": kernel.labels["LOOP"] - 1}
    assert Mutant("", 2, None).apply(kernel).labels == kernel.labels


def test_a_dropped_barrier_is_a_mutant_and_noticed() -> None:
    lines = [
        ".shared .u32 word;",
        "mov.u32 %r2, %tid.x;",
        "setp.eq.u32 %p0, %r2, 40;",
        "@%p0 st.shared.u32 [word], 20;",
        "bar.sync 0;",
        "ld.shared.u32 %r1, [word];",
    ]
    kernel = parse(SMALL.replace("mov.u32 %r1, 0;", "\n".join(lines))).kernels["k"]
    (dropped,) = (m for m in mutants_of(kernel) if m.kind == "bar dropped")
    assert outcome(kernel, block=64) == 23
    with pytest.raises(Race):
        outcome(dropped.apply(kernel), block=64)
