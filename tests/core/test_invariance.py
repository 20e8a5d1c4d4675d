"""The same bits on every path: instruction set, threads, split, box, alignment, environment."""

from __future__ import annotations

import ctypes
import ctypes.util
import hashlib
import itertools
import pathlib
import platform
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastinit
from fastinit import _core
from tests.core import corefill

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

KINDS = [(distribution, dtype) for distribution in corefill.CASES for dtype in corefill.FLOATS] + [("bits", "uint32")]
PLACE: dict[str, Any] = {"seed": 0xDEADBEEF01234567, "stream": 0x0123456789ABCDEF}
GUARD = 64  # bytes kept on either side of what is filled

each_kind = pytest.mark.parametrize(("distribution", "dtype"), KINDS)


def draw(distribution: str, dtype: str, count: int, start: int = 0) -> NDArray[Any]:
    user = corefill.CASES.get(distribution, ())
    return corefill.draw(distribution, dtype, user, count, start=start, **PLACE)


def fill_guarded(
    distribution: str,
    dtype: str,
    offset: int,
    start: int,
    run: int,
    extents: tuple[int, ...] = (),
    strides: tuple[int, ...] = (),
) -> NDArray[Any]:
    """Fill `offset` bytes past an aligned address; fail if a byte outside the range changes."""
    kind = corefill.DTYPES[dtype]
    size = run * int(np.prod(extents, dtype=np.int64)) * kind.itemsize
    store = np.full(size + 2 * GUARD + 4096, corefill.PRESET, np.uint8)
    first = -store.ctypes.data % 64 + GUARD + offset
    user = corefill.CASES.get(distribution, ())
    parameters = corefill.core_parameters(distribution, user)
    place = (PLACE["seed"], PLACE["stream"], parameters, start, run, extents, strides)
    _core.fill(store.ctypes.data + first, _core.FillSpec(distribution, dtype, *place))
    assert (store[:first] == corefill.PRESET).all(), "written before the range"
    assert (store[first + size :] == corefill.PRESET).all(), "written past the range"
    return store[first : first + size].copy().view(kind)


@each_kind
def test_every_instruction_set_gives_the_same_bits(distribution: str, dtype: str) -> None:
    with corefill.isa("scalar"):
        expected = draw(distribution, dtype, 300_007, start=3)
    for name in corefill.usable_isas():
        with corefill.isa(name):
            corefill.assert_same_bits(draw(distribution, dtype, 300_007, start=3), expected)


def test_chosen_words_give_the_same_bits_on_every_instruction_set() -> None:
    """Rare words too: both ends, powers of two, every pairing of them."""
    edges = np.array(
        sorted({(s * (1 << k) + d) % 2**32 for k in range(32) for d in (-1, 0, 1) for s in (1, -1)}),
        np.uint32,
    )
    words = np.stack(np.meshgrid(edges, edges, indexing="ij"), axis=-1).reshape(-1)
    words = np.concatenate([words, np.repeat(words[-1:], -len(words) % 4)])
    users = {
        "uniform": [(-1.0, 1.0), (0.1, 0.3)],
        "normal": [(0.0, 1.0), (2.0, 1e-3)],
        "truncated_normal": [
            (0.0, 1.0, a, b) for a, b in [(-2, 2), (-np.inf, np.inf), (5, 6), (8, np.inf), (-0.1, 0.1), (-3, 1)]
        ],
    }
    for dtype in corefill.FLOATS:
        for distribution, cases in users.items():
            for user in cases:
                with corefill.isa("scalar"):
                    expected = corefill.transform(distribution, dtype, words, user)
                for name in corefill.usable_isas()[1:]:
                    with corefill.isa(name):
                        got = corefill.transform(distribution, dtype, words, user)
                    corefill.assert_same_bits(got, expected)


@each_kind
def test_any_number_of_threads_gives_the_same_bits(distribution: str, dtype: str) -> None:
    with corefill.threads(1):
        expected = draw(distribution, dtype, 1_000_003, start=1)
    for count in (2, 3, 5, 16):
        with corefill.threads(count):
            assert _core.get_num_threads() == count
            corefill.assert_same_bits(draw(distribution, dtype, 1_000_003, start=1), expected)


