// SPDX-License-Identifier: BSD-3-Clause
#include "ops/dropout.hpp"

#include "bindings/arguments.hpp"

namespace pyconv {

void register_dropout(py::module_& m) {
  m.def(
      "dropout",
      [](int dtype, Address x, Address y, int64_t outer, int64_t shared, int64_t inner,
         uint64_t seed, uint32_t limit, double scale) {
        const DropoutMask mask{seed, limit, scale};
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          dropout(at<const T>(x), at<T>(y), outer, shared, inner, mask);
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("y"), py::arg("outer"), py::arg("shared"),
      py::arg("inner"), py::arg("seed"), py::arg("limit"), py::arg("scale"),
      "y = x scaled, or 0 where the random word is below the limit");
}

}  // namespace pyconv
