// The three draws in a loop like that of csrc/cuda/kernel.h, for the instructions they take. Compiled, not run.
#include "cuda/kernel.h"
#include "draws.h"

using namespace fastinit;

struct Arguments {
  Schedule schedule, second;  // `second` makes the further bits
  float std;
  std::uint32_t least, groups;
  const uint4* table;
  uint4* target;
};

template <class AnySchedule>
__device__ __forceinline__ uint4 draw_block(const AnySchedule& schedule, std::uint32_t block) {
  const auto words = philox<CudaLanes>(schedule, CudaLanes::set_wide(block));
  return make_uint4(words.word0.low, words.word1.low, words.word2.low, words.word3.low);
}
__device__ std::uint32_t to_bfloat16(float low, float high) {
  std::uint32_t both;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
  return both;
}
__device__ std::uint64_t join(std::uint32_t low, std::uint32_t high) { return low | std::uint64_t{high} << 32; }

// Replaces the elements in `asking` by those of 31 bits: bit i is element 2 i, bit 16 + i is element 2 i + 1.
__device__ __noinline__ uint4 refine(uint4 drawn, uint4 words, std::uint32_t asking, std::uint32_t block,
                                     const Arguments& arguments) {
  const uint4 more = draw_block(arguments.second, block);
  std::uint64_t out[2] = {join(drawn.x, drawn.y), join(drawn.z, drawn.w)};
  do {
    const int bit = __ffs(asking) - 1, i = bit < 16 ? 2 * bit : 2 * bit - 31;
    const bool upper = i >= 4;
    const int shift = 16 * (i & 3);
    const auto half = static_cast<std::uint32_t>((upper ? join(words.z, words.w) : join(words.x, words.y)) >> shift);
    const auto r = static_cast<std::uint32_t>((upper ? join(more.z, more.w) : join(more.x, more.y)) >> shift);
    const std::uint32_t tail = ~(half << 16 | (r & 0xFFFF)) & 0x7FFFFFFF;
    const float z = normal_quantile<CudaLane<ScalarLane32>>(fmaf(static_cast<float>(tail), 0x1p-31f, 0x1p-32f));
    const std::uint64_t value = to_bfloat16(z * arguments.std, 0) | half & 0x8000;
    const std::uint64_t kept = (upper ? out[1] : out[0]) & ~(std::uint64_t{0xFFFF} << shift);
    (upper ? out[1] : out[0]) = kept | value << shift;
    asking &= asking - 1;
  } while (asking);
  return make_uint4(static_cast<std::uint32_t>(out[0]), static_cast<std::uint32_t>(out[0] >> 32),
                    static_cast<std::uint32_t>(out[1]), static_cast<std::uint32_t>(out[1] >> 32));
}

struct Interpolated {
  static constexpr int kWordBits = 16, kTableBytes = 4 * kCells;
  static __device__ float draw(const std::uint32_t* table, std::uint32_t half, const Arguments& a) {
    const std::uint32_t entry = table[(half & 0x7FFF) / kInCell];
    const std::uint32_t z = (entry >> 13 << 5) + (entry & kSlopeMask) * (half & (kInCell - 1));
    const std::uint32_t bits = __float_as_uint(static_cast<float>(static_cast<std::int32_t>(z)));
    return __uint_as_float(bits ^ (half << 16 & 0x80000000u)) * (a.std * kFixed);
  }
  static __device__ std::uint32_t two(const void* table, std::uint32_t word, std::uint32_t& asking, int i,
                                      const Arguments& a) {
    const auto* cells = static_cast<const std::uint32_t*>(table);
    const std::uint32_t from = __vsub2(word & 0x7FFF7FFF, kFirst * 0x10001u);
    asking |= __vcmpgeu2(from, (kLast - kFirst) * 0x10001u) & 0x10001u << i;
    return to_bfloat16(draw(cells, word & 0xFFFF, a), draw(cells, word >> 16, a));
  }
};
struct Cached {
  static constexpr int kWordBits = 16, kTableBytes = 2 << 15;
  static __device__ std::uint32_t two(const void* table, std::uint32_t word, std::uint32_t& asking, int i,
                                      const Arguments&) {
    const auto* patterns = static_cast<const std::uint16_t*>(table);
    const std::uint32_t both = patterns[word & 0x7FFF] | std::uint32_t{patterns[word >> 16 & 0x7FFF]} << 16;
    asking |= (both >> 15 & 0x10001u) << i;
    return both ^ (word & 0x80008000u);  // an asking element's bits do not matter
  }
};
struct Alias {
  static constexpr int kWordBits = 32, kTableBytes = 4 * kColumns;
  static __device__ std::uint32_t choose(const void* table, std::uint32_t word) {
    const auto* at = static_cast<const char*>(table) + (word & (kColumns - 1) << 2);
    return min(word, *reinterpret_cast<const std::uint32_t*>(at));
  }
  static __device__ std::uint32_t two(const void* table, std::uint32_t a, std::uint32_t b, std::uint32_t least) {
    const std::uint32_t both = __byte_perm(choose(table, a), choose(table, b), 0x5410) >> 2;
    const std::uint32_t signs = __byte_perm(a, b, 0x5410) << 14 & 0x80008000u;
    return (both & (kColumns - 1) * 0x10001u) + least | signs;
  }
};

template <class Draw>
__global__ void __launch_bounds__(128) fill_kernel(const __grid_constant__ Arguments a) {
  extern __shared__ uint4 table[];
  for (int i = threadIdx.x; i < Draw::kTableBytes / 16; i += blockDim.x) table[i] = a.table[i];
  __syncthreads();
  const SegmentSchedule keys(a.schedule, threadIdx.z);
  const std::uint32_t step = gridDim.x * blockDim.x;
#pragma unroll 4
  for (std::uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i < a.groups; i += step) {
    if constexpr (Draw::kWordBits == 32) {
      const uint4 u = draw_block(keys, 2 * i), v = draw_block(keys, 2 * i + 1);
      const std::uint32_t least = a.least * 0x10001u;
      a.target[i] = make_uint4(Draw::two(table, u.x, u.y, least), Draw::two(table, u.z, u.w, least),
                               Draw::two(table, v.x, v.y, least), Draw::two(table, v.z, v.w, least));
    } else {
      const uint4 w = draw_block(keys, i);
      std::uint32_t flags = 0;
      uint4 drawn;
      drawn.x = Draw::two(table, w.x, flags, 0, a);
      drawn.y = Draw::two(table, w.y, flags, 1, a);
      drawn.z = Draw::two(table, w.z, flags, 2, a);
      drawn.w = Draw::two(table, w.w, flags, 3, a);
      if (flags) drawn = refine(drawn, w, flags, i, a);
      a.target[i] = drawn;
    }
  }
}
template __global__ void fill_kernel<Interpolated>(const __grid_constant__ Arguments);
template __global__ void fill_kernel<Cached>(const __grid_constant__ Arguments);
template __global__ void fill_kernel<Alias>(const __grid_constant__ Arguments);
