// fastinit._core: a table of contents. Checks, defaults, meaning and docstrings are in Python.
#include <pybind11/pybind11.h>

#include "bindings/bindings.h"
#include "fill.h"

// The module is safe without the GIL: fills release it anyway, and all state that outlives a call is atomic.
PYBIND11_MODULE(_core, module, pybind11::mod_gil_not_used()) {
  module.doc() = "The compiled core of fastinit; see python/fastinit for its meaning.";
  module.attr("stream_version") = fastinit::kStreamVersion;
  fastinit::bind_spec(module);
  fastinit::bind_fill(module);
  fastinit::bind_cuda(module);
  fastinit::bind_arrays(module);
  fastinit::bind_runtime(module);
}
