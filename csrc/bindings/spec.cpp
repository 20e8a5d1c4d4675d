// FillSpec, TransformedSpec and OrthogonalSpec as Python types. Each is made once, of names and numbers, and passed to
// the functions that fill.
#include "bindings/spec.h"

#include <pybind11/pybind11.h>

#include <algorithm>
#include <string>

#include "bindings/bindings.h"
#include "orthogonal.h"
#include "transformed.h"

namespace py = pybind11;

namespace fastinit {
namespace {

template <class Enum, std::size_t N>
Enum by_name(const char* const (&names)[N], std::string_view name, const char* argument) {
  const auto* found = std::find(names, names + N, name);
  if (found != names + N) return static_cast<Enum>(found - names);
  throw py::value_error("unknown `" + std::string(argument) + "`: '" + std::string(name) + "'");
}

template <std::size_t N>
py::tuple tuple_of(const char* const (&names)[N]) {
  py::tuple result(N);
  for (std::size_t i = 0; i < N; ++i) result[i] = py::str(names[i]);
  return result;
}

template <class T, std::size_t N>
std::size_t copy(const py::tuple& values, T (&target)[N], const char* argument) {
  if (values.size() > N) throw py::value_error("too many `" + std::string(argument) + "`");
  std::transform(values.begin(), values.end(), target, [](py::handle value) { return value.cast<T>(); });
  return values.size();
}

void set_box(Box& box, std::uint64_t start, std::uint64_t run, const py::tuple& extents, const py::tuple& strides) {
  box.start = start;
  box.run = run;
  box.rank = static_cast<int>(copy(extents, box.extents, "extents"));
  if (copy(strides, box.strides, "strides") != extents.size()) {
    throw py::value_error("`extents` and `strides` must be equally long");
  }
}

void set_box(Box& box, const py::tuple& values) {
  set_box(box, values[0].cast<std::uint64_t>(), values[1].cast<std::uint64_t>(), values[2].cast<py::tuple>(),
          values[3].cast<py::tuple>());
}

FillSpec make_spec(std::string_view distribution, std::string_view dtype, std::uint64_t seed, std::uint64_t stream,
                   const py::tuple& parameters, std::uint64_t start, std::uint64_t run, const py::tuple& extents,
                   const py::tuple& strides) {
  FillSpec spec;
  spec.distribution = by_name<Distribution>(kDistributionNames, distribution, "distribution");
  spec.type = by_name<ElementType>(kElementTypeNames, dtype, "dtype");
  if (!go_together(spec.distribution, spec.type)) {
    throw py::value_error("uint32 goes with bits, and only with bits");
  }
  spec.seed = seed;
  spec.stream = stream;
  copy(parameters, spec.parameters, "parameters");
  set_box(spec, start, run, extents, strides);
  return spec;
}

// `steps`: (name, numbers).
TransformedSpec make_transformed_spec(const FillSpec& base, const py::tuple& steps) {
  if (base.type == ElementType::kUint32) throw py::value_error("words are not transformed");
  if (steps.size() > kMostSteps) throw py::value_error("too many `steps`");
  TransformedSpec spec{base, static_cast<int>(steps.size()), {}};
  for (int k = 0; k < spec.count; ++k) {
    const auto step = steps[static_cast<std::size_t>(k)].cast<py::tuple>();
    spec.steps[k].kind = by_name<StepKind>(kStepNames, step[0].cast<std::string_view>(), "step");
    copy(step[1].cast<py::tuple>(), spec.steps[k].numbers, "numbers");
  }
  return spec;
}

// `elements` and `vectors`: (start, run, extents, strides).
OrthogonalSpec make_orthogonal_spec(std::string_view dtype, std::uint64_t seed, std::uint64_t stream, double gain,
                                    std::uint64_t length, std::uint64_t count, const py::tuple& elements,
                                    const py::tuple& vectors, std::uint64_t element_stride,
                                    std::uint64_t vector_stride) {
  OrthogonalSpec spec{};
  spec.type = by_name<ElementType>(kElementTypeNames, dtype, "dtype");
  if (spec.type == ElementType::kUint32) throw py::value_error("an orthogonal matrix is of real numbers");
  spec.seed = seed;
  spec.stream = stream;
  spec.gain = gain;
  spec.length = length;
  spec.count = count;
  set_box(spec.elements, elements);
  set_box(spec.vectors, vectors);
  spec.element_stride = element_stride;
  spec.vector_stride = vector_stride;
  return spec;
}

}  // namespace

std::string_view name_of(ElementType type) { return kElementTypeNames[static_cast<int>(type)]; }

void bind_spec(py::module_& module) {
  module.attr("DISTRIBUTIONS") = tuple_of(kDistributionNames);
  module.attr("ELEMENT_TYPES") = tuple_of(kElementTypeNames);
  module.attr("STEPS") = tuple_of(kStepNames);
  module.attr("most_steps") = kMostSteps;
  // The stub describes it as an ordinary class.
  const py::metaclass ordinary(reinterpret_cast<PyObject*>(&PyType_Type));
  py::class_<FillSpec>(module, "FillSpec", ordinary)
      .def(py::init(&make_spec), py::arg("distribution"), py::arg("dtype"), py::arg("seed"), py::arg("stream"),
           py::arg("parameters"), py::arg("start"), py::arg("run"), py::arg("extents"), py::arg("strides"))
      .def_property_readonly(
          "distribution", [](const FillSpec& spec) { return kDistributionNames[static_cast<int>(spec.distribution)]; })
      .def_property_readonly("dtype", [](const FillSpec& spec) { return name_of(spec.type); })
      .def_readonly("seed", &FillSpec::seed)
      .def_readonly("stream", &FillSpec::stream)
      .def_property_readonly("size", &FillSpec::size);
  py::class_<TransformedSpec>(module, "TransformedSpec", ordinary)
      .def(py::init(&make_transformed_spec), py::arg("base"), py::arg("steps"))
      .def_property_readonly("base", [](const TransformedSpec& spec) { return spec.base; });
  py::class_<OrthogonalSpec>(module, "OrthogonalSpec", ordinary)
      .def(py::init(&make_orthogonal_spec), py::arg("dtype"), py::arg("seed"), py::arg("stream"), py::arg("gain"),
           py::arg("length"), py::arg("count"), py::arg("elements"), py::arg("vectors"), py::arg("element_stride"),
           py::arg("vector_stride"));
}

}  // namespace fastinit
