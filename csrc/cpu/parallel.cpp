#include "cpu/parallel.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#endif
#if __has_include(<pthread.h>)
#include <pthread.h>
#endif

namespace fastinit {
namespace {

constexpr std::chrono::milliseconds kInterruptInterval{50};

std::atomic<int> chosen_threads{0};  // 0: not chosen

// GNU OpenMP keeps a pool of threads that a forked child inherits as a record only: its next parallel
// region would wait for them for ever. The child therefore starts plain threads.
std::atomic<bool> forked{false};
#if __has_include(<pthread.h>)
[[maybe_unused]] const int fork_handler = pthread_atfork(nullptr, nullptr, [] { forked = true; });
#endif

void run_on_threads(int threads, const std::function<void(bool is_caller)>& work) {
#ifdef _OPENMP
  if (!forked) {
#pragma omp parallel num_threads(threads)
    work(omp_get_thread_num() == 0);
    return;
  }
#endif
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(work, false);
  work(true);
  for (std::thread& other : others) other.join();
}

}  // namespace

void set_num_threads(int threads) { chosen_threads = threads; }

int num_threads() {
  const int chosen = chosen_threads;
  if (chosen > 0) return chosen;
#ifdef _OPENMP
  return omp_get_max_threads();
#else
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
#endif
}

bool for_each_piece(std::uint64_t pieces, int threads, const std::function<void(std::uint64_t)>& piece,
                    Interrupt interrupt) {
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> stopped{false};
  const auto work = [&](bool is_caller) {
    auto asked_at = std::chrono::steady_clock::now();
    for (std::uint64_t k = next++; k < pieces && !stopped; k = next++) {
      piece(k);
      if (!is_caller || interrupt.asked == nullptr) continue;
      const auto now = std::chrono::steady_clock::now();
      if (now - asked_at < kInterruptInterval) continue;
      asked_at = now;
      if (interrupt.asked(interrupt.context)) stopped = true;
    }
  };
  if (threads > 1 && pieces > 1) {
    run_on_threads(threads, work);
  } else {
    work(true);
  }
  return !stopped;
}

}  // namespace fastinit
