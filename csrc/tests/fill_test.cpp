// Values: the bits are the same whatever the instruction set, the threads, the split, the box and the target's
// alignment.
#include "fill.h"

#include <cstdint>

#include "dtype.h"
#include "tests/check.h"
#include "tests/specs.h"
#include "tests/tests.h"

namespace fastinit::test {
namespace {

constexpr std::uint64_t kStreamingBytes = std::uint64_t{1} << 21;  // as in cpu/fill.cpp

// The index at which the low half of the block's number wraps.
std::uint64_t wrap(ElementType type) { return std::uint64_t{type == ElementType::kFloat64 ? 2u : 4u} << 32; }

// Fills `spec` with the instruction set `set`, at `offset_items` past a boundary, and compares.
void check_fill(const std::string& set, const FillSpec& spec, std::size_t offset_items,
                const std::vector<unsigned char>& expected) {
  set_instruction_set(set.c_str());
  const std::size_t item = item_bytes(spec.type);
  GuardedMemory target(spec.size() * item, offset_items * item);
  const bool finished = fill(spec, target.data());
  if (finished && target.equals(expected.data()) && target.guards_untouched()) return;
  fail(set + ", " + std::to_string(num_threads()) + " threads, offset " + std::to_string(offset_items) + ": " +
       describe(spec) + (target.guards_untouched() ? "" : ": wrote outside its target"));
}

}  // namespace

void test_instruction_sets() {
  const std::string in_use = instruction_set();
  for (const char* name : {"", "avx", "AVX2", "avx2 ", "mmx", "neon2"}) {
    check(!set_instruction_set(name), std::string("no instruction set is named '") + name + "'");
    check(in_use == instruction_set(), "a refused name changes nothing");
  }
  for (const InstructionSet& set : instruction_sets()) {
    const bool runs = set.built && set.supported;
    check(set_instruction_set(set.name) == runs, std::string("can be chosen only where it runs: ") + set.name);
    check((instruction_set() == std::string(set.name)) == runs, std::string("is in use once chosen: ") + set.name);
  }
  check(runnable_sets().front() == "scalar", "scalar runs everywhere");
}

// Every phase of start and target relative to the group, with heads and tails alone, one group and several groups.
void test_small_fills() {
  constexpr std::uint64_t kLongest = 2003;  // a few tiles of the fill loop
  constexpr std::size_t kOffsets[] = {0, 1, 3, 10};
  set_num_threads(1);
  for (FillSpec spec : all_specs(true)) {
    std::size_t turn = 0;  // place in the offsets, of which there are fewer than starts: each size meets all offsets
    for (const std::uint64_t start : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3},
                                      wrap(spec.type) - 37, 3 * wrap(spec.type) - 64, ~std::uint64_t{0} - kLongest}) {
      spec.start = start;
      spec.run = kLongest;
      ++turn;
      const auto expected = drawn_singly(spec);
      for (const std::uint64_t size :
           Counts{1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 67, 133, 513, 961, 2003}) {
        spec.run = size;
        for (const std::string& set : runnable_sets()) check_fill(set, spec, kOffsets[turn % 4], expected);
      }
    }
  }
}

// Sizes below and above the one from which stores bypass the caches, on one thread and on several, across a wrap.
void test_large_fills() {
  for (FillSpec spec : all_specs(false)) {
    const std::size_t item = item_bytes(spec.type);
    for (const std::uint64_t bytes : {kStreamingBytes / 7, kStreamingBytes + 40'000}) {
      spec.run = bytes / item + 3;
      spec.start = wrap(spec.type) - spec.run / 2;
      // One scalar fill replaces single draws, which would take too long here. test_small_fills compares it with them.
      set_num_threads(1);
      set_instruction_set("scalar");
      std::vector<unsigned char> expected(spec.size() * item);
      fill(spec, expected.data());
      for (const std::string& set : runnable_sets()) {
        for (const int threads : {1, 3}) {
          // The scalar lanes are slow and do not depend on alignment.
          if (set == "scalar" && threads == 1) continue;
          set_num_threads(threads);
          for (const std::size_t offset : Sizes{1, 0, 2, 7}) {
            check_fill(set, spec, offset, expected);
            if (set == "scalar") break;
          }
        }
      }
    }
  }
}

void test_boxes() {
  struct Box {
    std::uint64_t start_before_wrap, run;
    std::vector<std::uint64_t> extents, strides;
  };
  const Box boxes[] = {
      {700, 1, {}, {}},
      {700, 13, {7}, {200}},
      {65, 1, {129}, {1}},
      {5000, 3, {3, 5, 2}, {1000, 77, 9}},
      {123, 5, {1, 4, 1, 6}, {999, 40, 888, 5}},
      {40'000, 37, {31, 60}, {2'000, 43}},
  };
  for (FillSpec spec : all_specs(false)) {
    for (const Box& box : boxes) {
      spec.start = wrap(spec.type) - box.start_before_wrap;
      spec.run = box.run;
      spec.rank = static_cast<int>(box.extents.size());
      for (std::size_t k = 0; k < box.extents.size(); ++k) {
        spec.extents[k] = box.extents[k];
        spec.strides[k] = box.strides[k];
      }
      const auto expected = drawn_singly(spec);
      for (const int threads : {1, 3}) {
        set_num_threads(threads);
        for (const std::string& set : runnable_sets()) {
          for (const std::size_t offset : Sizes{0, 5}) check_fill(set, spec, offset, expected);
        }
      }
    }
  }
}

void test_empty_fills() {
  FillSpec spec = make_spec(Distribution::kNormal, ElementType::kFloat32, {0.0, 1.0});
  spec.start = 5;
  const auto check_empty = [&](const char* what) {
    GuardedMemory target(64, 0);
    check(fill(spec, target.data()) && target.untouched(), what);
    check(fill(spec, nullptr), what);
  };
  check_empty("a run of 0 writes nothing");
  spec.rank = 2;
  spec.extents[0] = 3;
  spec.extents[1] = 4;
  check_empty("a grid of runs of 0 writes nothing");
  spec.run = 8;
  spec.extents[1] = 0;
  check_empty("an extent of 0 writes nothing");
}

}  // namespace fastinit::test
