// The fills of the tests: every distribution with every element type that it can have.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fill.h"

namespace fastinit::test {

// A contiguous fill of no elements. The caller sets its start and run.
FillSpec make_spec(Distribution distribution, ElementType type, const std::vector<double>& parameters = {});
FillSpec truncated_normal(ElementType type, double mean, double std, double lower, double upper);

// One fill of each distribution and element type. `many`: several sets of parameters, so that narrow types overflow and
// underflow, and truncated normals come from the centre and from either tail.
std::vector<FillSpec> all_specs(bool many);
std::vector<ElementType> float_types();

std::string describe(const FillSpec& spec);

// The flat index of the box's element number `position`.
std::uint64_t flat_index(const FillSpec& spec, std::uint64_t position);

// The expected contents of the box, drawn by the scalar lanes on one thread, one element at a time.
std::vector<unsigned char> drawn_singly(const FillSpec& spec);

// The names of the instruction sets that this processor can run.
std::vector<std::string> runnable_sets();

}  // namespace fastinit::test
