"""The square root of the kernels (csrc/lanes/cuda.h), with whatever reciprocal root a GPU may give.

NVIDIA promises of `rsqrt.approx.ftz.f32` no more than a relative error of 2^-22.9 (PTX ISA, "rsqrt"). Every
reciprocal root within it is tried here, for every mantissa (other exponents only scale). The result is the rounded
root but for two of 2^24 mantissas, and there for one neighbour of the best reciprocal root. ptxas's own sqrt.rn,
which NVIDIA promises to be right, takes the same steps, so that its GPUs do not give that neighbour;
tests/cuda/test_gpu_roots.py tries every number on the GPU that is there.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

APPROXIMATION_ERROR = 2.0**-22.9
EVERY = 2**24  # the float32 of [1, 4)
CHUNK = 2**19
# Each with one reciprocal root, the upper neighbour of the rounded one.
NEED_MORE = {float.fromhex("0x1.f822940p0"): 1, float.fromhex("0x1.dd26e40p1"): 1}

Floats: TypeAlias = NDArray[np.float32]


def root(x: Floats, y: Floats) -> Floats:
    """As csrc/lanes/cuda.h: `fma(fma(-s, s, x), y / 2, s)` with s = x y, `y` close to x ** -1/2."""
    s = x * y
    # In float64 exact, but for the rounding to float32.
    error = (x.astype(np.float64) - s.astype(np.float64) ** 2).astype(np.float32)
    step = error.astype(np.float64) * (np.float32(0.5) * y)
    total = s + step
    # Rounded to odd, a sum keeps which side of a float32's tie it is on.
    lost = step - (total - s)
    bits = total.view(np.int64)
    odd = np.where((lost != 0) & (bits % 2 == 0), bits + np.sign(lost).astype(np.int64), bits)
    return odd.view(np.float64).astype(np.float32)


def wrong(x: Floats, function: Callable[[Floats, Floats], Floats] = root) -> dict[float, int]:
    """For which `x` some allowed reciprocal root does not give the rounded root, and how many."""
    exact = x.astype(np.float64) ** -0.5
    nearest = exact.astype(np.float32)
    expected = np.sqrt(x)
    count: Counter[float] = Counter()
    for ulps in range(-4, 5):
        y = (nearest.view(np.int32) + np.int32(ulps)).view(np.float32)
        allowed = np.abs(y - exact) <= APPROXIMATION_ERROR * exact
        count.update(x[(function(x, y) != expected) & allowed].tolist())
    return dict(count)


def mantissas(first: int, count: int, step: int = 1) -> Floats:
    bits = np.arange(first, first + count * step, step, dtype=np.int32)
    return (bits + np.float32(1).view(np.int32)).view(np.float32)


def test_root_of_a_sample_and_of_both_ends() -> None:
    assert wrong(mantissas(0, EVERY // 61, 61)) == {}
    assert wrong(mantissas(0, 2000)) == {}
    assert wrong(mantissas(EVERY - 2000, 2000)) == {}


@pytest.mark.slow
def test_two_mantissas_need_more_than_is_promised() -> None:
    found: dict[float, int] = {}
    for first in range(0, EVERY, CHUNK):
        found |= wrong(mantissas(first, CHUNK))
    assert found == NEED_MORE


def test_a_product_alone_is_noticed() -> None:
    assert len(wrong(mantissas(0, 10000), lambda x, y: x * y)) > 1000
