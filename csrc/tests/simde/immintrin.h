// Replaces <immintrin.h> where lanes/avx512.h has to run on a processor without AVX-512: its intrinsics become those of
// SIMDe (https://github.com/simd-everywhere/simde), which are functions of AVX2 and plain C++. See FASTINIT_SIMDE.
#pragma once

#include_next <immintrin.h>
#ifdef __AVX512F__
#error "compiled for AVX-512, where SIMDe would hand the real instructions through"
#endif

// SIMDe then defines the names of the intrinsics that the compiler does not have.
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>

// Functions that SIMDe 0.7 lacks, written with those that it has.
namespace fastinit::simde {

inline simde__m512i shuffle_epi32(simde__m512i a, int order) {
  const simde__m512i_private from = simde__m512i_to_private(a);
  simde__m512i_private to = from;
  for (int i = 0; i < 16; ++i) to.i32[i] = from.i32[i / 4 * 4 + (order >> (2 * (i % 4)) & 3)];
  return simde__m512i_from_private(to);
}
inline simde__m512i mask_shuffle_epi32(simde__m512i source, simde__mmask16 mask, simde__m512i a, int order) {
  return simde_mm512_mask_mov_epi32(source, mask, shuffle_epi32(a, order));
}
inline simde__m512 cvtepi32_ps(simde__m512i a) {
  const simde__m512i_private from = simde__m512i_to_private(a);
  simde__m512_private to;
  for (int i = 0; i < 16; ++i) to.f32[i] = static_cast<float>(from.i32[i]);
  return simde__m512_from_private(to);
}
inline simde__m512d cvtepi64_pd(simde__m512i a) {
  const simde__m512i_private from = simde__m512i_to_private(a);
  simde__m512d_private to;
  for (int i = 0; i < 8; ++i) to.f64[i] = static_cast<double>(from.i64[i]);
  return simde__m512d_from_private(to);
}

}  // namespace fastinit::simde

#define _mm512_shuffle_epi32(a, order) fastinit::simde::shuffle_epi32(a, order)
#define _mm512_mask_shuffle_epi32(source, mask, a, order) fastinit::simde::mask_shuffle_epi32(source, mask, a, order)
#define _mm512_cvtepi32_ps(a) fastinit::simde::cvtepi32_ps(a)
#define _mm512_cvtepi64_pd(a) fastinit::simde::cvtepi64_pd(a)
#define _mm512_stream_si512(target, a) simde_mm512_storeu_si512(target, a)
