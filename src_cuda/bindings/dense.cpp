// SPDX-License-Identifier: BSD-3-Clause
// Bindings of the dense layer's two passes.
#include "bindings/operation.hpp"
#include "ops/launchers.hpp"
#include "ops/mma_launchers.hpp"

namespace pyconv {
namespace {

std::string dense_text(int64_t n, int64_t inputs, int64_t units) {
  return "n=" + std::to_string(n) + " inputs=" + std::to_string(inputs) +
         " units=" + std::to_string(units);
}

}  // namespace

void register_dense(py::module_& m) {
  m.def(
      "dense",
      [](int dtype, Address x, Address kernel, Address bias, Address y, int64_t n, int64_t inputs,
         int64_t units, int64_t activation, Address stream) {
        const ActivationKind kind = activation_code(activation, kFusedActivations);
        run_product("dense", dtype, stream, dense_text(n, inputs, units), [&](auto zero) {
          using T = decltype(zero);
          if constexpr (kOnTensorCores<T>) {
            mma_dense(at<const T>(x), at<const T>(kernel), at<const T>(bias), at<T>(y), n, inputs,
                      units, kind, stream_of(stream));
          } else {
            dense(at<const T>(x), at<const T>(kernel), at<const T>(bias), at<T>(y), n, inputs,
                  units, kind, stream_of(stream));
          }
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("kernel"), py::arg("bias"), py::arg("y"),
      py::arg("n"), py::arg("inputs"), py::arg("units"), py::arg("activation"), py::arg("stream"),
      "y = activation(x kernel + bias)");
  m.def(
      "dense_backward",
      [](int dtype, Address dy, Address x, Address kernel, Address dx, Address dkernel,
         Address dbias, int64_t n, int64_t inputs, int64_t units, Address stream) {
        const std::string shape = dense_text(n, inputs, units);
        run_product("dense_backward", dtype, stream, shape, [&](auto zero) {
          using T = decltype(zero);
          if constexpr (kOnTensorCores<T>) {
            mma_dense_backward(at<const T>(dy), at<const T>(x), at<const T>(kernel), at<T>(dx),
                               at<float>(dkernel), at<float>(dbias), n, inputs, units,
                               stream_of(stream));
          } else {
            dense_backward(at<const T>(dy), at<const T>(x), at<const T>(kernel), at<T>(dx),
                           at<T>(dkernel), at<T>(dbias), n, inputs, units, stream_of(stream));
          }
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("x"), py::arg("kernel"), py::arg("dx"),
      py::arg("dkernel"), py::arg("dbias"), py::arg("n"), py::arg("inputs"), py::arg("units"),
      py::arg("stream"), "Gradients of dense");
}

}  // namespace pyconv