@each_kind
def test_any_start_gives_the_same_bits(distribution: str, dtype: str) -> None:
    whole = draw(distribution, dtype, 700)
    for name in corefill.usable_isas():
        with corefill.isa(name):
            for start in range(41):
                for count in (*range(20), 31, 64, 257, 600):
                    part = draw(distribution, dtype, count, start=start)
                    corefill.assert_same_bits(part, whole[start : start + count])


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(KINDS),
    st.integers(1, 300_000),
    st.lists(st.floats(0, 1), max_size=8),
    st.sampled_from(corefill.usable_isas()),
)
def test_split_fill_equals_whole(kind: tuple[str, str], count: int, cuts: list[float], name: str) -> None:
    """However a tensor is cut into shards, each shard holds its part of the whole."""
    edges = [0, *sorted(int(c * count) for c in cuts), count]
    with corefill.isa(name):
        whole = draw(*kind, count)
        parts = [draw(*kind, b - a, start=a) for a, b in itertools.pairwise(edges)]
    corefill.assert_same_bits(np.concatenate(parts), whole)


BOXES: list[tuple[tuple[int, ...], tuple[slice, ...]]] = [
    ((37, 53), (slice(3, 30), slice(5, 41))),
    ((37, 53), (slice(0, 37), slice(52, 53))),
    ((7, 11, 13), (slice(1, 6), slice(2, 9), slice(3, 10))),
    ((7, 11, 13), (slice(6, 7), slice(0, 11), slice(0, 1))),
    ((3, 4, 5, 6), (slice(1, 3), slice(1, 2), slice(0, 4), slice(2, 6))),
    ((2, 3, 2, 3, 7), (slice(0, 2), slice(1, 3), slice(1, 2), slice(0, 3), slice(4, 7))),
    ((300, 4097), (slice(7, 290), slice(1, 4096))),
]


@each_kind
@pytest.mark.parametrize(("shape", "box"), BOXES)
def test_any_box_equals_that_part_of_the_whole(
    distribution: str, dtype: str, shape: tuple[int, ...], box: tuple[slice, ...]
) -> None:
    whole = draw(distribution, dtype, int(np.prod(shape))).reshape(shape)
    steps = [int(np.prod(shape[k + 1 :])) for k in range(len(shape))]
    start = sum(part.start * step for part, step in zip(box, steps, strict=True))
    extents = tuple(part.stop - part.start for part in box)
    for name in corefill.usable_isas():
        with corefill.isa(name):
            got = fill_guarded(distribution, dtype, 0, start, extents[-1], extents[:-1], tuple(steps[:-1]))
        corefill.assert_same_bits(got.reshape(extents), np.ascontiguousarray(whole[box]))


@each_kind
def test_empty_boxes_write_nothing(distribution: str, dtype: str) -> None:
    for run, extents, strides in [
        (0, (), ()),
        (0, (3,), (5,)),
        (4, (0,), (5,)),
        (4, (2, 0), (9, 5)),
    ]:
        assert fill_guarded(distribution, dtype, 0, 7, run, extents, strides).size == 0


@each_kind
def test_any_alignment_gives_the_same_bits_and_touches_nothing_else(distribution: str, dtype: str) -> None:
    itemsize = corefill.DTYPES[dtype].itemsize
    whole = draw(distribution, dtype, 2000)
    for name in corefill.usable_isas():
        with corefill.isa(name):
            for offset in range(0, 64, itemsize):
                for start, run in [(0, 1), (0, 4), (1, 7), (2, 33), (3, 130), (5, 1029)]:
                    got = fill_guarded(distribution, dtype, offset, start, run)
                    corefill.assert_same_bits(got, whole[start : start + run])


