// Words -> values: uniform, normal, truncated normal, on any lane type.
//
// Each class takes the even and the odd word of its pairs and returns the even and the odd value. Intervals are stated
// as maths; W is the width of a word, 32 or 64. docs/streams.md has the formulas, and tests/core/data/golden.txt pins
// the values.
#pragma once

#include <cmath>

#include "fill.h"
#include "lanes/pack.h"
#include "math.h"

namespace fastinit {

template <class Value>
struct Pair {
  Value even, odd;
};

// Two vectors of one draw as one object, so that their chains of operations overlap.
template <class Lane, class Draw>
[[gnu::always_inline]] constexpr Pair<typename Lane::Real> draw_both(const Draw& draw, typename Lane::Word even,
                                                                     typename Lane::Word odd) {
  using Both = typename Two<Lane>::Both;
  const typename Both::Real values = draw.template draw<Both>(Two<Lane>::join(even, odd));
  return {Two<Lane>::first(values), Two<Lane>::second(values)};
}

// Each class below names its distribution, and `serves` says whether its arithmetic is right for the parameters of a
// fill.

// The words themselves, unchanged.
template <class Lane>
struct Bits {
  static constexpr const char* kName = "Bits";
  static constexpr Distribution kDistribution = Distribution::kBits;
  static bool serves(const FillSpec&) { return true; }
  using Word = typename Lane::Word;
  explicit Bits(const FillSpec&) {}
  [[gnu::always_inline]] constexpr Pair<Word> operator()(Word even, Word odd) const { return {even, odd}; }
};

// x = mid + half (s + 1/2) 2^(1-W), where s is the word as a signed integer: in [low, high], symmetric about mid.
// kExact is for intervals whose middle and half width are exact, so that no rounding can leave the interval.
template <class Lane, bool kExact>
struct UniformOf {
  static constexpr const char* kName = kExact ? "ExactUniform" : "Uniform";
  static constexpr Distribution kDistribution = Distribution::kUniform;
  static bool serves(const FillSpec& spec) { return !kExact || UniformOf(spec).is_exact(); }
  using Scalar = typename Lane::Scalar;
  using Real = typename Lane::Real;
  using Word = typename Lane::Word;
  static constexpr Scalar kScale = 2 * Format<Scalar>::kWordScale;
  Scalar low, high, mid, half;

  explicit UniformOf(const FillSpec& spec)
      : low(static_cast<Scalar>(spec.parameters[0])), high(static_cast<Scalar>(spec.parameters[1])) {
    // The bounds are added in double, and halved first, so that no pair of bounds overflows.
    mid = static_cast<Scalar>(0.5 * low + 0.5 * high);
    half = static_cast<Scalar>(0.5 * high - 0.5 * low);
  }
  // Whether kExact gives the same bits: no value is outside the interval, and none underflows to a zero of the other
  // sign.
  bool is_exact() const {
    const auto negative_zero = [](Scalar x) { return x == 0 && std::signbit(x); };
    return mid - half == low && mid + half == high && half >= Format<Scalar>::kLeastExactHalf && !negative_zero(low) &&
           !negative_zero(high);
  }
  // s | 1 replaces s + 1/2: both round to the same value wherever they differ by less than a rounding. Also, s and -1 -
  // s stay exact opposites, which they would not if s alone were rounded.
  template <class Lanes>
  [[gnu::always_inline]] constexpr typename Lanes::Real draw(typename Lanes::Word word) const {
    const auto s = Lanes::to_real(word | Lanes::set_word(1));
    if constexpr (kExact) return Lanes::fma(s, Lanes::set(half * kScale), Lanes::set(mid));
    const auto x = Lanes::fma(s * Lanes::set(kScale), Lanes::set(half), Lanes::set(mid));
    return Lanes::max(Lanes::min(x, Lanes::set(high)), Lanes::set(low));
  }
  [[gnu::always_inline]] constexpr Pair<Real> operator()(Word even, Word odd) const {
    return draw_both<Lane>(*this, even, odd);
  }
};

template <class Lane>
using Uniform = UniformOf<Lane, false>;
template <class Lane>
using ExactUniform = UniformOf<Lane, true>;

// U in (0, 1) for the radius, from a pair of words, as the v and near_one of minus_two_log_near_one.
// In float, U = (256 a + (b mod 256) + 1/2) 2^-40. A word read as signed gives U, or U - 1 where U >= 1/2, and never 0.
template <class Lane>
[[gnu::always_inline]] constexpr typename Lane::Real signed_fraction(typename Lane::Word a, typename Lane::Word b,
                                                                     float) {
  const auto byte = b & Lane::set_word(0xFF);
  typename Lane::Real low{};
  if constexpr (Lane::kFastSubnormals) {
    low = Lane::fma(Lane::from_bits(byte), Lane::set(0x1p109f), Lane::set(0x1p-41f));
  } else {  // the byte becomes the last digits of 2^-17, which is then subtracted
    low = Lane::from_bits(byte | Lane::bits(Lane::set(0x1p-17f))) + Lane::set(0x1p-41f - 0x1p-17f);
  }
  return Lane::fma(Lane::to_real(a), Lane::set(0x1p-32f), low);
}
// In double, U = (a + 1/2) 2^-64.
template <class Lane>
[[gnu::always_inline]] constexpr typename Lane::Real signed_fraction(typename Lane::Word a, typename Lane::Word,
                                                                     double) {
  return Lane::fma(Lane::to_real(a), Lane::set(0x1p-64), Lane::set(0x1p-65));
}

// z = sqrt(-2 ln U) (cos, sin)(2 pi b / 2^W); x = mean + std z. Source: Box and Muller, Ann. Math. Stat. 29, 1958.
template <class Lane>
struct Normal {
  static constexpr const char* kName = "Normal";
  static constexpr Distribution kDistribution = Distribution::kNormal;
  static bool serves(const FillSpec&) { return true; }
  using Scalar = typename Lane::Scalar;
  using Real = typename Lane::Real;
  using Word = typename Lane::Word;
  Scalar mean, std;

