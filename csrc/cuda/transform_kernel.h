// The steps of a transform on a GPU: each thread takes one element at a time that a fill kernel has drawn, and computes
// in float64.
//
// The bits equal those of transform_loop.h because the steps and the rounding are the same code. tests/cuda/ptx
// executes the kernel without a GPU.
#pragma once

#include <cstdint>

#include "cuda/kernel.h"
#include "transforms.h"

namespace fastinit {

struct TransformArguments {
  const void* drawn;  // float32 or float64; may be the target
  void* target;
  std::uint64_t size;
  int count;
  Step steps[kMostSteps];
};

template <ElementType kType>
__global__ void __launch_bounds__(kThreads) transform_kernel(const __grid_constant__ TransformArguments arguments) {
  using Type = Element<kType>;
  using Drawn = std::conditional_t<Type::kDouble, double, float>;
  using RoundingLane = std::conditional_t<Type::kDouble, CudaLanes::Lane64, CudaLane<ScalarLane32>>;
  const std::uint64_t threads = std::uint64_t{gridDim.x} * kThreads;
  for (std::uint64_t i = std::uint64_t{blockIdx.x} * kThreads + threadIdx.x; i < arguments.size; i += threads) {
    double x = static_cast<const Drawn*>(arguments.drawn)[i];
#pragma unroll 1
    for (int k = 0; k < arguments.count; ++k) {
      with_step<CudaLanes::Lane64>(arguments.steps[k], [&](const auto& function) { x = function(x); });
    }
    static_cast<typename Type::Stored*>(arguments.target)[i] =
        static_cast<typename Type::Stored>(Type::template round<RoundingLane>(static_cast<Drawn>(x)));
  }
}

}  // namespace fastinit
