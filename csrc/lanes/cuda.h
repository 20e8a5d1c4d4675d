// The lane type of CUDA device code: one Philox block a thread, computed as the scalar lane type does. Only
// what a GPU has better instructions for is said anew, with the same results.
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
  // As ptxas expands sqrt.rn: an approximate reciprocal root and one step of Newton's, which makes the result the
  // correctly rounded one (tests/cuda/test_roots.py). ptxas adds a check of the range, which the callers' makes
  // needless: five of its ten issue slots.
  static __device__ float sqrt(float a) {
    float y;
    asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(a));
    const float s = a * y;
    return fmaf(fmaf(-s, s, a), 0.5f * y, s);
  }
  static __device__ double sqrt(double a) { return Base::sqrt(a); }
  static __device__ Real clamp(Real x, Real low, Real high) { return fmax(fmin(x, high), low); }
};

// A type of its own, which Two (lanes/pack.h) doubles as a whole: a pass then takes fewer registers.
struct CudaPairLane32 : PackLane<CudaLane<ScalarLane32>, 2> {};

struct CudaLanes : ScalarLanes {
  // A product as two registers: of a 64-bit integer the compiler keeps the dropped halves alive.
  struct Wide {
    std::uint32_t low, high;
    friend constexpr Wide operator^(Wide a, Wide b) { return {a.low ^ b.low, a.high}; }
  };
  using Lane32 = CudaPairLane32;
  using Lane64 = CudaLane<ScalarLane64>;

  static constexpr Wide set_wide(std::uint64_t value) { return {static_cast<std::uint32_t>(value), 0}; }
  // One instruction, which the compiler would now and then cut in two.
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
