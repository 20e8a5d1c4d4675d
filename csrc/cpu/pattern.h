// Constants: copies of one item, at the speed of memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fastinit {

// `bytes`, a multiple of `item` (1, 2, 4 or 8), of copies of the low `item` bytes of `bits`. `streaming`: past the
// caches.
void write_pattern(unsigned char* target, std::size_t bytes, std::uint64_t bits, std::size_t item, bool streaming);

}  // namespace fastinit
