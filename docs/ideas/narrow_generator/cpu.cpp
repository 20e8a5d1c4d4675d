// The look-up on a CPU with AVX2: words in, bfloat16 out, no refinement. Called through ctypes.
#include <immintrin.h>

#include "narrow.h"

static __m256 draw(const Cell* table, __m256i half) {
  const __m256i p = _mm256_and_si256(half, _mm256_set1_epi32(0x7FFF));
  const __m256i cell = _mm256_slli_epi32(_mm256_srli_epi32(p, 5), 1);
  const auto* numbers = reinterpret_cast<const float*>(table);
  const __m256 base = _mm256_i32gather_ps(numbers, cell, 4), slope = _mm256_i32gather_ps(numbers + 1, cell, 4);
  const __m256 within = _mm256_cvtepi32_ps(_mm256_and_si256(half, _mm256_set1_epi32(kInCell - 1)));
  const __m256i sign = _mm256_and_si256(_mm256_slli_epi32(half, 16), _mm256_set1_epi32(static_cast<int>(0x80000000u)));
  return _mm256_or_ps(_mm256_fmadd_ps(within, slope, base), _mm256_castsi256_ps(sign));
}
static __m256i rounded(__m256 x) {  // to bfloat16, in the upper half of each lane
  const __m256i bits = _mm256_castps_si256(x);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  return _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF)));
}
extern "C" void narrow(const Cell* table, const std::uint32_t* words, std::uint32_t* target, std::int64_t count) {
  for (std::int64_t i = 0; i < count; i += 8) {
    const __m256i w = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words + i));
    const __m256i low = rounded(draw(table, _mm256_and_si256(w, _mm256_set1_epi32(0xFFFF))));
    const __m256i high = rounded(draw(table, _mm256_srli_epi32(w, 16)));
    const __m256i both = _mm256_blend_epi16(_mm256_srli_epi32(low, 16), high, 0xAA);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(target + i), both);
  }
}
