"""index.py: any part of a tensor is that part of the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastinit
from fastinit.index import Box, index_box
from tests.core import reference

DTYPES = ["float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"]


def flat_indices(box: Box) -> np.ndarray[Any, Any]:
    """The flat indices that the core walks, in order."""
    grid = np.array(box.start, dtype=object)
    for extent, stride in zip(box.extents, box.strides, strict=True):
        grid = grid[..., None] + np.arange(extent, dtype=object) * stride
    return np.asarray(grid[..., None] + np.arange(box.run, dtype=object)).reshape(-1)


@st.composite
def shapes_and_indices(draw: st.DrawFn) -> tuple[tuple[int, ...], Any]:
    shape = tuple(draw(st.lists(st.integers(0, 6), max_size=5)))
    bound = st.none() | st.integers(-9, 9)
    parts: list[Any] = []
    for size in shape[: draw(st.integers(0, len(shape)))]:
        some_slice = st.builds(slice, bound, bound, st.sampled_from([None, 1]))
        some_int = st.integers(-size, size - 1) if size else st.nothing()
        parts.append(draw(some_slice | some_int))
    if draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), ...)
        # Parts after `...` belong to the last dimensions: keep only what fits them.
        place = parts.index(...)
        tail = parts[place + 1 :]
        last = shape[len(shape) - len(tail) :]
        for at, (part, size) in enumerate(zip(tail, last, strict=True)):
            if isinstance(part, int) and not -size <= part < size:
                parts[place + 1 + at] = slice(None)
    return shape, tuple(parts)


@given(shapes_and_indices())
def test_box_is_what_numpy_cuts_out(case: tuple[tuple[int, ...], Any]) -> None:
    shape, index = case
    whole = np.arange(int(np.prod(shape, dtype=int))).reshape(shape)
    expected = np.asarray(whole[index])
    box = index_box(index, shape)
    assert box.shape == expected.shape
    assert box.size == expected.size
    np.testing.assert_array_equal(flat_indices(box), expected.reshape(-1))


@given(shapes_and_indices(), st.sampled_from(["float32", "float64", "bfloat16"]))
def test_part_equals_part_of_whole(case: tuple[tuple[int, ...], Any], dtype: str) -> None:
    shape, index = case
    for initializer in (fastinit.normal, fastinit.truncated_normal, fastinit.uniform):
        options: dict[str, Any] = {"seed": 5, "stream": "w", "dtype": dtype}
        whole = initializer(shape, **options)
        part = initializer(shape, **options, index=index)
        assert part.shape == np.asarray(whole[index]).shape
        assert part.tobytes() == whole[index].tobytes()


LONG = 70_001
WHOLE = {
    (name, dtype): getattr(fastinit, name)(LONG, seed=5, stream="w", dtype=dtype)
    for name in ("normal", "truncated_normal", "uniform")
    for dtype in DTYPES
}


@given(st.sampled_from(sorted(WHOLE)), st.integers(0, LONG), st.integers(0, LONG))
def test_any_range_of_a_long_tensor(case: tuple[str, str], start: int, stop: int) -> None:
    name, dtype = case
    index = slice(start, stop)
    part = getattr(fastinit, name)(LONG, seed=5, stream="w", dtype=dtype, index=index)
    assert part.tobytes() == WHOLE[case][index].tobytes()


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ((), Box((4, 5, 6), 0, 120, (), ())),
        (..., Box((4, 5, 6), 0, 120, (), ())),
        (slice(1, 3), Box((2, 5, 6), 30, 60, (), ())),
        (2, Box((5, 6), 60, 30, (), ())),
        (np.s_[:, 1:3], Box((4, 2, 6), 6, 12, (4,), (30,))),
        (np.s_[:, :, 1:3], Box((4, 5, 2), 1, 2, (20,), (6,))),
        (np.s_[..., 3], Box((4, 5), 3, 1, (20,), (6,))),
        (np.s_[1, 2, 3], Box((), 45, 1, (), ())),
        (np.s_[:, 2, 3], Box((4,), 15, 1, (4,), (30,))),
        (np.s_[1:3, 1:3, 1:3], Box((2, 2, 2), 37, 2, (2, 2), (30, 6))),
        (np.s_[:0, 3], Box((0, 6), 0, 0, (), ())),
        ((np.int8(1), np.uint64(2)), Box((6,), 42, 6, (), ())),
        (-1, Box((5, 6), 90, 30, (), ())),
        (np.s_[-2:, -100:100], Box((2, 5, 6), 60, 60, (), ())),
    ],
)
def test_adjacent_dimensions_are_merged(index: Any, expected: Box) -> None:
    assert index_box(index, (4, 5, 6)) == expected._replace(index=index)


def test_without_dimensions() -> None:
    assert index_box((), ()) == Box((), 0, 1, (), (), ())
    assert index_box(..., ()) == Box((), 0, 1, (), (), ...)
    assert fastinit.normal((), seed=1, index=...).shape == ()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("start", [2**32 - 5, 2**32 + 3, 2**34 - 2, 2**62 + 7])
def test_flat_index_beyond_32_bits(dtype: str, start: int) -> None:
    rows, columns = 2**40, 2**24  # 2^64 elements: the most there are
    low, high = divmod(start, columns)
    index = (low, slice(high, min(high + 9, columns)))
    part = fastinit.uniform((rows, columns), low=-1.0, high=1.0, seed=3, stream=4, dtype=dtype, index=index)
    word_source = reference.words64 if dtype == "float64" else reference.words32
    words = word_source(3, 4, start, part.size)
    expected = reference.uniform(words, -1.0, 1.0)
    tolerance = {"float64": 1e-15, "float32": 1e-7, "float16": 5e-4}.get(dtype, 0.13)
    np.testing.assert_allclose(part.astype(np.float64), expected.astype(np.float64), atol=tolerance)


def test_last_element_of_the_largest_tensor() -> None:
    shape = (2**32, 2**32)
    last = fastinit.random_bits(shape, seed=1, index=(-1, slice(-3, None)))
    np.testing.assert_array_equal(last, reference.words32(1, 0, 2**64 - 3, 3))


def test_box_over_many_rows_of_a_huge_tensor() -> None:
    shape = (2**20, 2**30)
    part = fastinit.random_bits(shape, seed=1, index=(slice(7, 10), slice(2**29 + 1, 2**29 + 6)))
    rows = [reference.words32(1, 0, row * 2**30 + 2**29 + 1, 5) for row in range(7, 10)]
    np.testing.assert_array_equal(part, np.stack(rows))


@pytest.mark.parametrize(
    ("index", "kind", "message"),
    [
        (None, TypeError, "`index` must be made of slices with step 1, ints and `...`"),
        (
            (None,),
            TypeError,
            "`index` must be made of slices with step 1, ints and `...`, got (None,)",
        ),
        (True, TypeError, "`index` must be made of slices"),
        (np.True_, TypeError, "`index` must be made of slices"),
        ([0, 1], TypeError, "got [0, 1]; index the result for anything else"),
        (np.array([0, 1]), TypeError, "`index` must be made of slices"),
        (1.0, TypeError, "`index` must be made of slices"),
        ("a", TypeError, "`index` must be made of slices"),
        (slice("a"), TypeError, "`index` must have slices of ints, got slice(None, 'a', None)"),
        (
            slice(0, 4, 2),
            ValueError,
            "`index` must have slices with step 1, got slice(0, 4, 2); draw",
        ),
        (slice(None, None, -1), ValueError, "`index` must have slices with step 1"),
        (slice(0, 4, 0), ValueError, "`index` must have slices with step 1"),
        ((..., ...), ValueError, "`index` must have at most one `...`, got (Ellipsis, Ellipsis)"),
        (
            (0, 0, 0),
            IndexError,
            "`index` must have at most 2 parts for shape (4, 5), got (0, 0, 0)",
        ),
        ((0, 0, 0, ...), IndexError, "`index` must have at most 2 parts for shape (4, 5)"),
        ((4,), IndexError, "`index` must stay inside the shape (4, 5), got (4,)"),
        ((0, -6), IndexError, "`index` must stay inside the shape (4, 5), got (0, -6)"),
    ],
)
def test_errors(index: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        index_box(index, (4, 5))
    assert message in str(caught.value)


def test_axis_longer_than_len_can_say() -> None:
    assert index_box(np.s_[:], (2**64 - 1,)).run == 2**64 - 1
    assert index_box(np.s_[2**63 + 5], (2**64 - 1,)).start == 2**63 + 5
