"""The kernels' PTX, run by the interpreter, leaves the CPU's bytes and touches nothing else.

No GPU takes part: what ptxas makes of the PTX, and the hardware, are beyond these tests.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastinit import _core
from tests.core.corefill import CASES, DTYPES, FLOATS, PRESET
from tests.cuda.ptx import fills, kernels, mutants
from tests.cuda.ptx.errors import PtxError, UnknownInstruction
from tests.cuda.ptx.fills import GUARD, Fill
from tests.cuda.ptx.parser import parse
from tools.cuda_audit.listing import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cuda.ptx.syntax import Kernel

TARGETS = tuple(kernels.modules())
NEWEST = TARGETS[-1]
EVERY = {  # name: distribution and parameters; every kernel is some case's
    "bits": ("bits", ()),
    **{name: (name, user) for name, user in CASES.items()},
    "inexact uniform": ("uniform", (-0.1, 0.7)),
    "skew": ("truncated_normal", (-1.0, 0.5, -0.5, 3.0)),
    "far": ("truncated_normal", (0.0, 1.0, 1.0, 9.5)),
}
EVERY_CASE = [(name, dtype) for name in EVERY for dtype in FLOATS if name != "bits"]
EVERY_CASE += [("bits", "uint32")]


def check(fill: Fill, target: str = NEWEST, grid: int | None = None) -> None:
    fills.check(fill, target, grid)


# Every kernel.


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("case", "dtype"), EVERY_CASE)
def test_every_kernel_leaves_the_cpus_bytes(case: str, dtype: str, target: str) -> None:
    distribution, user = EVERY[case]
    # An odd run from inside a block, across the wrap of the counter's low word.
    start = 2**34 - 2**10 + 1 if dtype != "float64" else 2**33 - 2**10 + 1
    check(Fill(distribution, dtype, user, start=start, run=4099, skip=1), target)


def test_every_kernel_of_the_extension_is_some_case() -> None:
    launched = {kernels.PATTERN}
    for case, dtype in EVERY_CASE:
        distribution, user = EVERY[case]
        fill = Fill(distribution, dtype, user)
        launched.add(fill.plan(fill.room()[1])[0])
    for dtype in FLOATS:
        box = (0, 1, (), ())
        spec = _core.OrthogonalSpec(dtype, 0, 0, 1.0, 1, 1, box, box, 1, 1)
        launched.update(launch[0] for launch in _core.cuda_orthogonal_launches(0, spec, 0, 1))
        drawn = _core.FillSpec("uniform", dtype, 0, 0, (1.0, 2.0), 0, 1, (), ())
        transformed = _core.TransformedSpec(drawn, (("log", ()),))
        launched.update(launch[0] for launch in _core.cuda_transformed_launches(4096, transformed, 8192, 1))
    for text in (text for texts in kernels.modules().values() for text in texts):
        for entry in kernels.ENTRY.findall(text):
            found = key_of(entry)
            assert (found.method, found.dtype) in launched, entry


# Where a fill begins and ends.


@pytest.mark.parametrize("case", [("normal", "float32"), ("uniform", "bfloat16"), ("normal", "float64")])
@pytest.mark.parametrize("run", [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 127, 129, 511, 1025])
def test_odd_sizes(case: tuple[str, str], run: int) -> None:
    check(Fill(*case, start=run % 7, run=run))
    check(Fill(*case, start=4 * run, run=run, skip=1))


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "float8_e5m2"])
def test_any_alignment_of_the_target_and_the_start(dtype: str) -> None:
    for skip in range(16 // DTYPES[dtype].itemsize):
        for start in range(4):
            check(Fill("uniform", dtype, start=start, run=203, skip=skip))


STARTS = [2**32 - 3, 2**32, 2**33 - 5, 2**34 - 5, 3 * 2**34 - 77, 2**40 + 1, 2**64 - 200]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float64"])
def test_indices_beyond_32_bits(dtype: str, start: int) -> None:
    check(Fill("normal", dtype, start=start, run=200))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float64"])
@pytest.mark.parametrize(
    ("run", "extents", "strides"),
    [
        (1, (301,), (7,)),
        (3, (5, 7), (1000, 11)),
        (37, (2, 3, 4), (2**35, 2**33 - 1, 41)),
        (64, (9,), (2**34 - 3,)),
        (129, (3, 1, 2), (5, 10**12, 131)),
        (1, (), ()),
    ],
)
def test_boxes(run: int, extents: tuple[int, ...], strides: tuple[int, ...], dtype: str) -> None:
    check(Fill("normal", dtype, start=2**33 - 50, run=run, extents=extents, strides=strides, skip=1))


def test_extents_beyond_32_bits_divide_in_64() -> None:
    # No memory holds such a box; the arguments of a small one are made to tell of a larger. The
    # first extent only ever divides smaller numbers, and the strides' part stays the same.
    fill = Fill("normal", "float32", start=5, run=3, extents=(211, 2), strides=(1009, 17))
    small, large = (n.to_bytes(8, "little") for n in (211, 211 + 2**40))
    memory, target = fill.room()
    key, grid, block, arguments = fill.plan(target)
    assert arguments.count(small) == 1
    kernels.run((key, grid, block, arguments.replace(small, large)), target, NEWEST)
    np.testing.assert_array_equal(target, fills.by_cpu(fill))
    assert (memory == PRESET).sum() >= memory.size - target.size


# How a fill is shared out.


@pytest.mark.parametrize("grid", [1, 2, 3, 7, 64])
def test_any_grid_leaves_the_same_bytes(grid: int) -> None:
    check(Fill("uniform", "float32", start=3, run=9001, skip=3), grid=grid)
    check(Fill("uniform", "bfloat16", run=33, extents=(21, 9), strides=(10**6, 50)), grid=grid)


@pytest.mark.parametrize("multiprocessors", [1, 2, 30, 132, 1000])
def test_any_gpu_leaves_the_same_bytes(multiprocessors: int) -> None:
    check(Fill("uniform", "float32", start=1, run=20011, skip=1, multiprocessors=multiprocessors))


def test_empty_fills_launch_nothing() -> None:
    fill = Fill(run=0)
    assert fill.plan(fill.room()[1])[1] == 0
    check(fill)
    check(Fill(run=5, extents=(3, 0), strides=(9, 9)))


def long_fill(case: str, dtype: str) -> Fill:
    """In step with 128-bit stores, in pieces long enough for the main loop to repeat."""
    distribution, user = EVERY[case]
    item = DTYPES[dtype].itemsize
    return Fill(
        distribution,
        dtype,
        user,
        start=5,
        run=mutants.LONG_BYTES // item,
        skip=5 * item % 16 // item,
    )


@pytest.mark.parametrize(
    ("case", "dtype"),
    [("normal", "float32"), ("far", "bfloat16"), ("normal", "float64"), ("uniform", "float8_e5m2")],
)
def test_long_pieces_leave_the_cpus_bytes(case: str, dtype: str) -> None:
    check(long_fill(case, dtype))


# Unusual parameters.


@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
@pytest.mark.parametrize(
    ("distribution", "user"),
    [
        ("normal", (0.0, 0.0)),
        ("normal", (-0.0, 0.0)),
        ("normal", (1.0, 1e-30)),
        ("normal", (3e4, 3e4)),
        ("uniform", (0.0, 1.0)),
        ("uniform", (-1.0, 0.0)),
        ("uniform", (2.5, 2.5)),
        ("uniform", (-3e38, 3e38)),
        ("uniform", (1e-42, 3e-42)),
        ("truncated_normal", (0.0, 1.0, -math.inf, math.inf)),
        ("truncated_normal", (0.0, 1.0, 1.5, math.inf)),
        ("truncated_normal", (0.0, 1.0, -math.inf, -4.0)),
        ("truncated_normal", (1.0, 2.0, 6.0, 7.0)),
        ("truncated_normal", (0.0, 1.0, -9.5, -9.0)),
        ("truncated_normal", (0.0, 1.0, -12.0, 12.0)),
    ],
)
def test_unusual_parameters(distribution: str, user: tuple[float, ...], dtype: str) -> None:
    check(Fill(distribution, dtype, user, run=2050))


# Patterns.


@pytest.mark.parametrize("itemsize", [1, 2, 4, 8])
def test_patterns(itemsize: int) -> None:
    bits = 0x0123456789ABCDEF
    item = np.array([bits % 2 ** (8 * itemsize)], f"u{itemsize}").tobytes()
    for skip in range(0, 16, itemsize):
        for count in (0, 1, 2, 3, 17, 700):
            memory = np.full(count * itemsize + 3 * GUARD, PRESET, np.uint8)
            begin = GUARD + -memory.ctypes.data % 16 + skip
            target = memory[begin : begin + count * itemsize]
            planned = _core.cuda_pattern_launch(target.ctypes.data, count, bits, itemsize, 2)
            kernels.run(planned, target, NEWEST)
            expected = np.full_like(memory, PRESET)
            expected[begin : begin + count * itemsize] = np.frombuffer(item * count, np.uint8)
            np.testing.assert_array_equal(memory, expected)


# Broken kernels must be caught.

BROKEN = Fill("normal", "float32", (0.5, 1.25), start=1, run=9001, skip=1)


def edited(pattern: str, replacement: str, most: int = 12) -> Iterator[Kernel]:
    """The kernel with one place that matches changed, for some of the places."""
    text = broken_source()
    places = [*re.finditer(pattern, text)]
    assert places
    for m in places[:: -(-len(places) // most)]:
        yield only_kernel(text[: m.start()] + m.expand(replacement) + text[m.end() :])


def broken_source() -> str:
    return kernels.source(NEWEST, BROKEN.plan(BROKEN.room()[1])[0])


def only_kernel(text: str) -> Kernel:
    (kernel,) = parse(text).kernels.values()
    return kernel


def test_contraction_is_caught() -> None:
    # With contraction allowed nvcc leaves the rounding out, so that the assembler may fuse.
    for bare in edited(r"(mul|add|sub)\.rn\.f32", r"\1.f32"):
        with pytest.raises(UnknownInstruction, match=r"known with \.rn only"):
            fills.check(BROKEN, bare)


def test_multiply_adds_that_round_twice_are_caught() -> None:
    pattern = r"fma\.rn\.f32\s+(%\w+), ([%\w]+), ([%\w]+), ([%\w]+);"
    halves = r"{ .reg .b32 h; mul.rn.f32 h, \2, \3; add.rn.f32 \1, h, \4; }"
    assert fills.notices(BROKEN, only_kernel(re.sub(pattern, halves, broken_source())))
    assert any(fills.notices(BROKEN, kernel) for kernel in edited(pattern, halves))


def test_an_approximate_square_root_is_caught() -> None:
    for approximate in edited(r"rsqrt\.approx\.ftz\.f32", "sqrt.approx.f32"):
        with pytest.raises(UnknownInstruction, match="sqrt"):
            fills.check(BROKEN, approximate)
    # And one that is not corrected: the correction is a multiple of half the reciprocal root.
    halved, nothing = r"mul\.rn\.f32\s+(%\w+), (%\w+), 0f3F000000;", r"mov.b32 \1, 0f00000000;"
    assert fills.notices(BROKEN, only_kernel(re.sub(halved, nothing, broken_source())))


def goes_wrong(fill: Fill, kernel: Kernel) -> bool:
    """Whether the bytes or a check of the interpreter tell that a kernel is broken."""
    try:
        return fills.notices(fill, kernel)
    except PtxError:
        return True


@pytest.mark.parametrize(("old", "new"), [("lt", "le"), ("ge", "gt")])
def test_an_off_by_one_tail_is_caught(old: str, new: str) -> None:
    broken = edited(rf"setp\.{old}\.u(32|64)", rf"setp.{new}.u\1")
    assert any(goes_wrong(BROKEN, kernel) for kernel in broken)


def test_a_wrong_step_of_the_main_loop_is_caught() -> None:
    long, step = long_fill("normal", "float32"), 4 * 32 * 16  # groups in flight, lanes, bytes
    broken = [*edited(rf"(add\.s64\s+(%rd\d+), \2), {step};", rf"\1, {step + 16};")]
    assert all(goes_wrong(long, kernel) for kernel in broken)


@pytest.mark.parametrize("key", [("Normal", "float32"), ("Uniform", "bfloat16")])
def test_most_of_a_sample_of_mutants_is_noticed(key: tuple[str, str]) -> None:
    report = mutants.examine(key, NEWEST, sample=30)
    assert report.reached > 0.8
    assert report.noticed > 0.5
