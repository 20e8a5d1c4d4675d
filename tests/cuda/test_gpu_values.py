"""Values on a real GPU: every method and element type, any place and part, and no write outside.

`pytest -m cuda`; tests/cuda/gpu.py says how GPU and CPU are compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastinit
from fastinit.buffers import Buffer
from fastinit.cuda import Gpu
from fastinit.dtypes import FLOATS
from fastinit.fill import fill_buffer
from fastinit.index import index_box, whole_box
from tests.core.test_transforms import CASES, of_case
from tests.cuda.gpu import (  # noqa: F401 - fixtures are found by name
    BESIDE,
    DRAWN,
    METHODS,
    QUIET,
    Memory,
    draw,
    element_of,
    needs_gpu,
)

cupy = pytest.importorskip("cupy")
pytestmark = [pytest.mark.cuda, pytest.mark.usefixtures("needs_gpu"), QUIET]

# Around what one store, one warp, one piece and one block of threads write, for elements of 1 to 8 bytes.
SIZES = [
    *range(36),
    *(size + off for size in (64, 128, 256, 512, 1024, 2048, 4096, 2**16) for off in (-1, 0, 1, 5)),
    10**6 + 3,
]
# More bytes than the smallest pieces cover, so that pieces grow.
LARGE_BYTES = 90 * 2**20
STREAMS = st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 2**32 - 1, 2**32, 2**64 - 1])


@pytest.mark.parametrize(("method", "dtype"), DRAWN)
def test_every_method_type_and_size(method: str, dtype: str) -> None:
    itemsize = element_of(dtype).itemsize
    memory = Memory(sum((size + 8) * itemsize + BESIDE for size in SIZES) + BESIDE)
    first_byte = BESIDE
    for place, size in enumerate(SIZES):
        first_byte += place % 8 * itemsize  # every alignment
        memory.draw(method, size, dtype, first_byte, seed=place)
        first_byte += size * itemsize
        first_byte += -first_byte % 8 + BESIDE - 56
    assert memory.is_same()


@pytest.mark.parametrize(
    ("method", "dtype"),
    [d for d in DRAWN if d[1] in ("uint32", "float32")] + [("normal", "float64"), ("normal", "float16")],
)
def test_pieces_of_a_large_fill(method: str, dtype: str) -> None:
    itemsize = element_of(dtype).itemsize
    memory = Memory(LARGE_BYTES + 2 * BESIDE)
    memory.draw(method, LARGE_BYTES // itemsize - 3, dtype, BESIDE + itemsize)
    assert memory.is_same()


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float8_e4m3fn"])
@pytest.mark.parametrize("name", ["he_normal", "glorot_uniform", "lecun_normal"])
def test_initializers_with_fans(name: str, dtype: str) -> None:
    options: dict[str, Any] = {"dtype": dtype, "seed": 3, "stream": "w"}
    if name != "glorot_uniform":
        options["truncated"] = True
    for layout in ("keras", "torch"):
        expected = getattr(fastinit, name)((3, 3, 16, 21), layout=layout, **options)
        held = cupy.zeros(expected.nbytes, cupy.uint8)
        out = held if expected.itemsize == 1 else held.view(expected.dtype)
        out = out.reshape(expected.shape)
        getattr(fastinit, name)((3, 3, 16, 21), layout=layout, out=out, **options)
        assert out.tobytes() == expected.tobytes()


@st.composite
def part_of(draw_from: st.DrawFn, size: int, most: int) -> Any:
    """An index of one dimension: an int, or a slice of at most `most` elements."""
    if draw_from(st.booleans()) and draw_from(st.booleans()):
        return draw_from(st.integers(-size, size - 1))
    count = draw_from(st.integers(0 if most < 5 else 1, min(size, most)))
    first = draw_from(st.integers(0, size - count))
    return slice(first, first + count)


@st.composite
def boxes(draw_from: st.DrawFn) -> tuple[tuple[int, ...], tuple[Any, ...]]:
    """A shape, beyond any memory perhaps, and the index of a small part of it."""
    most = {1: [5000], 2: [70, 300], 3: [7, 30, 100], 4: [4, 5, 9, 40]}
    limits = most[draw_from(st.integers(1, 4))]
    shape, index = [], []
    for limit in limits:
        size = draw_from(st.integers(1, limit) | st.integers(1, 2**15))
        shape.append(size)
        index.append(draw_from(part_of(size, limit)))
    return tuple(shape), tuple(index)


@settings(max_examples=1000)
@given(
    drawn=st.sampled_from(DRAWN),
    box=boxes(),
    offset=st.integers(0, 17),
    seed=STREAMS,
    stream=STREAMS | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
def test_any_box_place_seed_and_stream(
    drawn: tuple[str, str], box: Any, offset: int, seed: int, stream: int | str
) -> None:
    method, dtype = drawn
    shape, index = box
    itemsize = element_of(dtype).itemsize
    count = index_box(index, shape).size
    memory = Memory(count * itemsize + 2 * BESIDE + offset * itemsize)
    memory.draw(method, shape, dtype, BESIDE + offset * itemsize, index=index, seed=seed, stream=stream)
    assert memory.is_same()


# Blocks are of two elements of float64 and of four of the others; their numbers pass 2^32 there.
@pytest.mark.parametrize(
    ("method", "dtype"),
    [d for d in DRAWN if not METHODS[d[0]][0].startswith(("const", "zer", "one"))],
)
def test_where_the_low_word_of_the_block_wraps(method: str, dtype: str) -> None:
    itemsize = element_of(dtype).itemsize
    for wrap in (2**31, 2**32, 2**33, 2**34, 2**35, 2**62):
        for before, after, offset in ((5, 9, 0), (6, 1, 3), (4097, 70001, 1)):
            memory = Memory(2 * BESIDE + (before + after + offset) * itemsize)
            index = np.s_[wrap - before : wrap + after]
            memory.draw(method, 2**62 + 2**20, dtype, BESIDE + offset * itemsize, index=index)
            assert memory.is_same()


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float8_e5m2"])
def test_rows_on_both_sides_of_the_wrap(dtype: str) -> None:
    columns = 2**17 + 1
    itemsize = element_of(dtype).itemsize
    row = (2**33 if dtype == "float64" else 2**34) // columns
    index = np.s_[row - 20 : row + 20, columns - 3001 : columns - 4]
    memory = Memory(2 * BESIDE + 40 * 2997 * itemsize)
    memory.draw("truncated_wide", (2**18, columns), dtype, BESIDE + itemsize, index=index)
    assert memory.is_same()


def test_new_words_are_the_cpus() -> None:
    drawn = draw("words", (3, 5), "uint32", device="cuda")
    assert drawn.dtype == np.uint32
    assert drawn.tobytes() == draw("words", (3, 5), "uint32").tobytes()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("case", CASES)
def test_transformed_draws(case: str, dtype: str) -> None:
    spec, element = of_case(case), FLOATS[dtype]
    for size in (1, 33, 10**6 + 3):
        box = whole_box((size,))
        on_cpu, on_gpu = np.zeros(size * element.itemsize, np.uint8), cupy.zeros(size * element.itemsize, cupy.uint8)
        fill_buffer(spec, Buffer(on_cpu.ctypes.data, (size,), element, on_cpu), box, seed=3)
        gpu = Gpu(on_gpu.device.id, cupy.cuda.get_current_stream().ptr)
        fill_buffer(spec, Buffer(on_gpu.data.ptr, (size,), element, on_gpu, gpu=gpu), box, seed=3)
        assert on_gpu.tobytes() == on_cpu.tobytes()
