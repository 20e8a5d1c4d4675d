// The AVX-512 lane type: eight Philox blocks at a time (AVX-512 F, DQ, BW and VL).
//
// The blocks are in the 64-bit lanes in the order 0, 4, 1, 5, 2, 6, 3, 7. An unpack of even and odd results, which
// takes one 64-bit lane of each 128 bits, then yields blocks 0 to 3 or 4 to 7 in the stream's order.
//
// The BF16 instructions are not used, because VCVTNEPS2BF16 treats subnormals as zeros whatever MXCSR is, and the
// scalar rounding does not.
#pragma once

// GCC 12's own header leaves registers undefined, and GCC then warns about it.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include <cstdint>

namespace fastinit {

struct Avx512Wide {
  __m512i v;
  friend Avx512Wide operator+(Avx512Wide a, Avx512Wide b) { return {_mm512_add_epi64(a.v, b.v)}; }
  friend Avx512Wide operator^(Avx512Wide a, Avx512Wide b) { return {_mm512_xor_si512(a.v, b.v)}; }
};

struct Avx512Lane32 {
  using Scalar = float;
  using ScalarBits = std::uint32_t;
  static constexpr bool kFastSubnormals = false;
  struct Real {
    __m512 v;
    friend Real operator+(Real a, Real b) { return {_mm512_add_ps(a.v, b.v)}; }
    friend Real operator-(Real a, Real b) { return {_mm512_sub_ps(a.v, b.v)}; }
    friend Real operator*(Real a, Real b) { return {_mm512_mul_ps(a.v, b.v)}; }
    friend Real operator-(Real a) { return {_mm512_xor_ps(a.v, _mm512_set1_ps(-0.0f))}; }
  };
  struct Word {
    __m512i v;
    friend Word operator+(Word a, Word b) { return {_mm512_add_epi32(a.v, b.v)}; }
    friend Word operator-(Word a, Word b) { return {_mm512_sub_epi32(a.v, b.v)}; }
    friend Word operator&(Word a, Word b) { return {_mm512_and_si512(a.v, b.v)}; }
    friend Word operator|(Word a, Word b) { return {_mm512_or_si512(a.v, b.v)}; }
    friend Word operator^(Word a, Word b) { return {_mm512_xor_si512(a.v, b.v)}; }
  };

  static Real set(float value) { return {_mm512_set1_ps(value)}; }
  static Word set_word(std::uint32_t value) { return {_mm512_set1_epi32(static_cast<int>(value))}; }
  static Real fma(Real a, Real b, Real c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
  static Real sqrt(Real a) { return {_mm512_sqrt_ps(a.v)}; }
  static Real min(Real a, Real b) { return {_mm512_min_ps(a.v, b.v)}; }
  static Real max(Real a, Real b) { return {_mm512_max_ps(a.v, b.v)}; }
  static Real one_below_zero(Real a) { return select(bits(a), set(1), set(0)); }
  static Real clamp(Real x, Real low, Real high) { return max(min(x, high), low); }
  static Real to_real(Word a) { return {_mm512_cvtepi32_ps(a.v)}; }
  static Word bits(Real a) { return {_mm512_castps_si512(a.v)}; }
  static Real from_bits(Word a) { return {_mm512_castsi512_ps(a.v)}; }
  template <int Count>
  static Word shift_left(Word a) {
    return {_mm512_slli_epi32(a.v, Count)};
  }
  template <int Count>
  static Word shift_right(Word a) {
    return {_mm512_srli_epi32(a.v, Count)};
  }
  template <int kBit = 31>
  static __mmask16 mask(Word word) {
    return _mm512_test_epi32_mask(word.v, set_word(ScalarBits{1} << kBit).v);
  }
  static Real select(Word condition, Real a, Real b) { return {_mm512_mask_blend_ps(mask(condition), b.v, a.v)}; }
  static Word select(Word condition, Word a, Word b) { return {_mm512_mask_blend_epi32(mask(condition), b.v, a.v)}; }
  template <int kBit>
  static Real select_by(Word word, Real a, Real b) {
    return {_mm512_mask_blend_ps(mask<kBit>(word), b.v, a.v)};
  }
  static bool any(Word condition) { return mask(condition) != 0; }
};

struct Avx512Lane64 {
  using Scalar = double;
  using ScalarBits = std::uint64_t;
  static constexpr bool kFastSubnormals = false;
  struct Real {
    __m512d v;
    friend Real operator+(Real a, Real b) { return {_mm512_add_pd(a.v, b.v)}; }
    friend Real operator-(Real a, Real b) { return {_mm512_sub_pd(a.v, b.v)}; }
    friend Real operator*(Real a, Real b) { return {_mm512_mul_pd(a.v, b.v)}; }
    friend Real operator/(Real a, Real b) { return {_mm512_div_pd(a.v, b.v)}; }
    friend Real operator-(Real a) { return {_mm512_xor_pd(a.v, _mm512_set1_pd(-0.0))}; }
  };
  struct Word {
    __m512i v;
    friend Word operator+(Word a, Word b) { return {_mm512_add_epi64(a.v, b.v)}; }
    friend Word operator-(Word a, Word b) { return {_mm512_sub_epi64(a.v, b.v)}; }
    friend Word operator&(Word a, Word b) { return {_mm512_and_si512(a.v, b.v)}; }
    friend Word operator|(Word a, Word b) { return {_mm512_or_si512(a.v, b.v)}; }
    friend Word operator^(Word a, Word b) { return {_mm512_xor_si512(a.v, b.v)}; }
  };

