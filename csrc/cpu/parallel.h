// Splits work over threads: OpenMP where it is alive, plain threads in a forked child.
#pragma once

#include <cstdint>
#include <functional>

#include "fill.h"

namespace fastinit {

// More than a machine has processors; each may need a stack of 8 MiB.
constexpr int kMostThreads = 1024;

// Calls piece(k) for k in [0, pieces) on up to `threads` threads, each k once, in no fixed order; on fewer
// threads where no more can be made. False where the interrupt, which the calling thread asks while no other is
// at work, stopped it early.
bool for_each_piece(std::uint64_t pieces, int threads, const std::function<void(std::uint64_t)>& piece,
                    Interrupt interrupt);

}  // namespace fastinit
