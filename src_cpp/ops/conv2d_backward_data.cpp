// SPDX-License-Identifier: BSD-3-Clause
// dx by parity classes: the pixels of dx with equal (y mod sh, x mod sw) meet the same taps, so
// each class is a stride-1 window product over dy with its share of the taps.
#include <algorithm>
#include <vector>

#include "arena.hpp"
#include "ops/conv2d.hpp"
#include "ops/conv2d_window.hpp"
#include "ops/gemm.hpp"
#include "ops/im2col.hpp"
#include "ops/layout.hpp"
#include "ops/window_gemm.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// The taps of one axis that reach pixels a, a + stride, ...: output row = q + offset.
struct AxisTap {
  int64_t offset, tap;
};

std::vector<AxisTap> class_taps(int64_t first, int64_t stride, int64_t before, int64_t dilation,
                                int64_t taps) {
  std::vector<AxisTap> found;
  for (int64_t t = taps - 1; t >= 0; --t) {
    const int64_t distance = first + before - t * dilation;
    if (distance % stride == 0) found.push_back({distance / stride, t});
  }
  return found;
}

// Panels of the transposed filters: rows (tap, f / groups), columns c / groups.
template <class T>
Panels<T> pack_transposed(const Window& w, const T* kernel, int64_t group,
                          const std::vector<Tap>& taps, int64_t width, T* packed) {
  const int64_t fg = w.group_filters();
  const int64_t cg = w.group_inputs();
  const int64_t panels = ceil_div(cg, width);
  const int64_t k = int64_t(taps.size()) * fg;
  parallel_for(panels * int64_t(taps.size()), k * cg * int64_t(sizeof(T)), [&](int64_t task) {
    const int64_t panel = task % panels;
    const int64_t t = task / panels;
    const Matrix<T> block{kernel + taps[t].index * cg * w.f + group * fg, w.f, true};
    pack_panel(block, 0, fg, panel * width, std::min(width, cg - panel * width), width,
               packed + (panel * k + t * fg) * width);
  });
  return Panels<T>{packed, width, k * width, width};
}

// dx[:, a::sh, b::sw, channels of the group]
template <class T>
struct ParityClass {
  int64_t a, b;
  int64_t rows, columns;
  std::vector<Tap> taps;
};

template <class T>
std::vector<ParityClass<T>> parity_classes(const Window& w) {
  std::vector<ParityClass<T>> classes;
  for (int64_t a = 0; a < std::min(w.sh, w.h); ++a) {
    const std::vector<AxisTap> vertical = class_taps(a, w.sh, w.top, w.dil_h, w.kh);
    for (int64_t b = 0; b < std::min(w.sw, w.w); ++b) {
      ParityClass<T> parity{a, b, ceil_div(w.h - a, w.sh), ceil_div(w.w - b, w.sw), {}};
      for (const AxisTap& v : vertical) {
        for (const AxisTap& u : class_taps(b, w.sw, w.left, w.dil_w, w.kw)) {
          parity.taps.push_back({v.offset, u.offset, v.tap * w.kw + u.tap});
        }
      }
      classes.push_back(std::move(parity));
    }
  }
  return classes;
}

template <class T>
void fill_zero(const PixelGrid<T>& out, const ParityClass<T>& parity, int64_t images,
               int64_t cols) {
  const int64_t lines = images * parity.rows;
  parallel_for(lines, lines * parity.columns * cols * int64_t(sizeof(T)), [&](int64_t line) {
    T* row = out.data + line / parity.rows * out.image_pitch + line % parity.rows * out.row_pitch;
    for (int64_t j = 0; j < parity.columns; ++j) {
      std::fill_n(row + j * out.pixel_pitch, cols, T(0));
    }
  });
}

template <class T>
void class_gradient(const Window& w, const T* dy, const T* kernel, T* dx, int64_t group,
                    const ParityClass<T>& parity) {
  const int64_t cg = w.group_inputs();
  const int64_t fg = w.group_filters();
  const PixelGrid<T> out{dx + (parity.a * w.w + parity.b) * w.c + group * cg, w.h * w.w * w.c,
                         w.sh * w.w * w.c, w.sw * w.c};
  if (parity.taps.empty()) return fill_zero(out, parity, w.n, cg);
  const int64_t k = int64_t(parity.taps.size()) * fg;
  const int64_t width = panel_width<T>(cg);
  Scratch<T> packed(packed_size(k, cg, width));
  const Gather<T> windows{dy + group * fg,
                          w.oh,
                          w.ow,
                          w.oh * w.ow * w.f,
                          w.ow * w.f,
                          w.f,
                          parity.rows,
                          parity.columns,
                          1,
                          1,
                          0,
                          0};
  window_gemm(window_product(windows, parity.taps, fg,
                             pack_transposed(w, kernel, group, parity.taps, width, packed.data()),
                             w.n, cg, out, plain_end<T>()));
}

// The textbook way: dcol = dy kernel^T, then its windows added up.
template <class T>
void by_col2im(const Window& w, const T* dy, const T* kernel, T* dx) {
  const int64_t k = window_elements(w);
  Scratch<T> col(w.oh * w.ow * k);
  for (int64_t image = 0; image < w.n; ++image) {
    for (int64_t g = 0; g < w.groups; ++g) {
      Matrix<T> filters = group_kernel(w, kernel, g);
      filters.transposed = true;
      gemm({dy + image * w.oh * w.ow * w.f + g * w.group_filters(), w.f, false}, filters,
           col.data(), k, w.oh * w.ow, k, w.group_filters());
      col2im_image(w, col.data(), image, g, dx);
    }
  }
}

}  // namespace

template <class T>
void conv2d_backward_data(const T* dy, const T* kernel, T* dx, const Window& window,
                          Algorithm algorithm) {
  if (window.input_pixels() == 0) return;
  ChannelsLast<T> gradient(dy, window.n, window.oh * window.ow, window.f, window.channels_first);
  ChannelsLastOutput<T> output(dx, window.n, window.h * window.w, window.c, window.channels_first);
  if (algorithm == Algorithm::kIm2col) {
    by_col2im(window, gradient.data(), kernel, output.data());
  } else {
    for (const ParityClass<T>& parity : parity_classes<T>(window)) {
      for (int64_t g = 0; g < window.groups; ++g) {
        class_gradient(window, gradient.data(), kernel, output.data(), g, parity);
      }
    }
  }
  output.store();
}

template void conv2d_backward_data(const float*, const float*, float*, const Window&, Algorithm);
template void conv2d_backward_data(const double*, const double*, double*, const Window&, Algorithm);

}  // namespace pyconv
