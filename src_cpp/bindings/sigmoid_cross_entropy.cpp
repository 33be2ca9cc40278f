// SPDX-License-Identifier: BSD-3-Clause
#include "ops/sigmoid_cross_entropy.hpp"

#include "bindings/arguments.hpp"

namespace pyconv {

void register_sigmoid_cross_entropy(py::module_& m) {
  m.def(
      "sigmoid_cross_entropy",
      [](int dtype, Address logits, Address targets, Address loss, int64_t size,
         double label_smoothing) {
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          sigmoid_cross_entropy(at<const T>(logits), at<const T>(targets), at<T>(loss), size,
                                label_smoothing);
        });
      },
      py::arg("dtype"), py::arg("logits"), py::arg("targets"), py::arg("loss"), py::arg("size"),
      py::arg("label_smoothing"), "Binary loss of every logit");
  m.def(
      "sigmoid_cross_entropy_backward",
      [](int dtype, Address dloss, Address logits, Address targets, Address dlogits, int64_t size,
         double label_smoothing) {
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          sigmoid_cross_entropy_backward(at<const T>(dloss), at<const T>(logits),
                                         at<const T>(targets), at<T>(dlogits), size,
                                         label_smoothing);
        });
      },
      py::arg("dtype"), py::arg("dloss"), py::arg("logits"), py::arg("targets"), py::arg("dlogits"),
      py::arg("size"), py::arg("label_smoothing"), "The gradient of the logits");
}

}  // namespace pyconv
