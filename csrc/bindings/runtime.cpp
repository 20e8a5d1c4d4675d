// Threads, instruction sets, and how this module was built.
#include <optional>
#include <string>

#include "bindings/bindings.h"
#include "cpu/float_environment.h"
#include "cpu/parallel.h"
#include "cuda/cuda.h"
#include "fill.h"

namespace py = pybind11;

namespace fastinit {
namespace {

#if defined(__clang__)
constexpr const char* kCompiler = "Clang " __clang_version__;
#elif defined(__GNUC__)
constexpr const char* kCompiler = "GCC " __VERSION__;
#else
constexpr const char* kCompiler = "unknown";
#endif

#ifdef _OPENMP
constexpr int kOpenMp = _OPENMP;  // the date of the specification, yyyymm
#else
constexpr int kOpenMp = 0;
#endif

py::dict build_info() {
  py::dict info;
  info["version"] = FASTINIT_VERSION;
  info["compiler"] = kCompiler;
  info["build_type"] = FASTINIT_BUILD_TYPE;
  info["openmp"] = kOpenMp == 0 ? std::string("off") : std::to_string(kOpenMp);
  info["cuda"] = cuda::toolkit();
  return info;
}

py::list isas() {
  py::list sets;
  for (const InstructionSet& set : instruction_sets()) sets.append(py::make_tuple(set.name, set.built, set.supported));
  return sets;
}

void set_isa(const std::string& name) {
  if (!set_instruction_set(name.c_str())) {
    throw py::value_error("instruction set '" + name + "' is not built or not supported by this processor");
  }
}

// DefaultFloatEnvironment for a `with` block: numbers that Python derives (such as a std from fans) must not depend on
// the caller's environment either.
class FloatEnvironmentBlock {
 public:
  void enter() { guard_.emplace(); }
  void exit(const py::args&) { guard_.reset(); }

 private:
  std::optional<DefaultFloatEnvironment> guard_;
};

}  // namespace

void bind_runtime(py::module_& module) {
  module.attr("most_threads") = kMostThreads;
  module.def("set_num_threads", set_num_threads, py::arg("n"));
  module.def("get_num_threads", num_threads);
  module.def("set_isa", set_isa, py::arg("name"));
  module.def("isa", instruction_set);
  module.def("isas", isas);
  module.def("build_info", build_info);
  // The stub describes it as an ordinary class.
  const py::metaclass ordinary(reinterpret_cast<PyObject*>(&PyType_Type));
  py::class_<FloatEnvironmentBlock>(module, "DefaultFloatEnvironment", ordinary)
      .def(py::init<>())
      .def("__enter__", &FloatEnvironmentBlock::enter)
      .def("__exit__", &FloatEnvironmentBlock::exit);
}

}  // namespace fastinit
