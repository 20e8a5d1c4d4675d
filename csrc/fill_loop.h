// The loop over blocks, once, for any lane type, distribution and element type.
//
// Words and values are made in turn, for a tile at a time, which stays in the L1 cache. Philox needs many blocks in
// flight (its rounds are one long chain), and the distributions need the registers for their constants.
// Whole tiles go straight to the target. The rest of a run goes through a buffer, a group at a time, where a group is
// what one step of the lanes yields. Runs are split where `block low` wraps.
// step of the lanes yields) at a time. Runs split where `block low` wraps.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "dtype.h"
#include "lanes/pack.h"
#include "methods.h"
#include "philox.h"
#include "stream.h"

namespace fastinit {

// Writes runs of consecutive flat indices of one tensor. One object is made for each piece of work.
template <class BaseLanes, template <class> class Distribution, ElementType kType>
class RunWriter {
  using Type = Element<kType>;
  using Stored = typename Type::Stored;
  template <class AnyLanes>
  using LaneOf = std::conditional_t<Type::kDouble, typename AnyLanes::Lane64, typename AnyLanes::Lane32>;

  // Philox and the distributions each work on the number of vectors that suits them.
  using WordLanes = Interleaved<BaseLanes, BaseLanes::kWordVectors>;
  using Lanes = Interleaved<BaseLanes, BaseLanes::kValueVectors>;
  using Lane = LaneOf<Lanes>;
  using Word = typename Lane::Word;
  using BaseWord = typename LaneOf<BaseLanes>::Word;

  using Block = Blocks<Type::kDouble>;
  static constexpr std::uint64_t kBlockSize = Block::kElements;
  static constexpr std::uint64_t kGroupSize = kBlockSize * Lanes::kBlocks;
  static constexpr int kTileVectors = 4 * WordLanes::kVectors * Lanes::kVectors;  // a multiple of both

 public:
  static constexpr std::uint64_t kTileSize = kTileVectors / Lanes::kVectors * kGroupSize;

  explicit RunWriter(const FillSpec& spec) : schedule_(Schedule::make(spec.seed, spec.stream)), draw_(spec) {}

  // `streaming`: stores bypass the caches where the target's alignment allows it.
  void write(std::uint64_t index, std::uint64_t count, Stored* target, bool streaming) {
    while (count > 0) {
      const std::uint64_t block = index / kBlockSize;
      const std::uint64_t n = std::min(count, Block::to_wrap(block) - index % kBlockSize);
      schedule_.set_block_high(block >> 32);
      write_segment(index, n, target, streaming);
      index += n;
      target += n;
      count -= n;
    }
  }

 private:
  // A run within which `block high` stays the same.
  void write_segment(std::uint64_t index, std::uint64_t count, Stored* target, bool streaming) {
    std::uint64_t head = (kBlockSize - index % kBlockSize) % kBlockSize;  // elements before the next block
    if (streaming) {
      // The head is extended, a block at a time, to the first target that streaming stores accept, if there is one.
      while (misalignment(target + head) != 0 && head < kGroupSize) head += kBlockSize;
      streaming = misalignment(target + head) == 0;
      if (!streaming) head %= kBlockSize;
    }
    head = std::min(head, count);
    write_part(index, head, target);
    index += head;
    target += head;
    count -= head;

    const std::uint64_t tiles = count / kTileSize;
    write_tiles(index, tiles, target, streaming);
    const std::uint64_t done = tiles * kTileSize;
    write_part(index + done, count - done, target + done);
  }

  // Writes whole tiles. `index` is the start of a block.
  void write_tiles(std::uint64_t index, std::uint64_t tiles, Stored* target, bool streaming) const {
    // Local copies are needed, because the compiler must assume that a store through `target` changes what `this`
    // points at.
    const Schedule schedule = schedule_;
    const Distribution<Lane> draw = draw_;
    BaseWord even[kTileVectors], odd[kTileVectors];

    for (; tiles > 0; --tiles) {
      for (int i = 0; i < kTileVectors; i += WordLanes::kVectors, index += kBlockSize * WordLanes::kBlocks) {
        make_words<WordLanes>(schedule, index, even + i, odd + i);
      }
      for (int i = 0; i < kTileVectors; i += Lanes::kVectors, target += kGroupSize) {
        write_values(draw, even + i, odd + i, target, streaming);
      }
    }
    if (streaming) BaseLanes::finish_stores();
  }

