// Orthogonal matrices on any lane type: blocks of Householder reflectors, and strips of columns to which they are
// applied. orthogonal.h and docs/streams.md define each number.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "dtype.h"
#include "fill_loop.h"
#include "orthogonal.h"
#include "products.h"

namespace fastinit {

// Columns of A that are worked on, in groups of as many columns as a product takes side by side. Each group has all its
// rows (rounded up as in ReflectorLayout), one after the other.
struct Strip {
  std::uint64_t first;    // the first column, as a number of the spec's vectors
  std::uint64_t columns;  // no more columns than the groups hold
  std::uint64_t groups;
  void* values;
  void* scratch;  // for two products of 32 rows
};

// The computations in the type `kType`, float32 or float64.
template <class Lanes, ElementType kType>
class Reflections {
  using Lane = std::conditional_t<Element<kType>::kDouble, typename Lanes::Lane64, typename Lanes::Lane32>;
  using Columns = Products<Lane, Lanes::kProductRows, Lanes::kProductVectors>;
  using Square = Products<Lane, Lanes::kProductRows, 2>;  // its width divides 32
  static_assert(kReflectors % Square::kWidth == 0 && ReflectorLayout::kRowMultiple % Lanes::kProductRows == 0);
  static constexpr std::uint64_t kChunk = 64;  // rows of V that stay in the L1 cache beside those of a group

 public:
  using Scalar = typename Lane::Scalar;
  using Real = typename Lane::Real;
  static constexpr std::uint64_t kWidth = Columns::kWidth;

  // Draws the reflectors of a block, and computes the matrices with which they are applied.
  static void make(const OrthogonalSpec& spec, std::uint64_t block, void* memory) {
    const ReflectorLayout layout{spec.length};
    const std::uint64_t rows = layout.rows(block);
    auto* v = static_cast<Scalar*>(memory);
    draw(spec, block, rows, v);

    Scalar sums[kReflectors], tau[kReflectors];
    sum_squares(v, rows, sums);
    Scalar* signs = v + layout.signs(block);
    for (std::uint64_t k = 0; k < kReflectors; ++k) {
      Scalar none = 0;
      Scalar& head = k < rows ? v[k * kReflectors + k] : none;
      const Scalar norm = std::sqrt(sums[k]);
      signs[k] = head < 0 ? Scalar{1} : Scalar{-1};
      head = head < 0 ? head - norm : head + norm;
    }
    sum_squares(v, rows, sums);
    for (int k = 0; k < kReflectors; ++k) tau[k] = sums[k] > 0 ? 2 / sums[k] : 0;
    make_factor(v, rows, tau, v + layout.factor(block));
  }

  // Sets the strip to its columns of [I; 0] diag(d).
  static void begin(const OrthogonalSpec& spec, const void* reflectors, const Strip& strip) {
    const ReflectorLayout layout{spec.length};
    auto* values = static_cast<Scalar*>(strip.values);
    const std::uint64_t group_size = ReflectorLayout::rounded(spec.length) * kWidth;
    std::memset(values, 0, strip.groups * group_size * sizeof(Scalar));
    for (std::uint64_t c = 0; c < strip.columns; ++c) {
      const std::uint64_t column = spec.vectors.index_of(strip.first + c);
      const std::uint64_t block = column / kReflectors;
      const Scalar* signs = static_cast<const Scalar*>(reflectors) + layout.start(block) + layout.signs(block);
      values[c / kWidth * group_size + column * kWidth + c % kWidth] = signs[column % kReflectors];
    }
  }

