// How a fill is cut into pieces, for threads or for warps.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fastinit {

struct Range {
  std::uint64_t first, count;  // in items
};

// `count` items, cut into pieces whose ends are at multiples of the piece's size in memory.
struct Pieces {
  std::uint64_t piece;  // in items; a power of two in bytes
  std::uint64_t lead;   // items between the last such multiple before the target and the target
  std::uint64_t count;

  // The piece's size is the smallest power of two that reaches `wanted_bytes`, within limits that are powers too.
  static Pieces make(const void* target, std::uint64_t count, std::size_t item, std::uint64_t wanted_bytes,
                     std::uint64_t smallest_bytes, std::uint64_t largest_bytes) {
    std::uint64_t bytes = smallest_bytes;
    while (bytes < largest_bytes && bytes < wanted_bytes) bytes *= 2;
    const std::uint64_t piece = bytes / item;
    return {piece, reinterpret_cast<std::uintptr_t>(target) / item % piece, count};
  }

  constexpr std::uint64_t size() const { return (lead + count + piece - 1) / piece; }
  constexpr Range range(std::uint64_t k) const {
    const std::uint64_t first = k == 0 ? 0 : k * piece - lead;
    const std::uint64_t end = (k + 1) * piece - lead;
    return {first, (end < count ? end : count) - first};
  }
};

}  // namespace fastinit
