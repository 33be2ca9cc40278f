// SPDX-License-Identifier: BSD-3-Clause
#include "ops/softmax_cross_entropy.hpp"

#include "bindings/arguments.hpp"

namespace pyconv {

void register_softmax_cross_entropy(py::module_& m) {
  m.def(
      "softmax_cross_entropy",
      [](int dtype, Address logits, Address labels, Address targets, Address loss,
         Address probabilities, int64_t n, int64_t classes, double label_smoothing) {
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          softmax_cross_entropy(
              at<const T>(logits),
              Targets<T>{at<const int64_t>(labels), at<const T>(targets), label_smoothing},
              at<T>(loss), at<T>(probabilities), n, classes);
        });
      },
      py::arg("dtype"), py::arg("logits"), py::arg("labels"), py::arg("targets"), py::arg("loss"),
      py::arg("probabilities"), py::arg("n"), py::arg("classes"), py::arg("label_smoothing"),
      "Loss and softmax of every row");
  m.def(
      "labels_check",
      [](Address labels, int64_t n, int64_t classes, Address first_bad) {
        labels_check(at<const int64_t>(labels), n, classes, at<int64_t>(first_bad));
      },
      py::arg("labels"), py::arg("n"), py::arg("classes"), py::arg("first_bad"),
      "Finds the first label outside the classes");
  m.def(
      "softmax_cross_entropy_backward",
      [](int dtype, Address dloss, Address probabilities, Address labels, Address targets,
         Address dlogits, int64_t n, int64_t classes, double label_smoothing) {
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          softmax_cross_entropy_backward(
              at<const T>(dloss), at<const T>(probabilities),
              Targets<T>{at<const int64_t>(labels), at<const T>(targets), label_smoothing},
              at<T>(dlogits), n, classes);
        });
      },
      py::arg("dtype"), py::arg("dloss"), py::arg("probabilities"), py::arg("labels"),
      py::arg("targets"), py::arg("dlogits"), py::arg("n"), py::arg("classes"),
      py::arg("label_smoothing"), "The gradient of the logits");
}

}  // namespace pyconv
