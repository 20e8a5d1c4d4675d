// Orthogonal matrices on a GPU. First, each block of reflectors is made by a thread block; then each strip of columns
// is computed by one.
//
// A lane has a column and a warp has some rows, so that every element is the same chain of operations as in products.h
// and reflections.h (see docs/streams.md). tests/cuda/ptx executes the kernels without a GPU.
#pragma once

#include <cstdint>

#include "cuda/kernel.h"
#include "orthogonal.h"

namespace fastinit {

inline constexpr int kMakeThreads = 512;
inline constexpr int kApplyThreads = 256;
inline constexpr int kStripColumns = kWarp;

// The argument of both launches.
struct OrthogonalArguments {
  OrthogonalSpec spec;
  Schedule schedule;
  void* target;
  void* reflectors;  // in the form of ReflectorLayout
  void* strips;      // one for each thread block: rows of 32
  std::uint64_t blocks;
};

// One thread block makes a block of reflectors; `kType` is float32 or float64.
template <ElementType kType>
class ReflectorMaker {
  static constexpr bool kDouble = Element<kType>::kDouble;
  using Lane = std::conditional_t<kDouble, CudaLanes::Lane64, CudaLanes::Lane32>;
  using Block = Blocks<kDouble>;
  static constexpr int kSums = 16;

 public:
  using Scalar = typename Lane::Scalar;
  struct Shared {
    Scalar parts[kSums][kReflectors];
    Scalar gram[kReflectors][kReflectors];
    Scalar t[kReflectors][kReflectors];  // by columns
    Scalar tau[kReflectors];
  };

  __device__ ReflectorMaker(const OrthogonalArguments& arguments, std::uint64_t block, Shared& shared)
      : arguments_(arguments),
        shared_(shared),
        first_(block * kReflectors),
        rows_(arguments.spec.length - first_),
        lane_(threadIdx.x % kWarp),
        warp_(threadIdx.x / kWarp) {
    const ReflectorLayout layout{arguments.spec.length};
    v_ = static_cast<Scalar*>(arguments.reflectors) + layout.start(block);
    factor_ = v_ + layout.factor(block);
    signs_ = v_ + layout.signs(block);
  }

  __device__ void make() {
    clear();
    draw();  // writes other elements than clear()
    __syncthreads();
    sum_squares();
    if (warp_ == 0) set_head();
    __syncthreads();
    sum_squares();
    if (warp_ == 0) {
      const Scalar sum = shared_.parts[0][lane_];
      shared_.tau[lane_] = sum > 0 ? 2 / sum : 0;
    }
    multiply();
    __syncthreads();
    if (warp_ == 0) make_factor();
  }

 private:
  static constexpr std::uint32_t kWarps = kMakeThreads / kWarp;

  // Clears the elements that draw() does not write: above the diagonal, past the last reflector, and below the last
  // row.
  __device__ void clear() {
    const std::uint64_t rounded = ReflectorLayout::rounded(rows_);
    const bool is_drawn = first_ + lane_ < arguments_.spec.count;
    for (std::uint64_t i = warp_; i < rounded; i += kWarps) {
      if (!is_drawn || i < lane_ || i >= rows_) v_[i * kReflectors + lane_] = 0;
    }
  }

  // Each lane draws its reflector, one Philox block at a time.
  __device__ void draw() {
    const std::uint64_t k = first_ + lane_;
    if (k >= arguments_.spec.count) return;
    SegmentSchedule schedule(arguments_.schedule, threadIdx.z);
    const std::uint64_t row = k * arguments_.spec.length;  // where its row of normals starts
    const std::uint64_t begin = row + k;
    const std::uint64_t end = row + arguments_.spec.length;
    const Normal<Lane> normal(0, 1);
    for (std::uint64_t block = begin / Block::kElements + warp_; block * Block::kElements < end; block += kWarps) {
      schedule.set_block_high(block >> 32);
      const auto words = philox<CudaLanes>(schedule, CudaLanes::set_wide(static_cast<std::uint32_t>(block)));
      const auto merge = [](const auto& a, const auto& b) { return CudaLanes::merge<typename Lane::Word>(a, b); };
      const auto drawn = normal(Block::even(words, merge), Block::odd(words, merge));
      const std::uint64_t index = block * Block::kElements;
#pragma unroll
      for (std::uint32_t e = 0; e < Block::kElements; ++e) {
        if (index + e >= begin && index + e < end) {
          v_[(index + e - row - first_) * kReflectors + lane_] = part(e % 2 == 0 ? drawn.even : drawn.odd, e / 2);
        }
      }
    }
  }
  static __device__ double part(double value, std::uint32_t) { return value; }
  static __device__ float part(const CudaLanes::Lane32::Real& values, std::uint32_t pair) { return values.part[pair]; }

