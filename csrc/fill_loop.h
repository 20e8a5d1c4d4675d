// The loop over blocks, once, for any lane type, distribution and element type.
//
// A group is what one step of the lanes yields: kBlocks blocks. Whole groups go straight to the target;
// the ragged head and tail of a run go through a small buffer. Runs split where `block low` wraps.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "distributions.h"
#include "dtype.h"
#include "philox.h"

namespace fastinit {

// Writes runs of consecutive flat indices of one tensor; made once per piece of work.
template <class Lanes, template <class> class Distribution, ElementType kType>
class RunWriter {
  using Type = Element<kType>;
  using Stored = typename Type::Stored;
  using Lane = std::conditional_t<Type::kDouble, typename Lanes::Lane64, typename Lanes::Lane32>;
  using Word = typename Lane::Word;
  using Wide = typename Lanes::Wide;
  static constexpr std::uint64_t kBlockSize = Type::kDouble ? 2 : 4;  // elements in a block
  static constexpr std::uint64_t kGroupSize = kBlockSize * Lanes::kBlocks;
  static constexpr std::uint64_t kSegmentBlocks = std::uint64_t{1} << 32;

 public:
  explicit RunWriter(const FillSpec& spec)
      : seed_(spec.seed), stream_(spec.stream), schedule_(Schedule::make(spec.seed, spec.stream, 0)), draw_(spec) {}

  // `streaming`: bypass the caches, where the target's alignment allows.
  void write(std::uint64_t index, std::uint64_t count, Stored* target, bool streaming) {
    while (count > 0) {
      const std::uint64_t block = index / kBlockSize;
      const std::uint64_t to_wrap = (kSegmentBlocks - block % kSegmentBlocks) * kBlockSize - index % kBlockSize;
      const std::uint64_t n = std::min(count, to_wrap);
      if (schedule_.block_high != block >> 32) schedule_ = Schedule::make(seed_, stream_, block >> 32);
      write_segment(index, n, target, streaming);
      index += n;
      target += n;
      count -= n;
    }
  }

 private:
  void write_segment(std::uint64_t index, std::uint64_t count, Stored* target, bool streaming) {
    std::uint64_t head = (kBlockSize - index % kBlockSize) % kBlockSize;  // up to a block's start
    if (streaming) {
      // Further up, a block at a time, to the first target that streaming stores take, if there is one.
      while (misalignment(target + head) != 0 && head < kGroupSize) head += kBlockSize;
      streaming = misalignment(target + head) == 0;
      if (!streaming) head %= kBlockSize;
    }
    head = std::min(head, count);
    if (head > 0) write_part(index, head, target);
    index += head;
    target += head;
    count -= head;

    const std::uint64_t groups = count / kGroupSize;
    if (streaming) {
      write_groups<true>(index, groups, target);
    } else {
      write_groups<false>(index, groups, target);
    }
    const std::uint64_t done = groups * kGroupSize;
    if (done < count) write_part(index + done, count - done, target + done);
  }

  template <bool kStreaming>
  void write_groups(std::uint64_t index, std::uint64_t groups, Stored* target) const {
    // Local copies: a store through `target` may alias anything reached through `this`.
    const Schedule schedule = schedule_;
    const Distribution<Lane> draw = draw_;
    Wide block = first_blocks(index);
    const Wide step = Lanes::set_wide(Lanes::kBlocks);
    for (std::uint64_t group = 0; group < groups; ++group, target += kGroupSize, block = block + step) {
      write_group<kStreaming>(schedule, draw, block, target);
    }
    if constexpr (kStreaming) Lanes::finish_stores();
  }

  // Fewer than two groups' elements, from any index within its block.
  void write_part(std::uint64_t index, std::uint64_t count, Stored* target) const {
    while (count > 0) {
      Stored buffer[kGroupSize];
      write_group<false>(schedule_, draw_, first_blocks(index), buffer);
      const std::uint64_t skip = index % kBlockSize;
      const std::uint64_t n = std::min(count, kGroupSize - skip);
      std::memcpy(target, buffer + skip, n * sizeof(Stored));
      index += n;
      target += n;
      count -= n;
    }
  }

