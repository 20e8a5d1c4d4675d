"""The kernels' square root on a real GPU, against the hardware's own sqrt.rn. These need an NVIDIA GPU."""

from __future__ import annotations

import pytest

from tests.cuda.gpu import needs_gpu  # noqa: F401 - fixtures are found by name

cupy = pytest.importorskip("cupy")
pytestmark = [pytest.mark.cuda, pytest.mark.usefixtures("needs_gpu")]

# As csrc/lanes/cuda.h has it.
SOURCE = r"""
extern "C" __global__ void count_wrong(unsigned first, unsigned count, unsigned long long* wrong) {
  const unsigned stride = gridDim.x * blockDim.x;
  for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += stride) {
    const float a = __uint_as_float(first + i);
    float y;
    asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(a));
    const float s = __fmul_rn(a, y);
    const float root = __fmaf_rn(__fmaf_rn(-s, s, a), __fmul_rn(0.5f, y), s);
    if (__float_as_uint(root) != __float_as_uint(__fsqrt_rn(a))) atomicAdd(wrong, 1ull);
  }
}
"""
SMALLEST, LARGEST = (127 - 100) << 23, (127 + 100) << 23  # 2^-100 and 2^100 as bits


def count_wrong(first: int, count: int) -> int:
    wrong = cupy.zeros(1, cupy.uint64)
    kernel = cupy.RawKernel(SOURCE, "count_wrong", options=("--fmad=false",))
    arguments = (cupy.uint32(first), cupy.uint32(count), wrong)
    kernel((4096,), (256,), arguments)
    return int(wrong[0])


def test_every_number_in_range() -> None:
    assert count_wrong(SMALLEST, LARGEST - SMALLEST + 1) == 0
    assert count_wrong(0, 1) == 1  # 0 is out of range, so that wrong roots are counted
