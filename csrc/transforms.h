// The steps of a transform, on any lane type of float64: e^x, ln x, the inverse of softplus, and plain arithmetic.
//
// As in math.h, the functions use only operations that IEEE 754 rounds exactly, in a written order. Each step states
// what it computes and where it is defined. Elsewhere its result is the same on every path, and means nothing.
// docs/streams.md has the formulas and limits, tests/core/test_transforms.py measures the accuracy, and
// tests/core/test_golden.py pins the values.
#pragma once

#include <cstdint>

#include "distributions.h"
#include "math.h"
#include "transformed.h"

namespace fastinit {

// ln x, for 0 < x < infinity.
template <class Lane, class Real = typename Lane::Real>
[[gnu::always_inline]] constexpr Real natural_log(Real x) {
  constexpr std::uint64_t one = Format<double>::kOne;
  constexpr std::uint64_t least_normal = 0x0010000000000000;
  constexpr std::uint64_t raised = std::uint64_t{54} << 52;  // as an exponent in place
  // A subnormal number has no exponent that could be split off, but 2^54 times the number has one.
  const auto subnormal = Lane::bits(x) - Lane::set_word(least_normal);
  const Real normal = Lane::select(subnormal, x * Lane::set(0x1p54), x);
  const auto e = exponent_of<Lane, one>(normal);
  // The scale is made from bits and not by a factor as in scale_of, because 2^-e is not a normal number for the largest
  // x.
  const Real f = Lane::from_bits(Lane::bits(normal) - e) - Lane::set(1);
  const auto exponent = e - Lane::select(subnormal, Lane::set_word(raised), Lane::set_word(0));
  return minus_two_log<Lane>(exponent, f) * Lane::set(-0.5);
}

// e^x = 2^k (1 + m) with k = round(x / ln 2), so that m = e^r - 1 for |r| <= ln 2 / 2. Source: Tang, ACM TOMS 15, 1989.
template <class Lane>
struct Exponential {
  typename Lane::Real k;      // count as a real number
  typename Lane::Word count;  // k as an integer
  typename Lane::Real m;
};

// Adding this constant rounds to a whole number, which is then in the last digits. The second constant is its bits.
inline constexpr double kWhole = 0x1.8p52;
inline constexpr std::uint64_t kWholeBits = 0x4338000000000000;

// For |x| <= 1000.
template <class Lane, class Real = typename Lane::Real>
[[gnu::always_inline]] constexpr Exponential<Lane> exponential(Real x) {
  const Real shifted = Lane::fma(x, Lane::set(0x1.71547652b82fep0), Lane::set(kWhole));
  const Real k = shifted - Lane::set(kWhole);
  // ln 2 as the sum of two numbers. The product with the first one is exact.
  const Real most = Lane::fma(k, Lane::set(-0x1.62e42fefa39efp-1), x);
  const Real r = Lane::fma(k, Lane::set(-0x1.abc9e3b39803fp-56), most);
  const Real m = Lane::fma(r * r, horner<Lane>(r, Coefficients<double>::expm1()), r);
  return {k, Lane::bits(shifted) - Lane::set_word(kWholeBits), m};
}

// 2^count, for counts of normal numbers.
template <class Lane>
[[gnu::always_inline]] constexpr typename Lane::Real power_of_two(typename Lane::Word count) {
  return Lane::from_bits(Lane::template shift_left<52>(count + Lane::set_word(1023)));
}

// Each class below says which step it is.

template <class Lane>
struct Scale {
  static constexpr StepKind kKind = StepKind::kScale;
  using Real = typename Lane::Real;
  double factor;
  explicit constexpr Scale(const Step& step) : factor(step.numbers[0]) {}
  [[gnu::always_inline]] constexpr Real operator()(Real x) const { return x * Lane::set(factor); }
};

template <class Lane>
struct Shift {
  static constexpr StepKind kKind = StepKind::kShift;
  using Real = typename Lane::Real;
  double distance;
  explicit constexpr Shift(const Step& step) : distance(step.numbers[0]) {}
  [[gnu::always_inline]] constexpr Real operator()(Real x) const { return x + Lane::set(distance); }
};

// e^x. The result is 0 or infinity where e^x rounds to it.
template <class Lane>
struct Exp {
  static constexpr StepKind kKind = StepKind::kExp;
  using Real = typename Lane::Real;
  explicit constexpr Exp(const Step&) {}
  [[gnu::always_inline]] constexpr Real operator()(Real x) const {
    // Beyond these limits the result is infinity or 0 as well.
    const auto e = exponential<Lane>(Lane::max(Lane::min(x, Lane::set(710)), Lane::set(-746)));
    // 2^k is applied as two factors, because the result may be subnormal: only the last product rounds.
    const auto half = Lane::bits(Lane::fma(e.k, Lane::set(0.5), Lane::set(kWhole))) - Lane::set_word(kWholeBits);
    return (Lane::set(1) + e.m) * power_of_two<Lane>(half) * power_of_two<Lane>(e.count - half);
  }
};

// ln x, for x > 0.
template <class Lane>
struct Log {
  static constexpr StepKind kKind = StepKind::kLog;
  using Real = typename Lane::Real;
  explicit constexpr Log(const Step&) {}
  [[gnu::always_inline]] constexpr Real operator()(Real x) const { return natural_log<Lane>(x); }
};

// x in [lower, upper]. If x and a bound are equal zeros, the result is the bound.
template <class Lane>
struct Clamp {
  static constexpr StepKind kKind = StepKind::kClamp;
  using Real = typename Lane::Real;
  double lower, upper;
  explicit constexpr Clamp(const Step& step) : lower(step.numbers[0]), upper(step.numbers[1]) {}
  [[gnu::always_inline]] constexpr Real operator()(Real x) const {
    return Lane::max(Lane::min(x, Lane::set(upper)), Lane::set(lower));
  }
};

template <class Lane>
struct Abs {
  static constexpr StepKind kKind = StepKind::kAbs;
  using Real = typename Lane::Real;
  explicit constexpr Abs(const Step&) {}
  [[gnu::always_inline]] constexpr Real operator()(Real x) const {
    return Lane::from_bits(Lane::bits(x) & Lane::set_word(~(std::uint64_t{1} << 63)));
  }
};

// ln(e^x - 1) = x + ln(1 - e^-x), for x > 0: the inverse of softplus.
template <class Lane>
struct SoftplusInverse {
  static constexpr StepKind kKind = StepKind::kSoftplusInverse;
  using Real = typename Lane::Real;
  explicit constexpr SoftplusInverse(const Step&) {}
  [[gnu::always_inline]] constexpr Real operator()(Real x) const {
    // For x > 64, 1 - e^-x rounds to 1.
    const auto e = exponential<Lane>(-Lane::min(x, Lane::set(64)));
    const Real power = power_of_two<Lane>(e.count);
    // 2^k (1 + m) - 1. The two terms have the same sign or are exact, so the digits of a small x are kept.
    return x + natural_log<Lane>(-Lane::fma(power, e.m, power - Lane::set(1)));
  }
};

// 1/x, for x != 0.
template <class Lane>
struct Reciprocal {
  static constexpr StepKind kKind = StepKind::kReciprocal;
  using Real = typename Lane::Real;
  explicit constexpr Reciprocal(const Step&) {}
  [[gnu::always_inline]] constexpr Real operator()(Real x) const { return Lane::set(1) / x; }
};

using StepClasses = ClassList<Scale, Shift, Exp, Log, Clamp, Abs, SoftplusInverse, Reciprocal>;

// Calls function(step) with an object of the class of the step.
template <class Lane, class Function, template <class> class... Classes>
[[gnu::always_inline]] constexpr void with_step(const Step& step, const Function& function, ClassList<Classes...>) {
  static_assert(sizeof...(Classes) == kStepKinds, "a step without a class");
  (void)((Classes<Lane>::kKind == step.kind && (function(Classes<Lane>(step)), true)) || ...);
}
template <class Lane, class Function>
[[gnu::always_inline]] constexpr void with_step(const Step& step, const Function& function) {
  with_step<Lane>(step, function, StepClasses{});
}

}  // namespace fastinit