  // A = A - V (T (V^T A)), from the block's first row on.
  static void apply(const OrthogonalSpec& spec, std::uint64_t block, const void* reflectors, const Strip& strip) {
    const ReflectorLayout layout{spec.length};
    const Scalar* v = static_cast<const Scalar*>(reflectors) + layout.start(block);
    const Scalar* factor = v + layout.factor(block);
    const std::uint64_t rows = layout.rows(block);
    const std::uint64_t rounded = ReflectorLayout::rounded(rows);
    const std::uint64_t group_size = ReflectorLayout::rounded(spec.length) * kWidth;
    const std::uint64_t scratch_size = strip.groups * kReflectors * kWidth;
    auto* a = static_cast<Scalar*>(strip.values) + block * kReflectors * kWidth;
    auto* w = static_cast<Scalar*>(strip.scratch);
    Scalar* u = w + scratch_size;

    std::memset(w, 0, 2 * scratch_size * sizeof(Scalar));
    for (std::uint64_t i = 0; i < rows; i += kChunk) {
      const std::uint64_t n = std::min(kChunk, rows - i);
      for (std::uint64_t g = 0; g < strip.groups; ++g) {
        Columns::add_transposed(v + i * kReflectors, n, a + g * group_size + i * kWidth, kWidth,
                                w + g * kReflectors * kWidth, kWidth);
      }
    }
    for (std::uint64_t g = 0; g < strip.groups; ++g) {
      const std::uint64_t at = g * kReflectors * kWidth;
      Columns::add_transposed(factor, kReflectors, w + at, kWidth, u + at, kWidth);
    }
    for (std::uint64_t i = 0; i < rounded; i += kChunk) {
      const std::uint64_t n = std::min(kChunk, rounded - i);
      for (std::uint64_t g = 0; g < strip.groups; ++g) {
        Columns::add(v + i * kReflectors, n, u + g * kReflectors * kWidth, kWidth, a + g * group_size + i * kWidth,
                     kWidth);
      }
    }
  }

  // Writes the strip's elements, times the gain and rounded to their type, to their places in the target.
  template <ElementType kStored>
  static void write(const OrthogonalSpec& spec, const Strip& strip, void* target) {
    using Stored = typename Element<kStored>::Stored;
    constexpr std::uint64_t kRows = 16;  // so many at a time that elements of a column share a cache line
    const std::uint64_t group_size = ReflectorLayout::rounded(spec.length) * kWidth;
    const std::uint64_t elements = spec.elements.size();
    const Real gain = Lane::set(static_cast<Scalar>(spec.gain));
    Stored rounded[kRows][kWidth];
    for (std::uint64_t c = 0; c < strip.columns; c += kWidth) {
      const Scalar* values = static_cast<const Scalar*>(strip.values) + c / kWidth * group_size;
      const std::uint64_t columns = std::min(kWidth, strip.columns - c);
      Stored* first = static_cast<Stored*>(target) + (strip.first + c) * spec.vector_stride;
      for (std::uint64_t e = 0; e < elements; e += kRows) {
        const std::uint64_t n = std::min(kRows, elements - e);
        for (std::uint64_t k = 0; k < n; ++k) {
          round<kStored>(values + spec.elements.index_of(e + k) * kWidth, gain, rounded[k]);
        }
        place(&rounded[0][0], n, columns, first + e * spec.element_stride, spec.element_stride, spec.vector_stride);
      }
    }
  }

 private:
  // V: row i of reflector k is an element of x_k if i >= k, else 0. Reflectors past the last are 0.
  static void draw(const OrthogonalSpec& spec, std::uint64_t block, std::uint64_t rows, Scalar* v) {
    constexpr std::uint64_t kRows = 256;  // at a time
    const std::uint64_t first = block * kReflectors;
    const std::uint64_t here = std::min<std::uint64_t>(kReflectors, spec.count - first);
    Scalar drawn[kReflectors][kRows] = {};
    for (std::uint64_t begin = 0; begin < rows; begin += kRows) {
      const std::uint64_t end = std::min(begin + kRows, rows);
      for (std::uint64_t k = 0; k < here; ++k) {
        const std::uint64_t from = std::max(begin, k);
        if (from >= end) continue;
        const FillSpec normals = reflector_normals(spec, first + k, first + from, end - from);
        fill_piece<Lanes, Normal, kType>(normals, 0, end - from, drawn[k] + (from - begin), false);
      }
      for (std::uint64_t i = begin; i < end; ++i) {
        for (int k = 0; k < kReflectors; ++k) v[i * kReflectors + k] = drawn[k][i - begin];
      }
    }
    std::memset(v + rows * kReflectors, 0, (ReflectorLayout::rounded(rows) - rows) * kReflectors * sizeof(Scalar));
  }

  // Sums the squares of each reflector: 16 sums of the rows i with i mod 16 = 0 .. 15, which are then added by halves.
  static void sum_squares(const Scalar* v, std::uint64_t rows, Scalar (&sums)[kReflectors]) {
    constexpr int kSums = 16;
    Scalar parts[kSums][kReflectors] = {};
    for (std::uint64_t i = 0; i < rows; ++i) {
      Scalar* part = parts[i % kSums];
      for (int k = 0; k < kReflectors; k += Square::kLanes) {
        const Real x = Square::load(v + i * kReflectors + k);
        Square::store(Lane::fma(x, x, Square::load(part + k)), part + k);
      }
    }
    for (int half = kSums / 2; half > 0; half /= 2) {
      for (int p = 0; p < half; ++p) {
        for (int k = 0; k < kReflectors; ++k) parts[p][k] += parts[p + half][k];
      }
    }
    std::memcpy(sums, parts[0], sizeof sums);
  }

