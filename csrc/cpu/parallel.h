// Splits work over threads: OpenMP where it is alive, plain threads in a forked child.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "fill.h"

namespace fastinit {

// More than a machine has processors; each may need a stack of 8 MiB.
constexpr int kMostThreads = 1024;

// How long threads may go on before the interrupt is asked.
class Turn {
 public:
  explicit Turn(bool ends) : ends_(ends), end_(std::chrono::steady_clock::now() + kInterval) {}
  bool is_over() const { return ends_ && std::chrono::steady_clock::now() >= end_; }

 private:
  static constexpr std::chrono::milliseconds kInterval{50};
  bool ends_;
  std::chrono::steady_clock::time_point end_;
};

// Calls work(turn) on up to `threads` threads at once, on fewer where no more can be made, turn after turn until
// done(). False where the interrupt, which the calling thread asks between turns, while no other is at work, stopped
// it early.
bool in_turns(int threads, const std::function<void(const Turn&)>& work, const std::function<bool()>& done,
              Interrupt interrupt);

// Calls piece(k) for k in [0, pieces) on up to `threads` threads, each k once, in no fixed order.
bool for_each_piece(std::uint64_t pieces, int threads, const std::function<void(std::uint64_t)>& piece,
                    Interrupt interrupt);

}  // namespace fastinit
