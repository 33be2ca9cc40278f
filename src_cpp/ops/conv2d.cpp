// SPDX-License-Identifier: BSD-3-Clause
#include "ops/conv2d.hpp"

#include <algorithm>
#include <type_traits>

#include "arena.hpp"
#include "ops/activation.hpp"
#include "ops/activation_end.hpp"
#include "ops/addition.hpp"
#include "ops/channels_first.hpp"
#include "ops/conv2d_algorithm.hpp"
#include "ops/conv2d_window.hpp"
#include "ops/depthwise.hpp"
#include "ops/few_pixels.hpp"
#include "ops/gemm.hpp"
#include "ops/im2col.hpp"
#include "ops/layout.hpp"
#include "ops/plane_filters.hpp"
#include "ops/plane_points.hpp"
#include "ops/point_product.hpp"
#include "ops/small_filters.hpp"
#include "ops/window_gemm.hpp"
#include "ops/winograd.hpp"
#include "ops/winograd_tiles.hpp"

namespace pyconv {
namespace {

// Filters are packed where more output pixels than this read them: large ones, and those that are
// small or of one tap, which fewer pixels read in place as quickly.
constexpr int64_t kPackPixels = 12;
constexpr int64_t kPackManyPixels = 96;
// Of the im2col matrix a task makes this much, at least some rows; so many tasks at least.
constexpr int64_t kMatrixBytes = int64_t(512) << 10;
constexpr int64_t kLeastMatrixRows = 96;
constexpr int64_t kMatrixTasks = 16;

// What the panels of one group take.
template <class T>
int64_t panels_size(const Window& w) {
  return packed_size(window_elements(w), w.group_filters(), filter_width<T>(w));
}

// The panels of one group after the other, in `packed`.
template <class T>
Panels<T> group_panels(const Window& w, const T* packed, int64_t group) {
  const int64_t width = filter_width<T>(w);
  return {packed + group * panels_size<T>(w), width, window_elements(w) * width, width};
}

// The filters of a group in panels: in `packed`, or in place where that is null.
template <class T>
Panels<T> filter_panels(const Window& w, const T* kernel, int64_t group, int64_t width, T* packed) {
  const Matrix<T> b = group_kernel(w, kernel, group);
  if (!packed) return {b.data, width, width, b.pitch};
  return pack_panels(b, window_elements(w), w.group_filters(), width, packed);
}

template <class T>
void multiply(const T* x, T* y, const Window& w, int64_t g, const Panels<T>& filter,
              const TileEnd<T>& end) {
  if (has_small_filters<T>(w)) return small_filters(x, filter, y, w, end);
  const Gather<T> windows = input_windows(w, x, g);
  const std::vector<Tap> taps = forward_taps(w);
  const int64_t cols = w.group_filters();
  const PixelGrid<T> out{y + g * cols, w.oh * w.ow * w.f, w.ow * w.f, w.f};
  const TileEnd<T> moved = columns_from(end, g * cols);
  if (is_point(windows, taps)) {
    return point_product<T>({windows, taps[0], filter, w.n, w.group_inputs(), cols, out, moved});
  }
  window_gemm(window_product(windows, taps, w.group_inputs(), filter, w.n, cols, out, moved));
}

template <class T>
void direct(const T* x, const T* kernel, const T* prepared, T* y, const Window& w,
            const TileEnd<T>& end) {
  const int64_t k = window_elements(w);
  const int64_t cols = w.group_filters();
  const int64_t width = filter_width<T>(w);
  const bool once = w.taps() > 1 && is_of_few_pixels<T>(w.output_pixels(), k, cols);
  const int64_t least = w.taps() > 1 && !has_small_filters<T>(w) ? kPackPixels : kPackManyPixels;
  const bool pack = !prepared && !once && w.output_pixels() > least;
  Scratch<T> packed(pack ? panels_size<T>(w) : 0);
  for (int64_t g = 0; g < w.groups; ++g) {
    const Panels<T> filter =
        prepared ? group_panels(w, prepared, g) : filter_panels(w, kernel, g, width, packed.data());
    multiply(x, y, w, g, filter, end);
  }
}

// Rows of the matrix that a task makes: what its second cache holds, but enough of them to be worth
// reading the filters.
template <class T>
int64_t task_rows(const Window& w) {
  const int64_t held = kMatrixBytes / (window_elements(w) * int64_t(sizeof(T)));
  const int64_t share = ceil_div(w.output_pixels(), kMatrixTasks);
  return std::min(im2col_block_rows<T>(w), std::max(kLeastMatrixRows, std::min(held, share)));
}

// The textbook way: the matrix of windows times the filters, row block by row block.
template <class T>
void by_im2col(const T* x, const T* kernel, T* y, const Window& w, const TileEnd<T>& end) {
  const int64_t k = window_elements(w), cols = w.group_filters();
  const int64_t rows = task_rows<T>(w);
  const int64_t width = panel_width<T>(cols);
  Scratch<T> packed(w.output_pixels() > kPackManyPixels ? packed_size(k, cols, width) : 0);
  for (int64_t g = 0; g < w.groups; ++g) {
    const Panels<T> filter = filter_panels(w, kernel, g, width, packed.data());
    const TileEnd<T> moved = columns_from(end, g * cols);
    parallel_for(ceil_div(w.output_pixels(), rows), 2 * w.output_pixels() * k * cols,
                 [&](int64_t task) {
                   const int64_t first = task * rows;
                   const int64_t count = std::min(rows, w.output_pixels() - first);
                   Scratch<T> col(count * k);
                   im2col_rows(w, x, g, first, count, col.data());
                   gemm_panels({col.data(), k, false}, filter, y + first * w.f + g * cols, w.f,
                               count, cols, k, moved);
                 });
  }
}

// Elements from one array to another.
template <class T>
int64_t distance(const T* from, const T* to) {
  return (reinterpret_cast<intptr_t>(to) - reinterpret_cast<intptr_t>(from)) / int64_t(sizeof(T));
}

template <class T>
void convolve(Algorithm chosen, const T* x, const T* kernel, const T* prepared, T* y,
              const Window& window, const TileEnd<T>& end) {
  ChannelsLast<T> input(x, window.n, window.h * window.w, window.c, window.channels_first);
  ChannelsLastOutput<T> output(y, window.n, window.oh * window.ow, window.f, window.channels_first);
  switch (chosen) {
    case Algorithm::kIm2col:
      by_im2col(input.data(), kernel, output.data(), window, end);
      break;
    case Algorithm::kDepthwise:
      depthwise(input.data(), kernel, output.data(), window, end);
      break;
    case Algorithm::kWinograd:
      if constexpr (std::is_same_v<T, float>) {
        winograd(input.data(), kernel, prepared, output.data(), window, end);
      }
      break;
    default:
      direct(input.data(), kernel, prepared, output.data(), window, end);
  }
  output.store();
}

// Rows of results that one step of an algorithm computes; 0 where it takes whole images.
int64_t step_of(Algorithm chosen, const Window& w) {
  if (chosen == Algorithm::kWinograd) return winograd_kernels_for(w.kh, w.n, w.oh, w.ow).m;
  return chosen == Algorithm::kDirect ? 1 : 0;
}

// Whether parts are computed as the whole would be.
bool are_alike(const Window& whole, const ForwardParts& parts) {
  for (int64_t part = 0; part < parts.count(); ++part) {
    if (!winograd_alike(whole, parts.window(part))) return false;
  }
  return true;
}

}  // namespace

template <class T>
void conv2d(const T* x, const T* kernel, const T* bias, const T* residual, T* y,
            const Window& window, Algorithm algorithm, ActivationKind activation,
            const T* prepared) {
  if (window.output_pixels() == 0) return;
  const Algorithm chosen = conv2d_algorithm<T>(window, algorithm, ConvPass::kForward);
  // Other ends than a tile's take no residual.
  const bool in_tiles =
      (chosen == Algorithm::kDirect || chosen == Algorithm::kIm2col) && !window.channels_first;
  if (residual && !in_tiles) {
    conv2d<T>(x, kernel, bias, nullptr, y, window, algorithm, ActivationKind::kLinear, prepared);
    const int64_t size = window.output_pixels() * window.f;
    add(y, residual, y, size);
    if (activation_end(bias, activation).clamp) pyconv::activation(y, y, size, activation, {});
    return;
  }
  TileEnd<T> end = activation_end(bias, activation);
  if (residual) end.residual = distance(y, residual);
  if (chosen == Algorithm::kDirect && has_plane_filters<T>(window)) {
    return plane_filters(x, kernel, y, window, end);
  }
  if (chosen == Algorithm::kDirect && has_plane_points<T>(window)) {
    return plane_points(x, kernel, y, window, end);
  }
  const ForwardParts parts(window, step_of(chosen, window), sizeof(T));
  if (parts.count() == 0 || (chosen == Algorithm::kWinograd && !are_alike(window, parts))) {
    return convolve(chosen, x, kernel, prepared, y, window, end);
  }
  Scratch<T> own(prepared ? 0 : conv2d_prepared_size<T>(window, chosen));
  if (!prepared) conv2d_prepare(kernel, own.data(), window, chosen);
  parts.each(x, y, [&](const T* from, T* to, const Window& part) {
    convolve(chosen, from, kernel, prepared ? prepared : own.data(), to, part, end);
  });
}

template <class T>
int64_t conv2d_prepared_size(const Window& window, Algorithm algorithm) {
  if (window.output_pixels() == 0) return 0;
  const Algorithm chosen = conv2d_algorithm<T>(window, algorithm, ConvPass::kForward);
  if (chosen == Algorithm::kWinograd) return winograd_filters_size(window);
  if (chosen != Algorithm::kDirect) return 0;
  // One more, so that no form of Winograd has as many.
  return window.groups * panels_size<T>(window) + 1;
}

template <class T>
void conv2d_prepare(const T* kernel, T* prepared, const Window& window, Algorithm algorithm) {
  if (conv2d_prepared_size<T>(window, algorithm) == 0) return;
  if (conv2d_algorithm<T>(window, algorithm, ConvPass::kForward) == Algorithm::kWinograd) {
    if constexpr (std::is_same_v<T, float>) winograd_filters(kernel, prepared, window);
    return;
  }
  const int64_t k = window_elements(window);
  const int64_t cols = window.group_filters();
  const int64_t width = filter_width<T>(window);
  for (int64_t g = 0; g < window.groups; ++g) {
    pack_panels(group_kernel(window, kernel, g), k, cols, width,
                prepared + g * panels_size<T>(window));
  }
  prepared[conv2d_prepared_size<T>(window, algorithm) - 1] = T(0);
}

template void conv2d(const float*, const float*, const float*, const float*, float*, const Window&,
                     Algorithm, ActivationKind, const float*);
template void conv2d(const double*, const double*, const double*, const double*, double*,
                     const Window&, Algorithm, ActivationKind, const double*);
template int64_t conv2d_prepared_size<float>(const Window&, Algorithm);
template int64_t conv2d_prepared_size<double>(const Window&, Algorithm);
template void conv2d_prepare(const float*, float*, const Window&, Algorithm);
template void conv2d_prepare(const double*, double*, const Window&, Algorithm);

}  // namespace pyconv
