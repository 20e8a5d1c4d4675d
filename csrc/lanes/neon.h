// The NEON lane type: four Philox blocks at a time, on any aarch64.
//
// NEON multiplies pairs of packed 32-bit words. `Wide` therefore keeps the low and the high halves of its 64-bit lanes
// in two vectors: one unzip of two products yields four low or four high halves, and xors take half the instructions.
// Words stay in the order in which they are drawn, all blocks' word 0 in one vector and word 1 in the next. A store
// interleaves them.
#pragma once

#include <arm_neon.h>

#include <cstdint>
#include <type_traits>

#include "lanes/pack.h"

namespace fastinit {

struct NeonWide {
  uint32x4_t low, high;
  friend NeonWide operator+(NeonWide a, NeonWide b) { return {vaddq_u32(a.low, b.low), a.high}; }
  friend NeonWide operator^(NeonWide a, NeonWide b) { return {veorq_u32(a.low, b.low), a.high}; }
};

struct NeonLane32 {
  using Scalar = float;
  using ScalarBits = std::uint32_t;
  static constexpr bool kFastSubnormals = false;
  struct Real {
    float32x4_t v;
    friend Real operator+(Real a, Real b) { return {vaddq_f32(a.v, b.v)}; }
    friend Real operator-(Real a, Real b) { return {vsubq_f32(a.v, b.v)}; }
    friend Real operator*(Real a, Real b) { return {vmulq_f32(a.v, b.v)}; }
    friend Real operator-(Real a) { return {vnegq_f32(a.v)}; }
  };
  struct Word {
    uint32x4_t v;
    friend Word operator+(Word a, Word b) { return {vaddq_u32(a.v, b.v)}; }
    friend Word operator-(Word a, Word b) { return {vsubq_u32(a.v, b.v)}; }
    friend Word operator&(Word a, Word b) { return {vandq_u32(a.v, b.v)}; }
    friend Word operator|(Word a, Word b) { return {vorrq_u32(a.v, b.v)}; }
    friend Word operator^(Word a, Word b) { return {veorq_u32(a.v, b.v)}; }
  };

  static Real set(float value) { return {vdupq_n_f32(value)}; }
  static Word set_word(std::uint32_t value) { return {vdupq_n_u32(value)}; }
  static Real fma(Real a, Real b, Real c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
  static Real sqrt(Real a) { return {vsqrtq_f32(a.v)}; }
  // FMIN and FMAX order -0 before 0. A comparison chooses the second of two equal numbers, as the scalar lanes do.
  static Real min(Real a, Real b) { return {vbslq_f32(vcltq_f32(a.v, b.v), a.v, b.v)}; }
  static Real max(Real a, Real b) { return {vbslq_f32(vcgtq_f32(a.v, b.v), a.v, b.v)}; }
  static Real one_below_zero(Real a) { return from_bits(Word{vcltzq_f32(a.v)} & bits(set(1))); }
  static Real clamp(Real x, Real low, Real high) { return {vmaxnmq_f32(vminnmq_f32(x.v, high.v), low.v)}; }
  static Real to_real(Word a) { return {vcvtq_f32_s32(vreinterpretq_s32_u32(a.v))}; }
  static Word bits(Real a) { return {vreinterpretq_u32_f32(a.v)}; }
  static Real from_bits(Word a) { return {vreinterpretq_f32_u32(a.v)}; }
  template <int Count>
  static Word shift_left(Word a) {
    return {vshlq_n_u32(a.v, Count)};
  }
  template <int Count>
  static Word shift_right(Word a) {
    return {vshrq_n_u32(a.v, Count)};
  }
  static uint32x4_t mask(Word condition) { return vcltzq_s32(vreinterpretq_s32_u32(condition.v)); }
  static Real select(Word condition, Real a, Real b) { return {vbslq_f32(mask(condition), a.v, b.v)}; }
  static Word select(Word condition, Word a, Word b) { return {vbslq_u32(mask(condition), a.v, b.v)}; }
  template <int kBit>
  static Real select_by(Word word, Real a, Real b) {
    return {vbslq_f32(vtstq_u32(word.v, set_word(ScalarBits{1} << kBit).v), a.v, b.v)};
  }
  static bool any(Word condition) { return vmaxvq_u32(condition.v) >> 31 != 0; }
};

struct NeonLane64 {
  using Scalar = double;
  using ScalarBits = std::uint64_t;
  static constexpr bool kFastSubnormals = false;
  struct Real {
    float64x2_t v;
    friend Real operator+(Real a, Real b) { return {vaddq_f64(a.v, b.v)}; }
    friend Real operator-(Real a, Real b) { return {vsubq_f64(a.v, b.v)}; }
    friend Real operator*(Real a, Real b) { return {vmulq_f64(a.v, b.v)}; }
    friend Real operator/(Real a, Real b) { return {vdivq_f64(a.v, b.v)}; }
    friend Real operator-(Real a) { return {vnegq_f64(a.v)}; }
  };
  struct Word {
    uint64x2_t v;
    friend Word operator+(Word a, Word b) { return {vaddq_u64(a.v, b.v)}; }
    friend Word operator-(Word a, Word b) { return {vsubq_u64(a.v, b.v)}; }
    friend Word operator&(Word a, Word b) { return {vandq_u64(a.v, b.v)}; }
    friend Word operator|(Word a, Word b) { return {vorrq_u64(a.v, b.v)}; }
    friend Word operator^(Word a, Word b) { return {veorq_u64(a.v, b.v)}; }
  };