  // Leaves the sums in parts[0], where all threads can read them.
  __device__ void sum_squares() {
    Scalar sum = 0;
#pragma unroll 8
    for (std::uint64_t i = warp_; i < rows_; i += kSums) {
      const Scalar x = v_[i * kReflectors + lane_];
      sum = ScalarFma::fma(x, x, sum);
    }
    shared_.parts[warp_][lane_] = sum;
#pragma unroll
    for (std::uint32_t half = kSums / 2; half > 0; half /= 2) {
      __syncthreads();
      if (warp_ < half) shared_.parts[warp_][lane_] += shared_.parts[warp_ + half][lane_];
    }
    __syncthreads();
  }

  __device__ void set_head() {
    const bool is_in = lane_ < rows_;
    const Scalar head = is_in ? v_[lane_ * kReflectors + lane_] : Scalar{0};
    const Scalar norm = std::sqrt(shared_.parts[0][lane_]);
    signs_[lane_] = head < 0 ? Scalar{1} : Scalar{-1};
    if (is_in) v_[lane_ * kReflectors + lane_] = head < 0 ? head - norm : head + norm;
  }

  // V^T V. Each warp computes two rows.
  __device__ void multiply() {
    Scalar low = 0, high = 0;
#pragma unroll 8
    for (std::uint64_t i = 0; i < rows_; ++i) {
      const Scalar* row = v_ + i * kReflectors;
      const Scalar x = row[lane_];
      low = ScalarFma::fma(row[warp_], x, low);
      high = ScalarFma::fma(row[warp_ + kWarps], x, high);
    }
    shared_.gram[warp_][lane_] = low;
    shared_.gram[warp_ + kWarps][lane_] = high;
  }

  // Run by one warp. Each lane has a row of T and reads only elements of T that it has written itself.
  __device__ void make_factor() {
    for (std::uint32_t s = 0; s < kReflectors; ++s) {
      Scalar sum = 0;
      for (std::uint32_t q = 0; q < s; ++q) sum = ScalarFma::fma(shared_.t[q][lane_], shared_.gram[q][s], sum);
      const Scalar tau = shared_.tau[s];
      const Scalar value = lane_ < s ? -(sum * tau) : lane_ == s ? tau : Scalar{0};
      shared_.t[s][lane_] = value;
      factor_[s * kReflectors + lane_] = -value;
    }
  }

  using ScalarFma = std::conditional_t<kDouble, ScalarLane64, ScalarLane32>;

  const OrthogonalArguments& arguments_;
  Shared& shared_;
  std::uint64_t first_, rows_;
  Scalar *v_, *factor_, *signs_;
  std::uint32_t lane_, warp_;
};

// One thread block works on strips of columns, one after the other.
//
// Rows of V and A come through shared memory, a chunk at a time. The next chunk is loaded into registers meanwhile.
template <ElementType kType>
class StripWriter {
  using Lane = std::conditional_t<Element<kType>::kDouble, ScalarLane64, ScalarLane32>;
  using Stored = typename Element<kType>::Stored;
  static constexpr std::uint32_t kWarps = kApplyThreads / kWarp;
  static constexpr std::uint32_t kWarpRows = kReflectors / kWarps;  // rows of a product that one warp computes
  static constexpr std::uint32_t kChunk = 64;                       // rows
  static constexpr std::uint32_t kChunkSize = kChunk * kReflectors;
  static constexpr std::uint32_t kChunkRows = kChunk / kWarps;  // rows of a chunk that one warp computes
  static_assert(kReflectors == kStripColumns, "chunks of V and of A are of one size");

 public:
  using Scalar = typename Lane::Scalar;

 private:
  struct alignas(kGroupBytes) Group {
    Scalar part[kGroupBytes / sizeof(Scalar)];
  };
  static constexpr std::uint32_t kParts = sizeof(Group) / sizeof(Scalar);
  static constexpr std::uint32_t kGroups = kChunkSize / kParts / kApplyThreads;  // groups that one thread moves

 public:
  struct Shared {
    Group v[kChunkSize / kParts];
    Group a[kChunkSize / kParts];
    Scalar w[kReflectors][kStripColumns];
    Scalar u[kReflectors][kStripColumns];
  };

  __device__ StripWriter(const OrthogonalArguments& arguments, Shared& shared)
      : arguments_(arguments), shared_(shared), lane_(threadIdx.x % kWarp), warp_(threadIdx.x / kWarp) {
    const std::uint64_t size = ReflectorLayout::rounded(arguments.spec.length) * kStripColumns;
    a_ = static_cast<Scalar*>(arguments.strips) + blockIdx.x * size;
  }

