// What the stream says of blocks, for the CPU's loop and the GPU's alike; see docs/streams.md.
#pragma once

#include <cstdint>

namespace fastinit {

template <bool kDouble>
struct Blocks {
  static constexpr std::uint32_t kElements = kDouble ? 2 : 4;  // in a block

  // Of the `count` elements from `index` on, those before the low half of the block's number wraps.
  static constexpr std::uint64_t before_wrap(std::uint64_t index, std::uint64_t count) {
    constexpr std::uint64_t kSegment = (std::uint64_t{1} << 32) * kElements;
    const std::uint64_t left = kSegment - index % kSegment;
    return count < left ? count : left;
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