  static Real set(double value) { return {vdupq_n_f64(value)}; }
  static Word set_word(std::uint64_t value) { return {vdupq_n_u64(value)}; }
  static Real fma(Real a, Real b, Real c) { return {vfmaq_f64(c.v, a.v, b.v)}; }
  static Real sqrt(Real a) { return {vsqrtq_f64(a.v)}; }
  static Real min(Real a, Real b) { return {vbslq_f64(vcltq_f64(a.v, b.v), a.v, b.v)}; }
  static Real max(Real a, Real b) { return {vbslq_f64(vcgtq_f64(a.v, b.v), a.v, b.v)}; }
  static Real one_below_zero(Real a) { return from_bits(Word{vcltzq_f64(a.v)} & bits(set(1))); }
  static Real clamp(Real x, Real low, Real high) { return {vmaxnmq_f64(vminnmq_f64(x.v, high.v), low.v)}; }
  static Real to_real(Word a) { return {vcvtq_f64_s64(vreinterpretq_s64_u64(a.v))}; }
  static Word bits(Real a) { return {vreinterpretq_u64_f64(a.v)}; }
  static Real from_bits(Word a) { return {vreinterpretq_f64_u64(a.v)}; }
  template <int Count>
  static Word shift_left(Word a) {
    return {vshlq_n_u64(a.v, Count)};
  }
  template <int Count>
  static Word shift_right(Word a) {
    return {vshrq_n_u64(a.v, Count)};
  }
  static uint64x2_t mask(Word condition) { return vcltzq_s64(vreinterpretq_s64_u64(condition.v)); }
  static Real select(Word condition, Real a, Real b) { return {vbslq_f64(mask(condition), a.v, b.v)}; }
  static Word select(Word condition, Word a, Word b) { return {vbslq_u64(mask(condition), a.v, b.v)}; }
  template <int kBit>
  static Real select_by(Word word, Real a, Real b) {
    return {vbslq_f64(vtstq_u64(word.v, set_word(ScalarBits{1} << kBit).v), a.v, b.v)};
  }
  static bool any(Word condition) { return vmaxvq_u32(vreinterpretq_u32_u64(mask(condition))) != 0; }
};

struct NeonLanes {
  static constexpr int kBlocks = 4;
  // Predicted by llvm-mca (see bench/lanes): with fewer vectors of blocks in flight, ports idle; with more, registers
  // spill.
  static constexpr int kWordVectors = 4;
  static constexpr int kValueVectors = 1;
  // A tile of a product uses 28 of the 32 registers: 24 sums, 3 vectors and a factor.
  static constexpr int kProductRows = 8;
  static constexpr int kProductVectors = 3;
  // Any address is accepted, because compilers offer no common streaming store for NEON.
  static constexpr std::uintptr_t kStoreAlignment = 1;
  using Wide = NeonWide;
  using Lane32 = PackLane<NeonLane32, 2>;
  using Lane64 = PackLane<NeonLane64, 2>;

