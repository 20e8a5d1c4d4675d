// Interpolated and Alias with AVX2, Philox included; without what Interpolated asks for. Called through ctypes.
#include "draws.h"
#include "lanes/avx2.h"
#include "lanes/pack.h"
#include "philox.h"

using namespace fastinit;
using Vector = __m256i;

static Vector all(std::uint32_t value) { return _mm256_set1_epi32(static_cast<int>(value)); }
static Vector look_up(const void* table, Vector at) {
  return _mm256_i32gather_epi32(static_cast<const int*>(table), at, 4);
}
static Vector interpolated(const void* table, Vector half, float std) {  // bfloat16 in the upper halves
  const Vector entry = look_up(table, _mm256_and_si256(_mm256_srli_epi32(half, 5), all(kCells - 1)));
  const Vector within = _mm256_and_si256(half, all(kInCell - 1));
  const Vector rise = _mm256_madd_epi16(_mm256_and_si256(entry, all(kSlopeMask)), within);
  const Vector z = _mm256_add_epi32(_mm256_slli_epi32(_mm256_srli_epi32(entry, 13), 5), rise);
  const Vector sign = _mm256_and_si256(_mm256_slli_epi32(half, 16), all(0x80000000));
  const __m256 x = _mm256_mul_ps(_mm256_cvtepi32_ps(z), _mm256_set1_ps(std * kFixed));
  const Vector bits = _mm256_or_si256(_mm256_castps_si256(x), sign);
  const Vector odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), all(1));
  return _mm256_add_epi32(bits, _mm256_add_epi32(odd, all(0x7FFF)));
}
static Vector alias(const void* table, Vector least, Vector word) {  // bfloat16 in the lower halves
  const Vector mask = all(kColumns - 1);
  const Vector entry = look_up(table, _mm256_and_si256(_mm256_srli_epi32(word, 2), mask));
  const Vector chosen = _mm256_min_epu32(word, entry);
  const Vector column = _mm256_and_si256(_mm256_srli_epi32(chosen, 2), mask);
  const Vector sign = _mm256_and_si256(_mm256_slli_epi32(word, 14), all(0x8000));
  return _mm256_or_si256(_mm256_add_epi32(column, least), sign);
}
// The words of a tile, some vectors of blocks at a time, in the stream's order.
using Lanes = Interleaved<Avx2Lanes, 4>;
constexpr int kTile = 256;  // vectors of words, made before they are turned into values
template <class Turn>
[[gnu::always_inline]] static inline void fill(std::uint64_t seed, std::int64_t vectors, const Turn& turn) {
  const Schedule schedule = Schedule::make(seed, 0);
  alignas(32) Vector tile[kTile];
  for (std::int64_t v = 0; v < vectors; v += kTile) {
    for (int i = 0; i < kTile; i += 8) {
      const auto w = philox<Lanes>(schedule, Lanes::set_wide(2 * (v + i)) + Lanes::block_offsets());
      for (int k = 0; k < 4; ++k) {
        const auto first = Avx2Lanes::merge<Avx2Lane32::Word>(w.word0.part[k], w.word1.part[k]);
        const auto second = Avx2Lanes::merge<Avx2Lane32::Word>(w.word2.part[k], w.word3.part[k]);
        tile[i + 2 * k] = _mm256_unpacklo_epi64(first.v, second.v);
        tile[i + 2 * k + 1] = _mm256_unpackhi_epi64(first.v, second.v);
      }
    }
    turn(v, tile);
  }
}
extern "C" void fill_interpolated(const void* table, std::uint64_t seed, float std, Vector* target,
                                  std::int64_t elements) {
  fill(seed, elements / 16, [&](std::int64_t v, const Vector* w) {
    for (int i = 0; i < kTile; ++i) {
      const Vector low = interpolated(table, _mm256_and_si256(w[i], all(0xFFFF)), std);
      const Vector high = interpolated(table, _mm256_srli_epi32(w[i], 16), std);
      _mm256_storeu_si256(target + v + i, _mm256_blend_epi16(_mm256_srli_epi32(low, 16), high, 0xAA));
    }
  });
}
extern "C" void fill_alias(const void* table, std::uint32_t least, std::uint64_t seed, Vector* target,
                           std::int64_t elements) {
  fill(seed, elements / 8, [&](std::int64_t v, const Vector* w) {
    for (int i = 0; i < kTile; i += 2) {
      const Vector first = alias(table, all(least), w[i]), second = alias(table, all(least), w[i + 1]);
      const Vector both = _mm256_permute4x64_epi64(_mm256_packus_epi32(first, second), 0xD8);
      _mm256_storeu_si256(target + (v + i) / 2, both);
    }
  });
}
