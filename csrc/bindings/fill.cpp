// fill, fill_orthogonal and fill_pattern. They release the GIL and respond to Ctrl-C.
#include "fill.h"

#include "bindings/bindings.h"
#include "bindings/unlocked.h"
#include "orthogonal.h"
#include "transformed.h"

namespace py = pybind11;

namespace fastinit {
namespace {

template <class Work>
void run(const Work& work) {
  bool finished;
  {
    Unlocked unlocked;
    finished =
        work(Interrupt{[](void* context) { return static_cast<Unlocked*>(context)->signal_raised(); }, &unlocked});
  }
  if (!finished) throw py::error_already_set();
}

void fill_memory(std::uintptr_t address, const FillSpec& spec) {
  run([&](Interrupt interrupt) { return fill(spec, reinterpret_cast<void*>(address), interrupt); });
}

void fill_transformed_draw(std::uintptr_t address, const TransformedSpec& spec) {
  run([&](Interrupt interrupt) { return fill_transformed(spec, reinterpret_cast<void*>(address), interrupt); });
}

void fill_matrix(std::uintptr_t address, const OrthogonalSpec& spec) {
  run([&](Interrupt interrupt) { return fill_orthogonal(spec, reinterpret_cast<void*>(address), interrupt); });
}

void fill_items(std::uintptr_t address, std::uint64_t count, std::uint64_t bits, std::size_t itemsize) {
  run([&](Interrupt interrupt) {
    return fill_pattern(reinterpret_cast<void*>(address), count, bits, itemsize, interrupt);
  });
}

}  // namespace

void bind_fill(py::module_& module) {
  module.def("fill", fill_memory, py::arg("address"), py::arg("spec"));
  module.def("fill", fill_transformed_draw, py::arg("address"), py::arg("spec"));
  module.def("fill_orthogonal", fill_matrix, py::arg("address"), py::arg("spec"));
  module.def("fill_pattern", fill_items, py::arg("address"), py::arg("count"), py::arg("bits"), py::arg("itemsize"));
}

}  // namespace fastinit
