"""Orthogonal matrices a second time: NumPy, operation by operation as docs/streams.md has them.

The normals are the core's, which tests/core/reference.py models; fused multiply-adds are exact ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import fastinit
from tests.cuda.ptx.floats import fma

Matrix = NDArray[Any]
BLOCK = 32
SUMS = 16


def orthogonal(rows: int, columns: int, *, gain: float, dtype: str, seed: int, stream: int) -> Matrix:
    """A matrix with orthonormal rows or columns, times `gain`."""
    length, count = max(rows, columns), min(rows, columns)
    vectors, tau, signs = reflectors(length, count, dtype, seed, stream)
    a = np.zeros((length, count), dtype)
    a[np.arange(count), np.arange(count)] = signs[:count]
    for first in reversed(range(0, count, BLOCK)):
        v = vectors[first:, first : first + BLOCK]
        t = triangular_factor(v, tau[first : first + BLOCK])
        below = a[first:]
        u = product(t.T, product(v, below))
        for r in range(BLOCK):
            below[:] = fma(-v[:, r, None], u[r], below)
    a *= a.dtype.type(gain)
    return a if rows >= columns else a.T


def reflectors(length: int, count: int, dtype: str, seed: int, stream: int) -> tuple[Matrix, Matrix, Matrix]:
    """V by columns, tau and d, with reflectors of zeros up to whole blocks."""
    normals = fastinit.normal((count, length), dtype=dtype, seed=seed, stream=stream)
    v = np.zeros((length, -(-count // BLOCK) * BLOCK), dtype)
    v[:, :count] = np.triu(normals).T
    norms = np.sqrt(sums_of_squares(v))
    heads = np.arange(count)
    signs = np.where(v[heads, heads] < 0, 1, -1).astype(dtype)
    v[heads, heads] -= signs * norms[:count]
    sums = sums_of_squares(v)
    two = v.dtype.type(2)
    return v, np.divide(two, sums, out=np.zeros_like(sums), where=sums > 0), signs


def sums_of_squares(v: Matrix) -> Matrix:
    parts = np.zeros((SUMS, v.shape[1]), v.dtype)
    for i, row in enumerate(v):
        parts[i % SUMS] = fma(row, row, parts[i % SUMS])
    while len(parts) > 1:
        parts = parts[: len(parts) // 2] + parts[len(parts) // 2 :]
    return parts[0]


def triangular_factor(v: Matrix, tau: Matrix) -> Matrix:
    gram = product(v, v)
    t = np.zeros((BLOCK, BLOCK), v.dtype)
    for s in range(BLOCK):
        column = np.zeros(BLOCK, v.dtype)
        for q in range(s):
            column = fma(t[:, q], gram[q, s], column)
        t[:s, s] = -(column[:s] * tau[s])
        t[s, s] = tau[s]
    return t


def product(v: Matrix, b: Matrix) -> Matrix:
    """The transpose of v times b, each element one chain in ascending order."""
    result = np.zeros((v.shape[1], b.shape[1]), v.dtype)
    for left, right in zip(v, b, strict=True):
        result = fma(left[:, None], right, result)
    return result
