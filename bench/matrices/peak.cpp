// The multiply-adds a second that this machine's threads do at most: chains that depend on nothing but themselves.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#if defined(__AVX512F__)
constexpr int kBytes = 64;
#elif defined(__AVX__)
constexpr int kBytes = 32;
#else
constexpr int kBytes = 16;
#endif
using Vector = float __attribute__((vector_size(kBytes)));

constexpr int kChains = 12;  // more than two units of latency 4 need
constexpr long kSteps = 20'000'000;
volatile float factor = 0.999f, term = 0.001f;

void work() {
  const float a = factor, b = term;
  Vector chains[kChains];
  for (int c = 0; c < kChains; ++c) chains[c] = Vector{} + static_cast<float>(c) * b;  // or they would be one
  for (long i = 0; i < kSteps; ++i) {
#pragma GCC unroll 12
    for (int c = 0; c < kChains; ++c) chains[c] = chains[c] * a + b;  // -ffp-contract=fast
  }
  float sum = 0;
  for (const Vector& chain : chains) {
    for (int k = 0; k < kBytes / 4; ++k) sum += chain[k];
  }
  term = sum > 1e9f ? 0.f : 0.001f;  // used, so that it is computed
}

int main(int, char** arguments) {
  const int threads = std::atoi(arguments[1]);
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> others;
  for (int i = 0; i < threads; ++i) others.emplace_back(work);
  for (std::thread& one : others) one.join();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%.6e\n", 2.0 * threads * kSteps * kChains * (kBytes / 4) / seconds);
}
