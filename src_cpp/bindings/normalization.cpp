// SPDX-License-Identifier: BSD-3-Clause
#include "ops/normalization.hpp"

#include "bindings/arguments.hpp"
#include "kernels.hpp"
#include "ops/activation.hpp"

namespace pyconv {

void register_normalization(py::module_& m) {
  m.def(
      "normalize",
      [](int dtype, Address x, Address gamma, Address beta, Address mean, Address variance,
         Address y, int64_t n, int64_t pixels, int64_t c, int64_t groups, double epsilon,
         bool fixed) {
        repeatable(dtype, [=](auto zero) {
          using T = decltype(zero);
          normalize(at<const T>(x), at<const T>(gamma), at<const T>(beta), at<double>(mean),
                    at<double>(variance), at<T>(y), NormShape{n, pixels, c, groups}, epsilon,
                    fixed);
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("gamma"), py::arg("beta"), py::arg("mean"),
      py::arg("variance"), py::arg("y"), py::arg("n"), py::arg("pixels"), py::arg("c"),
      py::arg("groups"), py::arg("epsilon"), py::arg("fixed"),
      "(x - mean) / sqrt(variance + epsilon) gamma + beta by images and groups of channels");
  m.def(
      "normalize_to_end",
      [](int dtype, Address x, Address gamma, Address beta, Address residual, Address mean,
         Address variance, Address y, int64_t n, int64_t pixels, int64_t c, int64_t groups,
         double epsilon, bool fixed, int64_t code) {
        const ActivationKind kind = activation_kind(code, kNormCurves);
        repeatable(dtype, [=](auto zero) {
          using T = decltype(zero);
          normalize(at<const T>(x), at<const T>(gamma), at<const T>(beta), at<double>(mean),
                    at<double>(variance), at<T>(y), NormShape{n, pixels, c, groups}, epsilon, fixed,
                    NormEnd<T>{kind, at<const T>(residual)});
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("gamma"), py::arg("beta"), py::arg("residual"),
      py::arg("mean"), py::arg("variance"), py::arg("y"), py::arg("n"), py::arg("pixels"),
      py::arg("c"), py::arg("groups"), py::arg("epsilon"), py::arg("fixed"), py::arg("activation"),
      "normalize, a residual added unless 0, an activation up to relu6");
  m.def(
      "normalize_backward",
      [](int dtype, Address dy, Address x, Address gamma, Address mean, Address variance,
         Address dx, Address dgamma, Address dbeta, int64_t n, int64_t pixels, int64_t c,
         int64_t groups, double epsilon, bool fixed) {
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          normalize_backward(at<const T>(dy), at<const T>(x), at<const T>(gamma),
                             at<const double>(mean), at<const double>(variance), at<T>(dx),
                             at<T>(dgamma), at<T>(dbeta), NormShape{n, pixels, c, groups}, epsilon,
                             fixed);
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("x"), py::arg("gamma"), py::arg("mean"),
      py::arg("variance"), py::arg("dx"), py::arg("dgamma"), py::arg("dbeta"), py::arg("n"),
      py::arg("pixels"), py::arg("c"), py::arg("groups"), py::arg("epsilon"), py::arg("fixed"),
      "The gradients of normalize; the statistics are constants where fixed");
  m.def(
      "normalize_to_end_backward",
      [](int dtype, Address dy, Address x, Address gamma, Address beta, Address kept, Address mean,
         Address variance, Address dx, Address dgamma, Address dbeta, Address dz, int64_t n,
         int64_t pixels, int64_t c, int64_t groups, double epsilon, bool fixed, int64_t code) {
        const ActivationKind kind = activation_kind(code, kNormCurves);
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          const NormEndGradient<T> end{kind, at<const T>(beta), at<const T>(kept), at<T>(dz)};
          normalize_backward(at<const T>(dy), at<const T>(x), at<const T>(gamma),
                             at<const double>(mean), at<const double>(variance), at<T>(dx),
                             at<T>(dgamma), at<T>(dbeta), NormShape{n, pixels, c, groups}, epsilon,
                             fixed, end);
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("x"), py::arg("gamma"), py::arg("beta"),
      py::arg("y"), py::arg("mean"), py::arg("variance"), py::arg("dx"), py::arg("dgamma"),
      py::arg("dbeta"), py::arg("dz"), py::arg("n"), py::arg("pixels"), py::arg("c"),
      py::arg("groups"), py::arg("epsilon"), py::arg("fixed"), py::arg("activation"),
      "Its gradients; with dz, which is the residual's, through y, else through x");
}

}  // namespace pyconv
