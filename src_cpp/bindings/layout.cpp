// SPDX-License-Identifier: BSD-3-Clause
#include "ops/layout.hpp"

#include "bindings/arguments.hpp"

namespace pyconv {

void register_layout(py::module_& m) {
  m.def(
      "transpose_images",
      [](int dtype, Address x, Address y, int64_t n, int64_t rows, int64_t columns) {
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          transpose_images(at<const T>(x), at<T>(y), n, rows, columns);
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("y"), py::arg("n"), py::arg("rows"),
      py::arg("columns"), "y (n, columns, rows) = x (n, rows, columns), each image transposed");
}

}  // namespace pyconv
