// fill, fill_pattern: Python numbers into a FillSpec, the GIL released, Ctrl-C answered.
#include "fill.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "bindings/bindings.h"

namespace py = pybind11;

namespace fastinit {
namespace {

template <class Enum, std::size_t N>
Enum by_name(const std::pair<std::string_view, Enum> (&table)[N], std::string_view name, const char* argument) {
  for (const auto& [known, value] : table) {
    if (known == name) return value;
  }
  throw py::value_error("unknown `" + std::string(argument) + "`: '" + std::string(name) + "'");
}

constexpr std::pair<std::string_view, Distribution> kDistributionNames[] = {
    {"bits", Distribution::kBits},
    {"uniform", Distribution::kUniform},
    {"normal", Distribution::kNormal},
    {"truncated_normal", Distribution::kTruncatedNormal},
};

constexpr std::pair<std::string_view, ElementType> kElementTypeNames[] = {
    {"float32", ElementType::kFloat32},
    {"bfloat16", ElementType::kBfloat16},
    {"float16", ElementType::kFloat16},
    {"float64", ElementType::kFloat64},
    {"float8_e4m3fn", ElementType::kFloat8E4m3fn},
    {"float8_e5m2", ElementType::kFloat8E5m2},
    {"uint32", ElementType::kUint32},
};

template <class T, std::size_t N>
std::size_t copy(const py::tuple& values, T (&target)[N], const char* argument) {
  if (values.size() > N) throw py::value_error("too many `" + std::string(argument) + "`");
  std::transform(values.begin(), values.end(), target, [](py::handle value) { return value.cast<T>(); });
  return values.size();
}

// Runs pending signal handlers, which only Python's main thread does; an exception of theirs stops the fill.
bool signal_raised(void*) {
  const py::gil_scoped_acquire locked;
  return PyErr_CheckSignals() != 0;
}

template <class Work>
void run(const Work& work) {
  bool finished;
  {
    const py::gil_scoped_release released;
    finished = work(Interrupt{signal_raised, nullptr});
  }
  if (!finished) throw py::error_already_set();
}

void fill_box(std::uintptr_t address, std::string_view distribution, std::string_view dtype, std::uint64_t seed,
              std::uint64_t stream, const py::tuple& parameters, std::uint64_t start, std::uint64_t run_length,
              const py::tuple& extents, const py::tuple& strides) {
  FillSpec spec;
  spec.distribution = by_name(kDistributionNames, distribution, "distribution");
  spec.type = by_name(kElementTypeNames, dtype, "dtype");
  if ((spec.distribution == Distribution::kBits) != (spec.type == ElementType::kUint32)) {
    throw py::value_error("uint32 goes with bits, and only with bits");
  }
  spec.seed = seed;
  spec.stream = stream;
  copy(parameters, spec.parameters, "parameters");
  spec.start = start;
  spec.run = run_length;
  spec.rank = static_cast<int>(copy(extents, spec.extents, "extents"));
  if (copy(strides, spec.strides, "strides") != extents.size()) {
    throw py::value_error("`extents` and `strides` must be equally long");
  }
  run([&](Interrupt interrupt) { return fill(spec, reinterpret_cast<void*>(address), interrupt); });
}

void fill_items(std::uintptr_t address, std::uint64_t count, std::uint64_t bits, std::size_t itemsize) {
  run([&](Interrupt interrupt) {
    return fill_pattern(reinterpret_cast<void*>(address), count, bits, itemsize, interrupt);
  });
}

}  // namespace

void bind_fill(py::module_& module) {
  module.def("fill", fill_box, py::arg("address"), py::arg("distribution"), py::arg("dtype"), py::arg("seed"),
             py::arg("stream"), py::arg("parameters"), py::arg("start"), py::arg("run"), py::arg("extents"),
             py::arg("strides"));
  module.def("fill_pattern", fill_items, py::arg("address"), py::arg("count"), py::arg("bits"), py::arg("itemsize"));
}

}  // namespace fastinit
