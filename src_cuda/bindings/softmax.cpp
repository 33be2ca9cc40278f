// SPDX-License-Identifier: BSD-3-Clause
// Bindings of softmax.
#include "bindings/operation.hpp"
#include "ops/launchers.hpp"
#include "ops/launchers_16bit.hpp"

namespace pyconv {

void register_softmax(py::module_& m) {
  m.def(
      "softmax",
      [](int dtype, Address x, Address y, int64_t n, int64_t classes, bool logarithm,
         Address stream) {
        const std::string shape = "n=" + std::to_string(n) + " classes=" + std::to_string(classes);
        run_any_operation("softmax", dtype, stream, shape, [&](auto zero) {
          using T = decltype(zero);
          softmax(at<const T>(x), at<T>(y), n, classes, logarithm, stream_of(stream));
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("y"), py::arg("n"), py::arg("classes"),
      py::arg("logarithm"), py::arg("stream"), "Softmax of every row, or its logarithm");
  m.def(
      "softmax_backward",
      [](int dtype, Address dy, Address y, Address dx, int64_t n, int64_t classes, bool logarithm,
         Address stream) {
        const std::string shape = "n=" + std::to_string(n) + " classes=" + std::to_string(classes);
        run_any_operation("softmax_backward", dtype, stream, shape, [&](auto zero) {
          using T = decltype(zero);
          softmax_backward(at<const T>(dy), at<const T>(y), at<T>(dx), n, classes, logarithm,
                           stream_of(stream));
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("y"), py::arg("dx"), py::arg("n"),
      py::arg("classes"), py::arg("logarithm"), py::arg("stream"),
      "The gradient of softmax's rows, from the result y");
}

}  // namespace pyconv
