// SPDX-License-Identifier: BSD-3-Clause
// Bindings of max pooling.
#include "bindings/operation.hpp"
#include "ops/launchers.hpp"

namespace pyconv {

void register_max_pool2d(py::module_& m) {
  m.def(
      "max_pool2d",
      [](int dtype, Address x, Address y, Address argmax, const py::bytes& packed, Address stream) {
        const Window window = window_of(packed);
        run_operation("max_pool2d", dtype, stream, shape_text(window), [&](auto zero) {
          using T = decltype(zero);
          max_pool2d(at<const T>(x), at<T>(y), at<void>(argmax), window, stream_of(stream));
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("y"), py::arg("argmax"), py::arg("window"),
      py::arg("stream"), "The largest pixel of every window, and where it stood");
  m.def(
      "max_pool2d_check",
      [](Address argmax, const py::bytes& packed, Address first_bad, Address stream) {
        const Window window = window_of(packed);
        run_operation("max_pool2d_check", 0, stream, shape_text(window), [&](auto) {
          max_pool2d_check(at<const void>(argmax), window, at<int64_t>(first_bad),
                           stream_of(stream));
        });
      },
      py::arg("argmax"), py::arg("window"), py::arg("first_bad"), py::arg("stream"),
      "Lowers first_bad to the flat index of the first impossible offset");
  m.def(
      "max_pool2d_backward",
      [](int dtype, Address dy, Address argmax, Address dx, const py::bytes& packed,
         Address stream) {
        const Window window = window_of(packed);
        run_operation("max_pool2d_backward", dtype, stream, shape_text(window), [&](auto zero) {
          using T = decltype(zero);
          max_pool2d_backward(at<const T>(dy), at<const void>(argmax), at<T>(dx), window,
                              stream_of(stream));
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("argmax"), py::arg("dx"), py::arg("window"),
      py::arg("stream"), "The gradient of x");
}

}  // namespace pyconv