  constexpr Normal(Scalar mean_, Scalar std_) : mean(mean_), std(std_) {}
  explicit Normal(const FillSpec& spec)
      : mean(static_cast<Scalar>(spec.parameters[0])), std(static_cast<Scalar>(spec.parameters[1])) {}

  [[gnu::always_inline]] constexpr Pair<Real> operator()(Word a, Word b) const {
    const Real v = signed_fraction<Lane>(a, b, Scalar{});
    const Real near_one = Lane::one_below_zero(v);
    const CosSin<Lane> z = scaled_cos_sin<Lane>(Lane::sqrt(minus_two_log_near_one<Lane>(v, near_one)), b);
    return {Lane::fma(z.cos, Lane::set(std), Lane::set(mean)), Lane::fma(z.sin, Lane::set(std), Lane::set(mean))};
  }
};

// p = (word + 1/2) 2^-W, z = Phi^-1(Phi(lower) + p mass), x = mean + std z in [low, high].
// The quantile gets the probability as the smaller tail q, counted from the ends so that bounds far out keep their
// digits, and as d = 2 Phi(z) - 1, counted from the word where z is 0, so that values about 0 keep theirs.
// kCentral is for lower = -upper not far out and with bounds other than zero: there the tail on the nearer side is
// always the smaller one, and no value needs the polynomials of the tails.
template <class Lane, bool kCentral>
struct TruncatedNormalOf {
  static constexpr const char* kName = kCentral ? "CentralTruncatedNormal" : "TruncatedNormal";
  static constexpr Distribution kDistribution = Distribution::kTruncatedNormal;
  static bool serves(const FillSpec& spec) { return !kCentral || TruncatedNormalOf(spec).is_central(); }
  using Scalar = typename Lane::Scalar;
  using Real = typename Lane::Real;
  using Word = typename Lane::Word;
  using Bits = typename Lane::ScalarBits;
  using F = Format<Scalar>;
  static constexpr Bits kSign = Bits{1} << (F::kBits - 1);
  Scalar mean, std, low, high;
  // Nothing reads the last field. Without it, nvcc 13.0 needs two more issue slots per element on sm_100 and sm_120.
  Scalar lower_tail, upper_tail, mass;
  Scalar beyond_lower, beyond_upper;  // the tails, counted from the other bound: tail + mass
  Scalar share, half_share;           // the share of one word in the mass, and half of it
  // d = (word - anchor) step + offset. The difference is signed and may wrap around.
  Bits anchor;
  Bits wraps_below;  // all ones if it wraps for the smallest words, 0 if for the largest
  Scalar step, offset, wrapped_offset;

