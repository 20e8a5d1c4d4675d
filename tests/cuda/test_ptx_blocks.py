"""What the threads of a block share, on the PTX interpreter: memory, barriers, and the races between warps."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from tests.cuda.ptx import floats, machine
from tests.cuda.ptx.errors import (
    DivergentBarrier,
    Misaligned,
    OutOfBounds,
    PtxError,
    Race,
    Undefined,
    UnknownInstruction,
)
from tests.cuda.ptx.machine import Counts, launch
from tests.cuda.ptx.memory import Memory
from tests.cuda.ptx.parser import parse

HEAD = ".version 9.0\n.target sm_90\n.address_size 64\n"
START = """
.visible .entry k(.param .u64 out)
{
    .reg .pred %p<4>;
    .reg .b16 %rs<4>;
    .reg .b32 %r<16>;
    .reg .b64 %rd<8>;
    .shared .align 16 .b8 tile[512];
    mov.u32 %r0, %tid.x;
    mov.u32 %r1, %ctaid.x;
    mov.u32 %r2, %ntid.x;
    mad.lo.s32 %r3, %r1, %r2, %r0;
    ld.param.u64 %rd0, [out];
    mul.wide.u32 %rd1, %r3, 4;
    add.s64 %rd2, %rd0, %rd1;
    mov.u32 %r4, tile;
    shl.b32 %r5, %r0, 2;
    add.s32 %r6, %r4, %r5;
"""
END = "\nst.global.u32 [%rd2], %r9;\nret;\n}\n"
OWN = "st.shared.u32 [%r6], %r3;\n"  # the thread's number into its own word
OTHER_WARP = "xor.b32 %r7, %r5, 128;\nadd.s32 %r7, %r4, %r7;\n"  # where the word of the thread 32 away is
NEXT_WARP = f"{OTHER_WARP}ld.shared.u32 %r9, [%r7];"
UNSET = 0xA5A5A5A5


def run(body: str, *, grid: int = 1, block: int = 64, before: str = "") -> tuple[list[int], Counts]:
    """Runs a body that leaves its result in `%r9`.

    `%r0` is the thread's number in its block, `%r3` in the grid, `%r4` the address of 128 shared words, `%r6`
    that of the thread's own, and `%rd2` that of its element of the output.
    """
    out = np.zeros(grid * block, np.uint32)
    memory = Memory()
    memory.add(out)
    kernel = parse(HEAD + before + START + body + END).kernels["k"]
    counts = launch(kernel, grid, block, struct.pack("<Q", out.ctypes.data), memory, most_steps=5000)
    return out.tolist(), counts


# Shared memory.


@pytest.mark.parametrize("barrier", ["bar.sync 0;", "barrier.sync 0;", "barrier.cta.sync.aligned 0;"])
def test_warps_see_what_others_stored_before_a_barrier(barrier: str) -> None:
    out, counts = run(f"{OWN}{barrier}\n{NEXT_WARP}", grid=3)
    assert out == [i ^ 32 for i in range(192)]
    assert counts.warps[barrier.split()[0]] == 6
    assert counts.warps["ld.shared.u32"] == 6  # all went on together


def test_blocks_do_not_see_each_others_shared_memory() -> None:
    # Only block 1 stores.
    body = f"setp.eq.u32 %p0, %r1, 1;\n@%p0 {OWN}bar.sync 0;\nld.shared.u32 %r9, [%r6];"
    out, _ = run(body, grid=3, block=32)
    assert out == [UNSET] * 32 + list(range(32, 64)) + [UNSET] * 32


def test_batches_of_blocks_have_shared_memory_too(monkeypatch: pytest.MonkeyPatch) -> None:
    body = f"{OWN}bar.sync 0;\n{NEXT_WARP}"
    whole = run(body, grid=5)
    monkeypatch.setattr(machine, "MOST_AT_ONCE", 128)
    assert run(body, grid=5)[0] == whole[0]


def test_vectors_and_narrow_items_lie_as_in_other_memory() -> None:
    body = """
    shl.b32 %r8, %r0, 4;
    add.s32 %r8, %r4, %r8;
    st.shared.v4.u32 [%r8], {%r0, 1, 2, %r3};
    ld.shared.v2.u32 {%r10, %r11}, [%r8+8];
    ld.shared.u16 %rs1, [%r8+14];
    st.shared.u8 [%r8+5], %r0;
    ld.shared.u32 %r12, [%r8+4];
    cvt.u32.u16 %r13, %rs1;
    add.s32 %r9, %r12, %r11;
    add.s32 %r9, %r9, %r13;"""
    out, _ = run(body, block=32)
    assert out == [1 + 256 * i + i for i in range(32)]


def test_shared_memory_by_generic_addresses() -> None:
    # The second warp's generic addresses are of the output.
    body = """
    cvt.u64.u32 %rd3, %r4;
    cvta.shared.u64 %rd4, %rd3;
    cvt.u64.u32 %rd5, %r5;
    setp.lt.u32 %p0, %r0, 32;
    selp.b64 %rd4, %rd4, %rd0, %p0;
    add.s64 %rd4, %rd4, %rd5;
    st.u32 [%rd4], 7;
    ld.u32 %r9, [%rd4];
    cvta.to.shared.u64 %rd5, %rd4;
    @%p0 ld.shared.u32 %r8, [%rd5];
    mov.u64 %rd6, tile;
    sub.s64 %rd6, %rd5, %rd6;
    cvt.u32.u64 %r10, %rd6;
    @%p0 mad.lo.u32 %r9, %r8, %r10, %r9;"""
    assert run(body)[0] == [7 * 4 * i + 7 for i in range(32)] + [7] * 32


def test_variables_of_the_module_and_of_types() -> None:
    before = ".shared .align 4 .u32 word;\n.shared .align 8 .f64 pair[2];\n"
    body = """
    setp.eq.u32 %p0, %r0, 0;
    @%p0 st.shared.u32 [word], 5;
    @%p0 st.shared.u32 [pair+12], 6;
    bar.sync 0;
    ld.shared.u32 %r8, [word];
    ld.shared.u32 %r9, [pair+12];
    mad.lo.s32 %r9, %r8, 10, %r9;"""
    assert run(body, before=before)[0] == [56] * 64


@pytest.mark.parametrize("access", ["st.shared.u32 [%r6+OFFSET], 1;", "ld.shared.u32 %r9, [%r6+OFFSET];"])
@pytest.mark.parametrize(("offset", "lane"), [(260, 63), (-4, 0), (1 << 20, 0), (1 << 40, 0)])
def test_shared_access_outside_a_variable_is_caught(access: str, offset: int, lane: int) -> None:
    for block in (0, 1):  # beyond block 0's memory lies block 1's
        body = f"setp.eq.u32 %p0, %r1, {block};\n@%p0 {access.replace('OFFSET', str(offset))}"
        with pytest.raises(OutOfBounds, match=rf"\(shared\), by thread {lane} of block {block}"):
            run(body, grid=2)
    run(access.replace("OFFSET", "256"))


def test_a_variable_does_not_reach_into_the_next() -> None:
    before = ".shared .align 4 .b8 one[4];\n.shared .align 4 .b8 two[4];\n"
    run("st.shared.u32 [one], 1;\nst.shared.u32 [two], 1;", before=before)
    for access in ("[one+4]", "[two+-4]", "[two+4]"):
        with pytest.raises(OutOfBounds, match="4 bytes"):
            run(f"st.shared.u32 [one], 1;\nst.shared.u32 [two], 1;\nst.shared.u32 {access}, 1;", before=before)


def test_an_access_partly_outside_a_variable_is_caught() -> None:
    before = ".shared .align 4 .b8 six[6];\n"
    run("st.shared.u16 [six+4], 1;", before=before)
    with pytest.raises(OutOfBounds, match="4 bytes"):
        run("st.shared.u32 [six+4], 1;", before=before)


def test_a_generic_address_outside_shared_memory_is_caught() -> None:
    body = "cvt.u64.u32 %rd3, %r6;\ncvta.shared.u64 %rd4, %rd3;\n"
    run(f"{body}st.u32 [%rd4+256], 1;")
    with pytest.raises(OutOfBounds, match=r"\(generic\), by thread 63"):
        run(f"{body}st.u32 [%rd4+260], 1;")
    with pytest.raises(OutOfBounds, match=r"\(global\)"):
        run(f"{body}st.global.u32 [%rd4], 1;")
    with pytest.raises(OutOfBounds, match=r"\(shared\)"):
        run("st.shared.u32 [%rd2], 1;")


def test_variables_are_no_better_aligned_than_they_say() -> None:
    access = "st.shared.v4.u32 [part], {1, 2, 3, 4};"
    run(access, before=".shared .align 16 .b8 part[16];\n")
    with pytest.raises(Misaligned, match="16 bytes"):
        run(access, before=".shared .align 8 .b8 part[16];\n")
    with pytest.raises(Misaligned, match="4 bytes"):
        run("ld.shared.u32 %r9, [%r6+2];")


def test_a_block_has_48_kib_of_what_it_uses() -> None:
    run("ld.shared.u32 %r9, [most];", before=f".shared .align 4 .b8 most[{48 * 1024 - 512}];\n")
    too_much = f".shared .align 4 .b8 most[{48 * 1024 - 508}];\n"
    run("mov.u32 %r9, 1;", before=too_much)
    with pytest.raises(PtxError, match="49156 bytes of shared memory; a block has 49152"):
        run("ld.shared.u32 %r9, [most];", before=too_much)


# Barriers.


def test_a_barrier_waits_for_the_warps_behind() -> None:
    # The second warp is at the barrier while the first has yet to store.
    body = f"""
    setp.ge.u32 %p0, %r0, 32;
    @%p0 bra WAIT;
    mov.u32 %r8, 0;
LOOP:
    add.s32 %r8, %r8, 1;
    setp.lt.u32 %p1, %r8, %r0;
    @%p1 bra LOOP;
    st.shared.u32 [%r6], %r8;
WAIT:
    bar.sync 0;
    {NEXT_WARP}"""
    out, counts = run(body)
    assert out == [UNSET] * 32 + [max(i, 1) for i in range(32)]
    assert counts.threads["bar.sync"] == 64


@pytest.mark.parametrize("rounds", [1, 2, 5])
def test_barriers_in_a_loop_whose_length_differs_by_block(rounds: int) -> None:
    # Each round, every thread takes its neighbour's number; block b has b more rounds than the first.
    body = f"""
    mov.u32 %r9, %r0;
    add.s32 %r8, %r1, {rounds};
    add.s32 %r7, %r0, 1;
    and.b32 %r7, %r7, 63;
    shl.b32 %r7, %r7, 2;
    add.s32 %r7, %r4, %r7;
LOOP:
    st.shared.u32 [%r6], %r9;
    bar.sync 0;
    ld.shared.u32 %r9, [%r7];
    bar.sync 0;
    sub.s32 %r8, %r8, 1;
    setp.ne.s32 %p0, %r8, 0;
    @%p0 bra LOOP;"""
    out, _ = run(body, grid=3)
    assert out == [(i + rounds + block) % 64 for block in range(3) for i in range(64)]


def test_threads_that_ended_are_not_waited_for() -> None:
    out, _ = run(f"setp.ge.u32 %p0, %r0, 32;\n@%p0 exit;\n{OWN}bar.sync 0;\nld.shared.u32 %r9, [%r6];", grid=2)
    assert out == [*range(32), *[0] * 32, *range(64, 96), *[0] * 32]
    # Nor those that end while the others wait.
    out, _ = run("setp.lt.u32 %p0, %r0, 32;\n@%p0 bra WAIT;\nadd.s32 %r9, %r0, 1;\nret;\nWAIT:\nbar.sync 0;")
    assert len(out) == 64


DIVERGENT = """
    setp.eq.u32 %p1, %r1, BLOCK;
    setp.lt.and.u32 %p0, %r0, 32, %p1;
    @%p0 bra OTHER;
    bar.sync 0;
    bra.uni JOIN;
OTHER:
    bar.sync 0;
JOIN:
    mov.u32 %r9, 1;"""


def test_a_divergent_barrier_is_refused() -> None:
    message = r"line \d+: bar.sync 0;: divergent barrier: 32 threads of block {} wait here, of 64"
    for block in (0, 1):
        with pytest.raises(DivergentBarrier, match=message.format(block)):
            run(DIVERGENT.replace("BLOCK", str(block)), grid=2)
    run(DIVERGENT.replace("BLOCK", "2"), grid=2)
    run(DIVERGENT.replace("BLOCK", "0"), block=32)  # all threads of the block at the other barrier


def test_a_barrier_that_some_threads_pass_over_is_refused() -> None:
    with pytest.raises(DivergentBarrier, match="32 threads of block 0 wait here"):
        run("setp.lt.u32 %p0, %r0, 32;\n@%p0 bar.sync 0;\nbar.sync 0;")


@pytest.mark.parametrize(
    "line",
    [
        "bar.sync 1;",
        "bar.sync 0, 32;",
        "bar.sync %r0;",
        "bar.arrive 0, 64;",
        "bar.red.or.pred %p0, 0, %p1;",
        "bar.warp.sync -1;",
        "barrier.cluster.arrive;",
        "ld.shared.u32 %r9, [%rs0];",
        "ld.global.u32 %r9, [%r6];",
        "mov.u32 %r9, out;",
        "mov.u16 %rs0, tile;",
        "atom.shared.add.u32 %r9, [%r6], 1;",
        "cvta.shared.u32 %r9, %r6;",
    ],
)
def test_what_is_not_known_of_blocks_is_refused(line: str) -> None:
    with pytest.raises(UnknownInstruction, match=r"line \d+: "):
        run(line)


# Races.


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (f"{OWN}{NEXT_WARP}", "another warp stored here"),
        (f"{NEXT_WARP}\n{OWN}", "another warp loaded from here"),
        # The barrier orders the first two alone.
        (f"{OWN}bar.sync 0;\n{NEXT_WARP}\n{OWN}", "another warp loaded from here"),
        (f"{OWN}{OTHER_WARP}st.shared.u32 [%r7], %r3;", "stored another value"),
        # All read one word, and one warp goes on to write it.
        ("ld.shared.u32 %r9, [%r4];\nsetp.eq.u32 %p0, %r0, 0;\n@%p0 st.shared.u32 [%r4], 1;", "loaded from here"),
        ("ld.shared.u32 %r9, [%r4];\nsetp.ge.u32 %p0, %r0, 32;\n@%p0 st.shared.u32 [%r4], 1;", "loaded from here"),
        # Two warps agree on what they store, but not that it is there in time.
        ("st.shared.u32 [%r4], 3;\nld.shared.u32 %r9, [%r4];", "another warp stored here"),
        (f"st.shared.u8 [%r6+3], 1;\n{NEXT_WARP}", "another warp stored here"),
    ],
)
def test_a_missing_barrier_is_noticed(body: str, what: str) -> None:
    with pytest.raises(Race, match=rf"line \d+: .*{what}.* by thread \d+ of block 0"):
        run(body)


@pytest.mark.parametrize(
    "body",
    [
        f"{OWN}bar.sync 0;\n{NEXT_WARP}\nbar.sync 0;\n{OWN}",
        # Within a warp, and by all at once.
        f"{OWN}xor.b32 %r7, %r5, 64;\nadd.s32 %r7, %r4, %r7;\nld.shared.u32 %r9, [%r7];\n{OWN}",
        "st.shared.u32 [%r4], 3;\nbar.sync 0;\nld.shared.u32 %r9, [%r4];",
        "ld.shared.u32 %r9, [%r4];\nld.shared.u32 %r9, [%r4];",
    ],
)
def test_what_a_barrier_orders_is_no_race(body: str) -> None:
    run(body, grid=2)


def test_neighbouring_bytes_are_apart() -> None:
    # The second warp's bytes lie between the first's.
    body = """
    and.b32 %r7, %r0, 31;
    shl.b32 %r7, %r7, 1;
    shr.u32 %r8, %r0, 5;
    add.s32 %r7, %r7, %r8;
    add.s32 %r7, %r4, %r7;
    st.shared.u8 [%r7], %r0;
    ld.shared.u8 %r9, [%r7];"""
    assert run(body)[0] == list(range(64))


def test_threads_that_store_differently_at_once_are_caught_in_shared_memory() -> None:
    with pytest.raises(Undefined, match="different values"):
        run("st.shared.u32 [%r4], %r0;")


def test_global_memory_races_too_where_blocks_have_barriers() -> None:
    swap = "st.global.u32 [%rd2], %r3;\n{}\nxor.b64 %rd3, %rd1, 128;\nadd.s64 %rd3, %rd0, %rd3;\n"
    swap += "ld.global.u32 %r9, [%rd3];\nbar.sync 0;"
    assert run(swap.format("bar.sync 0;"), grid=2)[0] == [i ^ 32 for i in range(128)]
    with pytest.raises(Race, match="another warp stored here"):
        run(swap.format(""), grid=2)
    # No barrier orders two blocks.
    with pytest.raises(Race, match="another warp stored here"):
        run(swap.format("bar.sync 0;"), grid=4, block=32)


# A product of matrices, as nvcc has it.

PRODUCT = """
.visible .entry product(.param .u64 .ptr a, .param .u64 .ptr b, .param .u64 .ptr c, .param .u32 n)
{{
    .reg .pred %p<3>;
    .reg .b32 %r<20>;
    .reg .f{bits} %f<12>;
    .reg .b64 %rd<16>;
    .shared .align 16 .b8 ta[{tile}];
    .shared .align 16 .b8 tb[{tile}];
    ld.param.u64 %rd1, [a];
    ld.param.u64 %rd2, [b];
    ld.param.u64 %rd3, [c];
    ld.param.u32 %r1, [n];
    cvta.to.global.u64 %rd1, %rd1;
    cvta.to.global.u64 %rd2, %rd2;
    cvta.to.global.u64 %rd3, %rd3;
    mov.u32 %r2, %tid.x;
    mov.u32 %r3, %ctaid.x;
    shl.b32 %r4, %r2, {log};
    mov.u32 %r5, ta;
    add.s32 %r6, %r5, %r4;
    mov.u32 %r7, tb;
    add.s32 %r8, %r7, %r4;
    shr.u32 %r9, %r2, 3;
    and.b32 %r10, %r2, 7;
    shl.b32 %r12, %r9, {log_row};
    add.s32 %r12, %r5, %r12;
    shl.b32 %r13, %r10, {log};
    add.s32 %r13, %r7, %r13;
    shl.b32 %r14, %r3, 3;
    add.s32 %r14, %r14, %r9;
    mad.lo.s32 %r14, %r14, %r1, %r10;
    mul.wide.u32 %rd4, %r14, {item};
    add.s64 %rd4, %rd1, %rd4;
    mul.wide.u32 %rd5, %r2, {item};
    add.s64 %rd6, %rd2, %rd5;
    mov.f{bits} %f1, {zero};
    mov.u32 %r15, 0;
LOOP:
    ld.global.nc.f{bits} %f2, [%rd4];
    st.shared.f{bits} [%r6], %f2;
    ld.global.f{bits} %f3, [%rd6];
    st.shared.f{bits} [%r8], %f3;
    bar.sync 0;
{steps}
    bar.sync 0;
    add.s64 %rd4, %rd4, {row};
    add.s64 %rd6, %rd6, {tile};
    add.s32 %r15, %r15, 8;
    setp.lt.s32 %p1, %r15, %r1;
    @%p1 bra LOOP;

    mov.u32 %r16, %r3;
    shl.b32 %r16, %r16, 6;
    add.s32 %r16, %r16, %r2;
    mul.wide.u32 %rd7, %r16, {item};
    add.s64 %rd7, %rd3, %rd7;
    abs.f{bits} %f4, %f1;
    sqrt.rn.f{bits} %f5, %f4;
    div.rn.f{bits} %f6, %f1, %f5;
    setp.lt.f{bits} %p2, %f1, {zero};
    selp.f{bits} %f7, %f6, %f1, %p2;
    st.global.f{bits} [%rd7], %f7;
    ret;
}}
"""


def product_text(bits: int) -> str:
    """c = a b by tiles of 8 x 8, a row of `a` by vectors; then each c < 0 becomes c / sqrt(-c)."""
    item = bits // 8
    per_load = 16 // item
    steps = []
    for k in range(8):
        if k % per_load == 0:
            parts = ", ".join(f"%f{8 + i}" for i in range(per_load))
            steps.append(f"ld.shared.v{per_load}.f{bits} {{{parts}}}, [%r12+{k * item}];")
        steps.append(f"ld.shared.f{bits} %f2, [%r13+{8 * k * item}];")
        steps.append(f"fma.rn.f{bits} %f1, %f{8 + k % per_load}, %f2, %f1;")
    log = {32: 2, 64: 3}[bits]
    zero = {32: "0f00000000", 64: "0d0000000000000000"}[bits]
    sizes = {"bits": bits, "item": item, "tile": 64 * item, "row": 8 * item, "log": log, "log_row": log + 3}
    return HEAD + PRODUCT.format(**sizes, zero=zero, steps="\n".join(steps))


def product(text: str, dtype: type, blocks: int = 3, n: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """What the kernel leaves, and what it should."""
    rng = np.random.default_rng(5)
    a = rng.standard_normal((8 * blocks, n)).astype(dtype)
    b = rng.standard_normal((n, 8)).astype(dtype)
    c = np.zeros((8 * blocks, 8), dtype)
    memory = Memory()
    for each in (a, b):
        memory.add(each, writable=False)
    memory.add(c)
    arguments = struct.pack("<QQQI", *(each.ctypes.data for each in (a, b, c)), n)
    launch(parse(text).kernels["product"], blocks, 64, arguments, memory)
    total = np.zeros_like(c)
    for k in range(n):
        total = floats.fma(a[:, k, None], b[k], total)
    return c, np.where(total < 0, total / np.sqrt(np.abs(total)), total)


@pytest.mark.parametrize(("bits", "dtype"), [(32, np.float32), (64, np.float64)])
def test_a_product_by_tiles_is_a_chain_of_fused_multiply_adds(bits: int, dtype: type) -> None:
    got, want = product(product_text(bits), dtype)
    assert got.tobytes() == want.tobytes()


@pytest.mark.parametrize("which", [0, 1])
def test_a_product_without_one_of_its_barriers_is_noticed(which: int) -> None:
    parts = product_text(32).split("bar.sync 0;")
    broken = "bar.sync 0;".join(parts[: which + 1]) + "bar.sync 0;".join(parts[which + 1 :])
    assert broken.count("bar.sync") == 1
    with pytest.raises(Race):
        product(broken, np.float32)
