// Several vectors (or plain numbers) worked side by side as one lane type.
//
// It has two uses. A scalar block yields two pairs of words. And an out-of-order core needs more than one chain of
// Philox rounds to keep its ports busy, so each SIMD lane type runs as an Interleaved one.
#pragma once

#include <cstdint>
#include <utility>

namespace fastinit {

// Calls operation(0), ..., operation(N - 1). The calls are written out instead of looped over, so that the compiler
// keeps the values in registers and not in an array.
template <class Operation, int... I>
[[gnu::always_inline]] constexpr void spell_out(const Operation& operation, std::integer_sequence<int, I...>) {
  (operation(I), ...);
}
template <int N, class Operation>
[[gnu::always_inline]] constexpr void spell_out(const Operation& operation) {
  spell_out(operation, std::make_integer_sequence<int, N>());
}

template <class T, int N>
struct Pack {
  T part[N];

  // The initializers are written out for the same reason.
  template <class Operation>
  static constexpr Pack make(Operation operation) {
    return make(operation, std::make_integer_sequence<int, N>());
  }
  template <class Operation, int... I>
  static constexpr Pack make(Operation operation, std::integer_sequence<int, I...>) {
    return {{operation(I)...}};
  }
  static constexpr Pack load(const T* from) {
    return make([&](int i) { return from[i]; });
  }
  friend constexpr Pack operator+(Pack a, Pack b) {
    return make([&](int i) { return a.part[i] + b.part[i]; });
  }
  friend constexpr Pack operator-(Pack a, Pack b) {
    return make([&](int i) { return a.part[i] - b.part[i]; });
  }
  friend constexpr Pack operator-(Pack a) {
    return make([&](int i) { return -a.part[i]; });
  }
  friend constexpr Pack operator*(Pack a, Pack b) {
    return make([&](int i) { return a.part[i] * b.part[i]; });
  }
  friend constexpr Pack operator/(Pack a, Pack b) {
    return make([&](int i) { return a.part[i] / b.part[i]; });
  }
  friend constexpr Pack operator&(Pack a, Pack b) {
    return make([&](int i) { return a.part[i] & b.part[i]; });
  }
  friend constexpr Pack operator|(Pack a, Pack b) {
    return make([&](int i) { return a.part[i] | b.part[i]; });
  }
  friend constexpr Pack operator^(Pack a, Pack b) {
    return make([&](int i) { return a.part[i] ^ b.part[i]; });
  }
};

// N values of `Lane` on which each operation works.
template <class Lane, int N>
struct PackLane {
  using Scalar = typename Lane::Scalar;
  using ScalarBits = typename Lane::ScalarBits;
  static constexpr bool kFastSubnormals = Lane::kFastSubnormals;
  using Real = Pack<typename Lane::Real, N>;
  using Word = Pack<typename Lane::Word, N>;

