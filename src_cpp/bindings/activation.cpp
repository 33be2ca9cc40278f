// SPDX-License-Identifier: BSD-3-Clause
#include "ops/activation.hpp"

#include "bindings/arguments.hpp"

namespace pyconv {

void register_activation(py::module_& m) {
  m.def(
      "activation",
      [](int dtype, Address x, Address y, int64_t size, int64_t code, double slope, double upper,
         double threshold) {
        const ActivationKind kind = activation_kind(code, kActivations);
        const ActivationOptions options{slope, upper, threshold};
        repeatable(dtype, [=](auto zero) {
          using T = decltype(zero);
          activation(at<const T>(x), at<T>(y), size, kind, options);
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("y"), py::arg("size"), py::arg("kind"),
      py::arg("slope"), py::arg("upper"), py::arg("threshold"), "y = activation(x)");
  m.def(
      "activation_backward",
      [](int dtype, Address dy, Address kept, Address dx, int64_t size, int64_t code, double slope,
         double upper, double threshold) {
        const ActivationKind kind = activation_kind(code, kActivations);
        const ActivationOptions options{slope, upper, threshold};
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          activation_backward(at<const T>(dy), at<const T>(kept), at<T>(dx), size, kind, options);
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("kept"), py::arg("dx"), py::arg("size"),
      py::arg("kind"), py::arg("slope"), py::arg("upper"), py::arg("threshold"),
      "dx = dy activation'(x), from the kept y or x");
}

}  // namespace pyconv
