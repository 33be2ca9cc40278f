// SPDX-License-Identifier: BSD-3-Clause
// Threads, instruction set, floating-point state.
#include <pybind11/stl.h>

#include "bindings/arguments.hpp"
#include "dispatch.hpp"
#include "parallel.hpp"

namespace pyconv {

void register_runtime(py::module_& m) {
  m.def("num_threads", &num_threads, "Threads that a call may use");
  m.def("set_num_threads", &set_num_threads, py::arg("count"), "Change num_threads()");
  m.def("set_flush_denormals", &set_flush_denormals, py::arg("flush"),
        "Flush denormals to zero inside kernels");
  m.def("flush_denormals", &flush_denormals, "Whether kernels flush denormals");
  m.def("isa", [] { return std::string(kernels().name); }, "The instruction set in use");
  m.def("isas", &available_isas, "The instruction sets this CPU can run, slowest first");
  m.def("_set_isa", &set_isa, py::arg("name"), "Change isa(); for tests and benchmarks");
  m.def("cpu_name", &cpu_name, "The processor's own name");
}

}  // namespace pyconv
