// SPDX-License-Identifier: BSD-3-Clause
// Arrays from the arena, and what the arena holds.
#include <pybind11/numpy.h>

#include <new>
#include <vector>

#include "arena.hpp"
#include "bindings/arguments.hpp"

namespace pyconv {
namespace {

py::array empty(const py::tuple& shape, const py::dtype& dtype) {
  py::ssize_t bytes = dtype.itemsize();
  std::vector<py::ssize_t> sizes;
  for (const py::handle size : shape) {
    sizes.push_back(size.cast<py::ssize_t>());
    if (sizes.back() < 0 || __builtin_mul_overflow(bytes, sizes.back(), &bytes)) {
      throw std::bad_alloc();
    }
  }
  void* block = arena_allocate(bytes > 0 ? static_cast<size_t>(bytes) : 1);
  return py::array(dtype, sizes, block, py::capsule(block, &arena_release));
}

}  // namespace

void register_memory(py::module_& m) {
  m.def(
      "address",
      [](const py::array& array) { return Address(reinterpret_cast<uintptr_t>(array.data())); },
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
