// The fill kernel, once, for any distribution and element type: warps take pieces of the target in turn.
//
// Within a run each lane draws whole groups. A group is what one 128-bit store writes, and the groups of a warp lie
// side by side. Elements that do not fill a group (heads, tails, runs whose blocks start between two such stores) are
// drawn one per lane. Runs are split where `block low` wraps. The bits equal those of fill_loop.h because the
// distributions and their rounding are the same code. tests/cuda/ptx executes the kernel without a GPU.
#pragma once

#include <cstdint>

#include "dtype.h"
#include "lanes/cuda.h"
#include "methods.h"
#include "philox.h"
#include "pieces.h"
#include "stream.h"

namespace fastinit {

inline constexpr int kThreads = 128;  // in a block of the grid
inline constexpr int kWarp = 32;
inline constexpr int kGroupBytes = 16;

// The argument of a launch. The host has computed all of it.
template <class Draw>
struct KernelArguments {
  FillSpec spec;
  Pieces pieces;
  void* target;
  Schedule schedule;
  Draw draw;
};

// The schedule of a segment, in registers. The compiler would reload the keys from constant memory in every pass, at 17
// issue slots a block. XOR with a zero that is not known at compile time keeps them in registers.
class SegmentSchedule {
 public:
  __device__ SegmentSchedule(const Schedule& schedule, std::uint32_t zero) : schedule_(schedule) {
#pragma unroll
    for (int round = 0; round < kRounds; ++round) {
      key0_[round] = static_cast<std::uint32_t>(schedule.join0(round)) ^ zero;
      key2_[round] = static_cast<std::uint32_t>(schedule.join2(round)) ^ zero;
    }
  }

  __device__ void set_block_high(std::uint64_t high) {
    const std::uint64_t change = schedule_.second_product(high) ^ schedule_.second_product(block_high_);
    block_high_ = high;
    key2_[1] ^= static_cast<std::uint32_t>(change >> 32);
    key2_[2] ^= static_cast<std::uint32_t>(change);
  }
  __device__ std::uint32_t join0(int round) const { return key0_[round]; }
  __device__ std::uint32_t join2(int round) const { return key2_[round]; }

 private:
  const Schedule& schedule_;
  std::uint64_t block_high_ = 0;
  std::uint32_t key0_[kRounds], key2_[kRounds];
};

template <template <class> class Distribution, ElementType kType>
class WarpWriter {
  using Type = Element<kType>;
  using Stored = typename Type::Stored;
  using Lane = std::conditional_t<Type::kDouble, CudaLanes::Lane64, CudaLanes::Lane32>;
  using Word = typename Lane::Word;

  using Block = Blocks<Type::kDouble>;
  static constexpr std::uint32_t kBlockSize = Block::kElements;
  static constexpr std::uint32_t kGroupSize = kGroupBytes / sizeof(Stored);
  static constexpr std::uint32_t kGroupBlocks = kGroupSize / kBlockSize;
  // Blocks that a lane draws in one pass of the loop. More than one shares the cost of the loop and gives several
  // independent chains of rounds; more than this would spill registers.
  static constexpr int kGroupsInFlight = Type::kDouble ? 2 : kGroupBlocks <= 2 ? 4 : 1;

 public:
  using Arguments = KernelArguments<Distribution<Lane>>;

  __device__ explicit WarpWriter(const Arguments& arguments)
      : arguments_(arguments), schedule_(arguments.schedule, threadIdx.z), lane_(threadIdx.x % kWarp) {}

  // Elements [first, first + count) of the box, in the order in which they lie in memory.
  __device__ void write_piece(std::uint64_t first, std::uint64_t count) {
    const FillSpec& spec = arguments_.spec;
    while (count > 0) {
      std::uint64_t n = spec.run - first % spec.run;
      n = n < count ? n : count;
      write_run(spec.index_of(first), n, static_cast<Stored*>(arguments_.target) + first);
      first += n;
      count -= n;
    }
  }

 private:
  __device__ void write_run(std::uint64_t index, std::uint64_t count, Stored* target) {
    while (count > 0) {
      const std::uint64_t block = index / kBlockSize;
      const std::uint64_t to_wrap = Block::to_wrap(block) - index % kBlockSize;
      const std::uint64_t n = count < to_wrap ? count : to_wrap;
      schedule_.set_block_high(block >> 32);
      write_segment(index, static_cast<std::uint32_t>(n), target);
      index += n;
      target += n;
      count -= n;
    }
  }

  // A run within which `block high` stays the same.
  __device__ void write_segment(std::uint64_t index, std::uint32_t count, Stored* target) const {
    const auto address = reinterpret_cast<std::uintptr_t>(target);
    std::uint32_t head = static_cast<std::uint32_t>(-address % kGroupBytes / sizeof(Stored));
    const bool in_step = (index + head) % kBlockSize == 0;
    if (!in_step || head > count) head = count;
    const std::uint32_t groups = (count - head) / kGroupSize;
    const std::uint32_t tail = head + groups * kGroupSize;
    write_elements(index, 0, head, target);
    write_groups(static_cast<std::uint32_t>((index + head) / kBlockSize), groups, target + head);
    write_elements(index, tail, count, target);
  }

