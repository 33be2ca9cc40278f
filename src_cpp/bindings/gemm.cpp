// SPDX-License-Identifier: BSD-3-Clause
#include "ops/gemm.hpp"

#include "bindings/arguments.hpp"

namespace pyconv {

void register_gemm(py::module_& m) {
  m.def(
      "gemm",
      [](int dtype, Address a, Address b, Address c, int64_t rows, int64_t columns, int64_t k,
         bool transpose_a, bool transpose_b) {
        repeatable(dtype, [=](auto zero) {
          using T = decltype(zero);
          gemm<T>({at<T>(a), transpose_a ? rows : k, transpose_a},
                  {at<T>(b), transpose_b ? k : columns, transpose_b}, at<T>(c), columns, rows,
                  columns, k);
        });
      },
      py::arg("dtype"), py::arg("a"), py::arg("b"), py::arg("c"), py::arg("m"), py::arg("n"),
      py::arg("k"), py::arg("transpose_a"), py::arg("transpose_b"), "c = op(a) op(b)");
}

}  // namespace pyconv
