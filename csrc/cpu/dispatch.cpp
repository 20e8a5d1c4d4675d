// Chooses the instruction set: the widest that this processor has, or the one that was asked for.
#include <atomic>
#include <cstring>

#include "cpu/instruction_sets.h"

namespace fastinit {
namespace {

struct Entry {
  InstructionSet set;
  const LaneTable* table;
};

#ifdef FASTINIT_AVX2
bool processor_has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#endif
#if defined(FASTINIT_AVX512) && defined(FASTINIT_SIMDE)
bool processor_has_avx512() { return processor_has_avx2(); }  // emulated, see csrc/tests/simde
#elif defined(FASTINIT_AVX512)
bool processor_has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
}
#endif

// The widest last.
const std::vector<Entry>& entries() {
  static const std::vector<Entry> all = {
      {{"scalar", true, true}, &kScalarTable},
#ifdef FASTINIT_AVX2
      {{"avx2", true, processor_has_avx2()}, &kAvx2Table},
#else
      {{"avx2", false, false}, nullptr},
#endif
#ifdef FASTINIT_AVX512
      {{"avx512", true, processor_has_avx512()}, &kAvx512Table},
#else
      {{"avx512", false, false}, nullptr},
#endif
#ifdef FASTINIT_NEON
      {{"neon", true, true}, &kNeonTable},
#else
      {{"neon", false, false}, nullptr},
#endif
  };
  return all;
}

const Entry* widest() {
  const Entry* best = nullptr;
  for (const Entry& entry : entries()) {
    if (entry.set.built && entry.set.supported) best = &entry;
  }
  return best;
}

std::atomic<const Entry*>& in_use() {
  static std::atomic<const Entry*> entry{widest()};
  return entry;
}

}  // namespace

PieceFunction piece_function(const Method& method, ElementType type) {
  const LaneTable& table = *in_use().load(std::memory_order_relaxed)->table;
  return (is_narrow(type) ? *table.narrow : table.pieces).function(method, type);
}
const OrthogonalTable& orthogonal_table() { return in_use().load(std::memory_order_relaxed)->table->orthogonal; }
const TransformTable& transform_table() { return in_use().load(std::memory_order_relaxed)->table->transforms; }

std::vector<InstructionSet> instruction_sets() {
  std::vector<InstructionSet> sets;
  for (const Entry& entry : entries()) sets.push_back(entry.set);
  return sets;
}

const char* instruction_set() { return in_use().load(std::memory_order_relaxed)->set.name; }

bool set_instruction_set(const char* name) {
  for (const Entry& entry : entries()) {
    if (std::strcmp(entry.set.name, name) == 0 && entry.set.built && entry.set.supported) {
      in_use().store(&entry, std::memory_order_relaxed);
      return true;
    }
  }
  return false;
}

}  // namespace fastinit
