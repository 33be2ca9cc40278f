// SPDX-License-Identifier: BSD-3-Clause
#include "ops/sample2d.hpp"

#include "bindings/arguments.hpp"
#include "ops/resize_bytes.hpp"

namespace pyconv {
namespace {

Interpolation interpolation_code(int64_t code) {
  if (code < 0 || code > 1) {
    throw std::invalid_argument("interpolation=" + std::to_string(code) + "; must be 0 or 1");
  }
  return static_cast<Interpolation>(code);
}

FillMode fill_mode_code(int64_t code) {
  if (code < 0 || code > 3) {
    throw std::invalid_argument("fill_mode=" + std::to_string(code) + "; must be 0 to 3");
  }
  return static_cast<FillMode>(code);
}

void register_resize(py::module_& m) {
  m.def(
      "resize",
      [](int dtype, Address x, Address y, const py::bytes& packed, int64_t interpolation) {
        const Window window = window_of(packed);
        const Interpolation code = interpolation_code(interpolation);
        repeatable(dtype, [=](auto zero) {
          using T = decltype(zero);
          resize(at<const T>(x), at<T>(y), window, code);
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("y"), py::arg("window"), py::arg("interpolation"),
      "Images at another size");
  m.def(
      "resize_backward",
      [](int dtype, Address dy, Address dx, const py::bytes& packed, int64_t interpolation) {
        const Window window = window_of(packed);
        const Interpolation code = interpolation_code(interpolation);
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          resize_backward(at<const T>(dy), at<T>(dx), window, code);
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("dx"), py::arg("window"), py::arg("interpolation"),
      "The gradient of x");
  m.def(
      "resize_bytes",
      [](Address x, int64_t row_stride, int64_t pixel_stride, Address y, const py::bytes& packed,
         int64_t interpolation) {
        const Window window = window_of(packed);
        const Interpolation code = interpolation_code(interpolation);
        if (pixel_stride != window.c && !(pixel_stride == 4 && window.c == 3)) {
          throw std::invalid_argument("pixel_stride=" + std::to_string(pixel_stride) +
                                      "; must be the channels, or 4 of 3");
        }
        without_gil([&] {
          resize_bytes({at<const uint8_t>(x), row_stride, pixel_stride}, at<float>(y), window,
                       code);
        });
      },
      py::arg("x"), py::arg("row_stride"), py::arg("pixel_stride"), py::arg("y"), py::arg("window"),
      py::arg("interpolation"), "A picture of bytes as floats at another size");
}

void register_affine_sample(py::module_& m) {
  m.def(
      "affine_sample",
      [](int dtype, Address x, Address matrices, Address y, const py::bytes& packed,
         int64_t interpolation, int64_t fill_mode, double fill_value) {
        const Window window = window_of(packed);
        const Interpolation code = interpolation_code(interpolation);
        const FillMode mode = fill_mode_code(fill_mode);
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          affine_sample(at<const T>(x), at<const T>(matrices), at<T>(y), window, code, mode,
                        fill_value);
        });
      },
      py::arg("dtype"), py::arg("x"), py::arg("matrices"), py::arg("y"), py::arg("window"),
      py::arg("interpolation"), py::arg("fill_mode"), py::arg("fill_value"),
      "Images through affine maps");
  m.def(
      "affine_sample_backward",
      [](int dtype, Address dy, Address matrices, Address dx, const py::bytes& packed,
         int64_t interpolation, int64_t fill_mode) {
        const Window window = window_of(packed);
        const Interpolation code = interpolation_code(interpolation);
        const FillMode mode = fill_mode_code(fill_mode);
        with_dtype(dtype, [&](auto zero) {
          using T = decltype(zero);
          affine_sample_backward(at<const T>(dy), at<const T>(matrices), at<T>(dx), window, code,
                                 mode);
        });
      },
      py::arg("dtype"), py::arg("dy"), py::arg("matrices"), py::arg("dx"), py::arg("window"),
      py::arg("interpolation"), py::arg("fill_mode"), "The gradient of x");
}

}  // namespace

void register_sample2d(py::module_& m) {
  register_resize(m);
  register_affine_sample(m);
}

}  // namespace pyconv
