"""fans.py: which axes count, in every layout."""

from __future__ import annotations

import numpy as np
import pytest

from fastinit import compute_fans

KERNELS = [(), (3,), (3, 5), (2, 3, 4)]


@pytest.mark.parametrize("kernel", KERNELS)
def test_layouts_agree(kernel: tuple[int, ...]) -> None:
    receptive = int(np.prod(kernel, dtype=int))
    expected = (7 * receptive, 11 * receptive)
    assert compute_fans((*kernel, 7, 11)) == expected
    assert compute_fans((*kernel, 7, 11), layout="keras") == expected
    assert compute_fans((11, 7, *kernel), layout="torch") == expected


def test_axes_replace_the_layout() -> None:
    assert compute_fans((2, 3, 5, 7), in_axis=0, out_axis=1) == (2 * 35, 3 * 35)
    assert compute_fans((2, 3, 5, 7), in_axis=(0, 1), out_axis=[2, 3]) == (6, 35)
    assert compute_fans((2, 3, 5, 7), in_axis=-3, out_axis=np.int64(-1)) == (3 * 10, 7 * 10)


def test_batch_axes_count_for_nothing() -> None:
    assert compute_fans((2, 3, 5, 7), batch_axis=0) == (5 * 3, 7 * 3)
    assert compute_fans((2, 3, 5, 7), batch_axis=(0, 1)) == (5, 7)


def test_one_axis_given_the_other_is_the_layouts() -> None:
    assert compute_fans((2, 3, 5), in_axis=0) == (2 * 3, 5 * 3)
    assert compute_fans((2, 3, 5), layout="torch", in_axis=2) == (5 * 3, 2 * 3)


def test_sizes_of_zero_and_beyond_64_bits_are_numbers_like_others() -> None:
    assert compute_fans((0, 4)) == (0, 4)
    assert compute_fans((2**31, 2**31)) == (2**31, 2**31)


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (
            {"shape": (3,)},
            ValueError,
            "`shape` must have two or more dimensions for fans, got (3,)",
        ),
        ({"shape": 3}, ValueError, "got 3; use `normal`"),
        ({"shape": ()}, ValueError, "`shape` must have two or more dimensions"),
        ({"layout": "tf"}, ValueError, "`layout` must be one of 'keras', 'torch', got 'tf'"),
        ({"layout": None}, TypeError, "`layout` must be one of 'keras', 'torch', got None"),
        (
            {"in_axis": 2},
            ValueError,
            "`in_axis` must be an int in [-2, 1], got 2; the shape (3, 4) has",
        ),
        ({"out_axis": -3}, ValueError, "`out_axis` must be an int in [-2, 1], got -3"),
        ({"batch_axis": (5,)}, ValueError, "`batch_axis` must be an int in [-2, 1], got 5"),
        ({"in_axis": True}, TypeError, "`in_axis` must be an int in [-2, 1], got True"),
        ({"in_axis": 0.0}, TypeError, "`in_axis` must be an int in [-2, 1], got 0.0"),
        ({"in_axis": "0"}, TypeError, "`in_axis` must be an int in [-2, 1], got '0'"),
        (
            {"in_axis": 1},
            ValueError,
            "`out_axis` must not repeat an axis, got -1; axis 1 is already in `in_axis`",
        ),
        (
            {"in_axis": (0, -2)},
            ValueError,
            "`in_axis` must not repeat an axis, got (0, -2); axis 0 is already in `in_axis`",
        ),
        (
            {"batch_axis": 0},
            ValueError,
            "`batch_axis` must not repeat an axis, got 0; axis 0 is already in `in_axis`",
        ),
    ],
)
def test_errors(arguments: dict[str, object], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        compute_fans(**{"shape": (3, 4), **arguments})  # type: ignore[arg-type]
    assert message in str(caught.value)
