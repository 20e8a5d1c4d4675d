// ln, sin/cos and the normal quantile: the same bits on every lane type.
//
// The functions use only operations that IEEE 754 rounds exactly, in a written order: no libm, no contraction, no
// approximate instruction. The coefficients are in csrc/coefficients.h, and tests/core/test_accuracy.py measures the
// accuracy.
#pragma once

#include <cstdint>

#include "coefficients.h"

namespace fastinit {

// The layout of a floating-point type and the constants that depend on it.
template <class Scalar>
struct Format;

template <>
struct Format<float> {
  static constexpr int kBits = 32;
  static constexpr int kMantissaBits = 23;
  static constexpr float kUlp = 0x1p-23f;               // undoes the shift of an exponent in place
  static constexpr float kWordScale = 0x1p-32f;         // a word as a fraction of all words
  static constexpr float kMinusTwoLn2 = -0x1.62e43p0f;  // rounded from -2 ln 2
  static constexpr float kLeastExactHalf = 0x1p-90f;    // of a uniform: neither it nor any value underflows
  static constexpr std::uint32_t kOne = 0x3F800000;
  static constexpr std::uint32_t kMinusQuarter = 0xBE800000;
  static constexpr std::uint32_t kLogLow = 0x3F27AE14;  // 0.655: mantissas span [0.655, 1.31)
};

template <>
struct Format<double> {
  static constexpr int kBits = 64;
  static constexpr int kMantissaBits = 52;
  static constexpr double kUlp = 0x1p-52;
  static constexpr double kWordScale = 0x1p-64;
  static constexpr double kMinusTwoLn2 = -0x1.62e42fefa39efp0;
  static constexpr double kLeastExactHalf = 0x1p-900;
  static constexpr std::uint64_t kOne = 0x3FF0000000000000;
  static constexpr std::uint64_t kMinusQuarter = 0xBFD0000000000000;
  static constexpr std::uint64_t kLogLow = 0x3FE4F5C28F5C28F6;
};

// Horner's rule needs the fewest operations. Its latency is hidden by the work on other vectors.
template <class Lane, int N, class Real = typename Lane::Real>
[[gnu::always_inline]] constexpr Real horner(Real x, Polynomial<typename Lane::Scalar, N> p) {
  Real sum = Lane::set(p.coefficients[N - 1]);
  for (int i = N - 2; i >= 0; --i) sum = Lane::fma(sum, x, Lane::set(p.coefficients[i]));
  return sum;
}

// Splits a number into 2^e (1 + f) of the given unit, whose bits are those of a power of two. This returns e, at the
// place of a number's exponent, chosen so that f is in [-0.345, 0.31] ...
template <class Lane, typename Lane::ScalarBits kUnit>
[[gnu::always_inline]] constexpr typename Lane::Word exponent_of(typename Lane::Real number) {
  using F = Format<typename Lane::Scalar>;
  constexpr auto exponent_mask = ~((typename Lane::ScalarBits{1} << F::kMantissaBits) - 1);
  return (Lane::bits(number) - Lane::set_word(F::kLogLow - F::kOne + kUnit)) & Lane::set_word(exponent_mask);
}

// ... and this returns the factor 2^-e / unit, which turns the number into 1 + f.
template <class Lane, typename Lane::ScalarBits kUnit>
[[gnu::always_inline]] constexpr typename Lane::Real scale_of(typename Lane::Word e) {
  return Lane::from_bits(Lane::set_word(2 * Format<typename Lane::Scalar>::kOne - kUnit) - e);
}

// -2 ln(2^e (1 + f)).
template <class Lane, class Real = typename Lane::Real>
[[gnu::always_inline]] constexpr Real minus_two_log(typename Lane::Word e, Real f) {
  using Scalar = typename Lane::Scalar;
  using F = Format<Scalar>;
  const Real exponent_term = Lane::to_real(e) * Lane::set(F::kMinusTwoLn2 * F::kUlp);
  return Lane::fma(f, horner<Lane>(f, Coefficients<Scalar>::log()), exponent_term);
}

// -2 ln U, where U = v if v > 0, and U = 1 + v if v <= 0 (-1/2 <= v). For v <= 0 the caller passes U - 1, which keeps
// digits that U itself would round away. `near_one` is 1 if v <= 0, else 0.
template <class Lane, class Real = typename Lane::Real>
[[gnu::always_inline]] constexpr Real minus_two_log_near_one(Real v, Real near_one) {
  constexpr auto one = Format<typename Lane::Scalar>::kOne;
  const auto e = exponent_of<Lane, one>(v + near_one);
  const Real scale = scale_of<Lane, one>(e);
  return minus_two_log<Lane>(e, Lane::fma(v, scale, Lane::fma(near_one, scale, Lane::set(-1))));
}

// magnitude * (cos, sin)(2 pi word / 2^bits). The angle is reduced in integers, so that cosine and sine have a small
// relative error even next to their zeros.
template <class Lane>
struct CosSin {
  typename Lane::Real cos, sin;
};

template <class Lane, class Real = typename Lane::Real>
[[gnu::always_inline]] constexpr CosSin<Lane> scaled_cos_sin(Real magnitude, typename Lane::Word word) {
  using Scalar = typename Lane::Scalar;
  using Bits = typename Lane::ScalarBits;
  using F = Format<Scalar>;
  using Word = typename Lane::Word;
  const Word sign_bit = Lane::set_word(Bits{1} << (F::kBits - 1));

  // t in [-1/2, 1/2] quarter turns from the nearest quadrant edge.
  const Real t = Lane::to_real(Lane::template shift_left<2>(word)) * Lane::set(F::kWordScale);
  const Real u = t * t;
  const Real sin = t * horner<Lane>(u, Coefficients<Scalar>::sin());
  const Real cos = Lane::fma(u, horner<Lane>(u, Coefficients<Scalar>::cos()), Lane::set(1));

  // The top two bits hold the edge's number: odd edges turn (cos, sin) into (-sin, cos), edges 2 and 3 negate both.
  constexpr int kOdd = F::kBits - 2;
  const Word edge = word + Lane::set_word(Bits{1} << (F::kBits - 3));
  const Real turned = Lane::from_bits(Lane::bits(magnitude) ^ (edge & sign_bit));
  return {turned * Lane::template select_by<kOdd>(edge, -sin, cos),
          turned * Lane::template select_by<kOdd>(edge, cos, sin)};
}

// The normal quantile from two numbers that state the same probability: q, the smaller tail, which is accurate far out,
// and d = 2 Phi(z) - 1, which is accurate about 0 and has the sign of z. With v = -2 ln(4 q (1 - q)), z / d is a smooth
// function of v (sqrt(pi/2) at 0), so one polynomial in v is enough for |z| < 2.9. Beyond that, polynomials in sqrt(v)
// are used.
template <class Lane, class Real = typename Lane::Real>
[[gnu::always_inline]] constexpr Real quantile_logarithm(Real minus_q) {
  // -q (1 - q) is 4 q (1 - q) in units of -1/4. z / d needs only the absolute accuracy of v, so near 1 it is computed
  // as elsewhere.
  constexpr auto unit = Format<typename Lane::Scalar>::kMinusQuarter;
  const Real number = Lane::fma(minus_q, minus_q, minus_q);
  const auto e = exponent_of<Lane, unit>(number);
  return minus_two_log<Lane>(e, Lane::fma(number, scale_of<Lane, unit>(e), Lane::set(-1)));
}

// The quantile for tails of at least this size, where v <= 9.3; the polynomial for the centre is good up to 10.
inline constexpr double kLeastCentralTail = 0.0025;
template <class Lane, class Real = typename Lane::Real>
[[gnu::always_inline]] constexpr Real central_quantile(Real v, Real d) {
  return d * horner<Lane>(v, Coefficients<typename Lane::Scalar>::centre());
}

// 1e-34 < q <= 1/2.
template <class Lane, class Real = typename Lane::Real>
[[gnu::always_inline]] constexpr Real normal_quantile(Real minus_q, Real d) {
  using Scalar = typename Lane::Scalar;
  using C = Coefficients<Scalar>;
  using Word = typename Lane::Word;

  const Real v = quantile_logarithm<Lane>(minus_q);
  const Word in_tail = Lane::bits(Lane::set(10) - v);
  Real tail = v;
  if (Lane::any(in_tail)) {
    const Real r = Lane::sqrt(Lane::select(in_tail, v, Lane::set(10)));
    tail = horner<Lane>(r - Lane::set(Scalar(4.9)), C::tail());
    const Word far_out = Lane::bits(Lane::set(44) - v);
    if (Lane::any(far_out)) {
      tail = Lane::select(far_out, horner<Lane>(r - Lane::set(Scalar(10.3)), C::far_tail()), tail);
    }
    tail = Lane::select(Lane::bits(d), -tail, tail);
  }
  return Lane::select(in_tail, tail, central_quantile<Lane>(v, d));
}

}  // namespace fastinit
