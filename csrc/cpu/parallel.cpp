#include "cpu/parallel.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
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

std::atomic<int> chosen_threads{0};  // 0 if none was chosen

// A forked child inherits GNU OpenMP's pool of threads as a record only, so its next parallel region would wait for
// those threads for ever. The child therefore starts plain threads.
std::atomic<bool> forked{false};
#if __has_include(<pthread.h>)
[[maybe_unused]] const int fork_handler = pthread_atfork(nullptr, nullptr, [] { forked = true; });
#endif

// Starts threads in addition to the caller's, each with the same work: as many as wanted, or as many as the system
// allows.
class Others {
 public:
  Others(int wanted, const std::function<void()>& work) {
    threads_.reserve(static_cast<std::size_t>(wanted));
    try {
      for (int i = 0; i < wanted; ++i) threads_.emplace_back(work);
    } catch (const std::exception&) {  // a limit on processes or on memory
    }
  }
  Others(const Others&) = delete;
  Others& operator=(const Others&) = delete;
  ~Others() {
    for (std::thread& thread : threads_) thread.join();
  }
  int count() const { return static_cast<int>(threads_.size()); }

 private:
  std::vector<std::thread> threads_;
};

#ifdef _OPENMP
// The size of the last OpenMP team of the calling thread. Its threads wait for the next parallel region.
thread_local int team_threads = 1;

// How many threads a team can have. OpenMP ends the process if it cannot make a thread. The threads that it still has
// to make are therefore made here first, all at once, and ended again.
int possible_team(int wanted) {
  if (wanted <= team_threads) return wanted;
  std::mutex held;
  std::unique_lock<std::mutex> until_all_are_made(held);
  const Others others(wanted - team_threads, [&] { const std::lock_guard<std::mutex> wait(held); });
  until_all_are_made.unlock();
  return team_threads + others.count();
}
#endif

void run_on_threads(int threads, const std::function<void()>& work) {
#ifdef _OPENMP
  if (!forked) {
    const int team = possible_team(threads);
#pragma omp parallel num_threads(team)
    {
      if (omp_get_thread_num() == 0) team_threads = omp_get_num_threads();
      work();
    }
    return;
  }
#endif
  const Others others(threads - 1, work);
  work();
}

}  // namespace

void set_num_threads(int threads) { chosen_threads = threads; }

int num_threads() {
  const int chosen = chosen_threads;
  if (chosen > 0) return chosen;
#ifdef _OPENMP
  const int most = omp_get_max_threads();
#else
  const int most = static_cast<int>(std::thread::hardware_concurrency());
#endif
  return std::clamp(most, 1, kMostThreads);
}

bool in_turns(int threads, const std::function<void(const Turn&)>& work, const std::function<bool()>& done,
              Interrupt interrupt) {
  while (true) {
    const Turn turn(interrupt.asked != nullptr);
    if (threads > 1) {
      run_on_threads(threads, [&] { work(turn); });
    } else {
      work(turn);
    }
    if (done()) return true;
    // No other thread is at work now. A signal handler may fork, and the child then has only this thread.
    if (interrupt.asked != nullptr && interrupt.asked(interrupt.context)) return false;
  }
}

bool for_each_piece(std::uint64_t pieces, int threads, const std::function<void(std::uint64_t)>& piece,
                    Interrupt interrupt) {
  std::atomic<std::uint64_t> next{0};
  const auto work = [&](const Turn& turn) {
    for (std::uint64_t k = next++; k < pieces; k = next++) {
      piece(k);
      if (turn.is_over()) return;
    }
  };
  return in_turns(pieces > 1 ? threads : 1, work, [&] { return next >= pieces; }, interrupt);
}

}  // namespace fastinit