  static Real set(double value) { return {_mm512_set1_pd(value)}; }
  static Word set_word(std::uint64_t value) { return {_mm512_set1_epi64(static_cast<long long>(value))}; }
  static Real fma(Real a, Real b, Real c) { return {_mm512_fmadd_pd(a.v, b.v, c.v)}; }
  static Real sqrt(Real a) { return {_mm512_sqrt_pd(a.v)}; }
  static Real min(Real a, Real b) { return {_mm512_min_pd(a.v, b.v)}; }
  static Real max(Real a, Real b) { return {_mm512_max_pd(a.v, b.v)}; }
  static Real one_below_zero(Real a) { return select(bits(a), set(1), set(0)); }
  static Real clamp(Real x, Real low, Real high) { return max(min(x, high), low); }
  static Real to_real(Word a) { return {_mm512_cvtepi64_pd(a.v)}; }
  static Word bits(Real a) { return {_mm512_castpd_si512(a.v)}; }
  static Real from_bits(Word a) { return {_mm512_castsi512_pd(a.v)}; }
  template <int Count>
  static Word shift_left(Word a) {
    return {_mm512_slli_epi64(a.v, Count)};
  }
  template <int Count>
  static Word shift_right(Word a) {
    return {_mm512_srli_epi64(a.v, Count)};
  }
  template <int kBit = 63>
  static __mmask8 mask(Word word) {
    return _mm512_test_epi64_mask(word.v, set_word(ScalarBits{1} << kBit).v);
  }
  static Real select(Word condition, Real a, Real b) { return {_mm512_mask_blend_pd(mask(condition), b.v, a.v)}; }
  static Word select(Word condition, Word a, Word b) { return {_mm512_mask_blend_epi64(mask(condition), b.v, a.v)}; }
  template <int kBit>
  static Real select_by(Word word, Real a, Real b) {
    return {_mm512_mask_blend_pd(mask<kBit>(word), b.v, a.v)};
  }
  static bool any(Word condition) { return mask(condition) != 0; }
};

struct Avx512Lanes {
  static constexpr int kBlocks = 8;
  // Measured: with fewer vectors of blocks in flight, ports idle; with more, registers spill.
  static constexpr int kWordVectors = 6;
  static constexpr int kValueVectors = 4;
  // A tile of a product is two vectors (32 floats) wide, so that 32 columns are not rounded up to more.
  static constexpr int kProductRows = 8;
  static constexpr int kProductVectors = 2;
  static constexpr std::uintptr_t kStoreAlignment = 64;
  using Wide = Avx512Wide;
  using Lane32 = Avx512Lane32;
  using Lane64 = Avx512Lane64;

  static Wide set_wide(std::uint64_t value) { return {_mm512_set1_epi64(static_cast<long long>(value))}; }
  static Wide block_offsets() { return {_mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7)}; }
  static Wide multiply_low(Wide a, std::uint32_t b) { return {_mm512_mul_epu32(a.v, set_wide(b).v)}; }
  // A shuffle and not a shift, because Intel's 512-bit shifts share their port with the multiplications.
  static Wide high_half(Wide a) { return {_mm512_shuffle_epi32(a.v, _MM_PERM_DDBB)}; }
  // The low halves of two vectors, `high` above `low`, in each 64-bit lane.
  template <class Word>
  static Word merge(Wide low, Wide high) {
    return {_mm512_mask_shuffle_epi32(low.v, 0xAAAA, high.v, _MM_PERM_CCAA)};
  }

  static void write(void* target, __m512i value, bool streaming) {
    if (streaming) {
      _mm512_stream_si512(static_cast<__m512i*>(target), value);
    } else {
      _mm512_storeu_si512(target, value);
    }
  }
  static void store(Lane32::Word even, Lane32::Word odd, std::uint32_t* target, bool streaming) {
    write(target, _mm512_unpacklo_epi32(even.v, odd.v), streaming);
    write(target + 16, _mm512_unpackhi_epi32(even.v, odd.v), streaming);
  }
  static void store(Lane64::Word even, Lane64::Word odd, std::uint64_t* target, bool streaming) {
    write(target, _mm512_unpacklo_epi64(even.v, odd.v), streaming);
    write(target + 8, _mm512_unpackhi_epi64(even.v, odd.v), streaming);
  }
  // The 16-bit elements of all pairs in the stream's order. They are words 0 and 2 of a block's lane of `even` in turn
  // with those of its lane of `odd`, whose words are counted from 32.
  static __m512i narrow(Lane32::Word even, Lane32::Word odd) {
    constexpr auto from = [](long long lane) { return 0x0022'0002'0020'0000 + 4 * lane * 0x0001'0001'0001'0001; };
    const __m512i order = _mm512_setr_epi64(from(0), from(2), from(4), from(6), from(1), from(3), from(5), from(7));
    return _mm512_permutex2var_epi16(even.v, order, odd.v);
  }
  static void store(Lane32::Word even, Lane32::Word odd, std::uint16_t* target, bool streaming) {
    write(target, narrow(even, odd), streaming);
  }
  static void store(Lane32::Word even, Lane32::Word odd, std::uint8_t* target, bool streaming) {
    const __m256i bytes = _mm512_cvtepi16_epi8(narrow(even, odd));
    if (streaming) {
      _mm256_stream_si256(reinterpret_cast<__m256i*>(target), bytes);
    } else {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(target), bytes);
    }
  }
  // Makes streaming stores visible before any later store that tells another thread that the memory is ready.
  static void finish_stores() { _mm_sfence(); }
};

}  // namespace fastinit
