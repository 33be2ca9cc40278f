// SPDX-License-Identifier: BSD-3-Clause
// Bindings of the device queries.
#include <pybind11/stl.h>

#include "bindings/operation.hpp"

namespace pyconv {

void register_device(py::module_& m) {
  m.def("device_count", &device_count, "Devices that can be used; 0 without a driver");
  m.def("driver_version", &driver_version, "Newest CUDA the driver serves, 13000 for 13.0; or 0");
  m.def("runtime_version", &runtime_version, "CUDA the module was built with, 13000 for 13.0");
  m.def("architectures", &architectures, "What the kernels were compiled for");
  m.def("device_name", &device_name, py::arg("device"), "Name of a device");
  m.def("compute_capability", &compute_capability, py::arg("device"), "90 for 9.0");
  m.def(
      "synchronize", [](Address stream) { synchronize(stream_of(stream)); }, py::arg("stream"),
      py::call_guard<py::gil_scoped_release>(), "Waits until all work of the stream is done");
}

}  // namespace pyconv
