// The scalar lane type: one Philox block at a time, in plain C++. Every other lane type must equal it bit for bit, and
// processors without a lane type of their own use it.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "lanes/pack.h"

namespace fastinit {

template <class ScalarReal, class ScalarWord, class SignedWord>
struct ScalarLane {
  using Scalar = ScalarReal;
  using ScalarBits = ScalarWord;
  using Real = ScalarReal;
  using Word = ScalarWord;
  static constexpr bool kFastSubnormals = false;

  static constexpr Real set(Real value) { return value; }
  static constexpr Word set_word(Word value) { return value; }
  static constexpr Real fma(Real a, Real b, Real c) { return std::fma(a, b, c); }
  // For a in [2^-100, 2^100].
  static constexpr Real sqrt(Real a) { return std::sqrt(a); }
  static constexpr Real min(Real a, Real b) { return a < b ? a : b; }
  static constexpr Real max(Real a, Real b) { return a > b ? a : b; }
  // 1 if a < 0, else 0. The argument must not be 0.
  static constexpr Real one_below_zero(Real a) { return select(bits(a), Real{1}, Real{0}); }
  // x in [low, high]. Neither bound is zero, so it does not matter which of 0 and -0 counts as less.
  static constexpr Real clamp(Real x, Real low, Real high) { return max(min(x, high), low); }
  // The word as a signed integer, rounded once to nearest even.
  static constexpr Real to_real(Word a) { return static_cast<Real>(static_cast<SignedWord>(a)); }
  static constexpr Word bits(Real a) {
    Word result{};
    std::memcpy(&result, &a, sizeof a);
    return result;
  }
  static constexpr Real from_bits(Word a) {
    Real result{};
    std::memcpy(&result, &a, sizeof a);
    return result;
  }
  template <int Count>
  static constexpr Word shift_left(Word a) {
    return a << Count;
  }
  template <int Count>
  static constexpr Word shift_right(Word a) {
    return a >> Count;
  }
  // a if the sign bit of `condition` is set, else b.
  template <class Value>
  static constexpr Value select(Word condition, Value a, Value b) {
    return any(condition) ? a : b;
  }
  // a if bit number kBit of `word` is set, else b.
  template <int kBit, class Value>
  static constexpr Value select_by(Word word, Value a, Value b) {
    return select(word << (8 * static_cast<int>(sizeof(Word)) - 1 - kBit), a, b);
  }
  // Whether the sign bit is set (in any lane).
  static constexpr bool any(Word condition) { return static_cast<SignedWord>(condition) < 0; }
};

using ScalarLane32 = ScalarLane<float, std::uint32_t, std::int32_t>;
using ScalarLane64 = ScalarLane<double, std::uint64_t, std::int64_t>;

struct ScalarLanes {
  static constexpr int kBlocks = 1;
  static constexpr int kWordVectors = 1;
  static constexpr int kValueVectors = 1;
  static constexpr int kProductRows = 4;
  static constexpr int kProductVectors = 1;
  static constexpr std::uintptr_t kStoreAlignment = 1;
  using Wide = std::uint64_t;
  // A block is two pairs of 32-bit words, or one pair of 64-bit words.
  using Lane32 = PackLane<ScalarLane32, 2>;
  using Lane64 = ScalarLane64;

  static constexpr Wide set_wide(std::uint64_t value) { return value; }
  // The numbers of the blocks in the lanes, counted from the first.
  static constexpr Wide block_offsets() { return 0; }
  static constexpr Wide multiply_low(Wide a, std::uint32_t b) {
    return std::uint64_t{static_cast<std::uint32_t>(a)} * b;
  }
  static constexpr Wide high_half(Wide a) { return a >> 32; }
  // The low halves of both, `high` above `low`.
  template <class Word>
  static constexpr Word merge(Wide low, Wide high) {
    if constexpr (std::is_same_v<Word, Lane64::Word>) {
      return static_cast<std::uint32_t>(low) | high << 32;
    } else {
      return {{static_cast<std::uint32_t>(low), static_cast<std::uint32_t>(high)}};
    }
  }

  // Each store writes a group of elements in the stream's order. `even` and `odd` hold the pairs, in the low bits if
  // the element is narrower than the word. `streaming`: the store bypasses the caches.
  static constexpr void store(Lane64::Word even, Lane64::Word odd, std::uint64_t* target, bool) {
    target[0] = even;
    target[1] = odd;
  }
  template <class Stored>
  static constexpr void store(Lane32::Word even, Lane32::Word odd, Stored* target, bool) {
    spell_out<2>([&](int i) {
      target[2 * i] = static_cast<Stored>(even.part[i]);
      target[2 * i + 1] = static_cast<Stored>(odd.part[i]);
    });
  }
  static constexpr void finish_stores() {}
};

}  // namespace fastinit
