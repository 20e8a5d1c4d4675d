#include "tests/specs.h"

#include <cmath>
#include <limits>

#include "dtype.h"

namespace fastinit::test {

FillSpec make_spec(Distribution distribution, ElementType type, const std::vector<double>& parameters) {
  FillSpec spec{};
  spec.distribution = distribution;
  spec.type = type;
  spec.seed = 0x0123456789ABCDEF;
  spec.stream = 0xFEDCBA9876543210;
  for (std::size_t i = 0; i < parameters.size(); ++i) spec.parameters[i] = parameters[i];
  return spec;
}

// The tails need not be correctly rounded here, because every instruction set gets the same numbers. They are floats
// because the last digits differ between C libraries, and the checksum must not depend on them.
FillSpec truncated_normal(ElementType type, double mean, double std, double lower, double upper) {
  const auto tail_above = [](double z) { return double{static_cast<float>(0.5 * std::erfc(z / std::sqrt(2.0)))}; };
  const double lower_tail = tail_above(-lower);
  const double upper_tail = tail_above(upper);
  const double mass = lower > 0 ? tail_above(lower) - upper_tail : 1 - upper_tail - lower_tail;
  return make_spec(Distribution::kTruncatedNormal, type,
                   {mean, std, mean + std * lower, mean + std * upper, lower_tail, upper_tail, mass});
}

std::vector<ElementType> float_types() {
  std::vector<ElementType> types;
  for (int i = 0; i < kElementTypes; ++i) {
    const auto type = static_cast<ElementType>(i);
    if (type != ElementType::kUint32) types.push_back(type);
  }
  return types;
}

std::vector<FillSpec> all_specs(bool many) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<FillSpec> specs = {make_spec(Distribution::kBits, ElementType::kUint32)};
  for (const ElementType type : float_types()) {
    specs.push_back(make_spec(Distribution::kUniform, type, {-0.75, 0.75}));
    specs.push_back(make_spec(Distribution::kNormal, type, {0.5, 0.02}));
    specs.push_back(truncated_normal(type, 0.0, 0.02, -2.0, 2.0));
    if (!many) continue;
    specs.push_back(make_spec(Distribution::kUniform, type, {1e-6, 1e-3}));
    specs.push_back(make_spec(Distribution::kNormal, type, {0.0, 3e4}));
    specs.push_back(make_spec(Distribution::kNormal, type, {0.0, 1e-3}));
    // Subnormal in the type's own arithmetic: its last digits, and both sides of the least normal number.
    const bool is_double = type == ElementType::kFloat64;
    specs.push_back(make_spec(Distribution::kNormal, type, {0.0, is_double ? 0x1p-1070 : 0x1p-145}));
    specs.push_back(make_spec(Distribution::kUniform, type, {0.0, is_double ? 0x1p-1021 : 0x1p-125}));
    specs.push_back(make_spec(Distribution::kNormal, type, {0.0, std::ldexp(1.0, element_facts(type).least_exponent)}));
    specs.push_back(truncated_normal(type, -1.0, 3.0, 5.0, kInfinity));
    specs.push_back(truncated_normal(type, 1.0, 300.0, -kInfinity, 0.25));
  }
  return specs;
}

std::string describe(const FillSpec& spec) {
  std::string text = kDistributionNames[static_cast<int>(spec.distribution)];
  text += std::string(" ") + kElementTypeNames[static_cast<int>(spec.type)];
  text += " (" + std::to_string(spec.parameters[0]) + ", " + std::to_string(spec.parameters[1]) + ")";
  text += " from " + std::to_string(spec.start) + " run " + std::to_string(spec.run);
  for (int k = 0; k < spec.rank; ++k) {
    text += " x " + std::to_string(spec.extents[k]) + " by " + std::to_string(spec.strides[k]);
  }
  return text;
}

std::uint64_t flat_index(const FillSpec& spec, std::uint64_t position) {
  std::uint64_t index = spec.start + position % spec.run;
  position /= spec.run;
  for (int k = spec.rank - 1; k >= 0; --k) {
    index += position % spec.extents[k] * spec.strides[k];
    position /= spec.extents[k];
  }
  return index;
}

std::vector<unsigned char> drawn_singly(const FillSpec& spec) {
  const std::string in_use = instruction_set();
  const int threads = num_threads();
  set_instruction_set("scalar");
  set_num_threads(1);
  const std::size_t item = item_bytes(spec.type);
  std::vector<unsigned char> elements(spec.size() * item);
  FillSpec single = spec;
  single.run = 1;
  single.rank = 0;
  for (std::uint64_t i = 0; i < spec.size(); ++i) {
    single.start = flat_index(spec, i);
    fill(single, elements.data() + i * item);
  }
  set_num_threads(threads);
  set_instruction_set(in_use.c_str());
  return elements;
}

std::vector<std::string> runnable_sets() {
  std::vector<std::string> names;
  for (const InstructionSet& set : instruction_sets()) {
    if (set.built && set.supported) names.emplace_back(set.name);
  }
  return names;
}

}  // namespace fastinit::test