  // -T, of I - V T V^T = H_0 ... H_31, by columns. Column s of T is -tau_s T (V^T v_s) above tau_s.
  // Source: Schreiber and Van Loan, SIAM J. Sci. Stat. Comput. 10(1), 1989.
  static void make_factor(const Scalar* v, std::uint64_t rows, const Scalar* tau, Scalar* factor) {
    Scalar gram[kReflectors][kReflectors] = {};
    for (int k = 0; k < kReflectors; k += Square::kWidth) {
      Square::add_transposed(v, rows, v + k, kReflectors, gram[0] + k, kReflectors);
    }
    Scalar t[kReflectors][kReflectors] = {};  // by columns
    for (int s = 0; s < kReflectors; ++s) {
      for (int k = 0; k < kReflectors; k += Square::kLanes) {
        Real sum = Lane::set(0);
        for (int q = 0; q < s; ++q) sum = Lane::fma(Square::load(t[q] + k), Lane::set(gram[q][s]), sum);
        Square::store(-(sum * Lane::set(tau[s])), t[s] + k);
      }
      for (int k = s; k < kReflectors; ++k) t[s][k] = k == s ? tau[s] : 0;
      for (int k = 0; k < kReflectors; ++k) factor[s * kReflectors + k] = -t[s][k];
    }
  }

  template <ElementType kStored, class Stored>
  static void round(const Scalar* values, Real gain, Stored* rounded) {
    for (std::uint64_t k = 0; k < kWidth; k += Columns::kLanes) {
      const typename Lane::Word word = Element<kStored>::template round<Lane>(Columns::load(values + k) * gain);
      typename Lane::ScalarBits bits[Columns::kLanes];
      std::memcpy(bits, &word, sizeof bits);
      for (int x = 0; x < Columns::kLanes; ++x) rounded[k + x] = static_cast<Stored>(bits[x]);
    }
  }

  // Writes a tile of elements, given by rows of kWidth, to the target.
  template <class Stored>
  static void place(const Stored* tile, std::uint64_t rows, std::uint64_t columns, Stored* target,
                    std::uint64_t row_stride, std::uint64_t column_stride) {
    if (column_stride == 1) {
      for (std::uint64_t r = 0; r < rows; ++r) {
        std::memcpy(target + r * row_stride, tile + r * kWidth, columns * sizeof(Stored));
      }
      return;
    }
    for (std::uint64_t c = 0; c < columns; ++c) {
      for (std::uint64_t r = 0; r < rows; ++r) target[r * row_stride + c * column_stride] = tile[r * kWidth + c];
    }
  }
};

// The functions that the driver calls, for elements of one type.
struct OrthogonalFunctions {
  std::size_t scalar_bytes;
  std::uint64_t width;
  void (*make)(const OrthogonalSpec&, std::uint64_t block, void* memory);
  void (*begin)(const OrthogonalSpec&, const void* reflectors, const Strip&);
  void (*apply)(const OrthogonalSpec&, std::uint64_t block, const void* reflectors, const Strip&);
  void (*write)(const OrthogonalSpec&, const Strip&, void* target);
};
struct OrthogonalTable {
  OrthogonalFunctions functions[kElementTypes];  // none for raw words
};

template <class Lanes, int... kTypes>
constexpr OrthogonalTable make_orthogonal_table(std::integer_sequence<int, kTypes...>) {
  constexpr auto make = [](auto type) -> OrthogonalFunctions {
    constexpr ElementType kType = decltype(type)::value;
    if constexpr (kType == ElementType::kUint32) {
      return {};
    } else {
      using R = Reflections<Lanes, Element<kType>::kDouble ? ElementType::kFloat64 : ElementType::kFloat32>;
      return {sizeof(typename R::Scalar), R::kWidth, R::make, R::begin, R::apply, R::template write<kType>};
    }
  };
  return {{make(std::integral_constant<ElementType, static_cast<ElementType>(kTypes)>{})...}};
}
template <class Lanes>
constexpr OrthogonalTable make_orthogonal_table() {
  return make_orthogonal_table<Lanes>(std::make_integer_sequence<int, kElementTypes>());
}

}  // namespace fastinit
