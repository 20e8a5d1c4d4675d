// Words -> values: uniform, normal, truncated normal, on any lane type.
//
// Each takes the even and the odd word of its pairs and gives the even and the odd value. Intervals are
// stated as maths; W is the word's width, 32 or 64. Formulas: docs/streams.md. Pinned by tests/data/golden.txt.
#pragma once

#include "fill.h"
#include "lanes/pack.h"
#include "math.h"

namespace fastinit {

template <class Value>
struct Pair {
  Value even, odd;
};

// Two vectors drawn alike, as one: their chains of operations overlap.
template <class Lane, class Draw>
[[gnu::always_inline]] inline Pair<typename Lane::Real> draw_both(const Draw& draw, typename Lane::Word even,
                                                                  typename Lane::Word odd) {
  using Both = PackLane<Lane, 2>;
  const typename Both::Real values = draw.template draw<Both>(typename Both::Word{{even, odd}});
  return {values.part[0], values.part[1]};
}

// The words themselves.
template <class Lane>
struct Bits {
  using Word = typename Lane::Word;
  explicit Bits(const FillSpec&) {}
  [[gnu::always_inline]] Pair<Word> operator()(Word even, Word odd) const { return {even, odd}; }
};

// x = mid + half (s + 1/2) 2^(1-W), s the word as a signed integer: in [low, high], symmetric about mid.
template <class Lane>
struct Uniform {
  using Scalar = typename Lane::Scalar;
  using Real = typename Lane::Real;
  using Word = typename Lane::Word;
  Scalar low, high, mid, half;

  explicit Uniform(const FillSpec& spec)
      : low(static_cast<Scalar>(spec.parameters[0])), high(static_cast<Scalar>(spec.parameters[1])) {
    // In double, and halved before they meet so that no pair of bounds overflows.
    mid = static_cast<Scalar>(0.5 * low + 0.5 * high);
    half = static_cast<Scalar>(0.5 * high - 0.5 * low);
  }
  // s | 1 stands for s + 1/2: it rounds to the same value wherever they differ by less than a rounding,
  // and s and -1 - s stay exact opposites, which rounding s alone would not give.
  template <class Lanes>
  [[gnu::always_inline]] typename Lanes::Real draw(typename Lanes::Word word) const {
    const auto share = Lanes::to_real(word | Lanes::set_word(1)) * Lanes::set(2 * Format<Scalar>::kWordScale);
    const auto x = Lanes::fma(share, Lanes::set(half), Lanes::set(mid));
    return Lanes::max(Lanes::min(x, Lanes::set(high)), Lanes::set(low));
  }
  [[gnu::always_inline]] Pair<Real> operator()(Word even, Word odd) const { return draw_both<Lane>(*this, even, odd); }
};

// The radius' U in (0, 1) from a pair of words, as v and near_one for minus_two_log.
// float: U = (256 a + (b mod 256) + 1/2) 2^-40. A word read as signed gives U, or U - 1 where U >= 1/2.
template <class Lane>
[[gnu::always_inline]] inline typename Lane::Real signed_fraction(typename Lane::Word a, typename Lane::Word b, float) {
  const auto low = Lane::to_real(b & Lane::set_word(0xFF));
  return Lane::fma(Lane::to_real(a), Lane::set(0x1p-32f), Lane::fma(low, Lane::set(0x1p-40f), Lane::set(0x1p-41f)));
}
// double: U = (a + 1/2) 2^-64.
template <class Lane>
[[gnu::always_inline]] inline typename Lane::Real signed_fraction(typename Lane::Word a, typename Lane::Word, double) {
  return Lane::fma(Lane::to_real(a), Lane::set(0x1p-64), Lane::set(0x1p-65));
}

// z = sqrt(-2 ln U) (cos, sin)(2 pi b / 2^W); x = mean + std z. Source: Box and Muller, Ann. Math. Stat. 29, 1958.
template <class Lane>
struct Normal {
  using Scalar = typename Lane::Scalar;
  using Real = typename Lane::Real;
  using Word = typename Lane::Word;
  Scalar mean, std;

  explicit Normal(const FillSpec& spec)
      : mean(static_cast<Scalar>(spec.parameters[0])), std(static_cast<Scalar>(spec.parameters[1])) {}

