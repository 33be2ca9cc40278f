// SPDX-License-Identifier: BSD-3-Clause
// Binding of dropout.
#include "bindings/operation.hpp"
#include "ops/launchers.hpp"

namespace pyconv {

void register_dropout(py::module_& m) {
  m.def(
      "dropout",
      [](int dtype, Address x, Address y, int64_t outer, int64_t shared, int64_t inner,
         uint64_t seed, uint32_t limit, double scale, Address stream) {
        const std::string shape = "outer=" + std::to_string(outer) +
                                  " shared=" + std::to_string(shared) +
                                  " inner=" + std::to_string(inner);
        run_operation("dropout", dtype, stream, shape, [&](auto zero) {
          using T = decltype(zero);
          dropout(at<const T>(x), at<T>(y), outer, shared, inner, seed, limit, scale,
                  stream_of(stream));
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("y"), py::arg("outer"), py::arg("shared"),
      py::arg("inner"), py::arg("seed"), py::arg("limit"), py::arg("scale"), py::arg("stream"),
      "y = x scaled, or 0 where the random word is below the limit");
}

}  // namespace pyconv
