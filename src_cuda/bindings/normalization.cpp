// SPDX-License-Identifier: BSD-3-Clause
// Bindings of normalisation.
#include "bindings/operation.hpp"
#include "ops/launchers.hpp"
#include "ops/launchers_16bit.hpp"

namespace pyconv {
namespace {

std::string norm_text(const NormShape& s) {
  return "n=" + std::to_string(s.n) + " pixels=" + std::to_string(s.pixels) +
         " c=" + std::to_string(s.c) + " groups=" + std::to_string(s.groups);
}

}  // namespace

void register_normalization(py::module_& m) {
  m.def(
      "normalize",
      [](int dtype, Address x, Address gamma, Address beta, Address mean, Address variance,
         Address y, int64_t n, int64_t pixels, int64_t c, int64_t groups, double epsilon,
         bool fixed, Address stream) {
        const NormShape shape{n, pixels, c, groups};
        run_any_operation("normalize", dtype, stream, norm_text(shape), [&](auto zero) {
          using T = decltype(zero);
          normalize(at<const T>(x), at<const WeightOf<T>>(gamma), at<const WeightOf<T>>(beta),
                    at<double>(mean), at<double>(variance), at<T>(y), shape, epsilon, fixed,
                    stream_of(stream));
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("gamma"), py::arg("beta"), py::arg("mean"),
      py::arg("variance"), py::arg("y"), py::arg("n"), py::arg("pixels"), py::arg("c"),
      py::arg("groups"), py::arg("epsilon"), py::arg("fixed"), py::arg("stream"),
      "(x - mean) / sqrt(variance + epsilon) gamma + beta by images and groups of channels");
  m.def(
      "normalize_backward",
      [](int dtype, Address dy, Address x, Address gamma, Address mean, Address variance,
         Address dx, Address dgamma, Address dbeta, int64_t n, int64_t pixels, int64_t c,
         int64_t groups, double epsilon, bool fixed, Address stream) {
        const NormShape shape{n, pixels, c, groups};
        run_any_operation("normalize_backward", dtype, stream, norm_text(shape), [&](auto zero) {
          using T = decltype(zero);
          normalize_backward(at<const T>(dy), at<const T>(x), at<const WeightOf<T>>(gamma),
                             at<const double>(mean), at<const double>(variance), at<T>(dx),
                             at<WeightOf<T>>(dgamma), at<WeightOf<T>>(dbeta), shape, epsilon, fixed,
                             stream_of(stream));
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("x"), py::arg("gamma"), py::arg("mean"),
      py::arg("variance"), py::arg("dx"), py::arg("dgamma"), py::arg("dbeta"), py::arg("n"),
      py::arg("pixels"), py::arg("c"), py::arg("groups"), py::arg("epsilon"), py::arg("fixed"),
      py::arg("stream"), "The gradients of normalize; the statistics are constants where fixed");
}

}  // namespace pyconv
