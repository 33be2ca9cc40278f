// SPDX-License-Identifier: BSD-3-Clause
#include "ops/local_response_norm.hpp"

#include "bindings/arguments.hpp"

namespace pyconv {

void register_local_response_norm(py::module_& m) {
  m.def(
      "local_response_norm",
      [](int dtype, Address x, Address y, int64_t n, int64_t c, int64_t size, double k,
         double alpha, double beta) {
        repeatable(dtype, [=](auto zero) {
          using T = decltype(zero);
          local_response_norm(at<const T>(x), at<T>(y), n, c,
                              ResponseOptions{size, k, alpha, beta});
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("y"), py::arg("n"), py::arg("c"), py::arg("size"),
      py::arg("k"), py::arg("alpha"), py::arg("beta"),
      "y = x / (k + alpha sum x^2)^beta, the sum over near channels of a row");
  m.def(
      "local_response_norm_backward",
      [](int dtype, Address dy, Address x, Address dx, int64_t n, int64_t c, int64_t size, double k,
         double alpha, double beta) {
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          local_response_norm_backward(at<const T>(dy), at<const T>(x), at<T>(dx), n, c,
                                       ResponseOptions{size, k, alpha, beta});
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("x"), py::arg("dx"), py::arg("n"), py::arg("c"),
      py::arg("size"), py::arg("k"), py::arg("alpha"), py::arg("beta"),
      "The gradient of local_response_norm");
}

}  // namespace pyconv