  static constexpr Real set(Scalar value) {
    return Real::make([&](int) { return Lane::set(value); });
  }
  static constexpr Word set_word(ScalarBits value) {
    return Word::make([&](int) { return Lane::set_word(value); });
  }
  static constexpr Real fma(Real a, Real b, Real c) {
    return Real::make([&](int i) { return Lane::fma(a.part[i], b.part[i], c.part[i]); });
  }
  static constexpr Real sqrt(Real a) {
    return Real::make([&](int i) { return Lane::sqrt(a.part[i]); });
  }
  static constexpr Real min(Real a, Real b) {
    return Real::make([&](int i) { return Lane::min(a.part[i], b.part[i]); });
  }
  static constexpr Real max(Real a, Real b) {
    return Real::make([&](int i) { return Lane::max(a.part[i], b.part[i]); });
  }
  static constexpr Real one_below_zero(Real a) {
    return Real::make([&](int i) { return Lane::one_below_zero(a.part[i]); });
  }
  static constexpr Real clamp(Real x, Real low, Real high) {
    return Real::make([&](int i) { return Lane::clamp(x.part[i], low.part[i], high.part[i]); });
  }
  static constexpr Real to_real(Word a) {
    return Real::make([&](int i) { return Lane::to_real(a.part[i]); });
  }
  static constexpr Word bits(Real a) {
    return Word::make([&](int i) { return Lane::bits(a.part[i]); });
  }
  static constexpr Real from_bits(Word a) {
    return Real::make([&](int i) { return Lane::from_bits(a.part[i]); });
  }
  template <int Count>
  static constexpr Word shift_left(Word a) {
    return Word::make([&](int i) { return Lane::template shift_left<Count>(a.part[i]); });
  }
  template <int Count>
  static constexpr Word shift_right(Word a) {
    return Word::make([&](int i) { return Lane::template shift_right<Count>(a.part[i]); });
  }
  template <class Value>
  static constexpr Value select(Word condition, Value a, Value b) {
    return Value::make([&](int i) { return Lane::select(condition.part[i], a.part[i], b.part[i]); });
  }
  template <int kBit, class Value>
  static constexpr Value select_by(Word word, Value a, Value b) {
    return Value::make([&](int i) { return Lane::template select_by<kBit>(word.part[i], a.part[i], b.part[i]); });
  }
  static constexpr bool any(Word condition) {
    typename Lane::Word either = condition.part[0];
    for (int i = 1; i < N; ++i) either = either | condition.part[i];
    return Lane::any(either);
  }
};

// Two values of `Lane` as one.
template <class Lane>
struct Two {
  using Both = PackLane<Lane, 2>;
  static constexpr typename Both::Word join(typename Lane::Word first, typename Lane::Word second) {
    return {{first, second}};
  }
  static constexpr typename Lane::Real first(typename Both::Real both) { return both.part[0]; }
  static constexpr typename Lane::Real second(typename Both::Real both) { return both.part[1]; }
};

// Two packs become one pack of twice the size, because GCC would keep arrays of arrays in memory.
template <class Lane, int N>
struct Two<PackLane<Lane, N>> {
  using Both = PackLane<Lane, 2 * N>;
  using Real = Pack<typename Lane::Real, N>;
  using Word = Pack<typename Lane::Word, N>;
  static constexpr typename Both::Word join(Word first, Word second) {
    return Both::Word::make([&](int i) { return i < N ? first.part[i % N] : second.part[i % N]; });
  }
  static constexpr Real first(typename Both::Real both) {
    return Real::make([&](int i) { return both.part[i]; });
  }
  static constexpr Real second(typename Both::Real both) {
    return Real::make([&](int i) { return both.part[N + i]; });
  }
};

// N groups of `Lanes` at a time, one after the other in the stream.
template <class Lanes, int N>
struct Interleaved {
  static constexpr int kVectors = N;
  static constexpr int kBlocks = N * Lanes::kBlocks;
  using Wide = Pack<typename Lanes::Wide, N>;
  using Lane32 = PackLane<typename Lanes::Lane32, N>;
  using Lane64 = PackLane<typename Lanes::Lane64, N>;

  static constexpr Wide set_wide(std::uint64_t value) {
    return Wide::make([&](int) { return Lanes::set_wide(value); });
  }
  static constexpr Wide block_offsets() {
    return Wide::make([&](int i) {
      return Lanes::block_offsets() + Lanes::set_wide(static_cast<std::uint64_t>(i) * Lanes::kBlocks);
    });
  }
  static constexpr Wide multiply_low(Wide a, std::uint32_t b) {
    return Wide::make([&](int i) { return Lanes::multiply_low(a.part[i], b); });
  }
  static constexpr Wide high_half(Wide a) {
    return Wide::make([&](int i) { return Lanes::high_half(a.part[i]); });
  }
  template <class Word>
  static constexpr void merge(Wide low, Wide high, Word* result) {
    spell_out<N>([&](int i) { result[i] = Lanes::template merge<Word>(low.part[i], high.part[i]); });
  }
  template <class Word, class Stored>
  static constexpr void store(Pack<Word, N> even, Pack<Word, N> odd, Stored* target, bool streaming) {
    constexpr int part_size = Lanes::kBlocks * (sizeof(Stored) == 8 ? 2 : 4);
    spell_out<N>([&](int i) { Lanes::store(even.part[i], odd.part[i], target + i * part_size, streaming); });
  }
};

}  // namespace fastinit