  explicit TruncatedNormalOf(const FillSpec& spec)
      : mean(static_cast<Scalar>(spec.parameters[0])),
        std(static_cast<Scalar>(spec.parameters[1])),
        low(static_cast<Scalar>(spec.parameters[2])),
        high(static_cast<Scalar>(spec.parameters[3])) {
    const double below = spec.parameters[4], above = spec.parameters[5], inside = spec.parameters[6];
    const auto set = [](Scalar& scalar, double value) { scalar = static_cast<Scalar>(value); };
    set(lower_tail, below), set(upper_tail, above), set(mass, inside);
    set(beyond_lower, below + inside), set(beyond_upper, above + inside);
    set(share, inside * F::kWordScale), set(half_share, inside * F::kWordScale / 2);

    // The share of the mass below the centre. If 0 is out of bounds, the nearer bound replaces it.
    const double at_anchor = below > 0.5 ? 2 * (below - 0.5) : above > 0.5 ? 2 * (0.5 - above) : 0;
    const double centre = below > 0.5 ? 0 : above > 0.5 ? 1 : below == above ? 0.5 : (0.5 - below) / inside;
    const double words = std::fmin(centre, 1) / F::kWordScale;
    const double whole = std::floor(words);
    anchor = whole == 1 / F::kWordScale ? 0 : static_cast<Bits>(whole);
    wraps_below = centre < 0.5 ? 0 : ~Bits{0};
    const double a_step = 2 * inside * F::kWordScale;
    const double an_offset = at_anchor + a_step * (0.5 - (words - whole));
    set(step, a_step), set(offset, an_offset);
    set(wrapped_offset, centre < 0.5 ? an_offset + 2 * inside : an_offset - 2 * inside);
  }
  bool is_central() const {
    return lower_tail == upper_tail && lower_tail >= Scalar(kLeastCentralTail) && low != 0 && high != 0;
  }

  template <class Lanes>
  [[gnu::always_inline]] constexpr typename Lanes::Real draw(typename Lanes::Word word) const {
    using Value = typename Lanes::Real;
    // The mass between x and the nearer end of the interval: the lower end for words below 2^(W-1), the upper end
    // above. A word read as signed counts from the nearer end.
    const Value from_end = Lanes::fma(Lanes::to_real(word), Lanes::set(share), Lanes::set(half_share));
    const Value outside = Lanes::from_bits(Lanes::bits(from_end) | Lanes::set_word(kSign));

    if constexpr (kCentral) {
      const Value d = Lanes::fma(Lanes::to_real(word ^ Lanes::set_word(kSign)), Lanes::set(step), Lanes::set(offset));
      const Value z = central_quantile<Lanes>(quantile_logarithm<Lanes>(outside - Lanes::set(lower_tail)), d);
      return Lanes::clamp(Lanes::fma(z, Lanes::set(std), Lanes::set(mean)), Lanes::set(low), Lanes::set(high));
    }
    // The tail on the other side is counted from its own end, because 1 - near would lose its digits.
    const Value near = outside - Lanes::select(word, Lanes::set(upper_tail), Lanes::set(lower_tail));
    const Value other = -outside - Lanes::select(word, Lanes::set(beyond_lower), Lanes::set(beyond_upper));
    const auto from_anchor = word - Lanes::set_word(anchor);
    const auto wrapped = (from_anchor ^ Lanes::set_word(wraps_below)) & (word ^ Lanes::set_word(wraps_below));
    const Value from = Lanes::select(wrapped, Lanes::set(wrapped_offset), Lanes::set(offset));
    const Value d = Lanes::fma(Lanes::to_real(from_anchor), Lanes::set(step), from);
    const Value z = normal_quantile<Lanes>(Lanes::max(other, near), d);
    const Value x = Lanes::fma(z, Lanes::set(std), Lanes::set(mean));
    return Lanes::max(Lanes::min(x, Lanes::set(high)), Lanes::set(low));
  }
  [[gnu::always_inline]] constexpr Pair<Real> operator()(Word even, Word odd) const {
    return draw_both<Lane>(*this, even, odd);
  }
};

template <class Lane>
using TruncatedNormal = TruncatedNormalOf<Lane, false>;
template <class Lane>
using CentralTruncatedNormal = TruncatedNormalOf<Lane, true>;

template <template <class> class... Classes>
struct ClassList {
  static constexpr int kSize = sizeof...(Classes);
};
// The classes above. A fill uses the first class of its distribution that serves, so the class for any parameters comes
// last.
using Methods = ClassList<Bits, ExactUniform, Uniform, Normal, CentralTruncatedNormal, TruncatedNormal>;

}  // namespace fastinit
