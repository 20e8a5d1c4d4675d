// A FillSpec out of what Python hands over, for CPU and GPU alike.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <string_view>

#include "fill.h"

namespace fastinit {

FillSpec make_spec(std::string_view distribution, std::string_view dtype, std::uint64_t seed, std::uint64_t stream,
                   const pybind11::tuple& parameters, std::uint64_t start, std::uint64_t run,
                   const pybind11::tuple& extents, const pybind11::tuple& strides);

}  // namespace fastinit
