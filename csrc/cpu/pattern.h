// Constants: copies of one item, at the speed of memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fastinit {

// Writes `bytes` bytes, a multiple of `item` (1, 2, 4 or 8): copies of the low `item` bytes of `bits`. `streaming`: the
// stores bypass the caches.
void write_pattern(unsigned char* target, std::size_t bytes, std::uint64_t bits, std::size_t item, bool streaming);

}  // namespace fastinit
