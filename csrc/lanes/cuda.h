// The lane type of CUDA device code: one Philox block per thread, computed as in the scalar lane type. Only functions
// for which a GPU has better instructions are replaced here, and their results are the same.
#pragma once

#include "lanes/scalar.h"

namespace fastinit {

template <class Base>
struct CudaLane : Base {
  using Real = typename Base::Real;
  static constexpr bool kFastSubnormals = true;
  static __device__ float one_below_zero(float a) {
    float result;
    asm("set.lt.f32.f32 %0, %1, 0f00000000;" : "=f"(result) : "f"(a));
    return result;
  }
  static __device__ double one_below_zero(double a) { return Base::one_below_zero(a); }
  // The same instructions as in ptxas' expansion of sqrt.rn: an approximate reciprocal root and one step of Newton's
  // method, which makes the result correctly rounded (tests/cuda/test_roots.py). ptxas adds a check of the range, which
  // takes five of its ten issue slots. It is not needed here, because the callers check the range.
  static __device__ float sqrt(float a) {
    float y;
    asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(a));
    const float s = a * y;
    return fmaf(fmaf(-s, s, a), 0.5f * y, s);
  }
  static __device__ double sqrt(double a) { return Base::sqrt(a); }
  static __device__ Real clamp(Real x, Real low, Real high) { return fmax(fmin(x, high), low); }
};

// A type of its own, so that Two (lanes/pack.h) doubles it as a whole: a pass then needs fewer registers.
struct CudaPairLane32 : PackLane<CudaLane<ScalarLane32>, 2> {};

struct CudaLanes : ScalarLanes {
  // A product as two registers. With a 64-bit integer, the compiler would keep halves alive that are no longer needed.
  struct Wide {
    std::uint32_t low, high;
    friend constexpr Wide operator^(Wide a, Wide b) { return {a.low ^ b.low, a.high}; }
  };
  using Lane32 = CudaPairLane32;
  using Lane64 = CudaLane<ScalarLane64>;

  static constexpr Wide set_wide(std::uint64_t value) { return {static_cast<std::uint32_t>(value), 0}; }
  // Written as one instruction, because the compiler sometimes splits it into two.
  static __device__ Wide multiply_low(Wide a, std::uint32_t b) {
    Wide result;
    asm("{ .reg .b64 product; mul.wide.u32 product, %2, %3; mov.b64 {%0, %1}, product; }"
        : "=r"(result.low), "=r"(result.high)
        : "r"(a.low), "r"(b));
    return result;
  }
  static constexpr Wide high_half(Wide a) { return {a.high, 0}; }
  // The low halves of both, `high` above `low`.
  template <class Word>
  static constexpr Word merge(Wide low, Wide high) {
    return ScalarLanes::merge<Word>(low.low, std::uint64_t{high.low});
  }
};

}  // namespace fastinit
