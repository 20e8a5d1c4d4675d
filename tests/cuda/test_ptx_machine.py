"""Control flow, memory checks, launches and counts of the PTX interpreter."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.cuda.ptx import machine
from tests.cuda.ptx.errors import (
    Misaligned,
    OutOfBounds,
    PtxError,
    Runaway,
    Undefined,
    UnknownInstruction,
)
from tests.cuda.ptx.machine import Counts, launch
from tests.cuda.ptx.memory import Memory
from tests.cuda.ptx.parser import parse

if TYPE_CHECKING:
    from tests.cuda.ptx.syntax import Kernel

HEAD = ".version 9.0\n.target sm_90\n.address_size 64\n"
START = """
.visible .entry k(.param .u64 out, .param .u32 n)
{
    .reg .pred %p<4>;
    .reg .b32 %r<16>;
    .reg .b64 %rd<8>;
    mov.u32 %r0, %tid.x;
    mov.u32 %r1, %ctaid.x;
    mov.u32 %r2, %ntid.x;
    mad.lo.s32 %r0, %r1, %r2, %r0;
    ld.param.u64 %rd0, [out];
    ld.param.u32 %r3, [n];
    mul.wide.u32 %rd1, %r0, 4;
    add.s64 %rd2, %rd0, %rd1;
"""


def kernel(body: str) -> Kernel:
    """A kernel whose `%r0` is the thread's number and `%rd2` the address of its 32-bit element."""
    return parse(f"{HEAD}{START}{body}\n}}\n").kernels["k"]


def fill(
    body: str, count: int, *, grid: int = 1, block: int = 32, n: int = 0, **more: int
) -> tuple[np.ndarray, Counts]:
    out = np.full(count, 0xA5A5A5A5, np.uint32)
    memory = Memory()
    memory.add(out)
    arguments = struct.pack("<QI", out.ctypes.data, n)
    return out, launch(kernel(body), grid, block, arguments, memory, **more)


STORE = "st.global.u32 [%rd2], {};\nret;"


# Control flow.


def test_threads_branch_apart_and_meet_again() -> None:
    body = """
    and.b32 %r4, %r0, 1;
    setp.eq.s32 %p0, %r4, 0;
    @%p0 bra EVEN;
    mov.u32 %r5, 100;
    bra.uni JOIN;
EVEN:
    mov.u32 %r5, 200;
JOIN:
    add.s32 %r5, %r5, %r0;
    st.global.u32 [%rd2], %r5;
    ret;"""
    out, counts = fill(body, 32)
    assert out.tolist() == [(100 if i % 2 else 200) + i for i in range(32)]
    # Together again: what follows the branch is issued once for the warp.
    assert counts.warps["st.global.u32"] == 1
    assert counts.threads["st.global.u32"] == 32


def test_loops_of_differing_lengths_reconverge() -> None:
    body = """
    mov.u32 %r4, 0;
    mov.u32 %r5, 0;
LOOP:
    setp.ge.u32 %p0, %r4, %r0;
    @%p0 bra DONE;
    add.s32 %r5, %r5, %r4;
    add.s32 %r4, %r4, 1;
    bra LOOP;
DONE:
    st.global.u32 [%rd2], %r5;
    ret;"""
    out, counts = fill(body, 40, block=40)
    assert out.tolist() == [i * (i - 1) // 2 for i in range(40)]
    assert counts.warps["st.global.u32"] == 2  # one for each warp
    by_opcode = sum(counts.threads.values())
    assert by_opcode == sum(counts.lines.values()) == 40 * 14 + 4 * 39 * 20


def test_instructions_that_are_predicated_off_do_nothing() -> None:
    body = """
    setp.lt.u32 %p0, %r0, 5;
    @%p0 st.global.u32 [%rd2], %r0;
    @!%p0 st.global.u32 [%rd2], 77;
    setp.gt.u32 %p0, %r0, 50;
    @%p0 st.global.u32 [%rd2], 99;
    ret;"""
    out, counts = fill(body, 32)
    assert out.tolist() == [i if i < 5 else 77 for i in range(32)]
    assert counts.threads["st.global.u32"] == 32
    assert counts.warps["st.global.u32"] == 3


def test_some_threads_exit_early() -> None:
    out, counts = fill(f"setp.ge.u32 %p0, %r0, %r3;\n@%p0 exit;\n{STORE.format('%r0')}", 32, n=7)
    assert out.tolist() == [i if i < 7 else 0xA5A5A5A5 for i in range(32)]
    assert counts.threads["st.global.u32"] == 7


def test_endless_loops_end_with_an_error() -> None:
    with pytest.raises(Runaway, match=r"line \d+"):
        fill("LOOP:\nadd.s32 %r4, %r0, 1;\nbra LOOP;", 32, most_steps=1000)


def test_the_limit_of_steps_counts_what_ran() -> None:
    steps = 8 + 2  # of START and of the body
    fill(STORE.format(1), 32, most_steps=steps)
    with pytest.raises(Runaway):
        fill(STORE.format(1), 32, most_steps=steps - 1)


@pytest.mark.parametrize("grid", [1, 2, 3, 7])
def test_grid_stride_loops_cover_everything_once(grid: int) -> None:
    body = """
    mov.u32 %r4, %nctaid.x;
    mul.lo.u32 %r4, %r4, %r2;
LOOP:
    setp.ge.u32 %p0, %r0, %r3;
    @%p0 ret;
    mul.wide.u32 %rd1, %r0, 4;
    add.s64 %rd2, %rd0, %rd1;
    st.global.u32 [%rd2], %r0;
    add.s32 %r0, %r0, %r4;
    bra LOOP;"""
    out, counts = fill(body, 1003, grid=grid, block=64, n=1003)
    assert out.tolist() == list(range(1003))
    assert counts.threads["st.global.u32"] == 1003


def test_batches_of_blocks_are_one_launch(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fill(STORE.format("%r0"), 320, grid=10)
    monkeypatch.setattr(machine, "MOST_AT_ONCE", 96)
    parts = fill(STORE.format("%r0"), 320, grid=10)
    assert whole[0].tolist() == parts[0].tolist() == list(range(320))
    assert whole[1].lines == parts[1].lines
    assert whole[1].warps == parts[1].warps


def test_special_registers_of_three_dimensions() -> None:
    names = [
        "%tid.x",
        "%tid.y",
        "%tid.z",
        "%ctaid.x",
        "%ctaid.y",
        "%nctaid.z",
        "%ntid.y",
        "%laneid",
    ]
    for k, name in enumerate(names):
        out = np.zeros(2 * 3 * 4 * 5, np.uint32)
        body = f"""
        .reg .b32 %x, %y, %z, %c, %n;
        mov.u32 %x, %tid.x;  mov.u32 %y, %tid.y;  mov.u32 %z, %tid.z;
        mov.u32 %c, %ctaid.x;
        mad.lo.u32 %z, %z, 3, %y;
        mad.lo.u32 %x, %z, 4, %x;
        mad.lo.u32 %x, %c, 24, %x;
        mul.wide.u32 %rd1, %x, 4;
        add.s64 %rd2, %rd0, %rd1;
        mov.u32 %n, {name};
        st.global.u32 [%rd2], %n;
        ret;"""
        memory = Memory()
        memory.add(out)
        arguments = struct.pack("<QI", out.ctypes.data, 0)
        launch(kernel(body), (5, 1, 1), (4, 3, 2), arguments, memory)
        i = np.arange(120)
        expected = [i % 4, i // 4 % 3, i // 12 % 2, i // 24, 0, 1, 3, i % 24]
        assert (out == expected[k]).all(), name


# Memory.


def test_a_store_one_past_the_end_is_caught() -> None:
    fill(STORE.format(1), 32)
    with pytest.raises(OutOfBounds, match=r"line \d+: st\.global.*by thread 31 of block 0"):
        fill(STORE.format(1), 31)
    with pytest.raises(OutOfBounds, match="by thread 0 of block 0"):
        fill(f"sub.s64 %rd2, %rd2, 4;\n{STORE.format(1)}", 32)


@pytest.mark.parametrize("bytes_short", [1, 2, 3])
def test_a_store_partly_outside_is_caught(bytes_short: int) -> None:
    room = np.zeros(128, np.uint8)
    memory = Memory()
    memory.add(room[: 128 - bytes_short])
    arguments = struct.pack("<QI", room.ctypes.data, 0)
    with pytest.raises(OutOfBounds, match=r"4 bytes at 0x[0-9a-f]+: outside every writable buffer"):
        launch(kernel(STORE.format(1)), 1, 32, arguments, memory)
    assert not room[124:].any()


def test_a_vector_partly_outside_is_caught_and_writes_nothing() -> None:
    room = np.zeros(96, np.uint8)
    start = -room.ctypes.data % 16
    memory = Memory()
    memory.add(room[start : start + 60])
    arguments = struct.pack("<QI", room[start:].ctypes.data, 0)
    body = """
    mul.wide.u32 %rd1, %r0, 16;
    add.s64 %rd2, %rd0, %rd1;
    st.global.v4.u32 [%rd2], {%r3, %r3, %r3, 1};
    ret;"""
    launch(kernel(body), 1, 3, arguments, memory)
    with pytest.raises(OutOfBounds, match="by thread 3"):
        launch(kernel(body), 1, 4, arguments, memory)
    assert not room[start + 48 :].any()


def test_a_vector_load_partly_outside_is_caught() -> None:
    room = np.zeros(20, np.uint32)
    start = -room.ctypes.data % 16 // 4
    memory = Memory()
    memory.add(room[start : start + 3])
    arguments = struct.pack("<QI", room[start:].ctypes.data, 0)
    launch(kernel("ld.global.v2.u32 {%r4, %r5}, [%rd2];\nret;"), 1, 1, arguments, memory)
    # Aligned, and the first of its items lies inside.
    wide = kernel("ld.global.v4.u32 {%r4, %r5, %r6, %r7}, [%rd2];\nret;")
    with pytest.raises(OutOfBounds, match="16 bytes"):
        launch(wide, 1, 1, arguments, memory)


@pytest.mark.parametrize("access", ["st.global.u32 [%rd2+2], 1;", "ld.global.u32 %r4, [%rd2+1];"])
def test_misaligned_access_is_caught(access: str) -> None:
    with pytest.raises(Misaligned, match="by thread 0"):
        fill(f"{access}\nret;", 64)


def test_vectors_need_the_alignment_of_the_whole() -> None:
    out = np.zeros(40, np.uint32)
    skip = -out.ctypes.data % 16 // 4
    memory = Memory()
    memory.add(out)
    body = "st.global.v4.u32 [%rd2], {1, 2, 3, 4};\nret;"
    arguments = struct.pack("<QI", out[skip:].ctypes.data, 0)
    launch(kernel(body), 1, 1, arguments, memory)
    assert out[skip : skip + 4].tolist() == [1, 2, 3, 4]
    with pytest.raises(Misaligned, match="16 bytes"):
        launch(kernel(body), 1, 2, arguments, memory)


def test_stores_at_any_alignment_of_the_buffer() -> None:
    room = np.zeros(100, np.uint8)
    body = """
    cvt.u64.u32 %rd1, %r0;
    add.s64 %rd2, %rd0, %rd1;
    st.global.u8 [%rd2], %r0;
    ret;"""
    for skip in range(4):
        memory = Memory()
        memory.add(room[skip : skip + 32])
        launch(kernel(body), 1, 32, struct.pack("<QI", room.ctypes.data + skip, 0), memory)
        assert room[skip : skip + 32].tolist() == list(range(32))


def test_read_only_memory_is_not_written() -> None:
    out = np.zeros(32, np.uint32)
    memory = Memory()
    memory.add(out, writable=False)
    with pytest.raises(OutOfBounds, match="writable"):
        launch(kernel(STORE.format(1)), 1, 32, struct.pack("<QI", out.ctypes.data, 0), memory)


def test_threads_that_store_differently_at_one_address_are_caught() -> None:
    with pytest.raises(Undefined, match="different values"):
        fill("st.global.u32 [%rd0], %r0;\nret;", 32)
    out, _ = fill("st.global.u32 [%rd0], 5;\nret;", 32)
    assert out[0] == 5


def test_accesses_split_between_buffers() -> None:
    a, b = np.arange(8, dtype=np.uint32), np.arange(100, 108, dtype=np.uint32)
    memory = Memory()
    memory.add(a)
    memory.add(b)
    body = """
    setp.lt.u32 %p0, %r0, 8;
    @%p0 bra NEAR;
    ld.param.u64 %rd3, [out];
    sub.s32 %r4, %r0, 8;
    mul.wide.u32 %rd1, %r4, 4;
    add.s64 %rd2, %rd3, %rd1;
    add.s64 %rd2, %rd2, DISTANCE;
NEAR:
    ld.global.u32 %r5, [%rd2];
    add.s32 %r5, %r5, 1;
    st.global.u32 [%rd2], %r5;
    ret;""".replace("DISTANCE", str(b.ctypes.data - a.ctypes.data))
    launch(kernel(body), 1, 16, struct.pack("<QI", a.ctypes.data, 0), memory)
    assert a.tolist() == list(range(1, 9))
    assert b.tolist() == list(range(101, 109))


def test_constant_arrays_and_their_space() -> None:
    text = f"""{HEAD}
.const .align 4 .b8 table[8] = {{1, 0, 0, 0, 0xFF, 255, 0, 0}};
.global .align 8 .f32 floats[2] = {{0f3F800000, 0fBF800000}};
{START}
    and.b32 %r4, %r0, 1;
    mul.wide.u32 %rd3, %r4, 4;
    mov.u64 %rd4, table;
    add.s64 %rd4, %rd4, %rd3;
    ld.const.u32 %r5, [%rd4];
    mov.u64 %rd5, floats;
    cvta.global.u64 %rd5, %rd5;
    add.s64 %rd5, %rd5, %rd3;
    ld.SPACE.u32 %r6, [%rd5];
    ld.const.u32 %r7, [table+4];
    add.s32 %r5, %r5, %r6;
    add.s32 %r5, %r5, %r7;
    st.global.u32 [%rd2], %r5;
    ret;
}}"""
    out = np.zeros(2, np.uint32)
    memory = Memory()
    memory.add(out)
    arguments = struct.pack("<QI", out.ctypes.data, 0)
    launch(parse(text.replace("SPACE", "global")).kernels["k"], 1, 2, arguments, memory)
    assert out.tolist() == [1 + 0x3F800000 + 0xFFFF, (0xFFFF + 0xBF800000 + 0xFFFF) % 2**32]
    with pytest.raises(OutOfBounds, match="const"):
        launch(parse(text.replace("SPACE", "const")).kernels["k"], 1, 2, arguments, memory)


def test_parameters_are_read_by_register_addresses_too() -> None:
    out, _ = fill(f"mov.b64 %rd4, n;\nld.param.u32 %r5, [%rd4];\n{STORE.format('%r5')}", 32, n=9)
    assert (out == 9).all()
    with pytest.raises(OutOfBounds, match="param"):
        fill("mov.b64 %rd4, n;\nld.param.u32 %r5, [%rd4+4];\nret;", 32)
    with pytest.raises(OutOfBounds, match="writable"):
        fill("mov.b64 %rd4, n;\nst.u32 [%rd4], 1;\nret;", 32)


def test_each_thread_has_local_memory_of_its_own() -> None:
    body = """
    .local .align 8 .b8 depot[12];
    mov.u64 %rd4, depot;
    st.local.u32 [%rd4+8], %r0;
    xor.b32 %r4, %r0, 1;
    st.local.u32 [depot], %r4;
    cvta.local.u64 %rd5, %rd4;
    ld.u32 %r5, [%rd5+8];
    ld.local.u32 %r6, [%rd4];
    mad.lo.u32 %r5, %r6, 1000, %r5;"""
    out, _ = fill(f"{body}\n{STORE.format('%r5')}", 64, grid=2)
    assert out.tolist() == [1000 * (i ^ 1) + i for i in range(64)]
    with pytest.raises(OutOfBounds, match="local"):
        fill("st.local.u32 [%rd2], 1;\nret;", 32)


# Launches.


def test_a_register_that_nothing_wrote_holds_rubbish() -> None:
    out, _ = fill(STORE.format("%r9"), 32)
    assert (out == 0xA5A5A5A5).all()
    # Masked away, it does no harm.
    out, _ = fill(f"and.b32 %r8, %r9, 0;\n{STORE.format('%r8')}", 32)
    assert not out.any()


@pytest.mark.parametrize("block", [0, 1025])
def test_blocks_have_1_to_1024_threads(block: int) -> None:
    with pytest.raises(PtxError, match=f"a block of {block} threads"):
        fill("ret;", 1, block=block)


def test_launch_bounds_hold() -> None:
    text = HEAD + START.replace("\n{", "\n.maxntid 64, 1, 1\n.minnctapersm 4\n{") + "ret;\n}"
    bounded = parse(text).kernels["k"]
    launch(bounded, 1, 64, bytes(12), Memory())
    with pytest.raises(PtxError, match="1 to 64"):
        launch(bounded, 1, 65, bytes(12), Memory())


def test_arguments_fill_the_parameters_exactly() -> None:
    with pytest.raises(PtxError, match="11 bytes of arguments, not 12"):
        launch(kernel("ret;"), 1, 1, bytes(11), Memory())


# What must not pass.


@pytest.mark.parametrize(
    "line",
    [
        "bar.arrive 0, 64;",
        "atom.global.add.u32 %r4, [%rd2], 1;",
        "ld.volatile.global.u32 %r4, [%rd2];",
        "st.global.v3.u32 [%rd2], {%r0, %r0, %r0};",
        "st.global.v2.u32 [%rd2], {%r0, %r0, %r0};",
        "ld.global.u64 %r4, [%rd2];",
        "add.s32 %r4, %r0;",
        "add.s32 %r4, %r0, %rd0;",
        "add.s32 %r4, %r0, 0f3F800000;",
        "add.u8 %r4, %r0, %r0;",
        "mov.u32 %r4, %clock;",
        "lop3.b32 %r4, %r0, %r0, %r0, %r0;",
        "setp.neu.s32 %p0, %r0, 1;",
        "shfl.sync.idx.b32 %r4, %r0, 0, 31, -1;",
        "add.s32.x %r4, %r0, %r0;",
    ],
)
def test_what_is_not_known_is_refused(line: str) -> None:
    with pytest.raises(UnknownInstruction, match=r"line \d+: "):
        fill(f"{line}\nret;", 32)


def test_unknown_instructions_are_refused_even_where_no_thread_goes() -> None:
    with pytest.raises(UnknownInstruction, match="bar"):
        fill("ret;\nbar.arrive 0, 64;", 32)
