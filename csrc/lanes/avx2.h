// The AVX2 lane type: four Philox blocks at a time (AVX2 and FMA).
//
// The blocks are in the 64-bit lanes in the order 0, 2, 1, 3. One unpack of even and odd results then restores the
// stream's order without a permutation across the halves of a register.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace fastinit {

struct Avx2Wide {
  __m256i v;
  friend Avx2Wide operator+(Avx2Wide a, Avx2Wide b) { return {_mm256_add_epi64(a.v, b.v)}; }
  friend Avx2Wide operator^(Avx2Wide a, Avx2Wide b) { return {_mm256_xor_si256(a.v, b.v)}; }
};

struct Avx2Lane32 {
  using Scalar = float;
  using ScalarBits = std::uint32_t;
  static constexpr bool kFastSubnormals = false;
  struct Real {
    __m256 v;
    friend Real operator+(Real a, Real b) { return {_mm256_add_ps(a.v, b.v)}; }
    friend Real operator-(Real a, Real b) { return {_mm256_sub_ps(a.v, b.v)}; }
    friend Real operator*(Real a, Real b) { return {_mm256_mul_ps(a.v, b.v)}; }
    friend Real operator-(Real a) { return {_mm256_xor_ps(a.v, _mm256_set1_ps(-0.0f))}; }
  };
  struct Word {
    __m256i v;
    friend Word operator+(Word a, Word b) { return {_mm256_add_epi32(a.v, b.v)}; }
    friend Word operator-(Word a, Word b) { return {_mm256_sub_epi32(a.v, b.v)}; }
    friend Word operator&(Word a, Word b) { return {_mm256_and_si256(a.v, b.v)}; }
    friend Word operator|(Word a, Word b) { return {_mm256_or_si256(a.v, b.v)}; }
    friend Word operator^(Word a, Word b) { return {_mm256_xor_si256(a.v, b.v)}; }
  };

  static Real set(float value) { return {_mm256_set1_ps(value)}; }
  static Word set_word(std::uint32_t value) { return {_mm256_set1_epi32(static_cast<int>(value))}; }
  static Real fma(Real a, Real b, Real c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
  static Real sqrt(Real a) { return {_mm256_sqrt_ps(a.v)}; }
  static Real min(Real a, Real b) { return {_mm256_min_ps(a.v, b.v)}; }
  static Real max(Real a, Real b) { return {_mm256_max_ps(a.v, b.v)}; }
  static Real one_below_zero(Real a) { return select(bits(a), set(1), set(0)); }
  static Real clamp(Real x, Real low, Real high) { return max(min(x, high), low); }
  static Real to_real(Word a) { return {_mm256_cvtepi32_ps(a.v)}; }
  static Word bits(Real a) { return {_mm256_castps_si256(a.v)}; }
  static Real from_bits(Word a) { return {_mm256_castsi256_ps(a.v)}; }
  template <int Count>
  static Word shift_left(Word a) {
    return {_mm256_slli_epi32(a.v, Count)};
  }
  template <int Count>
  static Word shift_right(Word a) {
    return {_mm256_srli_epi32(a.v, Count)};
  }
  static Real select(Word condition, Real a, Real b) {
    return {_mm256_blendv_ps(b.v, a.v, _mm256_castsi256_ps(condition.v))};
  }
  static Word select(Word condition, Word a, Word b) { return bits(select(condition, from_bits(a), from_bits(b))); }
  template <int kBit>
  static Real select_by(Word word, Real a, Real b) {
    return select(shift_left<31 - kBit>(word), a, b);
  }
  static bool any(Word condition) { return _mm256_movemask_ps(_mm256_castsi256_ps(condition.v)) != 0; }
};

struct Avx2Lane64 {
  using Scalar = double;
  using ScalarBits = std::uint64_t;
  static constexpr bool kFastSubnormals = false;
  struct Real {
    __m256d v;
    friend Real operator+(Real a, Real b) { return {_mm256_add_pd(a.v, b.v)}; }
    friend Real operator-(Real a, Real b) { return {_mm256_sub_pd(a.v, b.v)}; }
    friend Real operator*(Real a, Real b) { return {_mm256_mul_pd(a.v, b.v)}; }
    friend Real operator/(Real a, Real b) { return {_mm256_div_pd(a.v, b.v)}; }
    friend Real operator-(Real a) { return {_mm256_xor_pd(a.v, _mm256_set1_pd(-0.0))}; }
  };
  struct Word {
    __m256i v;
    friend Word operator+(Word a, Word b) { return {_mm256_add_epi64(a.v, b.v)}; }
    friend Word operator-(Word a, Word b) { return {_mm256_sub_epi64(a.v, b.v)}; }
    friend Word operator&(Word a, Word b) { return {_mm256_and_si256(a.v, b.v)}; }
    friend Word operator|(Word a, Word b) { return {_mm256_or_si256(a.v, b.v)}; }
    friend Word operator^(Word a, Word b) { return {_mm256_xor_si256(a.v, b.v)}; }
  };

