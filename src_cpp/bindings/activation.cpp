// SPDX-License-Identifier: BSD-3-Clause
#include "ops/activation.hpp"

#include "bindings/arguments.hpp"

namespace pyconv {

void register_activation(py::module_& m) {
  m.def(
      "activation",
      [](int dtype, Address x, Address y, int64_t size, int64_t code) {
        const ActivationKind kind = activation_kind(code);
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          activation(at<const T>(x), at<T>(y), size, kind);
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("y"), py::arg("size"), py::arg("kind"),
      "y = activation(x)");
  m.def(
      "activation_backward",
      [](int dtype, Address dy, Address y, Address dx, int64_t size, int64_t code) {
        const ActivationKind kind = activation_kind(code);
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          activation_backward(at<const T>(dy), at<const T>(y), at<T>(dx), size, kind);
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("y"), py::arg("dx"), py::arg("size"),
      py::arg("kind"), "dx = dy activation'(x), from the result y");
}

}  // namespace pyconv
