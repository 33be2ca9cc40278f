// SPDX-License-Identifier: BSD-3-Clause
// Arrays from the arena, and what the arena holds.
#include <pybind11/numpy.h>

#include "arena.hpp"
#include "bindings/arguments.hpp"

namespace pyconv {
namespace {

py::array empty(const py::tuple& shape, int dtype) {
  const py::dtype type = dtype == 0 ? py::dtype::of<float>() : py::dtype::of<double>();
  py::ssize_t bytes = type.itemsize();
  std::vector<py::ssize_t> sizes;
  for (const py::handle size : shape) {
    sizes.push_back(size.cast<py::ssize_t>());
    bytes *= sizes.back();
  }
  void* block = arena_allocate(static_cast<size_t>(bytes));
  return py::array(type, sizes, block, py::capsule(block, &arena_release));
}

}  // namespace

void register_memory(py::module_& m) {
  m.def(
      "address", [](const py::array& array) { return reinterpret_cast<Address>(array.data()); },
      py::arg("array"), "Where the array's elements begin");
  m.def("empty", &empty, py::arg("shape"), py::arg("dtype"),
        "A C-contiguous array of the arena; contents undefined");
  m.def(
      "memory_info",
      [] {
        const ArenaInfo info = arena_info();
        py::dict result;
        result["in_use"] = info.in_use;
        result["cached"] = info.cached;
        result["peak"] = info.peak;
        result["limit"] = info.limit;
        return result;
      },
      "Bytes of the arena: in_use, cached, peak, limit (0 = none)");
  m.def("trim_memory", &arena_trim, "Give cached memory back to the system; returns bytes");
}

}  // namespace pyconv
