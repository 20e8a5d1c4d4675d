// Divides work among threads: OpenMP's where they can be used, plain threads in a forked child.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "fill.h"

namespace fastinit {

// More threads than any machine has processors. Each may need a stack of 8 MiB.
constexpr int kMostThreads = 1024;

// How long threads work before the interrupt is asked.
class Turn {
 public:
  explicit Turn(bool ends) : ends_(ends), end_(std::chrono::steady_clock::now() + kInterval) {}
  bool is_over() const { return ends_ && std::chrono::steady_clock::now() >= end_; }

 private:
  static constexpr std::chrono::milliseconds kInterval{50};
  bool ends_;
  std::chrono::steady_clock::time_point end_;
};

// Calls work(turn) on up to `threads` threads at once, or on fewer if no more can be made, turn after turn until
// done(). Between turns, while no other thread is at work, the calling thread asks the interrupt. Returns false if the
// interrupt stopped the work early.
bool in_turns(int threads, const std::function<void(const Turn&)>& work, const std::function<bool()>& done,
              Interrupt interrupt);

// Calls piece(k) once for each k in [0, pieces), in no fixed order, on up to `threads` threads.
bool for_each_piece(std::uint64_t pieces, int threads, const std::function<void(std::uint64_t)>& piece,
                    Interrupt interrupt);

}  // namespace fastinit
