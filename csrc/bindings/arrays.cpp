// Finds the memory of arrays: NumPy's, and the memory that a DLPack capsule describes. The capsule's owner still has to
// release it.
//
// The structures are DLPack's ABI, versions 0 and 1: dmlc/dlpack, include/dlpack/dlpack.h.
#include <pybind11/numpy.h>

#include <cstdint>

#include "bindings/bindings.h"

namespace py = pybind11;

namespace fastinit {
namespace {

struct DLTensor {
  void* data;
  std::int32_t device_type;
  std::int32_t device_id;
  std::int32_t ndim;
  std::uint8_t type_code;
  std::uint8_t bits;
  std::uint16_t lanes;
  std::int64_t* shape;
  std::int64_t* strides;  // in elements; null for C-contiguous
  std::uint64_t byte_offset;
};

struct DLManagedTensorVersioned {
  std::uint32_t major;
  std::uint32_t minor;
  void* manager_context;
  void (*deleter)(DLManagedTensorVersioned*);
  std::uint64_t flags;
  DLTensor tensor;
};

constexpr std::uint64_t kReadOnlyFlag = 1;
constexpr std::uint32_t kKnownMajor = 1;

py::tuple to_tuple(const std::int64_t* values, std::int32_t count) {
  py::tuple result(static_cast<std::size_t>(count));
  for (std::int32_t i = 0; i < count; ++i) result[static_cast<std::size_t>(i)] = values[i];
  return result;
}

py::tuple dlpack_view(const py::capsule& capsule) {
  const DLTensor* tensor = nullptr;
  bool read_only = false;
  if (PyCapsule_IsValid(capsule.ptr(), "dltensor_versioned") != 0) {
    const auto* managed =
        static_cast<DLManagedTensorVersioned*>(PyCapsule_GetPointer(capsule.ptr(), "dltensor_versioned"));
    if (managed->major != kKnownMajor)
      throw py::value_error("unknown DLPack version " + std::to_string(managed->major));
    tensor = &managed->tensor;
    read_only = (managed->flags & kReadOnlyFlag) != 0;
  } else if (PyCapsule_IsValid(capsule.ptr(), "dltensor") != 0) {
    // A DLManagedTensor, from versions before 1, begins with its tensor.
    tensor = static_cast<DLTensor*>(PyCapsule_GetPointer(capsule.ptr(), "dltensor"));
  } else {
    throw py::value_error("not an unused DLPack capsule");
  }
  const auto address = reinterpret_cast<std::uintptr_t>(tensor->data) + tensor->byte_offset;
  py::object strides = py::none();
  if (tensor->strides != nullptr) strides = to_tuple(tensor->strides, tensor->ndim);
  return py::make_tuple(address, to_tuple(tensor->shape, tensor->ndim), strides, tensor->type_code, tensor->bits,
                        tensor->lanes, tensor->device_type, tensor->device_id, read_only);
}

}  // namespace

void bind_arrays(py::module_& module) {
  // NumPy exports no buffer of types that are not its own.
  module.def(
      "address_of", [](const py::array& array) { return reinterpret_cast<std::uintptr_t>(array.data()); },
      py::arg("array"));
  module.def("dlpack_view", dlpack_view, py::arg("capsule"));
}

}  // namespace fastinit
