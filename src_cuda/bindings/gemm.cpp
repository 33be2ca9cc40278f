// SPDX-License-Identifier: BSD-3-Clause
// Bindings of gemm, im2col and col2im.
#include "bindings/operation.hpp"
#include "ops/launchers.hpp"
#include "ops/mma_launchers.hpp"

namespace pyconv {
namespace {

void bind_gemm(py::module_& m) {
  m.def(
      "gemm",
      [](int dtype, Address a, Address b, Address c, int64_t rows, int64_t columns, int64_t k,
         bool transpose_a, bool transpose_b, Address stream) {
        const std::string shape = "m=" + std::to_string(rows) + " n=" + std::to_string(columns) +
                                  " k=" + std::to_string(k);
        run_product("gemm", dtype, stream, shape, [&](auto zero) {
          using T = decltype(zero);
          if constexpr (kOnTensorCores<T>) {
            mma_gemm(at<const T>(a), at<const T>(b), at<T>(c), rows, columns, k, transpose_a,
                     transpose_b, stream_of(stream));
          } else {
            gemm(at<const T>(a), at<const T>(b), at<T>(c), rows, columns, k, transpose_a,
                 transpose_b, stream_of(stream));
          }
        });
      },
      py::arg("dtype"), py::arg("a"), py::arg("b"), py::arg("c"), py::arg("m"), py::arg("n"),
      py::arg("k"), py::arg("transpose_a"), py::arg("transpose_b"), py::arg("stream"),
      "c = op(a) op(b)");
}

void bind_im2col(py::module_& m) {
  m.def(
      "im2col",
      [](int dtype, Address x, Address col, const py::bytes& packed, Address stream) {
        const Window window = window_of(packed);
        run_operation("im2col", dtype, stream, shape_text(window), [&](auto zero) {
          using T = decltype(zero);
          im2col(at<const T>(x), at<T>(col), window, stream_of(stream));
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("col"), py::arg("window"), py::arg("stream"),
      "The matrix of windows");
  m.def(
      "col2im",
      [](int dtype, Address col, Address dx, const py::bytes& packed, Address stream) {
        const Window window = window_of(packed);
        run_operation("col2im", dtype, stream, shape_text(window), [&](auto zero) {
          using T = decltype(zero);
          col2im(at<const T>(col), at<T>(dx), window, stream_of(stream));
        });
      },
      py::arg("dtype"), py::arg("col"), py::arg("dx"), py::arg("window"), py::arg("stream"),
      "The adjoint of im2col");
}

}  // namespace

void register_gemm(py::module_& m) {
  bind_gemm(m);
  bind_im2col(m);
}

}  // namespace pyconv
