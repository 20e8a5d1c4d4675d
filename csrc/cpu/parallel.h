// Splits work over threads: OpenMP where it is alive, plain threads in a forked child.
#pragma once

#include <cstdint>
#include <functional>

#include "fill.h"

namespace fastinit {

// Calls piece(k) for k in [0, pieces) on up to `threads` threads, each k once, in no fixed order.
// False where the interrupt, which only the calling thread asks, stopped it early.
bool for_each_piece(std::uint64_t pieces, int threads, const std::function<void(std::uint64_t)>& piece,
                    Interrupt interrupt);

}  // namespace fastinit
