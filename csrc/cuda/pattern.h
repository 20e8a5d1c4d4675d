// Constants on a GPU: copies of one item, a 128-bit store a thread at a time.
#pragma once

#include <cstdint>

#include "cuda/kernel.h"

namespace fastinit {

struct PatternArguments {
  unsigned char* target;
  std::uint64_t bytes;
  std::uint64_t line[2];  // the bytes of any group: a group's size is a multiple of the item's
  std::uint64_t head;     // bytes before the first group, which are whole items
};

__global__ void __launch_bounds__(kThreads) pattern_kernel(const __grid_constant__ PatternArguments arguments) {
  const std::uint64_t thread = std::uint64_t{blockIdx.x} * kThreads + threadIdx.x;
  const std::uint64_t threads = std::uint64_t{gridDim.x} * kThreads;
  const std::uint64_t groups = (arguments.bytes - arguments.head) / kGroupBytes;
  const std::uint64_t tail = arguments.head + groups * kGroupBytes;
  auto* body = reinterpret_cast<ulonglong2*>(arguments.target + arguments.head);
  for (std::uint64_t i = thread; i < groups; i += threads) {
    body[i] = make_ulonglong2(arguments.line[0], arguments.line[1]);
  }
  // The bytes left at both ends are fewer than two groups have. The address of a byte gives its place in its item.
  const std::uint64_t ends = arguments.head + (arguments.bytes - tail);
  for (std::uint64_t i = thread; i < ends; i += threads) {
    const std::uint64_t at = i < arguments.head ? i : tail + (i - arguments.head);
    const auto place = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(arguments.target + at) % 8);
    arguments.target[at] = static_cast<unsigned char>(arguments.line[0] >> (8 * place));
  }
}

}  // namespace fastinit