  __device__ void write(std::uint64_t strip) {
    const OrthogonalSpec& spec = arguments_.spec;
    const ReflectorLayout layout{spec.length};
    first_ = strip * kStripColumns;
    const std::uint64_t left = spec.vectors.size() - first_;
    columns_ = left < kStripColumns ? static_cast<std::uint32_t>(left) : kStripColumns;
    for (std::uint64_t block = begin() / kReflectors + 1; block > 0;) {
      --block;
      const Scalar* v = static_cast<const Scalar*>(arguments_.reflectors) + layout.start(block);
      Scalar* a = a_ + block * kReflectors * kStripColumns;
      multiply(v, a, layout.rows(block));
      apply_factor(v + layout.factor(block));
      subtract(v, a, layout.rows(block));
    }
    __syncthreads();
    store();
    __syncthreads();
  }

 private:
  // Writes [I; 0] diag(d), and returns the index of its last column.
  __device__ std::uint64_t begin() {
    const OrthogonalSpec& spec = arguments_.spec;
    const ReflectorLayout layout{spec.length};
    const std::uint64_t rounded = ReflectorLayout::rounded(spec.length);
    const std::uint64_t column = lane_ < columns_ ? spec.vectors.index_of(first_ + lane_) : rounded;
    Scalar sign = 0;
    if (lane_ < columns_) {
      const std::uint64_t block = column / kReflectors;
      sign = static_cast<const Scalar*>(
          arguments_.reflectors)[layout.start(block) + layout.signs(block) + column % kReflectors];
    }
    for (std::uint64_t i = warp_; i < rounded; i += kWarps) a_[i * kStripColumns + lane_] = i == column ? sign : 0;
    std::uint64_t last = 0;
    for (std::uint32_t c = 0; c < columns_; ++c) {
      const std::uint64_t each = spec.vectors.index_of(first_ + c);
      last = each > last ? each : last;
    }
    return last;
  }

  // Loads the part of the chunk from row `first` on that this thread moves. Groups past the last row stay as they are,
  // because nothing reads them.
  static __device__ void fetch(const Scalar* rows, std::uint64_t first, std::uint64_t count, Group (&to)[kGroups]) {
    const auto* from = reinterpret_cast<const Group*>(rows + first * kReflectors);
    const std::uint64_t groups = (count - first) * kReflectors / kParts;
#pragma unroll
    for (std::uint32_t g = 0; g < kGroups; ++g) {
      const std::uint32_t k = g * kApplyThreads + threadIdx.x;
      if (k < groups) to[g] = from[k];
    }
  }
  static __device__ void put(const Group (&from)[kGroups], Group (&chunk)[kChunkSize / kParts]) {
#pragma unroll
    for (std::uint32_t g = 0; g < kGroups; ++g) chunk[g * kApplyThreads + threadIdx.x] = from[g];
  }

  // w = V^T A. Each warp computes some of its rows.
  __device__ void multiply(const Scalar* v, const Scalar* a, std::uint64_t rows) {
    Scalar sums[kWarpRows] = {};
    Group next_v[kGroups] = {}, next_a[kGroups] = {};
    __syncthreads();  // until A is written
    fetch(v, 0, rows, next_v);
    fetch(a, 0, rows, next_a);
    for (std::uint64_t first = 0; first < rows; first += kChunk) {
      __syncthreads();  // until no thread needs the previous chunk
      put(next_v, shared_.v);
      put(next_a, shared_.a);
      __syncthreads();
      const std::uint64_t after = first + kChunk;
      if (after < rows) {
        fetch(v, after, rows, next_v);
        fetch(a, after, rows, next_a);
      }
      const auto n = static_cast<std::uint32_t>(rows - first < kChunk ? rows - first : kChunk);
#pragma unroll 8
      for (std::uint32_t i = 0; i < n; ++i) {
        add_row(i, part(shared_.a, i * kStripColumns + lane_), sums);
      }
    }
#pragma unroll
    for (std::uint32_t r = 0; r < kWarpRows; ++r) shared_.w[warp_ * kWarpRows + r][lane_] = sums[r];
  }
  __device__ void add_row(std::uint32_t i, Scalar x, Scalar (&sums)[kWarpRows]) const {
#pragma unroll
    for (std::uint32_t g = 0; g < kWarpRows / kParts; ++g) {
      const Group group = shared_.v[(i * kReflectors + warp_ * kWarpRows) / kParts + g];
#pragma unroll
      for (std::uint32_t k = 0; k < kParts; ++k)
        sums[g * kParts + k] = Lane::fma(group.part[k], x, sums[g * kParts + k]);
    }
  }
  static __device__ Scalar part(const Group (&chunk)[kChunkSize / kParts], std::uint32_t k) {
    return chunk[k / kParts].part[k % kParts];
  }

