// The parts of the extension module, a file each.
#pragma once

#include <pybind11/pybind11.h>

namespace fastinit {

void bind_spec(pybind11::module_& module);
void bind_fill(pybind11::module_& module);
void bind_cuda(pybind11::module_& module);
void bind_arrays(pybind11::module_& module);
void bind_runtime(pybind11::module_& module);

}  // namespace fastinit
