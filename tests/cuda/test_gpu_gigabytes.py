"""Gigabytes on a real GPU, every byte against the CPU's, and more elements than 32 bits count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.cuda.gpu import (  # noqa: F401 - fixtures are found by name
    BESIDE,
    PRESET,
    QUIET,
    draw,
    element_of,
    needs_gpu,
    typed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

cupy = pytest.importorskip("cupy")
pytestmark = [pytest.mark.cuda, pytest.mark.usefixtures("needs_gpu"), QUIET]

GIB = 2**30
CHUNK_BYTES = 2**28
MANY = 2**32 + 12345  # elements
SEEN = 10007  # elements of a slice that is compared


@pytest.fixture(autouse=True)
def _give_back() -> Iterator[None]:
    yield
    cupy.get_default_memory_pool().free_all_blocks()


def preset(size_bytes: int) -> Any:
    """Memory with bytes on both sides that nothing may touch, or a skip."""
    needed = size_bytes + 2 * BESIDE
    free, _ = cupy.cuda.runtime.memGetInfo()
    if free < needed + 2**28:
        pytest.skip(f"needs {needed} bytes of a GPU, {free} are free")
    return cupy.full(needed, PRESET, cupy.uint8)


def beside_is_kept(memory: Any) -> bool:
    return set(memory[:BESIDE].tobytes() + memory[-BESIDE:].tobytes()) == {PRESET}


@pytest.mark.parametrize(
    ("method", "dtype", "gibibytes"),
    [
        ("normal", "float32", 4),
        ("normal", "bfloat16", 4),
        ("truncated_central", "float32", 2),
        ("truncated_uneven", "float32", 1),
        ("uniform", "float32", 2),
        ("uniform_exact", "bfloat16", 1),
        ("normal", "float64", 2),
        ("normal_standard", "float8_e4m3fn", 1),
        ("words", "uint32", 1),
        ("constant", "float32", 1),
    ],
)
def test_every_byte_is_the_cpus(method: str, dtype: str, gibibytes: int) -> None:
    element = element_of(dtype)
    size_bytes = gibibytes * GIB
    count = size_bytes // element.itemsize
    memory = preset(size_bytes)
    held = memory[BESIDE:-BESIDE]
    draw(method, count, dtype, out=typed(held, dtype))

    step = CHUNK_BYTES // element.itemsize
    seen, expected = (np.empty(CHUNK_BYTES, np.uint8) for _ in range(2))
    for first in range(0, count, step):
        first_byte = first * element.itemsize
        held[first_byte : first_byte + CHUNK_BYTES].get(out=seen)
        index = np.s_[first : first + step]
        draw(method, count, dtype, index=index, out=expected.view(element.numpy))
        assert np.array_equal(seen.view(np.uint64), expected.view(np.uint64)), first
    assert beside_is_kept(memory)


@pytest.mark.parametrize(
    ("method", "dtype"),
    [("normal", "bfloat16"), ("truncated_wide", "float16"), ("uniform", "float8_e4m3fn")],
)
def test_more_elements_than_32_bits_count(method: str, dtype: str) -> None:
    element = element_of(dtype)
    memory = preset(MANY * element.itemsize)
    out = typed(memory[BESIDE:-BESIDE], dtype)
    draw(method, MANY, dtype, out=out)
    middles = (2**30, 2**31, 3 * 2**30, 2**32)
    firsts = [0, *(middle - SEEN // 2 for middle in middles), MANY - SEEN]
    firsts += np.random.default_rng(1).integers(0, MANY - SEEN, 20).tolist()
    for first in firsts:
        index = np.s_[first : first + SEEN]
        expected = draw(method, MANY, dtype, index=index)
        assert out[index].tobytes() == expected.tobytes(), first
    assert beside_is_kept(memory)


def test_a_constant_of_more_elements_than_32_bits_count() -> None:
    memory = preset(MANY * 2)
    out = typed(memory[BESIDE:-BESIDE], "float16")
    draw("constant", MANY, "float16", out=out)
    step = 2**29
    assert all((out[first : first + step] == 0.375).all() for first in range(0, MANY, step))
    assert beside_is_kept(memory)


def test_rows_of_a_large_matrix() -> None:
    """The part of a rank: 2 GiB whose rows lie apart in a whole of 8 GiB, every byte."""
    rows, columns, part = 2**15, 2**16, 2**14
    index = np.s_[:, 3 : 3 + part]
    memory = preset(rows * part * 4)
    out = typed(memory[BESIDE:-BESIDE], "float32").reshape(rows, part)
    draw("normal", (rows, columns), "float32", index=index, out=out)
    step = 2**12
    for first in range(0, rows, step):
        chunk = np.s_[first : first + step, 3 : 3 + part]
        expected = draw("normal", (rows, columns), "float32", index=chunk)
        seen = out[first : first + step].get()
        assert np.array_equal(seen.view(np.uint32), expected.view(np.uint32)), first
    assert beside_is_kept(memory)
