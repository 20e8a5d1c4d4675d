// The words: Random123's known answers, and a plain Philox for comparison with every instruction set.
#include "philox.h"

#include <array>
#include <cstdint>
#include <fstream>
#include <ios>
#include <sstream>

#include "lanes/scalar.h"
#include "tests/check.h"
#include "tests/specs.h"
#include "tests/tests.h"

namespace fastinit::test {
namespace {

using Block = std::array<std::uint32_t, 4>;

constexpr std::uint64_t join(std::uint32_t low, std::uint32_t high) { return std::uint64_t{high} << 32 | low; }

// The paper's rounds, without the shortcuts of the core.
Block plain_philox(Block counter, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round, key0 += kWeyl0, key1 += kWeyl1) {
    const std::uint64_t product0 = std::uint64_t{kMultiplier0} * counter[0];
    const std::uint64_t product1 = std::uint64_t{kMultiplier1} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key0, static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key1, static_cast<std::uint32_t>(product0)};
  }
  return counter;
}

Block scalar_philox(const Block& counter, std::uint32_t key0, std::uint32_t key1) {
  auto schedule = Schedule::make(join(key0, key1), join(counter[2], counter[3]));
  schedule.set_block_high(counter[1]);
  const auto words = philox<ScalarLanes>(schedule, std::uint64_t{counter[0]});
  return {static_cast<std::uint32_t>(words.word0), static_cast<std::uint32_t>(words.word1),
          static_cast<std::uint32_t>(words.word2), static_cast<std::uint32_t>(words.word3)};
}

void test_known_answers(const char* path) {
  std::ifstream file(path);
  int known = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::string name;
    int rounds = 0;
    fields >> name >> rounds >> std::hex;
    std::array<std::uint32_t, 10> words{};
    for (std::uint32_t& word : words) fields >> word;
    if (fields.fail() || name != "philox4x32" || rounds != kRounds) {
      fail("not a line of known answers: " + line);
      continue;
    }
    const Block counter = {words[0], words[1], words[2], words[3]};
    const Block expected = {words[6], words[7], words[8], words[9]};
    check(scalar_philox(counter, words[4], words[5]) == expected, "scalar lanes: " + line);
    check(plain_philox(counter, words[4], words[5]) == expected, "plain Philox: " + line);
    ++known;
  }
  check(known >= 3, std::string("three known answers or more in ") + path);
}

// Word i of a fill of bits is word i % 4 of block i / 4, also where the low half of the block's number wraps.
void test_words(const std::string& set) {
  constexpr std::uint64_t kCount = 100;
  FillSpec spec = make_spec(Distribution::kBits, ElementType::kUint32);
  spec.run = kCount;
  for (const std::uint64_t start : {std::uint64_t{0}, std::uint64_t{7}, (std::uint64_t{1} << 34) - 51,
                                    (std::uint64_t{5} << 34) - 50, ~std::uint64_t{0} - kCount}) {
    spec.start = start;
    std::array<std::uint32_t, kCount> words{};
    fill(spec, words.data());
    for (std::uint64_t i = 0; i < kCount; ++i) {
      const std::uint64_t block = (start + i) / 4;
      const Block counter = {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32),
                             static_cast<std::uint32_t>(spec.stream), static_cast<std::uint32_t>(spec.stream >> 32)};
      const Block expected =
          plain_philox(counter, static_cast<std::uint32_t>(spec.seed), static_cast<std::uint32_t>(spec.seed >> 32));
      check(words[i] == expected[(start + i) % 4], set + ": word " + std::to_string(start + i));
    }
  }
}

}  // namespace

void test_philox(const char* known_answers_path) {
  test_known_answers(known_answers_path);
  for (const std::string& set : runnable_sets()) {
    set_instruction_set(set.c_str());
    test_words(set);
  }
}

}  // namespace fastinit::test
