// The core's public face: what to fill, and the functions that fill. Raw pointers, no Python types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fastinit {

inline constexpr int kStreamVersion = 2;  // of the values; see docs/streams.md

// Each has its classes in distributions.h.
enum class Distribution { kBits, kUniform, kNormal, kTruncatedNormal, kCount };
inline constexpr int kDistributions = static_cast<int>(Distribution::kCount);
inline constexpr const char* kDistributionNames[kDistributions] = {"bits", "uniform", "normal", "truncated_normal"};
static_assert(kDistributionNames[kDistributions - 1] != nullptr, "a distribution without a name");

// Each has its `Element` in dtype.h.
enum class ElementType { kUint32, kFloat64, kFloat32, kFloat16, kBfloat16, kFloat8E4m3fn, kFloat8E5m2, kCount };
inline constexpr int kElementTypes = static_cast<int>(ElementType::kCount);
inline constexpr const char* kElementTypeNames[kElementTypes] = {"uint32",   "float64",       "float32",    "float16",
                                                                 "bfloat16", "float8_e4m3fn", "float8_e5m2"};
static_assert(kElementTypeNames[kElementTypes - 1] != nullptr, "an element type without a name");

// Words are drawn unchanged, and only words have this element type.
constexpr bool go_together(Distribution distribution, ElementType type) {
  return (distribution == Distribution::kBits) == (type == ElementType::kUint32);
}

// NumPy allows 64 dimensions; a box never needs more.
inline constexpr int kMaxRank = 64;

// A box: which flat indices are filled, and in which order. It has `run` consecutive indices for each point of an outer
// grid.
// Element (e, j) has flat index start + sum(e_k strides_k) + j.
struct Box {
  std::uint64_t start;
  std::uint64_t run;
  int rank;
  std::uint64_t extents[kMaxRank];
  std::uint64_t strides[kMaxRank];

  constexpr std::uint64_t size() const {
    std::uint64_t size = run;
    for (int k = 0; k < rank; ++k) size *= extents[k];
    return size;
  }

  // The flat index of the element at `position` in the box's memory.
  constexpr std::uint64_t index_of(std::uint64_t position) const {
    std::uint64_t index = start + position % run;
    std::uint64_t outer = position / run;
    for (int k = rank - 1; k >= 0; --k) {
      index += outer % extents[k] * strides[k];
      outer /= extents[k];
    }
    return index;
  }
};

// One fill: a box of one tensor is written to consecutive memory.
struct FillSpec : Box {
  Distribution distribution;
  ElementType type;
  std::uint64_t seed;
  std::uint64_t stream;
  // kUniform: low, high. kNormal: mean, std. kTruncatedNormal: mean, std, low, high (in the units of the
  // result), then Phi(lower), 1 - Phi(upper) and Phi(upper) - Phi(lower).
  double parameters[7];
};

// The calling thread asks this now and then; true stops the fill.
struct Interrupt {
  bool (*asked)(void* context) = nullptr;
  void* context = nullptr;
};

// Writes the box at `target`, on up to `num_threads()` threads; false if the interrupt stopped it.
bool fill(const FillSpec& spec, void* target, Interrupt interrupt = {});

// Writes `count` copies of the low `item_bytes` (1, 2, 4 or 8) of `bits`.
bool fill_pattern(void* target, std::uint64_t count, std::uint64_t bits, std::size_t item_bytes,
                  Interrupt interrupt = {});

void set_num_threads(int threads);
int num_threads();

struct InstructionSet {
  const char* name;
  bool built;
  bool supported;  // whether this processor can run it
};
std::vector<InstructionSet> instruction_sets();  // the widest last
const char* instruction_set();                   // the one in use
bool set_instruction_set(const char* name);      // false, and nothing changes, if it cannot run here

}  // namespace fastinit
