// Products of matrices in a written order, once, for any lane type.
//
// Each element of a result is one chain of fused multiply-adds in ascending order of the summed index. Lanes and
// threads divide the columns among themselves, so that they change no bit. The order is part of the contract in
// docs/streams.md.
#pragma once

#include <cstddef>
#include <cstring>

#include "lanes/pack.h"

namespace fastinit {

inline constexpr int kReflectors = 32;  // in a block, and therefore the inner size of every product

// `kVectors` vectors side by side and `kRows` rows of a result at a time, as many as the registers can hold.
template <class Lane, int kRows, int kVectors>
struct Products {
  using Scalar = typename Lane::Scalar;
  using Real = typename Lane::Real;
  static constexpr int kLanes = static_cast<int>(sizeof(Real) / sizeof(Scalar));
  static constexpr int kWidth = kVectors * kLanes;  // columns
  static_assert(kReflectors % kRows == 0, "rows are taken in whole tiles");

  static Real load(const Scalar* from) {
    Real value;
    std::memcpy(&value, from, sizeof value);
    return value;
  }
  static void store(Real value, Scalar* to) { std::memcpy(to, &value, sizeof value); }

  // c[r][x] += sum over i < count of v[i][r] b[i][x], for r < 32 and x < kWidth. `v` has rows of 32.
  static void add_transposed(const Scalar* v, std::size_t count, const Scalar* b, std::size_t b_stride, Scalar* c,
                             std::size_t c_stride) {
    for (int row = 0; row < kReflectors; row += kRows) {
      Tile tile(c + row * c_stride, c_stride);
      for (std::size_t i = 0; i < count; ++i) tile.add(v + i * kReflectors + row, 1, b + i * b_stride);
      tile.save(c + row * c_stride, c_stride);
    }
  }

  // a[i][x] += sum over r < 32 of v[i][r] u[r][x], for i < count, a multiple of kRows.
  static void add(const Scalar* v, std::size_t count, const Scalar* u, std::size_t u_stride, Scalar* a,
                  std::size_t a_stride) {
    for (std::size_t i = 0; i < count; i += kRows) {
      Tile tile(a + i * a_stride, a_stride);
      for (int r = 0; r < kReflectors; ++r) tile.add(v + i * kReflectors + r, kReflectors, u + r * u_stride);
      tile.save(a + i * a_stride, a_stride);
    }
  }

 private:
  // kRows x kWidth elements of a result, held in registers.
  class Tile {
   public:
    [[gnu::always_inline]] Tile(const Scalar* from, std::size_t stride) {
      each([&](int k, int x) { value_[k][x] = load(from + k * stride + x * kLanes); });
    }
    // Adds column[k stride] row[x] to each element.
    [[gnu::always_inline]] void add(const Scalar* column, std::size_t stride, const Scalar* row) {
      Real values[kVectors];
      spell_out<kVectors>([&](int x) { values[x] = load(row + x * kLanes); });
      spell_out<kRows>([&](int k) {
        const Real factor = Lane::set(column[k * stride]);
        spell_out<kVectors>([&](int x) { value_[k][x] = Lane::fma(factor, values[x], value_[k][x]); });
      });
    }
    [[gnu::always_inline]] void save(Scalar* to, std::size_t stride) const {
      each([&](int k, int x) { store(value_[k][x], to + k * stride + x * kLanes); });
    }

   private:
    template <class Operation>
    [[gnu::always_inline]] static void each(const Operation& operation) {
      spell_out<kRows>([&](int k) { spell_out<kVectors>([&](int x) { operation(k, x); }); });
    }
    Real value_[kRows][kVectors];
  };
};

}  // namespace fastinit
