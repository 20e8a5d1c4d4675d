// Orthogonal matrices as products of Householder reflections of normals: any columns by themselves, the same bits
// everywhere. Source: Stewart, SIAM Journal on Numerical Analysis 17(3), 1980; the order of operations:
// docs/streams.md. Pinned by tests/core/test_golden.py.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fill.h"
#include "products.h"

namespace fastinit {

// Some rows and columns of a matrix with orthonormal columns, or rows where these are fewer, times `gain`.
struct OrthogonalSpec {
  ElementType type;
  std::uint64_t seed;
  std::uint64_t stream;
  double gain;
  // Of the matrix A of the contract: the longer side and the shorter one, whose vectors are orthonormal.
  std::uint64_t length;
  std::uint64_t count;
  // Which elements of each of its columns, and which columns, in the order of the target.
  Box elements;
  Box vectors;
  // Of the target, in elements, from one to the next.
  std::uint64_t element_stride;
  std::uint64_t vector_stride;

  std::uint64_t blocks() const;  // of reflectors that the columns depend on
};

// What draws the normals of reflector k: elements k .. length - 1 of row k of a matrix with rows of `length`.
FillSpec reflector_normals(const OrthogonalSpec& spec, std::uint64_t k, std::uint64_t first, std::uint64_t count);

// Writes the elements, on up to `num_threads()` threads; false where the interrupt stopped it.
bool fill_orthogonal(const OrthogonalSpec& spec, void* target, Interrupt interrupt = {});

// How a block of reflectors lies in memory, in scalars: V, by rows of 32, with rows of zeros up to a multiple of 8;
// -T transposed, 32 x 32; the signs d. Rows start at the block's own first row.
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
  // Where a block starts behind those before it, each of which has 32 rows fewer than the one before.
  constexpr std::uint64_t start(std::uint64_t block) const {
    return block * size(0) - kReflectors * kReflectors * (block * (block - 1) / 2);
  }
};

}  // namespace fastinit