@each_kind
def test_long_fills_at_any_alignment(distribution: str, dtype: str) -> None:
    """Sizes at which wide stores that bypass the cache and the thread split come into play."""
    itemsize = corefill.DTYPES[dtype].itemsize
    whole = draw(distribution, dtype, 400_100)
    for offset in sorted({0, itemsize, 3 * itemsize, 16 + itemsize, 64 - itemsize}):
        for start, run in [(0, 400_000), (1, 399_999), (7, 262_147)]:
            got = fill_guarded(distribution, dtype, offset, start, run)
            corefill.assert_same_bits(got, whole[start : start + run])


@each_kind
def test_flat_indices_past_2_to_the_32_blocks(distribution: str, dtype: str) -> None:
    """Across block 2^32 one range equals its pieces, on every instruction set."""
    per_block = 2 if dtype == "float64" else 4
    start = per_block * 2**32 - 501
    with corefill.isa("scalar"):
        pieces = [draw(distribution, dtype, 1, start=start + i) for i in range(1002)]
    for name in corefill.usable_isas():
        with corefill.isa(name):
            whole = draw(distribution, dtype, 1002, start=start)
        corefill.assert_same_bits(whole, np.concatenate(pieces))


def test_box_rows_far_apart() -> None:
    """A column of a tensor whose flat index passes 2^32: each row at its own 64-bit index."""
    step = 2**33 + 3
    got = fill_guarded("normal", "float32", 0, 2**34 + 1, 5, (4,), (step,)).reshape(4, 5)
    for row in range(4):
        expected = draw("normal", "float32", 5, start=2**34 + 1 + row * step)
        corefill.assert_same_bits(got[row], expected)


# ------------------------------------------------------------- the floating-point environment

FE_MODES = {"nearest": 0, "down": 0x400, "up": 0x800, "toward zero": 0xC00}  # x86
MXCSR_OFFSET = 28  # in glibc's fenv_t on x86-64
FLUSH_AND_DENORMALS_ZERO = 0x8040

on_x86_linux = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64") or sys.platform != "linux",
    reason="the numbers of the rounding modes and fenv_t are those of x86-64 Linux",
)


class Environment:
    """The C library's floating-point environment of this thread."""

    def __init__(self) -> None:
        self.libm = ctypes.CDLL(ctypes.util.find_library("m"))
        self.saved = ctypes.create_string_buffer(32)
        self.libm.fegetenv(self.saved)

    def rounding(self, mode: int) -> None:
        assert self.libm.fesetround(mode) == 0

    def flush_to_zero(self) -> None:
        changed = ctypes.create_string_buffer(self.saved.raw, 32)
        control = ctypes.c_uint32.from_buffer(changed, MXCSR_OFFSET)
        control.value |= FLUSH_AND_DENORMALS_ZERO
        self.libm.fesetenv(changed)

    def current(self) -> tuple[int, int]:
        """(rounding mode, MXCSR control bits)."""
        now = ctypes.create_string_buffer(32)
        self.libm.fegetenv(now)
        control = ctypes.c_uint32.from_buffer(now, MXCSR_OFFSET).value
        return self.libm.fegetround(), control & ~0x3F

    def restore(self) -> None:
        self.libm.fesetenv(self.saved)


