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

// Whole lines at a line's start. SSE2's streaming stores are in every x86-64 and reach the limit of memory;
// elsewhere the compiler's own copy has to do.
void stream_lines(unsigned char* target, std::size_t lines, const unsigned char (&line)[kLineBytes]) {
#if defined(__x86_64__)
  const __m128i value = _mm_loadu_si128(reinterpret_cast<const __m128i*>(line));
  for (std::size_t i = 0; i < lines * (kLineBytes / 16); ++i) {
    _mm_stream_si128(reinterpret_cast<__m128i*>(target) + i, value);
  }
  _mm_sfence();
#else
  for (std::size_t i = 0; i < lines; ++i) std::memcpy(target + i * kLineBytes, line, kLineBytes);
#endif
}

}  // namespace

void write_pattern(unsigned char* target, std::size_t bytes, std::uint64_t bits, std::size_t item, bool streaming) {
  unsigned char line[kLineBytes];
  for (std::size_t i = 0; i < kLineBytes; i += item) std::memcpy(line + i, &bits, item);
  if (streaming) {
    // `target` lies on an item's boundary or not at all: the pattern shifts by what the head leaves over.
    const std::size_t head = std::min(bytes, (kLineBytes - reinterpret_cast<std::uintptr_t>(target) % kLineBytes) % kLineBytes);
    std::memcpy(target, line, head);
    unsigned char shifted[kLineBytes];
    for (std::size_t i = 0; i < kLineBytes; ++i) shifted[i] = line[(i + head) % kLineBytes];
    const std::size_t lines = (bytes - head) / kLineBytes;
    stream_lines(target + head, lines, shifted);
    const std::size_t done = head + lines * kLineBytes;
    std::memcpy(target + done, shifted, bytes - done);
    return;
  }
  for (std::size_t done = 0; done < bytes; done += kLineBytes) {
    std::memcpy(target + done, line, std::min(kLineBytes, bytes - done));
  }
}

}  // namespace fastinit
