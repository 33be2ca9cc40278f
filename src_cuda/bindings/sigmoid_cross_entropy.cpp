// SPDX-License-Identifier: BSD-3-Clause
// Bindings of the binary loss.
#include "bindings/operation.hpp"
#include "ops/launchers.hpp"

namespace pyconv {

void register_sigmoid_cross_entropy(py::module_& m) {
  m.def(
      "sigmoid_cross_entropy",
      [](int dtype, Address logits, Address targets, Address loss, int64_t size,
         double label_smoothing, Address stream) {
        const std::string shape = "size=" + std::to_string(size);
        run_operation("sigmoid_cross_entropy", dtype, stream, shape, [&](auto zero) {
          using T = decltype(zero);
          sigmoid_cross_entropy(at<const T>(logits), at<const T>(targets), at<T>(loss), size,
                                label_smoothing, stream_of(stream));
        });
      },
      py::arg("dtype"), py::arg("logits"), py::arg("targets"), py::arg("loss"), py::arg("size"),
      py::arg("label_smoothing"), py::arg("stream"), "Binary loss of every logit");
  m.def(
      "sigmoid_cross_entropy_backward",
      [](int dtype, Address dloss, Address logits, Address targets, Address dlogits, int64_t size,
         double label_smoothing, Address stream) {
        const std::string shape = "size=" + std::to_string(size);
        run_operation("sigmoid_cross_entropy_backward", dtype, stream, shape, [&](auto zero) {
          using T = decltype(zero);
          sigmoid_cross_entropy_backward(at<const T>(dloss), at<const T>(logits),
                                         at<const T>(targets), at<T>(dlogits), size,
                                         label_smoothing, stream_of(stream));
        });
      },
      py::arg("dtype"), py::arg("dloss"), py::arg("logits"), py::arg("targets"), py::arg("dlogits"),
      py::arg("size"), py::arg("label_smoothing"), py::arg("stream"), "The gradient of the logits");
}

}  // namespace pyconv