def in_environment(change: Callable[[Environment], None], action: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """action() in a changed environment, which must still be the caller's afterwards."""
    environment = Environment()
    try:
        change(environment)
        before = environment.current()
        result = action()
        after = environment.current()
    finally:
        environment.restore()
    assert after == before, "the fill changed the caller's floating-point environment"
    return result


def sensitive_cases() -> list[tuple[str, str, tuple[float, ...]]]:
    """Draws whose arithmetic rounds everywhere and whose results are subnormal here and there."""
    cases = []
    for distribution, dtype in KINDS:
        tiny = {"float64": 1e-309, "bfloat16": 1e-39, "float32": 1e-39}.get(dtype, 1e-6)
        users: list[tuple[float, ...]] = {
            "uniform": [(-tiny, tiny), (0.1, 0.3)],
            "normal": [(0.0, tiny), (0.1, 0.7)],
            "truncated_normal": [
                (0.0, tiny, -2.0, 1.0),
                (0.5, 1.25, -2.0, 2.0),
                (0.0, 1.0, 8.0, np.inf),
            ],
            "bits": [()],
        }[distribution]
        cases += [(distribution, dtype, corefill.core_parameters(distribution, user)) for user in users]
    return cases


# Made in the ordinary environment: these numbers are the caller's, not the core's.
SENSITIVE = sensitive_cases()


def sensitive_draws() -> NDArray[Any]:
    """Short fills, and fills long enough for the thread split."""
    parts = []
    for distribution, dtype, parameters in SENSITIVE:
        for count in (37, 70_001):
            out = np.zeros(count, corefill.DTYPES[dtype])
            place = (PLACE["seed"], PLACE["stream"])
            spec = _core.FillSpec(distribution, dtype, *place, parameters, 1, count, (), ())
            _core.fill(out.ctypes.data, spec)
            parts.append(out.view(np.uint8))
    return np.concatenate(parts)


@pytest.fixture(scope="module")
def ordinary() -> NDArray[Any]:
    return sensitive_draws()


@on_x86_linux
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("name", corefill.usable_isas())
@pytest.mark.parametrize("mode", FE_MODES)
def test_rounding_mode_changes_nothing(mode: str, name: str, count: int, ordinary: NDArray[Any]) -> None:
    with corefill.isa(name), corefill.threads(count):
        got = in_environment(lambda e: e.rounding(FE_MODES[mode]), sensitive_draws)
    np.testing.assert_array_equal(got, ordinary)


@on_x86_linux
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("name", corefill.usable_isas())
def test_flush_to_zero_changes_nothing(name: str, count: int, ordinary: NDArray[Any]) -> None:
    with corefill.isa(name), corefill.threads(count):
        got = in_environment(Environment.flush_to_zero, sensitive_draws)
    np.testing.assert_array_equal(got, ordinary)


def derived_draws() -> NDArray[Any]:
    """Whole calls, for which Python derives std, bounds and limits without a cache."""
    fastinit.initializers._cached.cache_clear()
    draws = [
        fastinit.he_normal((7, 5), dtype="float64", seed=1),
        fastinit.glorot_uniform((11, 13), gain=0.3, dtype="float64", seed=1),
        fastinit.lecun_normal((17, 3), truncated=True, dtype="float64", seed=1),
        fastinit.truncated_normal(99, mean=0.1, std=0.7, lower=-1.3, upper=0.9, dtype="float64", seed=1),
    ]
    return np.concatenate([draw.ravel() for draw in draws])


@on_x86_linux
@pytest.mark.parametrize("mode", FE_MODES)
def test_rounding_mode_changes_nothing_that_python_derives(mode: str) -> None:
    got = in_environment(lambda e: e.rounding(FE_MODES[mode]), derived_draws)
    np.testing.assert_array_equal(got, derived_draws())


@on_x86_linux
def test_environment_inherited_by_new_threads_changes_nothing(ordinary: NDArray[Any]) -> None:
    """A process whose worker threads start while the environment is a changed one."""
    code = (
        "import hashlib, tests.core.test_invariance as t\n"
        "def change(e): e.flush_to_zero(); e.rounding(t.FE_MODES['up'])\n"
        "t._core.set_num_threads(2)\n"
        "print(hashlib.sha256(t.in_environment(change, t.sensitive_draws)).hexdigest())\n"
    )
    root = pathlib.Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=root)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split()[-1] == hashlib.sha256(ordinary).hexdigest()


@on_x86_linux
def test_changed_environment_would_show() -> None:
    """The environments used above do change ordinary arithmetic: the tests can fail."""
    third, tiny = np.float64(1), np.float64(5e-310)

    def quotient() -> NDArray[Any]:
        return np.array([third / np.float64(3), tiny * np.float64(1.5)])

    plain = quotient()
    upward = in_environment(lambda e: e.rounding(FE_MODES["up"]), quotient)
    flushed = in_environment(Environment.flush_to_zero, quotient)
    assert upward[0] != plain[0]
    assert flushed[1] == 0
    assert plain[1] != 0