  template <bool kStreaming>
  [[gnu::always_inline]] static void write_group(const Schedule& schedule, const Distribution<Lane>& draw, Wide block, Stored* target) {
    const auto words = philox<Lanes>(schedule, block);
    // Pairs are (w0, w1), (w2, w3); a 64-bit word is one such pair.
    Word even, odd;
    if constexpr (Type::kDouble) {
      Lanes::merge(words.word0, words.word1, even);
      Lanes::merge(words.word2, words.word3, odd);
    } else {
      Lanes::merge(words.word0, words.word2, even);
      Lanes::merge(words.word1, words.word3, odd);
    }
    const auto values = draw(even, odd);
    Lanes::template store<kStreaming>(round(values.even), round(values.odd), target);
  }

  static Word round(Word bits) { return bits; }
  static Word round(typename Lane::Real value) { return Type::template round<Lane>(value); }

  static Wide first_blocks(std::uint64_t index) {
    return Lanes::set_wide(static_cast<std::uint32_t>(index / kBlockSize)) + Lanes::block_offsets();
  }
  static std::uintptr_t misalignment(const Stored* target) {
    return reinterpret_cast<std::uintptr_t>(target) % Lanes::kStoreAlignment;
  }

  std::uint64_t seed_;
  std::uint64_t stream_;
  Schedule schedule_;
  Distribution<Lane> draw_;
};

// Elements [first, first + count) of the box, in the order they lie in memory, at `target`.
template <class Lanes, template <class> class Distribution, ElementType kType>
void fill_piece(const FillSpec& spec, std::uint64_t first, std::uint64_t count, void* target, bool streaming) {
  RunWriter<Lanes, Distribution, kType> writer(spec);
  auto* next = static_cast<typename Element<kType>::Stored*>(target);
  while (count > 0) {
    const std::uint64_t within = first % spec.run;
    std::uint64_t index = spec.start + within;
    std::uint64_t outer = first / spec.run;
    for (int k = spec.rank - 1; k >= 0; --k) {
      index += outer % spec.extents[k] * spec.strides[k];
      outer /= spec.extents[k];
    }
    const std::uint64_t n = std::min(count, spec.run - within);
    writer.write(index, n, next, streaming);
    first += n;
    next += n;
    count -= n;
  }
}

using PieceFunction = void (*)(const FillSpec&, std::uint64_t first, std::uint64_t count, void* target, bool streaming);

// One lane type's functions, [distribution][element type]; null where the two do not go together.
struct PieceTable {
  PieceFunction functions[kDistributions][kElementTypes];
};

template <class Lanes, template <class> class Distribution>
constexpr void add_float_types(PieceFunction (&row)[kElementTypes]) {
  const auto at = [&](ElementType type) -> PieceFunction& { return row[static_cast<int>(type)]; };
  at(ElementType::kFloat64) = fill_piece<Lanes, Distribution, ElementType::kFloat64>;
  at(ElementType::kFloat32) = fill_piece<Lanes, Distribution, ElementType::kFloat32>;
  at(ElementType::kFloat16) = fill_piece<Lanes, Distribution, ElementType::kFloat16>;
  at(ElementType::kBfloat16) = fill_piece<Lanes, Distribution, ElementType::kBfloat16>;
  at(ElementType::kFloat8E4m3fn) = fill_piece<Lanes, Distribution, ElementType::kFloat8E4m3fn>;
  at(ElementType::kFloat8E5m2) = fill_piece<Lanes, Distribution, ElementType::kFloat8E5m2>;
}

template <class Lanes>
constexpr PieceTable make_piece_table() {
  PieceTable table{};
  auto& rows = table.functions;
  rows[static_cast<int>(Distribution::kBits)][static_cast<int>(ElementType::kUint32)] =
      fill_piece<Lanes, Bits, ElementType::kUint32>;
  add_float_types<Lanes, Uniform>(rows[static_cast<int>(Distribution::kUniform)]);
  add_float_types<Lanes, Normal>(rows[static_cast<int>(Distribution::kNormal)]);
  add_float_types<Lanes, TruncatedNormal>(rows[static_cast<int>(Distribution::kTruncatedNormal)]);
  return table;
}

}  // namespace fastinit
