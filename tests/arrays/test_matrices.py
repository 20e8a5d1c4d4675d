"""matrices.py: orthogonality, identity, dirac, sparsity."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import fastinit
from fastinit.fill import draw
from fastinit.formulas import FORMULAS

MATRIX_SHAPES = [(4, 4), (7, 3), (3, 7), (3, 3, 4, 5), (2, 9, 4), (1, 1), (6, 1)]


@pytest.mark.parametrize("shape", MATRIX_SHAPES)
@pytest.mark.parametrize("layout", ["keras", "torch"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_orthogonal(shape: tuple[int, ...], layout: str, dtype: str) -> None:
    drawn = fastinit.orthogonal(shape, gain=1.5, layout=layout, dtype=dtype, seed=1)
    rows = shape[0] if layout == "torch" else int(np.prod(shape[:-1]))
    matrix = drawn.reshape(rows, -1).astype(np.float64)
    product = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    tolerance = 1e-13 if dtype == "float64" else 1e-5
    np.testing.assert_allclose(product, 2.25 * np.eye(len(product)), atol=tolerance)


def test_orthogonal_is_uniform_over_rotations() -> None:
    # Without the fix of signs the first column of QR's Q has a fixed sign.
    firsts = [fastinit.orthogonal((3, 3), seed=seed)[0, 0] for seed in range(400)]
    assert abs(np.mean(firsts)) < 0.1
    assert np.var(firsts) == pytest.approx(1 / 3, abs=0.06)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float8_e4m3fn"])
def test_narrow_types_are_rounded_once(dtype: str) -> None:
    single = fastinit.orthogonal((8, 8), seed=2)
    narrow = fastinit.orthogonal((8, 8), seed=2, dtype=dtype)
    assert narrow.tobytes() == single.astype(narrow.dtype).tobytes()


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 0, 3), (0, 0)])
def test_empty_orthogonal(shape: tuple[int, ...]) -> None:
    assert fastinit.orthogonal(shape, seed=1).shape == shape


@pytest.mark.parametrize("kernel", [(3,), (4, 5), (1, 2, 3)])
@pytest.mark.parametrize("layout", ["keras", "torch"])
def test_delta_orthogonal(kernel: tuple[int, ...], layout: str) -> None:
    shape = (*kernel, 3, 6) if layout == "keras" else (6, 3, *kernel)
    drawn = fastinit.delta_orthogonal(shape, gain=2.0, layout=layout, seed=1, dtype="float64")
    channels_last = drawn if layout == "keras" else np.moveaxis(drawn, (1, 0), (-2, -1))
    centre = tuple((n - 1) // 2 for n in kernel)
    matrix = channels_last[centre]
    np.testing.assert_allclose(matrix @ matrix.T, 4 * np.eye(3), atol=1e-13)
    rest = channels_last.copy()
    rest[centre] = 0
    assert not rest.any()


def test_identity() -> None:
    for shape in ((3, 3), (2, 4), (4, 2), (0, 3)):
        drawn = fastinit.identity(shape, gain=-2.5, dtype="float16")
        np.testing.assert_array_equal(drawn, -2.5 * np.eye(*shape))


@pytest.mark.parametrize("kernel", [(3,), (4, 5), (1, 2, 3)])
@pytest.mark.parametrize(("inputs", "outputs"), [(4, 4), (2, 4), (6, 4)])
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_dirac(kernel: tuple[int, ...], inputs: int, outputs: int, groups: int) -> None:
    keras = fastinit.dirac((*kernel, inputs, outputs), groups=groups)
    torch = fastinit.dirac((outputs, inputs, *kernel), groups=groups, layout="torch")
    np.testing.assert_array_equal(np.moveaxis(torch, (1, 0), (-2, -1)), keras)
    expected = np.zeros((inputs, outputs))
    each = outputs // groups
    for output in range(outputs):
        if output % each < inputs:
            expected[output % each, output] = 1
    np.testing.assert_array_equal(keras[tuple(n // 2 for n in kernel)], expected)
    assert keras.sum() == expected.sum()


@pytest.mark.parametrize(("sparsity", "zeros"), [(0, 0), (0.1, 1), (0.25, 3), (0.5, 5), (0.91, 10), (1, 10)])
def test_sparse(sparsity: float, zeros: int) -> None:
    drawn = fastinit.sparse((10, 200), sparsity=sparsity, std=0.5, seed=1)
    assert ((drawn == 0).sum(axis=0) == zeros).all()
    values = fastinit.normal((10, 200), std=0.5, seed=1)
    np.testing.assert_array_equal(drawn[drawn != 0], values[drawn != 0])
    if 0 < zeros < 10:  # every row is chosen about equally often
        share = (drawn == 0).mean(axis=1)
        assert np.abs(share - zeros / 10).max() < 0.12


def test_zeros_of_sparse_do_not_depend_on_the_values() -> None:
    drawn = fastinit.sparse((2000, 20), sparsity=0.5, std=1.0, seed=1)
    assert abs(drawn[drawn != 0].mean()) < 0.05
    assert drawn[drawn != 0].std() == pytest.approx(1.0, abs=0.03)


def test_part_of_a_matrix_beyond_any_memory() -> None:
    with pytest.raises(MemoryError, match="`shape` must leave memory for its reflectors"):
        fastinit.orthogonal((2**44, 2**10), index=np.s_[:2, :2], seed=1)
    part = fastinit.identity((2**30, 2**30), index=np.s_[2:4, 1:4])
    np.testing.assert_array_equal(part, [[0, 1, 0], [0, 0, 1]])
    part = fastinit.sparse((10, 2**50), sparsity=0.5, index=np.s_[:, -3:], seed=1)
    assert ((part == 0).sum(axis=0) == 5).all()


def test_rows_and_columns_far_apart_in_a_tensor() -> None:
    """An axis between others, which only JAX's orthogonal initializers take."""
    spec = dataclasses.replace(FORMULAS["orthogonal"]((3, 40, 5)), axis=1)
    last = fastinit.orthogonal((3, 5, 40), seed=1)
    drawn = draw(spec, (3, 40, 5), seed=1).owner
    np.testing.assert_array_equal(drawn, np.moveaxis(last, -1, 1))
    part = draw(spec, (3, 40, 5), seed=1, index=np.s_[1:, 5:30, 2]).owner
    np.testing.assert_array_equal(part, drawn[1:, 5:30, 2])


