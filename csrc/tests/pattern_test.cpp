// Constants: every item size at every alignment, cached and streaming.
#include <cstdint>

#include "fill.h"
#include "tests/check.h"
#include "tests/tests.h"

namespace fastinit::test {
namespace {

constexpr std::uint64_t kBits = 0x8877665544332211;

void check_pattern(std::uint64_t count, std::size_t item, std::size_t offset) {
  std::vector<unsigned char> expected(count * item);
  for (std::uint64_t i = 0; i < count; ++i) std::memcpy(expected.data() + i * item, &kBits, item);
  GuardedMemory target(count * item, offset);
  const bool finished = fill_pattern(target.data(), count, kBits, item);
  check(finished && target.equals(expected.data()) && target.guards_untouched(),
        std::to_string(count) + " items of " + std::to_string(item) + " bytes, offset " + std::to_string(offset));
}

}  // namespace

void test_patterns() {
  for (const std::size_t item : Sizes{1, 2, 4, 8}) {
    set_num_threads(1);
    for (const std::size_t offset : Sizes{0, 1, 2, 3, 4, 7, 8, 13, 16, 24, 31, 32, 63}) {
      for (const std::uint64_t count : Counts{0, 1, 2, 3, 7, 8, 9, 31, 63, 64, 65, 200})
        check_pattern(count, item, offset);
    }
    for (const int threads : {1, 3}) {
      set_num_threads(threads);
      for (const std::size_t offset : Sizes{0, 1, 2, 4, 8, 33}) {
        for (const std::uint64_t bytes : Counts{300'000, 2'097'152, 2'500'008})
          check_pattern(bytes / item, item, offset);
      }
    }
  }
}

}  // namespace fastinit::test
