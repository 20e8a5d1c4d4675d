// Draws that are transformed: steps by name, applied to each element in the order given.
#pragma once

#include <cstdint>

#include "dtype.h"
#include "fill.h"

namespace fastinit {

// Each has its class in transforms.h.
enum class StepKind { kScale, kShift, kExp, kLog, kClamp, kAbs, kSoftplusInverse, kReciprocal, kCount };
inline constexpr int kStepKinds = static_cast<int>(StepKind::kCount);
inline constexpr const char* kStepNames[kStepKinds] = {
    "scale", "shift", "exp", "log", "clamp", "abs", "softplus_inverse", "reciprocal"};
static_assert(kStepNames[kStepKinds - 1] != nullptr, "a step without a name");

// The type in which elements of a type are drawn.
constexpr ElementType drawn_type(ElementType type) {
  return element_facts(type).is_wide ? ElementType::kFloat64 : ElementType::kFloat32;
}

struct Step {
  StepKind kind;
  double numbers[2];  // kScale: the factor. kShift: the number that is added. kClamp: lower, upper.
};

inline constexpr int kMostSteps = 16;

// A fill whose elements are drawn in float32 or float64 and go through the steps in float64 before they are rounded.
// The caller must ensure that every step is defined for all values that it gets, and that none overflows.
struct TransformedSpec {
  FillSpec base;
  int count;
  Step steps[kMostSteps];
};

bool fill_transformed(const TransformedSpec& spec, void* target, Interrupt interrupt = {});

}  // namespace fastinit
