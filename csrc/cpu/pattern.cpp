// Constants: copies of one item, at the speed of memory.
#include "cpu/pattern.h"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fastinit {
namespace {

constexpr std::size_t kLineBytes = 64;

void copy_lines(unsigned char* target, std::size_t lines, const unsigned char (&line)[kLineBytes]) {
  for (std::size_t i = 0; i < lines; ++i) std::memcpy(target + i * kLineBytes, line, kLineBytes);
}

// The same with stores that bypass the caches, for targets at the start of a cache line. Every x86-64 has SSE2's
// streaming stores, and they reach the limit of the memory.
void stream_lines(unsigned char* target, std::size_t lines, const unsigned char (&line)[kLineBytes]) {
#if defined(__x86_64__)
  constexpr std::size_t step = sizeof(__m128i);
  __m128i parts[kLineBytes / step];
  std::memcpy(parts, line, kLineBytes);
  for (std::size_t i = 0; i < lines; ++i, target += kLineBytes) {
    for (std::size_t k = 0; k < kLineBytes / step; ++k) {
      _mm_stream_si128(reinterpret_cast<__m128i*>(target + k * step), parts[k]);
    }
  }
  _mm_sfence();
#else
  copy_lines(target, lines, line);
#endif
}

}  // namespace

void write_pattern(unsigned char* target, std::size_t bytes, std::uint64_t bits, std::size_t item, bool streaming) {
  // The head reaches up to the start of a cache line, even if no item starts there. The pattern of a line is shifted to
  // follow it.
  const std::size_t misaligned = reinterpret_cast<std::uintptr_t>(target) % kLineBytes;
  const std::size_t head = streaming ? std::min(bytes, (kLineBytes - misaligned) % kLineBytes) : 0;
  unsigned char items[2 * kLineBytes];
  for (std::size_t i = 0; i < sizeof items; i += item) std::memcpy(items + i, &bits, item);
  unsigned char line[kLineBytes];
  std::memcpy(line, items + head, kLineBytes);

  std::memcpy(target, items, head);
  target += head;
  bytes -= head;
  const std::size_t lines = bytes / kLineBytes;
  (streaming ? stream_lines : copy_lines)(target, lines, line);
  std::memcpy(target + lines * kLineBytes, line, bytes % kLineBytes);
}

}  // namespace fastinit
