// Transformed draws: the bits are the same whatever the instruction set, the threads, the split, the box and the
// alignment.
#include <cfenv>
#include <cstdint>
#include <limits>

#include "dtype.h"
#include "tests/check.h"
#include "tests/specs.h"
#include "tests/tests.h"
#include "transformed.h"

namespace fastinit::test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Every kind of step, over every distribution, with every type.
std::vector<TransformedSpec> transformed_specs() {
  std::vector<TransformedSpec> specs;
  for (const ElementType type : float_types()) {
    const FillSpec uniform = make_spec(Distribution::kUniform, type, {1.0, 16.0});
    specs.push_back({uniform, 1, {{StepKind::kLog, {}}}});
    const FillSpec exponents = make_spec(Distribution::kUniform, type, {-7.0, -2.0});
    specs.push_back({exponents,
                     3,
                     {{StepKind::kExp, {}}, {StepKind::kClamp, {1e-3, kInfinity}}, {StepKind::kSoftplusInverse, {}}}});
    const FillSpec normal = make_spec(Distribution::kNormal, type, {0.5, 0.02});
    specs.push_back({normal, 2, {{StepKind::kScale, {-3.0}}, {StepKind::kReciprocal, {}}}});
    const FillSpec cut = truncated_normal(type, 0.0, 1.0, -2.0, 2.0);
    specs.push_back({cut, 3, {{StepKind::kShift, {-0.25}}, {StepKind::kAbs, {}}, {StepKind::kClamp, {0.5, 1.5}}}});
  }
  return specs;
}

std::string described(const TransformedSpec& spec) {
  std::string text = describe(spec.base);
  for (int k = 0; k < spec.count; ++k) text += std::string(" ") + kStepNames[static_cast<int>(spec.steps[k].kind)];
  return text;
}

std::vector<unsigned char> transformed(const TransformedSpec& spec) {
  std::vector<unsigned char> elements(spec.base.size() * item_bytes(spec.base.type));
  fill_transformed(spec, elements.data());
  return elements;
}

// Draws each element by itself, on the scalar lanes.
std::vector<unsigned char> transformed_singly(const TransformedSpec& spec) {
  set_instruction_set("scalar");
  set_num_threads(1);
  const std::size_t item = item_bytes(spec.base.type);
  std::vector<unsigned char> elements(spec.base.size() * item);
  TransformedSpec single = spec;
  single.base.run = 1;
  single.base.rank = 0;
  for (std::uint64_t i = 0; i < spec.base.size(); ++i) {
    single.base.start = flat_index(spec.base, i);
    fill_transformed(single, elements.data() + i * item);
  }
  return elements;
}

void check_everywhere(const TransformedSpec& spec, const std::vector<unsigned char>& expected) {
  const std::size_t item = item_bytes(spec.base.type);
  for (const std::string& set : runnable_sets()) {
    for (const int threads : {1, 3}) {
      for (const std::size_t offset : Sizes{0, 1, 5}) {
        set_instruction_set(set.c_str());
        set_num_threads(threads);
        GuardedMemory target(spec.base.size() * item, offset * item);
        const bool finished = fill_transformed(spec, target.data());
        check(finished && target.equals(expected.data()) && target.guards_untouched(), set + ": " + described(spec));
      }
    }
  }
}

}  // namespace

std::vector<unsigned char> transformed_bytes() {
  std::vector<unsigned char> all;
  for (TransformedSpec spec : transformed_specs()) {
    spec.base.run = 10'000;
    const auto bytes = transformed(spec);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return all;
}

void test_transforms() {
  for (TransformedSpec spec : transformed_specs()) {
    const std::uint64_t wrap = std::uint64_t{spec.base.type == ElementType::kFloat64 ? 2u : 4u} << 32;
    // Runs shorter and longer than a vector and than a chunk, from every place in a block, across a wrap.
    for (const std::uint64_t start : {std::uint64_t{0}, std::uint64_t{3}, wrap - 1001}) {
      spec.base.start = start;
      spec.base.rank = 0;
      for (const std::uint64_t run : Counts{0, 1, 33, 4001}) {
        spec.base.run = run;
        check_everywhere(spec, transformed_singly(spec));
      }
    }
    spec.base.start = wrap - 700;
    spec.base.run = 13;
    spec.base.rank = 2;
    spec.base.extents[0] = 3, spec.base.extents[1] = 40;
    spec.base.strides[0] = 1000, spec.base.strides[1] = 17;
    check_everywhere(spec, transformed_singly(spec));
  }
}

// Several pieces for the threads, and a caller with another rounding mode.
void test_large_transforms() {
  for (TransformedSpec spec : transformed_specs()) {
    spec.base.run = 300'000 / item_bytes(spec.base.type);
    set_instruction_set(runnable_sets().back().c_str());
    set_num_threads(1);
    const auto expected = transformed(spec);
    for (const int threads : {1, 3}) {
      set_num_threads(threads);
      for (const int mode : {FE_UPWARD, FE_DOWNWARD, FE_TONEAREST}) {
        std::fesetround(mode);
        const auto elements = transformed(spec);
        std::fesetround(FE_TONEAREST);
        check(elements == expected, "the caller's rounding, or threads, change " + described(spec));
      }
    }
  }
}

}  // namespace fastinit::test
