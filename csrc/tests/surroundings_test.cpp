// The surroundings of a fill: the caller's floating-point environment, its threads, and its wish to stop.
#include <atomic>
#include <cfenv>
#include <cstdint>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "dtype.h"
#include "fill.h"
#include "tests/check.h"
#include "tests/specs.h"
#include "tests/tests.h"

namespace fastinit::test {
namespace {

std::vector<unsigned char> filled(const FillSpec& spec) {
  std::vector<unsigned char> elements(spec.size() * item_bytes(spec.type));
  fill(spec, elements.data());
  return elements;
}

#if defined(__x86_64__)
constexpr unsigned kFlushAndZero = 0x8040;            // flush results to zero, take operands as zero
unsigned control() { return _mm_getcsr() & ~0x3Fu; }  // without the exceptions seen so far
void flush_subnormals() { _mm_setcsr(_mm_getcsr() | kFlushAndZero); }
void restore_subnormals() { _mm_setcsr(_mm_getcsr() & ~kFlushAndZero); }
#elif defined(__aarch64__)
constexpr std::uint64_t kFlush = std::uint64_t{1} << 24;  // operands and results
std::uint64_t control() {
  std::uint64_t fpcr = 0;
  asm volatile("mrs %0, fpcr" : "=r"(fpcr));
  return fpcr;
}
void set_control(std::uint64_t fpcr) { asm volatile("msr fpcr, %0" : : "r"(fpcr)); }
void flush_subnormals() { set_control(control() | kFlush); }
void restore_subnormals() { set_control(control() & ~kFlush); }
#else
unsigned control() { return 0; }
void flush_subnormals() {}
void restore_subnormals() {}
#endif

void check_float_environment(const FillSpec& spec) {
  const auto expected = filled(spec);
  for (const int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    std::fesetround(mode);
    flush_subnormals();
    const auto before = control();
    const auto elements = filled(spec);
    const bool kept = control() == before && std::fegetround() == mode;
    restore_subnormals();
    std::fesetround(FE_TONEAREST);
    check(elements == expected, std::string(instruction_set()) + ": the caller's rounding changes " + describe(spec));
    check(kept, std::string(instruction_set()) + ": the caller's environment is changed by " + describe(spec));
  }
}

}  // namespace

void test_float_environment() {
  for (const std::string& set : runnable_sets()) {
    set_instruction_set(set.c_str());
    set_num_threads(1);
    for (FillSpec spec : all_specs(true)) {
      spec.run = 1000;
      check_float_environment(spec);
    }
    set_num_threads(3);
    for (FillSpec spec : all_specs(false)) {
      spec.run = 200'000 / item_bytes(spec.type);  // several pieces
      check_float_environment(spec);
    }
  }
}

// Several threads of the caller fill at once, each with threads of the core.
void test_callers_threads() {
  constexpr std::size_t kCallers = 4;
  set_num_threads(2);
  FillSpec spec = make_spec(Distribution::kNormal, ElementType::kFloat32, {0.0, 1.0});
  spec.run = 100'000;
  std::vector<unsigned char> expected[kCallers], elements[kCallers];
  for (std::size_t i = 0; i < kCallers; ++i) {
    spec.stream = i;
    expected[i] = filled(spec);
  }
  std::vector<std::thread> callers;
  for (std::size_t i = 0; i < kCallers; ++i) {
    spec.stream = i;
    callers.emplace_back([&elements, i, spec] { elements[i] = filled(spec); });
  }
  for (std::thread& caller : callers) caller.join();
  for (std::size_t i = 0; i < kCallers; ++i) check(elements[i] == expected[i], "fills at once on several threads");
}

void test_interrupt() {
  constexpr std::uint64_t kBytes = std::uint64_t{1} << 26;  // far more than is filled before the next question
  set_instruction_set("scalar");
  FillSpec spec = truncated_normal(ElementType::kFloat8E5m2, 0.0, 1.0, -2.0, 2.0);
  spec.run = kBytes;
  for (const int threads : {1, 2}) {
    set_num_threads(threads);
    GuardedMemory target(kBytes, 0);
    std::atomic<int> asked{0};
    const Interrupt stop{[](void* context) { return ++*static_cast<std::atomic<int>*>(context) > 0; }, &asked};
    check(!fill(spec, target.data(), stop), "a fill that is stopped says so");
    check(asked == 1, "once stopped, a fill does not ask again");
    check(target.data()[kBytes - 1] == GuardedMemory::kPreset, "a fill that is stopped leaves the rest alone");
  }
  spec.run = kBytes / 4;
  std::atomic<int> asked{0};
  const Interrupt go_on{[](void* context) { return ++*static_cast<std::atomic<int>*>(context) < 0; }, &asked};
  GuardedMemory target(spec.run, 0);
  check(fill(spec, target.data(), go_on) && asked > 0, "a fill asks, and goes on when told to");
}

}  // namespace fastinit::test