@pytest.mark.parametrize(
    ("name", "arguments", "kind", "message"),
    [
        (
            "orthogonal",
            {"shape": (3,)},
            ValueError,
            "`shape` must have 2 or more dimensions, got (3,)",
        ),
        ("orthogonal", {"gain": float("nan")}, ValueError, "`gain` must not be NaN, got nan"),
        ("orthogonal", {"gain": "1"}, TypeError, "`gain` must be a real number, got '1'"),
        (
            "orthogonal",
            {"layout": "tf"},
            ValueError,
            "`layout` must be one of 'keras', 'torch', got 'tf'",
        ),
        (
            "orthogonal",
            {"in_axis": 0},
            TypeError,
            "orthogonal() has no argument `in_axis`; it takes gain",
        ),
        (
            "delta_orthogonal",
            {"shape": (3, 4)},
            ValueError,
            "`shape` must have 3 to 5 dimensions, got (3, 4)",
        ),
        (
            "delta_orthogonal",
            {"shape": (1,) * 6},
            ValueError,
            "`shape` must have 3 to 5 dimensions",
        ),
        (
            "delta_orthogonal",
            {"shape": (3, 4, 2)},
            ValueError,
            "`shape` must have no more inputs than outputs, got (3, 4, 2)",
        ),
        (
            "identity",
            {"shape": (3, 3, 3)},
            ValueError,
            "`shape` must have 2 dimensions, got (3, 3, 3)",
        ),
        ("identity", {"gain": float("inf")}, ValueError, "`gain` must be finite, got inf"),
        ("dirac", {"shape": (3, 3)}, ValueError, "`shape` must have 3 to 5 dimensions, got (3, 3)"),
        (
            "dirac",
            {"shape": (3, 3, 4), "groups": 3},
            ValueError,
            "`groups` must divide the number of outputs, 4, got 3",
        ),
        (
            "dirac",
            {"shape": (3, 3, 4), "groups": 0},
            ValueError,
            "`groups` must be an int in [1, 2**64 - 1]",
        ),
        ("dirac", {"shape": (3, 3, 4), "groups": 1.0}, TypeError, "`groups` must be an int in [1"),
        ("sparse", {"sparsity": 1.5}, ValueError, "`sparsity` must be in [0, 1], got 1.5"),
        ("sparse", {"sparsity": -0.1}, ValueError, "`sparsity` must be in [0, 1], got -0.1"),
        ("sparse", {"sparsity": None}, TypeError, "`sparsity` must be a real number, got None"),
        (
            "sparse",
            {"sparsity": 0.5, "std": -1.0},
            ValueError,
            "`std` must be finite and >= 0, got -1.0",
        ),
        (
            "sparse",
            {"sparsity": 0.5, "shape": 3},
            ValueError,
            "`shape` must have 2 dimensions, got 3",
        ),
        ("sparse", {"sparsity": 0.5, "dtype": "int8"}, TypeError, "`dtype` must be one of float64"),
    ],
)
def test_errors(name: str, arguments: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        getattr(fastinit, name)(**{"shape": (4, 4), "seed": 1, **arguments})
    assert message in str(caught.value)
