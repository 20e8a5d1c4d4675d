// Fills on GPUs: the arguments of the CPU's fills, and the device to run on.
#include "cuda/cuda.h"

#include "bindings/bindings.h"
#include "bindings/spec.h"
#include "bindings/unlocked.h"
#include "dtype.h"

namespace py = pybind11;

namespace fastinit {
namespace {

void* pointer(std::uintptr_t address) { return reinterpret_cast<void*>(address); }

void cuda_fill(std::uintptr_t address, const FillSpec& spec, int device, std::uintptr_t cuda_stream) {
  const Unlocked unlocked;
  cuda::fill(spec, pointer(address), device, pointer(cuda_stream));
}

void cuda_fill_transformed(std::uintptr_t address, const TransformedSpec& spec, int device,
                           std::uintptr_t cuda_stream) {
  const Unlocked unlocked;
  cuda::fill_transformed(spec, pointer(address), device, pointer(cuda_stream));
}

void cuda_fill_orthogonal(std::uintptr_t address, const OrthogonalSpec& spec, int device, std::uintptr_t cuda_stream) {
  const Unlocked unlocked;
  cuda::fill_orthogonal(spec, pointer(address), device, pointer(cuda_stream));
}

void cuda_fill_pattern(std::uintptr_t address, std::uint64_t count, std::uint64_t bits, std::size_t itemsize,
                       int device, std::uintptr_t cuda_stream) {
  const Unlocked unlocked;
  cuda::fill_pattern(pointer(address), count, bits, itemsize, device, pointer(cuda_stream));
}

py::tuple described(const cuda::Launch& launch, std::string_view dtype) {
  const py::bytes argument(reinterpret_cast<const char*>(launch.argument.data()), launch.argument.size());
  return py::make_tuple(py::make_tuple(launch.method, dtype), launch.grid, launch.block, argument);
}

py::tuple cuda_launch(std::uintptr_t address, const FillSpec& spec, int multiprocessors) {
  return described(cuda::plan_fill(spec, pointer(address), multiprocessors), name_of(spec.type));
}

std::uint64_t cuda_transform_workspace(const TransformedSpec& spec) { return cuda::transform_workspace(spec); }

py::list cuda_transformed_launches(std::uintptr_t address, const TransformedSpec& spec, std::uintptr_t workspace,
                                   int multiprocessors) {
  const auto launches = cuda::plan_transformed(spec, pointer(address), pointer(workspace), multiprocessors);
  py::list result;
  result.append(described(launches[0], name_of(drawn_type(spec.base.type))));
  result.append(described(launches[1], name_of(spec.base.type)));
  return result;
}

std::uint64_t cuda_orthogonal_workspace(const OrthogonalSpec& spec, int multiprocessors) {
  return cuda::orthogonal_workspace(spec, multiprocessors);
}

py::list cuda_orthogonal_launches(std::uintptr_t address, const OrthogonalSpec& spec, std::uintptr_t workspace,
                                  int multiprocessors) {
  const auto launches = cuda::plan_orthogonal(spec, pointer(address), pointer(workspace), multiprocessors);
  py::list result;
  result.append(described(launches[0], name_of(drawn_type(spec.type))));
  result.append(described(launches[1], name_of(spec.type)));
  return result;
}

py::tuple cuda_pattern_launch(std::uintptr_t address, std::uint64_t count, std::uint64_t bits, std::size_t itemsize,
                              int multiprocessors) {
  return described(cuda::plan_pattern(pointer(address), count, bits, itemsize, multiprocessors), "");
}

int cuda_device_of(std::uintptr_t address) { return cuda::device_of(pointer(address)); }

}  // namespace

void bind_cuda(py::module_& module) {
  py::register_exception<cuda::Error>(module, "CudaError", PyExc_RuntimeError);
  module.def("cuda_fill", cuda_fill, py::arg("address"), py::arg("spec"), py::arg("device"), py::arg("cuda_stream"));
  module.def("cuda_fill", cuda_fill_transformed, py::arg("address"), py::arg("spec"), py::arg("device"),
             py::arg("cuda_stream"));
  module.def("cuda_transform_workspace", cuda_transform_workspace, py::arg("spec"));
  module.def("cuda_transformed_launches", cuda_transformed_launches, py::arg("address"), py::arg("spec"),
             py::arg("workspace"), py::arg("multiprocessors"));
  module.def("cuda_fill_orthogonal", cuda_fill_orthogonal, py::arg("address"), py::arg("spec"), py::arg("device"),
             py::arg("cuda_stream"));
  module.def("cuda_orthogonal_workspace", cuda_orthogonal_workspace, py::arg("spec"), py::arg("multiprocessors"));
  module.def("cuda_orthogonal_launches", cuda_orthogonal_launches, py::arg("address"), py::arg("spec"),
             py::arg("workspace"), py::arg("multiprocessors"));
  module.def("cuda_fill_pattern", cuda_fill_pattern, py::arg("address"), py::arg("count"), py::arg("bits"),
             py::arg("itemsize"), py::arg("device"), py::arg("cuda_stream"));
  module.def("cuda_launch", cuda_launch, py::arg("address"), py::arg("spec"), py::arg("multiprocessors"));
  module.def("cuda_pattern_launch", cuda_pattern_launch, py::arg("address"), py::arg("count"), py::arg("bits"),
             py::arg("itemsize"), py::arg("multiprocessors"));
  module.def("cuda_device_count", cuda::device_count);
  module.def("cuda_device_of", cuda_device_of, py::arg("address"));
}

}  // namespace fastinit