  // u = -T w.
  __device__ void apply_factor(const Scalar* factor) {
    Scalar sums[kWarpRows] = {};
    __syncthreads();
#pragma unroll 8
    for (std::uint32_t s = 0; s < kReflectors; ++s) {
      const Scalar x = shared_.w[s][lane_];
#pragma unroll
      for (std::uint32_t r = 0; r < kWarpRows; ++r) {
        sums[r] = Lane::fma(factor[s * kReflectors + warp_ * kWarpRows + r], x, sums[r]);
      }
    }
#pragma unroll
    for (std::uint32_t r = 0; r < kWarpRows; ++r) shared_.u[warp_ * kWarpRows + r][lane_] = sums[r];
    __syncthreads();
  }

  // A = A + V u. Each warp computes some rows of the chunk, all at once, because each row is one long chain of
  // operations.
  __device__ void subtract(const Scalar* v, Scalar* a, std::uint64_t rows) {
    Scalar u[kReflectors];
#pragma unroll
    for (int r = 0; r < kReflectors; ++r) u[r] = shared_.u[r][lane_];
    Group next_v[kGroups] = {};
    Scalar next_a[kChunkRows] = {};
    fetch(v, 0, rows, next_v);
    fetch_own(a, 0, rows, next_a);
    for (std::uint64_t first = 0; first < rows; first += kChunk) {
      __syncthreads();
      put(next_v, shared_.v);
      Scalar sums[kChunkRows];
#pragma unroll
      for (std::uint32_t k = 0; k < kChunkRows; ++k) sums[k] = next_a[k];
      __syncthreads();
      const std::uint64_t after = first + kChunk;
      if (after < rows) {
        fetch(v, after, rows, next_v);
        fetch_own(a, after, rows, next_a);
      }
#pragma unroll
      for (std::uint32_t g = 0; g < kReflectors / kParts; ++g) {
#pragma unroll
        for (std::uint32_t k = 0; k < kChunkRows; ++k) {
          const Group group = shared_.v[(k * kWarps + warp_) * (kReflectors / kParts) + g];
#pragma unroll
          for (std::uint32_t p = 0; p < kParts; ++p) sums[k] = Lane::fma(group.part[p], u[g * kParts + p], sums[k]);
        }
      }
#pragma unroll
      for (std::uint32_t k = 0; k < kChunkRows; ++k) {
        const std::uint64_t i = first + k * kWarps + warp_;
        if (i < rows) a[i * kStripColumns + lane_] = sums[k];
      }
    }
  }
  __device__ void fetch_own(const Scalar* a, std::uint64_t first, std::uint64_t rows, Scalar (&to)[kChunkRows]) const {
#pragma unroll
    for (std::uint32_t k = 0; k < kChunkRows; ++k) {
      const std::uint64_t i = first + k * kWarps + warp_;
      if (i < rows) to[k] = a[i * kStripColumns + lane_];
    }
  }

  // Neighbouring threads write neighbouring elements of the target.
  __device__ void store() const {
    const OrthogonalSpec& spec = arguments_.spec;
    const std::uint64_t elements = spec.elements.size();
    const bool by_columns = spec.vector_stride == 1;
    const std::uint64_t inner = by_columns ? columns_ : elements;
    for (std::uint64_t k = threadIdx.x; k < elements * columns_; k += kApplyThreads) {
      const std::uint64_t c = by_columns ? k % inner : k / inner;
      const std::uint64_t e = by_columns ? k / inner : k % inner;
      const Scalar x = a_[spec.elements.index_of(e) * kStripColumns + c] * static_cast<Scalar>(spec.gain);
      static_cast<Stored*>(arguments_.target)[e * spec.element_stride + (first_ + c) * spec.vector_stride] =
          static_cast<Stored>(Element<kType>::template round<Lane>(x));
    }
  }

  const OrthogonalArguments& arguments_;
  Shared& shared_;
  Scalar* a_;
  std::uint64_t first_ = 0;
  std::uint32_t columns_ = 0, lane_, warp_;
};

template <ElementType kType>
__global__ void __launch_bounds__(kMakeThreads, 1)
    reflector_kernel(const __grid_constant__ OrthogonalArguments arguments) {
  __shared__ typename ReflectorMaker<kType>::Shared shared;
  for (std::uint64_t block = blockIdx.x; block < arguments.blocks; block += gridDim.x) {
    ReflectorMaker<kType>(arguments, block, shared).make();
    __syncthreads();
  }
}

// The last strips cost most, so they come first.
template <ElementType kType>
__global__ void __launch_bounds__(kApplyThreads, 1)
    orthogonal_kernel(const __grid_constant__ OrthogonalArguments arguments) {
  __shared__ typename StripWriter<kType>::Shared shared;
  StripWriter<kType> writer(arguments, shared);
  const std::uint64_t strips = (arguments.spec.vectors.size() + kStripColumns - 1) / kStripColumns;
  for (std::uint64_t k = blockIdx.x; k < strips; k += gridDim.x) writer.write(strips - 1 - k);
}

}  // namespace fastinit
