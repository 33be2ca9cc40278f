// SPDX-License-Identifier: BSD-3-Clause
// dx by parity classes: the pixels of dx with equal (y mod sh, x mod sw) meet the same taps, so
// each class is a stride-1 window product over dy with its share of the taps.
#include <algorithm>
#include <type_traits>
#include <vector>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/addition.hpp"
#include "ops/channels_first.hpp"
#include "ops/col2im.hpp"
#include "ops/conv2d.hpp"
#include "ops/conv2d_algorithm.hpp"
#include "ops/conv2d_window.hpp"
#include "ops/depthwise.hpp"
#include "ops/gemm.hpp"
#include "ops/layout.hpp"
#include "ops/parity_classes.hpp"
#include "ops/plane_points.hpp"
#include "ops/point_product.hpp"
#include "ops/window_gemm.hpp"
#include "ops/winograd.hpp"
#include "ops/winograd_tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

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
struct ParityClass {
  int64_t a, b;
  int64_t rows, columns;
  std::vector<Tap> taps;
};

template <class T>
void class_product(const Window& w, const T* dy, const T* kernel, int64_t group,
                   const ParityClass& parity, const PixelGrid<T>& out, bool adds) {
  const int64_t cg = w.group_inputs();
  const int64_t fg = w.group_filters();
  const int64_t k = int64_t(parity.taps.size()) * fg;
  TileEnd<T> end = plain_end<T>();
  end.accumulate = adds;
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
  const Panels<T> filter = pack_transposed(w, kernel, group, parity.taps, width, packed.data());
  if (is_point(windows, parity.taps)) {
    return point_product<T>({windows, parity.taps[0], filter, w.n, fg, cg, out, end});
  }
  window_gemm(window_product(windows, parity.taps, fg, filter, w.n, cg, out, end));
}

// Adds the pixels of a class to where they belong.
template <class T>
void add_pixels(const Window& w, const ParityClass& parity, const T* pixels, int64_t c,
                const PixelGrid<T>& out) {
  const int64_t lines = w.n * parity.rows, line = parity.columns * c;
  parallel_for(lines, 3 * lines * line * int64_t(sizeof(T)), [&](int64_t number) {
    const T* from = pixels + number * line;
    T* to =
        out.data + number / parity.rows * out.image_pitch + number % parity.rows * out.row_pitch;
    for (int64_t j = 0; j < parity.columns; ++j, from += c, to += out.pixel_pitch) {
      kernel_table_of<T>().add_pairs(to, from, to, c);
    }
  });
}

template <class T>
void class_gradient(const Window& w, const T* dy, const T* kernel, T* dx, int64_t group,
                    const ParityClass& parity, bool adds) {
  const int64_t cg = w.group_inputs();
  const PixelGrid<T> out{dx + (parity.a * w.w + parity.b) * w.c + group * cg, w.h * w.w * w.c,
                         w.sh * w.w * w.c, w.sw * w.c};
  // Of several blocks the sum is complete before it is added.
  if (!adds || int64_t(parity.taps.size()) * w.group_filters() <= kBlockK) {
    return class_product(w, dy, kernel, group, parity, out, adds);
  }
  const int64_t line = parity.columns * cg;
  Scratch<T> made(w.n * parity.rows * line);
  class_product(w, dy, kernel, group, parity,
                PixelGrid<T>{made.data(), parity.rows * line, line, cg}, false);
  add_pixels(w, parity, made.data(), cg, out);
}

template <class T>
void by_parity_classes(const Window& w, const T* dy, const T* kernel, T* dx, bool adds) {
  const AxisClasses rows = row_classes(w);
  const AxisClasses columns = column_classes(w);
  if (!adds && !reach_every_pixel(w, rows, columns)) fill_zero(dx, w.n * w.h, w.w * w.c);
  for (const auto& [a, vertical] : rows) {
    for (const auto& [b, horizontal] : columns) {
      const ParityClass parity{a, b, ceil_div(w.h - a, w.sh), ceil_div(w.w - b, w.sw),
                               crossed(vertical, horizontal, w.kw)};
      keep_going();
      for (int64_t g = 0; g < w.groups; ++g) class_gradient(w, dy, kernel, dx, g, parity, adds);
    }
  }
}