  [[gnu::always_inline]] Pair<Real> operator()(Word a, Word b) const {
    const Real v = signed_fraction<Lane>(a, b, Scalar{});
    const Real near_one = Lane::select(a, Lane::set(1), Lane::set(0));
    const CosSin<Lane> z = scaled_cos_sin<Lane>(Lane::sqrt(minus_two_log<Lane>(v, near_one)), b);
    return {Lane::fma(z.cos, Lane::set(std), Lane::set(mean)), Lane::fma(z.sin, Lane::set(std), Lane::set(mean))};
  }
};

// p = (word + 1/2) 2^-W, z = Phi^-1(Phi(lower) + p mass), x = mean + std z in [low, high].
// Probabilities are carried as the smaller tail q, so that bounds far out keep their digits.
// kSymmetric: for lower = -upper, where the tail on the nearer side is always the smaller one.
template <class Lane, bool kSymmetric>
struct TruncatedNormalOf {
  using Scalar = typename Lane::Scalar;
  using Real = typename Lane::Real;
  using Word = typename Lane::Word;
  Scalar mean, std, low, high;
  Scalar lower_tail, upper_tail, mass;
  Scalar beyond_lower, beyond_upper;  // the tails that start at the other bound: tail + mass

  explicit TruncatedNormalOf(const FillSpec& spec)
      : mean(static_cast<Scalar>(spec.parameters[0])),
        std(static_cast<Scalar>(spec.parameters[1])),
        low(static_cast<Scalar>(spec.parameters[2])),
        high(static_cast<Scalar>(spec.parameters[3])),
        lower_tail(static_cast<Scalar>(spec.parameters[4])),
        upper_tail(static_cast<Scalar>(spec.parameters[5])),
        mass(static_cast<Scalar>(spec.parameters[6])),
        beyond_lower(static_cast<Scalar>(spec.parameters[4] + spec.parameters[6])),
        beyond_upper(static_cast<Scalar>(spec.parameters[5] + spec.parameters[6])) {}

  template <class Lanes>
  [[gnu::always_inline]] typename Lanes::Real draw(typename Lanes::Word word) const {
    using F = Format<Scalar>;
    using Bits = typename Lanes::ScalarBits;
    const auto sign_bit = Lanes::set_word(Bits{1} << (F::kBits - 1));

    // share of the mass between x and the nearer end of the interval, in (0, 1/2]: the lower end for words
    // below 2^(W-1), the upper end above. Read as signed, the word counts from the nearer end.
    const auto from_end = Lanes::fma(Lanes::to_real(word), Lanes::set(F::kWordScale), Lanes::set(F::kWordScale / 2));
    const auto share = Lanes::from_bits(Lanes::bits(from_end) & Lanes::set_word(~(Bits{1} << (F::kBits - 1))));

    // The smaller of the tails on both sides of x, and whether it is the upper one (the sign bit).
    typename Lanes::Real tail;
    typename Lanes::Word is_upper;
    if constexpr (kSymmetric) {
      tail = Lanes::fma(share, Lanes::set(mass), Lanes::set(lower_tail));
      is_upper = word;
    } else {
      // The tail on the other side comes from its own end: 1 - near would lose its digits.
      const auto near =
          Lanes::fma(share, Lanes::set(mass), Lanes::select(word, Lanes::set(upper_tail), Lanes::set(lower_tail)));
      const auto other =
          Lanes::fma(share, Lanes::set(-mass), Lanes::select(word, Lanes::set(beyond_lower), Lanes::set(beyond_upper)));
      tail = Lanes::min(other, near);
      is_upper = word ^ Lanes::bits(other - near);
    }
    // z is positive where the upper tail is the smaller one: this is -z, and -std makes up for it.
    const auto minus_z = Lanes::from_bits(Lanes::bits(normal_quantile<Lanes>(tail)) ^ (is_upper & sign_bit));
    const auto x = Lanes::fma(minus_z, Lanes::set(-std), Lanes::set(mean));
    return Lanes::max(Lanes::min(x, Lanes::set(high)), Lanes::set(low));
  }
  [[gnu::always_inline]] Pair<Real> operator()(Word even, Word odd) const { return draw_both<Lane>(*this, even, odd); }
};

template <class Lane>
using TruncatedNormal = TruncatedNormalOf<Lane, false>;
template <class Lane>
using SymmetricTruncatedNormal = TruncatedNormalOf<Lane, true>;

}  // namespace fastinit
