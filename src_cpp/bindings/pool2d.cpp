// SPDX-License-Identifier: BSD-3-Clause
#include "ops/pool2d.hpp"

#include "bindings/arguments.hpp"

namespace pyconv {

void register_pool2d(py::module_& m) {
  m.def(
      "max_pool2d",
      [](int dtype, Address x, Address y, Address argmax, const py::bytes& packed) {
        const Window window = window_of(packed);
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          max_pool2d(at<const T>(x), at<T>(y), at<void>(argmax), window);
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("y"), py::arg("argmax"), py::arg("window"),
      "The largest pixel of every window, and where it stood");
  m.def(
      "max_pool2d_check",
      [](Address argmax, const py::bytes& packed, Address first_bad) {
        const Window window = window_of(packed);
        without_gil(
            [&] { max_pool2d_check(at<const void>(argmax), window, at<int64_t>(first_bad)); });
      },
      py::arg("argmax"), py::arg("window"), py::arg("first_bad"),
      "Finds the first offset outside its window or the image");
  m.def(
      "max_pool2d_backward",
      [](int dtype, Address dy, Address argmax, Address dx, const py::bytes& packed) {
        const Window window = window_of(packed);
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          max_pool2d_backward(at<const T>(dy), at<const void>(argmax), at<T>(dx), window);
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("argmax"), py::arg("dx"), py::arg("window"),
      "The gradient of x");
}

}  // namespace pyconv
