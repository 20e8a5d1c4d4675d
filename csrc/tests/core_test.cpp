// Tests of the core alone, without Python and without a framework. Prints each failure; the exit status is 1 if there
// was one.
//
//     core_test tests/core/data/philox4x32_10_kat.txt
#include <cstdio>

#include "dtype.h"
#include "fill.h"
#include "tests/check.h"
#include "tests/specs.h"
#include "tests/tests.h"

namespace fastinit::test {
namespace {

constexpr int kMostPrinted = 50;
int failure_count = 0;

// FNV-1a over a part of every stream: builds by different compilers must print the same number.
std::uint64_t checksum() {
  std::uint64_t sum = 0xCBF29CE484222325;
  for (FillSpec spec : all_specs(true)) {
    spec.run = 10'000;
    std::vector<unsigned char> elements(spec.size() * item_bytes(spec.type));
    fill(spec, elements.data());
    for (const unsigned char byte : elements) sum = (sum ^ byte) * 0x100000001B3;
  }
  for (const unsigned char byte : orthogonal_bytes()) sum = (sum ^ byte) * 0x100000001B3;
  for (const unsigned char byte : transformed_bytes()) sum = (sum ^ byte) * 0x100000001B3;
  return sum;
}

}  // namespace

void fail(const std::string& what) {
  if (++failure_count <= kMostPrinted) std::printf("FAILED: %s\n", what.c_str());
}
int failures() { return failure_count; }

}  // namespace fastinit::test

int main(int argc, char** argv) {
  using namespace fastinit;
  using namespace fastinit::test;
  if (argc != 2) {
    std::printf("usage: %s philox4x32_10_kat.txt\n", argv[0]);
    return 2;
  }
  for (const InstructionSet& set : instruction_sets()) {
    std::printf("%s: %s\n", set.name, !set.built ? "not built" : set.supported ? "tested" : "NOT TESTED, unsupported");
  }
  test_philox(argv[1]);
  test_instruction_sets();
  test_small_fills();
  test_large_fills();
  test_boxes();
  test_empty_fills();
  test_edges();
  test_methods();
  test_orthogonal();
  test_orthogonal_interrupt();
  test_transforms();
  test_large_transforms();
  test_patterns();
  test_float_environment();
  test_callers_threads();
  test_interrupt();
  std::printf("checksum of all streams: %016llx\n", static_cast<unsigned long long>(checksum()));
  std::printf("%d failures\n", failures());
  return failures() == 0 ? 0 : 1;
}
