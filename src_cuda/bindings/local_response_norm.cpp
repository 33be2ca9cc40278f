// SPDX-License-Identifier: BSD-3-Clause
// Bindings of local response normalisation.
#include "bindings/operation.hpp"
#include "ops/launchers.hpp"

namespace pyconv {

void register_local_response_norm(py::module_& m) {
  m.def(
      "local_response_norm",
      [](int dtype, Address x, Address y, int64_t n, int64_t c, int64_t size, double k,
         double alpha, double beta, Address stream) {
        const std::string shape = "n=" + std::to_string(n) + " c=" + std::to_string(c);
        run_operation("local_response_norm", dtype, stream, shape, [&](auto zero) {
          using T = decltype(zero);
          local_response_norm(at<const T>(x), at<T>(y), n, c, ResponseOptions{size, k, alpha, beta},
                              stream_of(stream));
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("y"), py::arg("n"), py::arg("c"), py::arg("size"),
      py::arg("k"), py::arg("alpha"), py::arg("beta"), py::arg("stream"),
      "y = x / (k + alpha sum x^2)^beta, the sum over near channels of a row");
  m.def(
      "local_response_norm_backward",
      [](int dtype, Address dy, Address x, Address dx, int64_t n, int64_t c, int64_t size, double k,
         double alpha, double beta, Address stream) {
        const std::string shape = "n=" + std::to_string(n) + " c=" + std::to_string(c);
        run_operation("local_response_norm_backward", dtype, stream, shape, [&](auto zero) {
          using T = decltype(zero);
          local_response_norm_backward(at<const T>(dy), at<const T>(x), at<T>(dx), n, c,
                                       ResponseOptions{size, k, alpha, beta}, stream_of(stream));
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("x"), py::arg("dx"), py::arg("n"), py::arg("c"),
      py::arg("size"), py::arg("k"), py::arg("alpha"), py::arg("beta"), py::arg("stream"),
      "The gradient of local_response_norm");
}

}  // namespace pyconv