  // Writes any run, a group at a time through a buffer. This is for runs that do not fill a tile or do not start a
  // block.
  void write_part(std::uint64_t index, std::uint64_t count, Stored* target) const {
    while (count > 0) {
      BaseWord even[Lanes::kVectors], odd[Lanes::kVectors];
      Stored buffer[kGroupSize];
      make_words<Lanes>(schedule_, index, even, odd);
      write_values(draw_, even, odd, buffer, false);
      const std::uint64_t skip = index % kBlockSize;
      const std::uint64_t n = std::min(count, kGroupSize - skip);
      std::memcpy(target, buffer + skip, n * sizeof(Stored));
      index += n;
      target += n;
      count -= n;
    }
  }

  // The words of the blocks, as pairs, from the block that holds `index` on.
  template <class AnyLanes>
  [[gnu::always_inline]] static void make_words(const Schedule& schedule, std::uint64_t index, BaseWord* even,
                                                BaseWord* odd) {
    const auto block_low = static_cast<std::uint32_t>(index / kBlockSize);
    const auto words = philox<AnyLanes>(schedule, AnyLanes::set_wide(block_low) + AnyLanes::block_offsets());
    Block::even(words, [&](const auto& a, const auto& b) { AnyLanes::merge(a, b, even); });
    Block::odd(words, [&](const auto& a, const auto& b) { AnyLanes::merge(a, b, odd); });
  }

  [[gnu::always_inline]] static void write_values(const Distribution<Lane>& draw, const BaseWord* even,
                                                  const BaseWord* odd, Stored* target, bool streaming) {
    const auto values = draw(Word::load(even), Word::load(odd));
    Lanes::store(round(values.even), round(values.odd), target, streaming);
  }
  [[gnu::always_inline]] static Word round(Word bits) { return bits; }
  [[gnu::always_inline]] static Word round(typename Lane::Real value) { return Type::template round<Lane>(value); }

  static std::uintptr_t misalignment(const Stored* target) {
    return reinterpret_cast<std::uintptr_t>(target) % BaseLanes::kStoreAlignment;
  }

  Schedule schedule_;
  Distribution<Lane> draw_;
};

// Writes elements [first, first + count) of the box, in the order in which they lie in memory, to `target`.
template <class Lanes, template <class> class Distribution, ElementType kType>
void fill_piece(const FillSpec& spec, std::uint64_t first, std::uint64_t count, void* target, bool streaming) {
  RunWriter<Lanes, Distribution, kType> writer(spec);
  auto* next = static_cast<typename Element<kType>::Stored*>(target);
  while (count > 0) {
    const std::uint64_t n = std::min(count, spec.run - first % spec.run);
    writer.write(spec.index_of(first), n, next, streaming);
    first += n;
    next += n;
    count -= n;
  }
}

using PieceFunction = void (*)(const FillSpec&, std::uint64_t first, std::uint64_t count, void* target, bool streaming);

using PieceTable = MethodTable<PieceFunction>;

// An instruction set is compiled as two units that take about as long: one for elements of up to 16 bits, one for the
// others.
constexpr bool is_narrow(ElementType type) { return item_bytes(type) <= 2; }

template <class Lanes, bool kNarrow>
struct PieceMaker {
  using Function = PieceFunction;
  using Lane = typename Lanes::Lane32;
  template <template <class> class Class, ElementType kType>
  static constexpr Function make() {
    if constexpr (is_narrow(kType) == kNarrow) {
      return fill_piece<Lanes, Class, kType>;
    } else {
      return nullptr;
    }
  }
};
template <class Lanes, bool kNarrow>
constexpr PieceTable make_piece_table() {
  return MakeTable<PieceMaker<Lanes, kNarrow>>::make();
}

}  // namespace fastinit
