"""Shared memory and barriers of the PTX interpreter: each block's own, and what lockstep would hide."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from tests.cuda.ptx.errors import DivergentBarrier, OutOfBounds, Race
from tests.cuda.ptx.machine import launch
from tests.cuda.ptx.memory import Memory
from tests.cuda.ptx.parser import parse

THREADS = 64  # two warps
HEAD = f"""
.version 9.0
.target sm_90
.address_size 64
.visible .entry k(.param .u64 out)
{{
    .reg .pred %p<4>;
    .reg .b32 %r<16>;
    .reg .b64 %rd<8>;
    .shared .align 4 .b8 tile[{4 * THREADS}];
    ld.param.u64 %rd0, [out];
    mov.u32 %r0, %tid.x;
    mov.u32 %r1, %ctaid.x;
    mad.lo.s32 %r2, %r1, {THREADS}, %r0;
    mul.wide.u32 %rd1, %r2, 4;
    add.s64 %rd2, %rd0, %rd1;
    mov.u32 %r3, tile;
    shl.b32 %r4, %r0, 2;
    add.s32 %r5, %r3, %r4;
    xor.b32 %r6, %r4, {4 * (THREADS - 1)};
    add.s32 %r7, %r3, %r6;
"""
PUT = "st.shared.u32 [%r5], %r2;\n"
WAIT = "bar.sync 0;\n"
MIRRORED = "ld.shared.u32 %r8, [%r7];\nst.global.u32 [%rd2], %r8;\nret;\n"


def run(body: str, blocks: int = 1) -> list[int]:
    out = np.zeros(blocks * THREADS, np.uint32)
    memory = Memory()
    memory.add(out)
    kernel = parse(f"{HEAD}{body}}}\n").kernels["k"]
    launch(kernel, blocks, THREADS, struct.pack("<Q", out.ctypes.data), memory)
    return out.tolist()


def test_a_block_shares_its_own_copy() -> None:
    first = list(range(THREADS - 1, -1, -1))
    assert run(PUT + WAIT + MIRRORED, blocks=3) == [b * THREADS + k for b in range(3) for k in first]


def test_a_missing_barrier_is_noticed() -> None:
    with pytest.raises(Race):
        run(PUT + MIRRORED)


def test_a_store_before_others_have_read_is_noticed() -> None:
    again = "ld.shared.u32 %r8, [%r7];\nst.shared.u32 [%r5], 7;\nst.global.u32 [%rd2], %r8;\nret;\n"
    with pytest.raises(Race):
        run(PUT + WAIT + again)
    run(PUT + WAIT + again.replace("st.shared", WAIT + "st.shared"))


def test_a_barrier_that_some_never_reach_is_refused() -> None:
    half = f"setp.lt.u32 %p0, %r0, 32;\n@%p0 bra LOW;\n{WAIT}bra DONE;\nLOW:\n{WAIT}DONE:\nret;\n"
    with pytest.raises(DivergentBarrier):
        run(half)


def test_threads_that_ended_are_not_waited_for() -> None:
    own = "ld.shared.u32 %r8, [%r5];\nst.global.u32 [%rd2], %r8;\nret;\n"
    body = f"setp.ge.u32 %p0, %r0, 32;\n@%p0 ret;\n{PUT}{WAIT}{own}"
    assert run(body) == [*range(32), *[0] * 32]


def test_an_index_past_the_end_is_refused() -> None:
    with pytest.raises(OutOfBounds):
        run(f"st.shared.u32 [%r5+{4 * THREADS - 4}], %r0;\nret;\n")
