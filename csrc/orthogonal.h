// Orthogonal matrices as products of Householder reflections of normals. Any columns can be computed by themselves,
// with the same bits everywhere. Source: Stewart, SIAM Journal on Numerical Analysis 17(3), 1980. docs/streams.md
// defines the order of operations, and tests/core/test_golden.py pins the values.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fill.h"
#include "products.h"

namespace fastinit {

// Some rows and columns of a matrix, times `gain`. Its columns are orthonormal, or its rows if they are fewer.
struct OrthogonalSpec {
  ElementType type;
  std::uint64_t seed;
  std::uint64_t stream;
  double gain;
  // The longer and the shorter side of the matrix A in docs/streams.md. The vectors along the shorter side are
  // orthonormal.
  std::uint64_t length;
  std::uint64_t count;
  // Which elements of each vector are wanted, and which vectors, in the order of the target.
  Box elements;
  Box vectors;
  // The distances in the target, in elements, between neighbouring elements and between neighbouring vectors.
  std::uint64_t element_stride;
  std::uint64_t vector_stride;

  std::uint64_t blocks() const;  // of reflectors on which the vectors depend
};

// The fill that draws the normals of reflector k: elements k .. length - 1 of row k of a matrix with rows of `length`.
FillSpec reflector_normals(const OrthogonalSpec& spec, std::uint64_t k, std::uint64_t first, std::uint64_t count);

// Writes the elements, on up to `num_threads()` threads; false if the interrupt stopped it.
bool fill_orthogonal(const OrthogonalSpec& spec, void* target, Interrupt interrupt = {});

// The layout of a block of reflectors in memory, in scalars: V by rows of 32, with rows of zeros up to a multiple of 8;
// then -T transposed, 32 x 32; then the signs d. The first row of V is the block's own first row.
struct ReflectorLayout {
  static constexpr std::uint64_t kRowMultiple = 8;
  std::uint64_t length;  // of the matrix

  static constexpr std::uint64_t rounded(std::uint64_t rows) {
    return (rows + kRowMultiple - 1) / kRowMultiple * kRowMultiple;
  }
  constexpr std::uint64_t rows(std::uint64_t block) const { return length - block * kReflectors; }
  constexpr std::uint64_t factor(std::uint64_t block) const { return rounded(rows(block)) * kReflectors; }
  constexpr std::uint64_t signs(std::uint64_t block) const { return factor(block) + kReflectors * kReflectors; }
  constexpr std::uint64_t size(std::uint64_t block) const { return signs(block) + kReflectors; }
  // The start of a block after the previous blocks, each of which has 32 rows fewer than the one before it.
  constexpr std::uint64_t start(std::uint64_t block) const {
    return block * size(0) - kReflectors * kReflectors * (block * (block - 1) / 2);
  }
};

}  // namespace fastinit
