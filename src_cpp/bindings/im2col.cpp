// SPDX-License-Identifier: BSD-3-Clause
#include "ops/im2col.hpp"
#include "ops/col2im.hpp"

#include "bindings/arguments.hpp"

namespace pyconv {

void register_im2col(py::module_& m) {
  m.def(
      "im2col",
      [](int dtype, Address x, Address col, const py::bytes& packed) {
        const Window window = window_of(packed);
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          im2col(at<const T>(x), at<T>(col), window);
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("col"), py::arg("window"), "The matrix of windows");
  m.def(
      "col2im",
      [](int dtype, Address col, Address dx, const py::bytes& packed) {
        const Window window = window_of(packed);
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          col2im(at<const T>(col), at<T>(dx), window);
        });
      },
      py::arg("dtype"), py::arg("col"), py::arg("dx"), py::arg("window"), "The adjoint of im2col");
}

}  // namespace pyconv
