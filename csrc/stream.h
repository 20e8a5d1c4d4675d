// The blocks of a stream, for the loops of the CPU and the GPU; see docs/streams.md.
#pragma once

#include <cstdint>

namespace fastinit {

template <bool kDouble>
struct Blocks {
  static constexpr std::uint32_t kElements = kDouble ? 2 : 4;  // in a block

  // The number of elements from a block's start until the low half of its number wraps.
  static constexpr std::uint64_t to_wrap(std::uint64_t block) {
    constexpr std::uint64_t kSegmentBlocks = std::uint64_t{1} << 32;
    return (kSegmentBlocks - block % kSegmentBlocks) * kElements;
  }

  // The four words of a block as pairs: one pair of 64-bit words, or the even 32-bit words and then the odd ones.
  template <class Words, class Merge>
  [[gnu::always_inline]] static constexpr auto even(const Words& words, const Merge& merge) {
    if constexpr (kDouble)
      return merge(words.word0, words.word1);
    else
      return merge(words.word0, words.word2);
  }
  template <class Words, class Merge>
  [[gnu::always_inline]] static constexpr auto odd(const Words& words, const Merge& merge) {
    if constexpr (kDouble)
      return merge(words.word2, words.word3);
    else
      return merge(words.word1, words.word3);
  }
};

}  // namespace fastinit
