// The loop over transformed elements, once, for any lane type and element type.
//
// A chunk that stays in the L1 cache is drawn in float32 or float64, as in fill_loop.h. It then goes through one step
// after the other in float64, and is rounded into the target. There is one loop for each step, not one loop with all
// steps for each vector, so that the compiler can keep a step's constants in registers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "dtype.h"
#include "fill_loop.h"
#include "lanes/scalar.h"
#include "transforms.h"

namespace fastinit {

template <class BaseLanes, ElementType kType>
class Transformer {
  using Type = Element<kType>;
  using Stored = typename Type::Stored;
  using Drawn = std::conditional_t<Type::kDouble, double, float>;
  using Lane = typename Interleaved<BaseLanes, BaseLanes::kValueVectors>::Lane64;
  using Real = typename Lane::Real;
  using BaseReal = typename BaseLanes::Lane64::Real;
  static constexpr int kBaseWidth = static_cast<int>(sizeof(BaseReal) / sizeof(double));
  static constexpr std::uint64_t kWidth = sizeof(Real) / sizeof(double);

  // A chunk is whole tiles of the fill loop, because that loop is slower for the rest of a run.
  static constexpr std::uint64_t kTile = RunWriter<BaseLanes, Uniform, drawn_type(kType)>::kTileSize;
  static constexpr std::uint64_t kLeastChunk = 1536;
  static constexpr std::uint64_t kChunk = (kLeastChunk + kTile - 1) / kTile * kTile;

 public:
  // Writes elements [first, first + count) of the box to `target`. `draw` writes some of them, as `drawn` stores them.
  static void write(const TransformedSpec& spec, const FillSpec& drawn, PieceFunction draw, std::uint64_t first,
                    std::uint64_t count, void* target) {
    auto* next = static_cast<Stored*>(target);
    Transformer chunk;
    while (count > 0) {
      const std::uint64_t n = std::min(count, kChunk - first % kChunk);
      chunk.draw(drawn, draw, first, n);
      for (int k = 0; k < spec.count; ++k) chunk.apply(spec.steps[k], n);
      chunk.round(n, next);
      first += n;
      next += n;
      count -= n;
    }
  }

 private:
  Transformer() = default;  // leaves the buffers uninitialised

  void draw(const FillSpec& spec, PieceFunction draw_piece, std::uint64_t first, std::uint64_t n) {
    if constexpr (Type::kDouble) {
      draw_piece(spec, first, n, values_, false);
    } else {
      draw_piece(spec, first, n, drawn_, false);
      for (std::uint64_t i = 0; i < n; ++i) values_[i] = drawn_[i];
    }
    // Fills up to a whole vector with a value for which every step is defined.
    std::fill(values_ + n, values_ + (n + kWidth - 1) / kWidth * kWidth, values_[0]);
  }

  void apply(const Step& step, std::uint64_t n) {
    with_step<Lane>(step, [&](const auto& function) {
      for (std::uint64_t i = 0; i < n; i += kWidth) {
        double* at = values_ + i;
        const Real x = function(Real::make([&](int k) { return load(at + k * kBaseWidth); }));
        spell_out<BaseLanes::kValueVectors>([&](int k) { store(x.part[k], at + k * kBaseWidth); });
      }
    });
  }

  // One vector at a time: GCC would copy several, as one object, by way of memory.
  [[gnu::always_inline]] static BaseReal load(const double* from) {
    BaseReal value;
    std::memcpy(&value, from, sizeof value);
    return value;
  }
  [[gnu::always_inline]] static void store(BaseReal value, double* to) { std::memcpy(to, &value, sizeof value); }

  void round(std::uint64_t n, Stored* target) {
    if constexpr (Type::kDouble) {
      std::memcpy(target, values_, n * sizeof(double));
    } else {
      for (std::uint64_t i = 0; i < n; ++i) {
        target[i] = static_cast<Stored>(Type::template round<ScalarLane32>(static_cast<float>(values_[i])));
      }
    }
  }

  alignas(64) double values_[kChunk + kWidth];
  alignas(64) Drawn drawn_[Type::kDouble ? 1 : kChunk];
};

using TransformFunction = void (*)(const TransformedSpec&, const FillSpec& drawn, PieceFunction draw,
                                   std::uint64_t first, std::uint64_t count, void* target);

struct TransformTable {
  TransformFunction functions[kElementTypes];  // null for words
};

template <class Lanes, ElementType kType>
constexpr TransformFunction transform_function() {
  if constexpr (kType == ElementType::kUint32) {
    return nullptr;
  } else {
    return Transformer<Lanes, kType>::write;
  }
}
template <class Lanes, int... kTypes>
constexpr TransformTable make_transform_table(std::integer_sequence<int, kTypes...>) {
  return {{transform_function<Lanes, static_cast<ElementType>(kTypes)>()...}};
}
template <class Lanes>
constexpr TransformTable make_transform_table() {
  return make_transform_table<Lanes>(std::make_integer_sequence<int, kElementTypes>());
}

}  // namespace fastinit