// Of channels_first images dy is read as the transpose that it is, and dx is made before it is
// written as planes.
template <class T>
void image_by_col2im(const Window& w, const T* dy, const T* kernel, T* dx, int64_t image) {
  const int64_t k = window_elements(w), pixels = w.oh * w.ow;
  const bool first = w.channels_first, turned = first && w.c > 1;
  const Matrix<T> results{dy + image * pixels * w.f, first ? pixels : w.f, first};
  T* const to = dx + image * w.h * w.w * w.c;
  Scratch<T> col(pixels * k);
  Scratch<T> made(turned ? w.h * w.w * w.c : 0);
  for (int64_t g = 0; g < w.groups; ++g) {
    Matrix<T> gradients = results, filters = group_kernel(w, kernel, g);
    gradients.data += g * w.group_filters() * (first ? pixels : 1);
    filters.transposed = true;
    gemm(gradients, filters, col.data(), k, pixels, k, w.group_filters());
    col2im_image(w, col.data(), g, turned ? made.data() : to);
  }
  if (turned) transpose(made.data(), w.c, to, w.h * w.w, w.h * w.w, w.c);
}

// What the matrices of images that go side by side may take.
constexpr double kSharedBytes = double(int64_t(256) << 20);

// The textbook way: dcol = dy kernel^T, then its windows added up. Images are shared out where
// there are enough of them and their matrices are small, else the steps of each.
template <class T>
void by_col2im(const Window& w, const T* dy, const T* kernel, T* dx) {
  const double bytes = double(w.oh) * double(w.ow) * double(window_elements(w)) * sizeof(T);
  if (w.n >= 2 * num_threads() && double(num_threads()) * bytes <= kSharedBytes) {
    parallel_for(w.n, 2 * w.output_pixels() * window_elements(w) * w.f,
                 [&](int64_t image) { image_by_col2im(w, dy, kernel, dx, image); });
  } else {
    for (int64_t image = 0; image < w.n; ++image) image_by_col2im(w, dy, kernel, dx, image);
  }
}

// The gradient of images of single taps is the convolution of the results' by the kernel's
// transpose.
Window turned_points(const Window& w) {
  Window turned = w;
  std::swap(turned.c, turned.f);
  return turned;
}

template <class T>
void by_plane_points(const Window& w, const T* dy, const T* kernel, T* dx) {
  Scratch<T> transposed(w.c * w.f);
  kernel_table_of<T>().transpose(kernel, w.f, transposed.data(), w.c, w.c, w.f);
  plane_points(dy, transposed.data(), dx, turned_points(w), plain_end<T>());
}

}  // namespace

template <class T>
void conv2d_backward_data(const T* dy, const T* kernel, T* dx, const Window& window,
                          Algorithm algorithm, bool adds) {
  if (window.input_pixels() == 0) return;
  const Algorithm chosen = conv2d_algorithm<T>(window, algorithm, ConvPass::kData);
  const bool in_place =
      chosen == Algorithm::kWinograd ? !winograd_spreads(window) : chosen == Algorithm::kDirect;
  if (adds && (window.channels_first || !in_place)) {
    const int64_t size = window.input_pixels() * window.c;
    Scratch<T> own(size);
    conv2d_backward_data(dy, kernel, own.data(), window, algorithm);
    return add(dx, own.data(), dx, size);
  }
  if (chosen == Algorithm::kDirect && has_plane_points<T>(turned_points(window))) {
    return by_plane_points(window, dy, kernel, dx);
  }
  const DataParts parts(window, sizeof(T));
  if (chosen == Algorithm::kDirect && parts.count() > 0) {
    return parts.each(dy, dx, [&](const T* from, T* to, const Window& part) {
      by_parity_classes(part, from, kernel, to, false);
    });
  }
  if (chosen == Algorithm::kIm2col) return by_col2im(window, dy, kernel, dx);
  ChannelsLast<T> gradient(dy, window.n, window.oh * window.ow, window.f, window.channels_first);
  ChannelsLastOutput<T> output(dx, window.n, window.h * window.w, window.c, window.channels_first);
  switch (chosen) {
    case Algorithm::kDepthwise:
      depthwise_backward_data(gradient.data(), kernel, output.data(), window);
      break;
    case Algorithm::kWinograd:
      if constexpr (std::is_same_v<T, float>) {
        winograd_backward_data(gradient.data(), kernel, output.data(), window, adds);
      }
      break;
    default:
      by_parity_classes(window, gradient.data(), kernel, output.data(), adds);
  }
  output.store();
}

template void conv2d_backward_data(const float*, const float*, float*, const Window&, Algorithm,
                                   bool);
template void conv2d_backward_data(const double*, const double*, double*, const Window&, Algorithm,
                                   bool);

}  // namespace pyconv
