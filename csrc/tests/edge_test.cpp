// Rare words: compares every instruction set with the scalar lanes for words that a stream hardly ever has.
#include <array>
#include <cstdint>
#include <vector>

#include "dtype.h"
#include "philox.h"
#include "tests/check.h"
#include "tests/specs.h"
#include "tests/tests.h"

namespace fastinit::test {
namespace {

using Block = std::array<std::uint32_t, 4>;

constexpr std::uint32_t inverse(std::uint32_t odd) {
  std::uint32_t x = odd;  // right in the last three bits; each step doubles them
  for (int step = 0; step < 4; ++step) x *= 2 - odd * x;
  return x;
}
static_assert(inverse(kMultiplier0) * kMultiplier0 == 1 && inverse(kMultiplier1) * kMultiplier1 == 1);

constexpr std::uint32_t high(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::uint32_t>((std::uint64_t{a} * b) >> 32);
}

// The counter whose block has these words. This is Philox backwards, for seeds below 2^32.
Block counter_of(Block words, std::uint32_t seed) {
  for (std::uint32_t round = kRounds; round-- > 0;) {
    const std::uint32_t word0 = words[3] * inverse(kMultiplier0);
    const std::uint32_t word2 = words[1] * inverse(kMultiplier1);
    words = {word0, words[0] ^ high(word2, kMultiplier1) ^ (seed + round * kWeyl0), word2,
             words[2] ^ high(word0, kMultiplier0) ^ (round * kWeyl1)};
  }
  return words;
}

// Blocks of every pair of edges, for the words of float and, because a block is two pairs, also for those of double.
std::vector<Block> edge_blocks() {
  std::vector<std::uint32_t> edges;
  for (const std::uint32_t edge : {0u, 1u << 8, 1u << 23, 1u << 29, 1u << 30, 3u << 29, 1u << 31, 5u << 29, 3u << 30}) {
    for (const std::uint32_t step : {~0u, 0u, 1u}) edges.push_back(edge + step);
  }
  std::vector<Block> blocks;
  for (const std::uint32_t a : edges) {
    for (const std::uint32_t b : edges) blocks.push_back({a, b, b, a});
  }
  return blocks;
}

// A run whose last block has these words. So many blocks come before it that it is in the given lane.
FillSpec spec_up_to(FillSpec spec, const Block& words, std::uint64_t lane) {
  Block counter = counter_of(words, 0);
  // The first seed with which the index of every element fits 64 bits.
  while (counter[1] >> 30 != 0) counter = counter_of(words, static_cast<std::uint32_t>(++spec.seed));
  const std::uint64_t block = std::uint64_t{counter[1]} << 32 | counter[0];
  const std::uint64_t size = spec.type == ElementType::kFloat64 ? 2 : 4;
  const std::uint64_t before = std::min(block, lane);
  spec.stream = std::uint64_t{counter[3]} << 32 | counter[2];
  spec.start = size * (block - before);
  spec.run = size * (before + 1);
  return spec;
}

std::vector<unsigned char> filled(const std::string& set, const FillSpec& spec) {
  set_instruction_set(set.c_str());
  std::vector<unsigned char> elements(spec.size() * item_bytes(spec.type));
  fill(spec, elements.data());
  return elements;
}

}  // namespace

void test_edges() {
  set_num_threads(1);
  const std::vector<Block> blocks = edge_blocks();
  for (FillSpec plain : all_specs(true)) {
    plain.seed = 0;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const FillSpec spec = spec_up_to(plain, blocks[i], i % 8);
      const auto expected = filled("scalar", spec);
      if (plain.distribution == Distribution::kBits) {
        check(std::memcmp(expected.data() + expected.size() - sizeof(Block), blocks[i].data(), sizeof(Block)) == 0,
              "words as chosen");
      }
      for (const std::string& set : runnable_sets()) {
        if (filled(set, spec) != expected) fail(set + ": edge words, " + describe(spec));
      }
    }
  }
}

}  // namespace fastinit::test
