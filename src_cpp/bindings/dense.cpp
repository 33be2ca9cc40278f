// SPDX-License-Identifier: BSD-3-Clause
#include "ops/dense.hpp"

#include "bindings/arguments.hpp"
#include "ops/activation.hpp"

namespace pyconv {

void register_dense(py::module_& m) {
  m.def(
      "dense",
      [](int dtype, Address x, Address kernel, Address bias, Address y, int64_t n, int64_t inputs,
         int64_t units, int64_t activation) {
        const ActivationKind kind = activation_kind(activation, kFusedActivations);
        repeatable(dtype, [=](auto zero) {
          using T = decltype(zero);
          dense(at<const T>(x), at<const T>(kernel), at<const T>(bias), at<T>(y), n, inputs, units,
                kind);
          finish_activation(at<T>(y), n * units, kind);
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("kernel"), py::arg("bias"), py::arg("y"),
      py::arg("n"), py::arg("inputs"), py::arg("units"), py::arg("activation"),
      "y = activation(x kernel + bias)");
  m.def(
      "dense_backward",
      [](int dtype, Address dy, Address x, Address kernel, Address dx, Address dkernel,
         Address dbias, int64_t n, int64_t inputs, int64_t units) {
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          dense_backward(at<const T>(dy), at<const T>(x), at<const T>(kernel), at<T>(dx),
                         at<T>(dkernel), at<T>(dbias), n, inputs, units);
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("x"), py::arg("kernel"), py::arg("dx"),
      py::arg("dkernel"), py::arg("dbias"), py::arg("n"), py::arg("inputs"), py::arg("units"),
      "Gradients of dense");
}

}  // namespace pyconv
