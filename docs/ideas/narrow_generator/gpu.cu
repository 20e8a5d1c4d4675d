// The look-up on a GPU: eight bfloat16 normals from one Philox block, the table in shared memory. For its
// instruction count; `refine` stands for what the further words would do.
#include "lanes/cuda.h"
#include "narrow.h"
#include "philox.h"

using namespace fastinit;

// The round keys in registers, as in csrc/cuda/kernel.h.
struct Keys {
  std::uint32_t key0[kRounds], key2[kRounds];
  __device__ Keys(const Schedule& schedule, std::uint32_t zero) {
#pragma unroll
    for (int round = 0; round < kRounds; ++round) {
      key0[round] = static_cast<std::uint32_t>(schedule.join0(round)) ^ zero;
      key2[round] = static_cast<std::uint32_t>(schedule.join2(round)) ^ zero;
    }
  }
  __device__ std::uint32_t join0(int round) const { return key0[round]; }
  __device__ std::uint32_t join2(int round) const { return key2[round]; }
};

__device__ __noinline__ void refine(std::uint32_t* words, std::uint32_t block) { words[0] ^= block; }

__device__ float draw(const Cell* table, std::uint32_t half) {
  const Cell cell = table[(half & 0x7FFF) / kInCell];
  const float z = fmaf(static_cast<float>(half & (kInCell - 1)), cell.slope, cell.base);
  return __uint_as_float(__float_as_uint(z) ^ (half << 16 & 0x80000000u));
}

__device__ std::uint32_t draw_two(const Cell* table, std::uint32_t word) {
  const float low = draw(table, word & 0xFFFF), high = draw(table, word >> 16);
  std::uint32_t both;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
  return both;
}

__global__ void __launch_bounds__(128)
    narrow(const __grid_constant__ Schedule schedule, const Cell* cells, std::uint32_t groups, uint4* target) {
  __shared__ Cell table[kCells];
  for (int i = threadIdx.x; i < kCells; i += blockDim.x) table[i] = cells[i];
  __syncthreads();
  const Keys keys(schedule, threadIdx.z);
  const std::uint32_t step = gridDim.x * blockDim.x;
#pragma unroll 4
  for (std::uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i < groups; i += step) {
    const auto drawn = philox<CudaLanes>(keys, CudaLanes::set_wide(i));
    std::uint32_t words[4] = {drawn.word0.low, drawn.word1.low, drawn.word2.low, drawn.word3.low};
    std::uint32_t rare = 0;  // whether p lies outside [kFirst, kLast) in either half of a word
#pragma unroll
    for (std::uint32_t word : words) {
      const std::uint32_t p = __vsub2(word & 0x7FFF7FFF, kFirst * 0x10001u);
      rare |= __vcmpgeu2(p, (kLast - kFirst) * 0x10001u);
    }
    if (rare) refine(words, i);
    target[i] = make_uint4(draw_two(table, words[0]), draw_two(table, words[1]), draw_two(table, words[2]),
                           draw_two(table, words[3]));
  }
}
