// SPDX-License-Identifier: BSD-3-Clause
#include "ops/addition.hpp"

#include "bindings/arguments.hpp"

namespace pyconv {

void register_addition(py::module_& m) {
  m.def(
      "add",
      [](int dtype, Address a, Address b, Address y, int64_t size) {
        repeatable(dtype, [=](auto zero) {
          using T = decltype(zero);
          add(at<const T>(a), at<const T>(b), at<T>(y), size);
        });
      },
      py::arg("dtype"), py::arg("a"), py::arg("b"), py::arg("y"), py::arg("size"), "y = a + b");
}

}  // namespace pyconv
