// What the stream says of blocks, for the CPU's loop and the GPU's alike; see docs/streams.md.
#pragma once

#include <cstdint>

namespace fastinit {

template <bool kDouble>
struct Blocks {
  static constexpr std::uint32_t kElements = kDouble ? 2 : 4;  // in a block

  // Elements from a block's start on before the low half of its number wraps.
  static constexpr std::uint64_t to_wrap(std::uint64_t block) {
    constexpr std::uint64_t kSegmentBlocks = std::uint64_t{1} << 32;
    return (kSegmentBlocks - block % kSegmentBlocks) * kElements;
  }

  // A block's four words as pairs: one of 64 bits, or the even words of two of 32 bits and then the odd ones.
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
