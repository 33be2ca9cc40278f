// SPDX-License-Identifier: BSD-3-Clause
#include "ops/pool2d.hpp"

#include "bindings/arguments.hpp"

namespace pyconv {
namespace {

void register_best(py::module_& m, const char* name, PoolKind kind, const char* doc) {
  m.def(
      name,
      [kind](int dtype, Address x, Address y, Address argmax, const py::bytes& packed) {
        const Window window = window_of(packed);
        repeatable(dtype, [=](auto zero) {
          using T = decltype(zero);
          best_pool2d(kind, at<const T>(x), at<T>(y), at<void>(argmax), window);
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("y"), py::arg("argmax"), py::arg("window"), doc);
}

}  // namespace

void register_pool2d(py::module_& m) {
  register_best(m, "max_pool2d", PoolKind::kMax,
                "The largest pixel of every window, and where it stood");
  register_best(m, "min_pool2d", PoolKind::kMin,
                "The smallest pixel of every window, and where it stood");
  m.def(
      "avg_pool2d",
      [](int dtype, Address x, Address y, const py::bytes& packed, bool count_include_pad) {
        const Window window = window_of(packed);
        repeatable(dtype, [=](auto zero) {
          using T = decltype(zero);
          avg_pool2d(at<const T>(x), at<T>(y), window, count_include_pad);
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("y"), py::arg("window"), py::arg("count_include_pad"),
      "The mean of every window");
  m.def(
      "avg_pool2d_backward",
      [](int dtype, Address dy, Address dx, const py::bytes& packed, bool count_include_pad) {
        const Window window = window_of(packed);
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          avg_pool2d_backward(at<const T>(dy), at<T>(dx), window, count_include_pad);
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("dx"), py::arg("window"),
      py::arg("count_include_pad"), "The gradient of x");
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