  static Real set(double value) { return {_mm256_set1_pd(value)}; }
  static Word set_word(std::uint64_t value) { return {_mm256_set1_epi64x(static_cast<long long>(value))}; }
  static Real fma(Real a, Real b, Real c) { return {_mm256_fmadd_pd(a.v, b.v, c.v)}; }
  static Real sqrt(Real a) { return {_mm256_sqrt_pd(a.v)}; }
  static Real min(Real a, Real b) { return {_mm256_min_pd(a.v, b.v)}; }
  static Real max(Real a, Real b) { return {_mm256_max_pd(a.v, b.v)}; }
  static Real one_below_zero(Real a) { return select(bits(a), set(1), set(0)); }
  static Real clamp(Real x, Real low, Real high) { return max(min(x, high), low); }
  // AVX2 has no 64-bit conversion. Each half becomes the low bits of a double whose exponent makes it
  // exact (2^52 + low, and 2^84 + 2^63 + high 2^32); the one addition that rounds joins them.
  static Real to_real(Word a) {
    const __m256i low_bias = _mm256_set1_epi64x(0x4330000000000000);   // 2^52
    const __m256i high_bias = _mm256_set1_epi64x(0x4530000080000000);  // 2^84 + 2^63, flips the sign bit
    const __m256d both_biases = _mm256_set1_pd(0x1.00000801p84);       // 2^84 + 2^63 + 2^52
    const __m256d low = _mm256_castsi256_pd(_mm256_blend_epi32(a.v, low_bias, 0xAA));
    const __m256d high = _mm256_castsi256_pd(_mm256_xor_si256(_mm256_srli_epi64(a.v, 32), high_bias));
    return {_mm256_add_pd(_mm256_sub_pd(high, both_biases), low)};
  }
  static Word bits(Real a) { return {_mm256_castpd_si256(a.v)}; }
  static Real from_bits(Word a) { return {_mm256_castsi256_pd(a.v)}; }
  template <int Count>
  static Word shift_left(Word a) {
    return {_mm256_slli_epi64(a.v, Count)};
  }
  template <int Count>
  static Word shift_right(Word a) {
    return {_mm256_srli_epi64(a.v, Count)};
  }
  static Real select(Word condition, Real a, Real b) {
    return {_mm256_blendv_pd(b.v, a.v, _mm256_castsi256_pd(condition.v))};
  }
  static Word select(Word condition, Word a, Word b) { return bits(select(condition, from_bits(a), from_bits(b))); }
  template <int kBit>
  static Real select_by(Word word, Real a, Real b) {
    return select(shift_left<63 - kBit>(word), a, b);
  }
  static bool any(Word condition) { return _mm256_movemask_pd(_mm256_castsi256_pd(condition.v)) != 0; }
};

struct Avx2Lanes {
  static constexpr int kBlocks = 4;
  // Measured: with fewer vectors of blocks in flight, ports idle; with more, registers spill.
  static constexpr int kWordVectors = 5;
  static constexpr int kValueVectors = 3;
  // A tile of a product uses all 16 registers: 12 sums, 3 vectors and a factor.
  static constexpr int kProductRows = 4;
  static constexpr int kProductVectors = 3;
  static constexpr std::uintptr_t kStoreAlignment = 32;
  using Wide = Avx2Wide;
  using Lane32 = Avx2Lane32;
  using Lane64 = Avx2Lane64;

  static Wide set_wide(std::uint64_t value) { return {_mm256_set1_epi64x(static_cast<long long>(value))}; }
  static Wide block_offsets() { return {_mm256_setr_epi64x(0, 2, 1, 3)}; }
  static Wide multiply_low(Wide a, std::uint32_t b) { return {_mm256_mul_epu32(a.v, set_wide(b).v)}; }
  static Wide high_half(Wide a) { return {_mm256_srli_epi64(a.v, 32)}; }
  // The low halves of two vectors, `high` above `low`, in each 64-bit lane.
  template <class Word>
  static Word merge(Wide low, Wide high) {
    return {_mm256_blend_epi32(low.v, _mm256_slli_epi64(high.v, 32), 0xAA)};
  }

  static void write(void* target, __m256i value, bool streaming) {
    if (streaming) {
      _mm256_stream_si256(static_cast<__m256i*>(target), value);
    } else {
      _mm256_storeu_si256(static_cast<__m256i*>(target), value);
    }
  }
  static void store(Lane32::Word even, Lane32::Word odd, std::uint32_t* target, bool streaming) {
    write(target, _mm256_unpacklo_epi32(even.v, odd.v), streaming);
    write(target + 8, _mm256_unpackhi_epi32(even.v, odd.v), streaming);
  }
  static void store(Lane64::Word even, Lane64::Word odd, std::uint64_t* target, bool streaming) {
    write(target, _mm256_unpacklo_epi64(even.v, odd.v), streaming);
    write(target + 4, _mm256_unpackhi_epi64(even.v, odd.v), streaming);
  }
  static void store(Lane32::Word even, Lane32::Word odd, std::uint16_t* target, bool streaming) {
    const __m256i pairs = _mm256_blend_epi16(even.v, _mm256_slli_epi32(odd.v, 16), 0xAA);
    write(target, _mm256_permute4x64_epi64(pairs, 0xD8), streaming);  // blocks 0 2 1 3 -> 0 1 2 3
  }
  static void store(Lane32::Word even, Lane32::Word odd, std::uint8_t* target, bool streaming) {
    const __m256i pairs = _mm256_or_si256(even.v, _mm256_slli_epi32(odd.v, 8));
    // The low 16 bits of each 32-bit lane, blocks 0 2 in the low half and 1 3 in the high half.
    const __m256i bytes = _mm256_packus_epi32(pairs, pairs);
    const __m128i halves = _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1));
    if (streaming) {
      _mm_stream_si128(reinterpret_cast<__m128i*>(target), halves);
    } else {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(target), halves);
    }
  }
  // Makes streaming stores visible before any later store that tells another thread that the memory is ready.
  static void finish_stores() { _mm_sfence(); }
};

}  // namespace fastinit
