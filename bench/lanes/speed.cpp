// Nanoseconds per element of every instruction set that runs here, on one thread, in a target that stays in the
// cache, as JSON. Rounds take turns, so that what disturbs the machine disturbs all alike; the best counts.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <vector>

#include "fill.h"

namespace fastinit {
namespace {

constexpr std::uint64_t kElements = 8192;  // 32 KiB of float32
constexpr int kCalls = 40;                 // in one sample
constexpr std::uint64_t kSteps = 400'000;

using Clock = std::chrono::steady_clock;

double nanoseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

// One step of a chain of dependent additions takes one cycle on any processor of these architectures.
double nanoseconds_per_cycle() {
  std::uint64_t sum = 1;
  const auto start = Clock::now();
  for (std::uint64_t i = 0; i < kSteps; ++i) {
#if defined(__x86_64__)
    asm volatile("add $1, %0\n\tadd $1, %0\n\tadd $1, %0\n\tadd $1, %0" : "+r"(sum));
#elif defined(__aarch64__)
    asm volatile("add %0, %0, #1\n\tadd %0, %0, #1\n\tadd %0, %0, #1\n\tadd %0, %0, #1" : "+r"(sum));
#endif
  }
  return nanoseconds_since(start) / (4.0 * kSteps);
}

struct Fill {
  const char* name;
  FillSpec spec;
};

std::vector<Fill> fills() {
  FillSpec uniform{};
  uniform.type = ElementType::kFloat32;
  uniform.seed = 1;
  uniform.run = kElements;
  FillSpec normal = uniform;
  uniform.distribution = Distribution::kUniform;
  uniform.parameters[0] = -1;
  uniform.parameters[1] = 1;
  normal.distribution = Distribution::kNormal;
  normal.parameters[1] = 1;
  FillSpec bits = uniform;
  bits.distribution = Distribution::kBits;
  bits.type = ElementType::kUint32;
  return {{"bits", bits}, {"uniform", uniform}, {"normal", normal}};
}

struct Subject {
  const char* set;
  Fill fill;
  double best = std::numeric_limits<double>::infinity();

  void sample(void* target) {
    set_instruction_set(set);
    const auto start = Clock::now();
    for (int call = 0; call < kCalls; ++call) fastinit::fill(fill.spec, target);
    best = std::min(best, nanoseconds_since(start) / (static_cast<double>(kElements) * kCalls));
  }
};

void measure(int rounds) {
  set_num_threads(1);
  std::vector<Subject> subjects;
  for (const InstructionSet& set : instruction_sets()) {
    if (!set.built || !set.supported) continue;
    for (const Fill& fill : fills()) subjects.push_back({set.name, fill});
  }
  alignas(64) static float target[kElements];
  double cycle = std::numeric_limits<double>::infinity();
  for (int round = 0; round < rounds; ++round) {
    cycle = std::min(cycle, nanoseconds_per_cycle());
    for (Subject& subject : subjects) subject.sample(target);
  }
  std::printf("{\"gigahertz\": %.4f, \"nanoseconds\": {", 1 / cycle);
  const char* separator = "";
  for (const Subject& subject : subjects) {
    std::printf("%s\"%s %s\": %.5f", separator, subject.set, subject.fill.name, subject.best);
    separator = ", ";
  }
  std::printf("}}\n");
}

}  // namespace
}  // namespace fastinit

int main(int argc, char** argv) {
  fastinit::measure(argc > 1 ? std::max(1, std::atoi(argv[1])) : 200);
  return 0;
}