  __device__ void write_groups(std::uint32_t block, std::uint32_t groups, Stored* target) const {
    block += lane_ * kGroupBlocks;
    target += lane_ * kGroupSize;
#pragma unroll(kGroupsInFlight)
    for (std::uint32_t group = lane_; group < groups; group += kWarp) {
      std::uint32_t words[4];
#pragma unroll
      for (std::uint32_t i = 0; i < kGroupBlocks; ++i) place(draw_block(block + i), i, words);
      *reinterpret_cast<uint4*>(target) = make_uint4(words[0], words[1], words[2], words[3]);
      block += kWarp * kGroupBlocks;
      target += kWarp * kGroupSize;
    }
  }

  // Puts the elements of a group's i-th block into its 16 bytes. It works on words, because the compiler would keep an
  // array of narrower elements in local memory.
  static __device__ void place(Pair<CudaLanes::Lane64::Word> drawn, std::uint32_t, std::uint32_t (&words)[4]) {
    words[0] = static_cast<std::uint32_t>(drawn.even);
    words[1] = static_cast<std::uint32_t>(drawn.even >> 32);
    words[2] = static_cast<std::uint32_t>(drawn.odd);
    words[3] = static_cast<std::uint32_t>(drawn.odd >> 32);
  }
  static __device__ void place(Pair<CudaLanes::Lane32::Word> drawn, std::uint32_t i, std::uint32_t (&words)[4]) {
    const auto& even = drawn.even.part;
    const auto& odd = drawn.odd.part;
    if constexpr (sizeof(Stored) == 4) {
      words[0] = even[0];
      words[1] = odd[0];
      words[2] = even[1];
      words[3] = odd[1];
    } else if constexpr (sizeof(Stored) == 2) {
      words[2 * i] = even[0] | odd[0] << 16;
      words[2 * i + 1] = even[1] | odd[1] << 16;
    } else {
      words[i] = even[0] | odd[0] << 8 | even[1] << 16 | odd[1] << 24;
    }
  }

  // Elements [begin, end) from `index` and `target` on. Each lane draws a whole block for one of them.
  __device__ void write_elements(std::uint64_t index, std::uint32_t begin, std::uint32_t end, Stored* target) const {
#pragma unroll 1
    for (std::uint32_t i = begin + lane_; i < end; i += kWarp) {
      const auto drawn = draw_block(static_cast<std::uint32_t>((index + i) / kBlockSize));
      const auto place = static_cast<std::uint32_t>(index + i) % kBlockSize;
      target[i] = static_cast<Stored>(place % 2 == 0 ? part(drawn.even, place) : part(drawn.odd, place));
    }
  }

  // The word of the pair that holds the element at `place` in its block.
  static __device__ std::uint64_t part(CudaLanes::Lane64::Word word, std::uint32_t) { return word; }
  static __device__ std::uint32_t part(CudaLanes::Lane32::Word words, std::uint32_t place) {
    return place < 2 ? words.part[0] : words.part[1];
  }

  __device__ __forceinline__ Pair<Word> draw_block(std::uint32_t block_low) const {
    const auto words = philox<CudaLanes>(schedule_, CudaLanes::set_wide(block_low));
    const auto merge = [](const auto& a, const auto& b) { return CudaLanes::merge<Word>(a, b); };
    return round(arguments_.draw(Block::even(words, merge), Block::odd(words, merge)));
  }
  static __device__ Pair<Word> round(Pair<Word> bits) { return bits; }
  static __device__ Pair<Word> round(Pair<typename Lane::Real> values) {
    return {round(values.even), round(values.odd)};
  }
  static __device__ Word round(typename Lane::Real x) {
    if constexpr (kType == ElementType::kFloat16) {
      return Word::make([&](int i) { return to_float16(x.part[i]); });
    }
#if __CUDA_ARCH__ >= 800
    if constexpr (kType == ElementType::kBfloat16) {
      return Word::make([&](int i) { return to_bfloat16(x.part[i]); });
    }
#endif
    return Type::template round<Lane>(x);
  }

  // The rounding of dtype.h in one instruction.
  static __device__ std::uint32_t to_float16(float x) {
    std::uint16_t bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
    return bits;
  }
  static __device__ std::uint32_t to_bfloat16(float x) {
    std::uint16_t bits;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(x));
    return bits;
  }

  const Arguments& arguments_;
  SegmentSchedule schedule_;
  std::uint32_t lane_;
};

template <template <class> class Distribution, ElementType kType>
__global__ void __launch_bounds__(kThreads)
    fill_kernel(const __grid_constant__ typename WarpWriter<Distribution, kType>::Arguments arguments) {
  WarpWriter<Distribution, kType> writer(arguments);
  const std::uint64_t warps = std::uint64_t{gridDim.x} * (kThreads / kWarp);
  for (std::uint64_t k = (std::uint64_t{blockIdx.x} * kThreads + threadIdx.x) / kWarp; k < arguments.pieces.size();
       k += warps) {
    const Range range = arguments.pieces.range(k);
    writer.write_piece(range.first, range.count);
  }
}

}  // namespace fastinit
