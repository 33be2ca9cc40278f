// SPDX-License-Identifier: BSD-3-Clause
// Bindings of the loss.
#include "bindings/operation.hpp"
#include "ops/launchers.hpp"

namespace pyconv {
namespace {

std::string rows_text(int64_t n, int64_t classes) {
  return "n=" + std::to_string(n) + " classes=" + std::to_string(classes);
}

}  // namespace

void register_softmax_cross_entropy(py::module_& m) {
  m.def(
      "softmax_cross_entropy",
      [](int dtype, Address logits, Address labels, Address targets, Address loss,
         Address probabilities, int64_t n, int64_t classes, double label_smoothing,
         Address stream) {
        run_operation(
            "softmax_cross_entropy", dtype, stream, rows_text(n, classes), [&](auto zero) {
              using T = decltype(zero);
              softmax_cross_entropy(at<const T>(logits), at<const int64_t>(labels),
                                    at<const T>(targets), at<T>(loss), at<T>(probabilities), n,
                                    classes, label_smoothing, stream_of(stream));
            });
      },
      py::arg("dtype"), py::arg("logits"), py::arg("labels"), py::arg("targets"), py::arg("loss"),
      py::arg("probabilities"), py::arg("n"), py::arg("classes"), py::arg("label_smoothing"),
      py::arg("stream"), "Loss of every row, and its softmax");
  m.def(
      "labels_check",
      [](Address labels, int64_t n, int64_t classes, Address first_bad, Address stream) {
        run_operation("labels_check", 0, stream, rows_text(n, classes), [&](auto) {
          labels_check(at<const int64_t>(labels), n, classes, at<int64_t>(first_bad),
                       stream_of(stream));
        });
      },
      py::arg("labels"), py::arg("n"), py::arg("classes"), py::arg("first_bad"), py::arg("stream"),
      "Lowers first_bad to the index of the first label outside the classes");
  m.def(
      "softmax_cross_entropy_backward",
      [](int dtype, Address dloss, Address probabilities, Address labels, Address targets,
         Address dlogits, int64_t n, int64_t classes, double label_smoothing, Address stream) {
        run_operation(
            "softmax_cross_entropy_backward", dtype, stream, rows_text(n, classes), [&](auto zero) {
              using T = decltype(zero);
              softmax_cross_entropy_backward(at<const T>(dloss), at<const T>(probabilities),
                                             at<const int64_t>(labels), at<const T>(targets),
                                             at<T>(dlogits), n, classes, label_smoothing,
                                             stream_of(stream));
            });
      },
      py::arg("dtype"), py::arg("dloss"), py::arg("probabilities"), py::arg("labels"),
      py::arg("targets"), py::arg("dlogits"), py::arg("n"), py::arg("classes"),
      py::arg("label_smoothing"), py::arg("stream"), "The gradient of the logits");
}

}  // namespace pyconv
