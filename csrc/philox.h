// Philox4x32-10 over any lane type, one block per 64-bit lane.
//
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11.
// Pinned by tests/core/data/philox4x32_10_kat.txt.
//
// The counter is (block low, block high, stream low, stream high), and the key is (seed low, seed high). In one fill
// only `block low` varies, so half of the first three rounds is the same for every block. Schedule computes that half
// once, which leaves 70 operations per vector of blocks instead of 80.
#pragma once

#include <cstdint>

namespace fastinit {

inline constexpr std::uint32_t kMultiplier0 = 0xD2511F53;
inline constexpr std::uint32_t kMultiplier1 = 0xCD9E8D57;
inline constexpr std::uint32_t kWeyl0 = 0x9E3779B9;
inline constexpr std::uint32_t kWeyl1 = 0xBB67AE85;
inline constexpr int kRounds = 10;

// The numbers that every block of (seed, stream, block high) shares: the round keys, with the constant half of the
// state folded into those of rounds 1 to 3.
struct Schedule {
  std::uint64_t block_high;
  std::uint64_t word0;          // the constant word 0 after round 1, but for `block_high`
  std::uint64_t key0[kRounds];  // joins word 0; unused in round 1, whose word 0 is constant
  std::uint64_t key2[kRounds];  // joins word 2

  [[gnu::always_inline]] static constexpr Schedule make(std::uint64_t seed, std::uint64_t stream) {
    Schedule schedule{};
    auto k0 = static_cast<std::uint32_t>(seed);
    auto k1 = static_cast<std::uint32_t>(seed >> 32);
    for (int round = 0; round < kRounds; ++round, k0 += kWeyl0, k1 += kWeyl1) {
      schedule.key0[round] = k0;
      schedule.key2[round] = k1;
    }
    // Round 1: word 2 is the constant `stream low`, so words 0 and 1 that follow are constant.
    const std::uint64_t product1 = static_cast<std::uint64_t>(kMultiplier1) * static_cast<std::uint32_t>(stream);
    schedule.word0 = (product1 >> 32) ^ schedule.key0[0];
    schedule.key2[0] ^= stream >> 32;
    schedule.key0[1] ^= static_cast<std::uint32_t>(product1);
    schedule.fold(schedule.second_product(0));
    return schedule;
  }

  constexpr void set_block_high(std::uint64_t high) {
    if (high == block_high) return;
    fold(second_product(high) ^ second_product(block_high));
    block_high = high;
  }

  // The number that is XORed into word 0, and into word 2, in a round.
  constexpr std::uint64_t join0(int round) const { return key0[round]; }
  constexpr std::uint64_t join2(int round) const { return key2[round]; }

  // Round 2: word 0 is constant, so the high half joins key 2 and the low half is word 3 of round 3.
  constexpr std::uint64_t second_product(std::uint64_t high) const {
    return std::uint64_t{kMultiplier0} * static_cast<std::uint32_t>(word0 ^ high);
  }

 private:
  constexpr void fold(std::uint64_t product) {
    key2[1] ^= product >> 32;
    key2[2] ^= static_cast<std::uint32_t>(product);
  }
};

// The four words of each block, in the low halves of 64-bit lanes; the high halves hold leftovers.
template <class Wide>
struct Words {
  Wide word0, word1, word2, word3;
};

// `AnySchedule`: a Schedule, or a type with join0() and join2().
template <class Lanes, class AnySchedule, class Wide = typename Lanes::Wide>
[[gnu::always_inline]] constexpr Words<Wide> philox(const AnySchedule& schedule, Wide block_low) {
  const auto key0 = [&](int round) { return Lanes::set_wide(schedule.join0(round)); };
  const auto key2 = [&](int round) { return Lanes::set_wide(schedule.join2(round)); };

  Wide product0 = Lanes::multiply_low(block_low, kMultiplier0);
  Wide word2 = Lanes::high_half(product0) ^ key2(0);
  Wide word3 = product0;

  Wide product1 = Lanes::multiply_low(word2, kMultiplier1);
  Wide word0 = Lanes::high_half(product1) ^ key0(1);
  Wide word1 = product1;
  word2 = word3 ^ key2(1);

  product0 = Lanes::multiply_low(word0, kMultiplier0);
  product1 = Lanes::multiply_low(word2, kMultiplier1);
  word0 = Lanes::high_half(product1) ^ (word1 ^ key0(2));
  word2 = Lanes::high_half(product0) ^ key2(2);
  word1 = product1;
  word3 = product0;

  // The rounds are written out, because compilers unroll this loop only sometimes.
#pragma GCC unroll 10
  for (int round = 3; round < kRounds; ++round) {
    product0 = Lanes::multiply_low(word0, kMultiplier0);
    product1 = Lanes::multiply_low(word2, kMultiplier1);
    word0 = Lanes::high_half(product1) ^ (word1 ^ key0(round));
    word2 = Lanes::high_half(product0) ^ (word3 ^ key2(round));
    word1 = product1;
    word3 = product0;
  }
  return {word0, word1, word2, word3};
}

}  // namespace fastinit
