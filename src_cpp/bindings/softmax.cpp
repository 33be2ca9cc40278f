// SPDX-License-Identifier: BSD-3-Clause
#include "ops/softmax.hpp"

#include "bindings/arguments.hpp"

namespace pyconv {

void register_softmax(py::module_& m) {
  m.def(
      "softmax",
      [](int dtype, Address x, Address y, int64_t n, int64_t classes, bool logarithm) {
        repeatable(dtype, [=](auto zero) {
          using T = decltype(zero);
          softmax(at<const T>(x), at<T>(y), n, classes, logarithm);
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("y"), py::arg("n"), py::arg("classes"),
      py::arg("logarithm"), "Softmax of every row, or its logarithm");
  m.def(
      "softmax_backward",
      [](int dtype, Address dy, Address y, Address dx, int64_t n, int64_t classes, bool logarithm) {
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          softmax_backward(at<const T>(dy), at<const T>(y), at<T>(dx), n, classes, logarithm);
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("y"), py::arg("dx"), py::arg("n"),
      py::arg("classes"), py::arg("logarithm"),
      "The gradient of softmax's rows, from the result y");
}

}  // namespace pyconv
