// ln, sin/cos and the normal quantile: the same bits on every lane type.
//
// Only operations that IEEE 754 rounds exactly, in a written order: no libm, no contraction, no
// approximate instruction. Coefficients: csrc/coefficients.h. Accuracy: tests/test_accuracy.py.
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
  static constexpr std::uint64_t kLogLow = 0x3FE4F5C28F5C28F6;
};

// Horner's rule: the fewest operations; other vectors' work hides its latency.
template <class Lane, int N, class Real = typename Lane::Real>
[[gnu::always_inline]] constexpr Real horner(Real x, Polynomial<typename Lane::Scalar, N> p) {
  Real sum = Lane::set(p.coefficients[N - 1]);
  for (int i = N - 2; i >= 0; --i) sum = Lane::fma(sum, x, Lane::set(p.coefficients[i]));
  return sum;
}

// -2 ln U for U = v where v > 0, and for U = 1 + v where v <= 0 (-1/2 <= v): the caller hands over
// U - 1 there, which keeps the digits that U itself would round away. `near_one`: 1 where v <= 0, else 0.
template <class Lane, class Real = typename Lane::Real>
[[gnu::always_inline]] constexpr Real minus_two_log(Real v, Real near_one) {
  using Scalar = typename Lane::Scalar;
  using F = Format<Scalar>;
  using Word = typename Lane::Word;
  constexpr auto exponent_mask = ~((typename Lane::ScalarBits{1} << F::kMantissaBits) - 1);

  // U = 2^e (1 + f) with f in [-0.345, 0.31]; e stays where the exponent lies.
  const Word e = (Lane::bits(v + near_one) - Lane::set_word(F::kLogLow)) & Lane::set_word(exponent_mask);
  const Real scale = Lane::from_bits(Lane::set_word(F::kOne) - e);
  const Real f = Lane::fma(v, scale, Lane::fma(near_one, scale, Lane::set(-1)));
  const Real exponent_term = Lane::to_real(e) * Lane::set(F::kMinusTwoLn2 * F::kUlp);
  return Lane::fma(f, horner<Lane>(f, Coefficients<Scalar>::log()), exponent_term);
}

// magnitude * (cos, sin)(2 pi word / 2^bits). The angle is reduced in integers, so that both stay
// accurate relative to their own size at every quadrant edge.
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

  // The edge's number is in the top two bits: odd ones turn (cos, sin) into (-sin, cos), 2 and 3 negate both.
  constexpr int kOdd = F::kBits - 2;
  const Word edge = word + Lane::set_word(Bits{1} << (F::kBits - 3));
  const Real turned = Lane::from_bits(Lane::bits(magnitude) ^ (edge & sign_bit));
  return {turned * Lane::template select_by<kOdd>(edge, -sin, cos),
          turned * Lane::template select_by<kOdd>(edge, cos, sin)};
}

// |z| for both tails together, 2 q where q = 1 - Phi(|z|), 0 < q <= 1/2, |z| <= 14. With v = -2 ln(4 q (1 - q)),
// z^2 / v hardly varies (it is pi/4 at 0), so one short polynomial serves |z| < 2.9; the tails take others.
template <class Lane, class Real = typename Lane::Real>
[[gnu::always_inline]] constexpr Real quantile_logarithm(Real two_q) {
  using Scalar = typename Lane::Scalar;
  using Word = typename Lane::Word;
  const Real one = Lane::set(1);

  // 4 q (1 - q) = 1 - d^2: near 1 it goes to the logarithm as -d^2.
  const Real d = one - two_q;
  const Real less_one = -d * d;
  const Word small = Lane::bits(less_one + Lane::set(Scalar(0.5)));  // sign bit: 4 q (1 - q) < 1/2
  return minus_two_log<Lane>(Lane::select(small, Lane::fma(two_q, d, two_q), less_one),
                             Lane::select(small, Lane::set(0), one));
}

template <class Lane, class Real = typename Lane::Real>
[[gnu::always_inline]] constexpr Real central_root(Real v) {
  return Lane::sqrt(v * horner<Lane>(v, Coefficients<typename Lane::Scalar>::centre()));
}

// For tails of this at least: v <= 9.3, where the polynomial for the centre serves up to 10.
inline constexpr double kLeastCentralTail = 0.0025;
template <class Lane, class Real = typename Lane::Real>
[[gnu::always_inline]] constexpr Real central_quantile(Real two_q) {
  return central_root<Lane>(quantile_logarithm<Lane>(two_q));
}

template <class Lane, class Real = typename Lane::Real>
[[gnu::always_inline]] constexpr Real normal_quantile(Real two_q) {
  using Scalar = typename Lane::Scalar;
  using C = Coefficients<Scalar>;
  using Word = typename Lane::Word;

  const Real v = quantile_logarithm<Lane>(two_q);
  Real z = central_root<Lane>(v);
  const Word in_tail = Lane::bits(Lane::set(10) - v);
  if (Lane::any(in_tail)) {
    const Real r = Lane::sqrt(v);
    z = Lane::select(in_tail, horner<Lane>(r - Lane::set(Scalar(4.9)), C::tail()), z);
    const Word far_out = Lane::bits(Lane::set(44) - v);
    if (Lane::any(far_out)) z = Lane::select(far_out, horner<Lane>(r - Lane::set(Scalar(10.3)), C::far_tail()), z);
  }
  return z;
}

}  // namespace fastinit
