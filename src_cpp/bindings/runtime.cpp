// SPDX-License-Identifier: BSD-3-Clause
// Threads, instruction set, floating-point state.
#include <pybind11/stl.h>

#include "bindings/arguments.hpp"
#include "dispatch.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

bool is_plain(PyObject* value) {
  return PyLong_CheckExact(value) || PyUnicode_CheckExact(value) || PyBool_Check(value) ||
         PyType_CheckExact(value) || value == Py_None;
}

bool holds_integers_alone(PyObject* tuple) {
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); ++i) {
    if (!PyLong_CheckExact(PyTuple_GET_ITEM(tuple, i))) return false;
  }
  return true;
}

bool are_plain(const py::tuple& values) {
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(values.ptr()); ++i) {
    PyObject* const value = PyTuple_GET_ITEM(values.ptr(), i);
    if (PyTuple_CheckExact(value) ? !holds_integers_alone(value) : !is_plain(value)) return false;
  }
  return true;
}

}  // namespace

void register_runtime(py::module_& m) {
  m.def("num_threads", &num_threads, "Threads that a call may use");
  m.def("set_num_threads", &set_num_threads, py::arg("count"), "Change num_threads()");
  m.def("set_flush_denormals", &set_flush_denormals, py::arg("flush"),
        "Flush denormals to zero inside kernels");
  m.def("flush_denormals", &flush_denormals, "Whether kernels flush denormals");
  m.def("isa", [] { return std::string(kernels().name); }, "The instruction set in use");
  m.def("isas", &available_isas, "The instruction sets this CPU can run, slowest first");
  m.def("_set_isa", &set_isa, py::arg("name"), "Change isa(); for tests and benchmarks");
  m.def("are_plain", &are_plain, py::arg("values"),
        "Whether all are None, names, types, bools, integers or tuples of integers, exactly");
  m.def("cpu_name", &cpu_name, "The processor's own name");
}

}  // namespace pyconv