  static Wide set_wide(std::uint64_t value) {
    return {vdupq_n_u32(static_cast<std::uint32_t>(value)), vdupq_n_u32(static_cast<std::uint32_t>(value >> 32))};
  }
  static Wide block_offsets() {
    constexpr std::uint32_t offsets[] = {0, 1, 2, 3};
    return {vld1q_u32(offsets), vdupq_n_u32(0)};
  }
  static Wide multiply_low(Wide a, std::uint32_t b) {
    const uint32x4_t factor = vdupq_n_u32(b);
    const uint32x4_t first = vreinterpretq_u32_u64(vmull_u32(vget_low_u32(a.low), vget_low_u32(factor)));
    const uint32x4_t last = vreinterpretq_u32_u64(vmull_high_u32(a.low, factor));
    return {vuzp1q_u32(first, last), vuzp2q_u32(first, last)};
  }
  static Wide high_half(Wide a) { return {a.high, vdupq_n_u32(0)}; }
  // For 32-bit words, a pair of vectors: first all of `low`, then all of `high`. For 64-bit words, `high` is above
  // `low` in each.
  template <class Word>
  static Word merge(Wide low, Wide high) {
    if constexpr (std::is_same_v<Word, Lane64::Word>) {
      return {{{vreinterpretq_u64_u32(vzip1q_u32(low.low, high.low))},
               {vreinterpretq_u64_u32(vzip2q_u32(low.low, high.low))}}};
    } else {
      return {{{low.low}, {high.low}}};
    }
  }

  // Parts 0 of `even` and `odd` hold words 0 and 1 of the blocks. Parts 1 hold words 2 and 3.
  static void store(Lane32::Word even, Lane32::Word odd, std::uint32_t* target, bool) {
    // Written by hand, because ST4 takes more than twice the operations.
    const auto pairs = [](uint32x4_t a, uint32x4_t b) {
      return uint64x2x2_t{{vreinterpretq_u64_u32(vzip1q_u32(a, b)), vreinterpretq_u64_u32(vzip2q_u32(a, b))}};
    };
    const auto first = pairs(even.part[0].v, odd.part[0].v);
    const auto last = pairs(even.part[1].v, odd.part[1].v);
    spell_out<2>([&](int i) {
      vst1q_u32(target + 8 * i, vreinterpretq_u32_u64(vzip1q_u64(first.val[i], last.val[i])));
      vst1q_u32(target + 8 * i + 4, vreinterpretq_u32_u64(vzip2q_u64(first.val[i], last.val[i])));
    });
  }
  static void store(Lane64::Word even, Lane64::Word odd, std::uint64_t* target, bool) {
    spell_out<2>([&](int i) {
      vst1q_u64(target + 4 * i, vzip1q_u64(even.part[i].v, odd.part[i].v));
      vst1q_u64(target + 4 * i + 2, vzip2q_u64(even.part[i].v, odd.part[i].v));
    });
  }
  static void store(Lane32::Word even, Lane32::Word odd, std::uint16_t* target, bool) {
    const uint32x4_t first = vsliq_n_u32(even.part[0].v, odd.part[0].v, 16);
    const uint32x4_t last = vsliq_n_u32(even.part[1].v, odd.part[1].v, 16);
    vst1q_u16(target, vreinterpretq_u16_u32(vzip1q_u32(first, last)));
    vst1q_u16(target + 8, vreinterpretq_u16_u32(vzip2q_u32(first, last)));
  }
  static void store(Lane32::Word even, Lane32::Word odd, std::uint8_t* target, bool) {
    const uint32x4_t first = vsliq_n_u32(even.part[0].v, odd.part[0].v, 8);
    const uint32x4_t last = vsliq_n_u32(even.part[1].v, odd.part[1].v, 8);
    vst1q_u8(target, vreinterpretq_u8_u32(vsliq_n_u32(first, last, 16)));
  }
  static void finish_stores() {}
};

}  // namespace fastinit
