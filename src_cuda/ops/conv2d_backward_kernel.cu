// SPDX-License-Identifier: BSD-3-Clause
// Launchers of conv2d_backward_kernel.cuh, and the workspace of all three passes.
#include "ops/conv2d_backward_kernel.cuh"

#include "ops/conv2d_im2col.hpp"
#include "ops/conv2d_plan.hpp"
#include "ops/depthwise_conv2d.hpp"
#include "ops/first_layer_conv2d.hpp"
#include "ops/first_layer_conv2d_backward_kernel.hpp"
#include "ops/launchers.hpp"

namespace pyconv {
namespace {

template <class T>
struct Arrays {
  Global<const T> x, dy;
  Global<T> dkernel, dbias;
};

template <class T, class A, class B>
void launch_windows(const A& a, const B& b, TileOutput<T> c, Global<T> dbias, const Window& window,
                    const ProductPlan& plan, int64_t slice_pitch, void* stream) {
  c.packed = writes_packs(c, slice_pitch);
  Conv2DBackwardKernelParams<T, A, B> params{
      {a, b, c, c.rows.count, c.columns.count, window.output_pixels(), window.groups}, dbias};
  params.product.slice_pitch = slice_pitch;
  with_block<T>(plan, [&](auto block) {
    using Block = decltype(block);
    const int64_t grid = cut_grid<Block>(params.product, plan.slices);
    PYCONV_LAUNCH((conv2d_backward_kernel_kernel<T, Block, A, B>), grid, kTileThreads,
                  (kTileBytes<T, Block> + ColumnSums<T, Block>::kBytes), stream, params);
  });
}

// One slice of dkernel, or all of them.
template <class T>
void launch_slices(const Arrays<T>& arrays, const Window& window, const TileOutput<T>& c,
                   Global<T> dbias, const ProductPlan& plan, int64_t pitch, void* stream) {
  const int64_t pixels = window.oh * window.ow;
  const AnyMatrix<T> dy = pixel_matrix(arrays.dy, window.n, pixels, window.f, window);
  const auto go = [&](const auto& a, const auto& b) {
    launch_windows<T>(a, b, c, dbias, window, plan, pitch, stream);
  };
  if (window.channels_first != 0) {  // pixels are neighbours in dy
    const auto windows = windows_of<true, 1>(arrays.x, window);
    return go(Transposed<decltype(windows_of<true, 1>(arrays.x, window))>{windows},
              Matrix<T, true, 1>{dy.data, dy.steps, dy.lines, dy.group_pitch});
  }
  const auto plain = windows_of<false, 1>(arrays.x, window);
  const bool packed_x = reads_packs(plain.image, plain.taps, plain.pixels, plain.group_pitch);
  const bool packed_dy = reads_packs(dy.data, dy.steps, dy.lines, dy.group_pitch);
  if (is_pointwise(window) && packed_x && packed_dy) {
    const AnyMatrix<T> x = pixel_matrix(arrays.x, window.n, pixels, window.c, window);
    using Packed = Matrix<T, /*kStepFastest=*/false, kPackOf<T>>;
    return go(Packed{x.data, x.steps, x.lines, x.group_pitch},
              Packed{dy.data, dy.steps, dy.lines, dy.group_pitch});
  }
  with_widths<T>(packed_x, packed_dy, [&](auto width_a, auto width_b) {
    constexpr int kWidthA = decltype(width_a)::value, kWidthB = decltype(width_b)::value;
    go(Transposed<Windows<T, false, kWidthA>>{windows_of<false, kWidthA>(arrays.x, window)},
       Matrix<T, false, kWidthB>{dy.data, dy.steps, dy.lines, dy.group_pitch});
  });
}

// room: slices of dkernel, then of dbias.
template <class T>
void launch_direct(const Arrays<T>& arrays, const Window& window, Global<T> room, void* stream) {
  const int64_t m = window.taps() * window.group_inputs();
  const int64_t n = window.group_filters();
  const int64_t size = m * window.f;
  const ProductPlan plan = conv2d_backward_kernel_plan<T>(window);
  const TileOutput<T> dkernel{arrays.dkernel,          plain_axis(m, window.f),
                              plain_axis(n, 1),
                              /*group_pitch=*/n,       nullptr,
                              ActivationKind::kLinear,
                              /*accumulate=*/false};
  TileOutput<T> dbias = dkernel;
  dbias.data = arrays.dbias;
  Global<T> sums = arrays.dbias;
  if (sums != nullptr && plan.slices > 1) sums = room + plan.slices * size;
  launch_in_slices(dkernel, size, window.f, plan.slices, room, stream,
                   [&](const auto& c, int64_t pitch) {
                     launch_slices(arrays, window, c, sums, plan, pitch, stream);
                   });
  if (sums != nullptr && plan.slices > 1) {
    launch_add_slices<T>(sums, dbias, window.f, window.f, window.f, plan.slices, stream);
  }
}

template <class T>
void launch_by_im2col(const Arrays<T>& arrays, const Window& window, Global<T> col, void* stream) {
  const bool channels_first = window.channels_first != 0;
  const int64_t width = window.taps() * window.group_inputs();
  const int64_t filters = window.group_filters();
  const int64_t pixels = window.oh * window.ow;
  for_pieces<T>(window, [&](const Window& piece, int64_t first, int64_t group) {
    launch_im2col(arrays.x + first * window.h * window.w * window.c, col, piece,
                  group_columns(window, group), stream);
    const int64_t rows = piece.output_pixels();
    const AnyMatrix<T> a{col, plain_axis(width, 1), plain_axis(rows, width), 0};
    const AnyMatrix<T> b{arrays.dy + (first * pixels * window.f +
                                      group * group_pitch(filters, pixels, channels_first)),
                         channel_axis(filters, pixels, channels_first),
                         pixel_axis(piece.n, pixels, window.f, channels_first), 0};
    const TileOutput<T> c{arrays.dkernel + group * filters,
                          plain_axis(width, window.f),
                          plain_axis(filters, 1),
                          0,
                          nullptr,
                          ActivationKind::kLinear,
                          /*accumulate=*/first > 0};
    launch_gemm(a, b, c, stream);
  });
}

}  // namespace

int64_t conv2d_workspace(int64_t element_bytes, const Window& window, Algorithm algorithm,
                         Direction direction) {
  // An empty batch has no matrix; its gradients are zeroed the direct way.
  const bool empty = window.n == 0 && direction == Direction::kKernel;
  if (algorithm == Algorithm::kIm2col && !empty) {
    return images_at_a_time(window, element_bytes) * image_matrix_size(window) * element_bytes;
  }
  if (is_depthwise(window)) {
    return direction == Direction::kKernel ? depthwise_workspace<float>(window) * element_bytes : 0;
  }
  if (direction == Direction::kForward && is_first_layer(window, element_bytes)) return 0;
  if (direction == Direction::kKernel && is_first_layer_backward_kernel(window, element_bytes)) {
    return first_layer_backward_kernel_workspace(window, element_bytes) * element_bytes;
  }
  const auto slices_of = [&](auto zero) {
    using T = decltype(zero);
    if (direction == Direction::kForward) return conv2d_plan<T>(window).slices;
    if (direction == Direction::kData) return conv2d_backward_data_plan<T>(window).slices;
    return conv2d_backward_kernel_plan<T>(window).slices;
  };
  const int64_t slices = element_bytes == sizeof(float) ? slices_of(float()) : slices_of(double());
  if (slices == 1) return 0;
  int64_t size = window.output_pixels() * window.f;
  if (direction == Direction::kData) size = window.input_pixels() * window.c;
  if (direction == Direction::kKernel) {
    size = (window.taps() * window.group_inputs() + 1) * window.f;  // and the bias
  }
  return slices * size * element_bytes;
}

template <class T>
void conv2d_backward_kernel(const T* x, const T* dy, T* dkernel, T* dbias, const Window& window,
                            Algorithm algorithm, T* workspace_address, void* stream) {
  const int64_t kernel_size = window.taps() * window.group_inputs() * window.f;
  const Arrays<T> arrays{input("x", x, window.input_pixels() * window.c),
                         input("dy", dy, window.output_pixels() * window.f),
                         output("dkernel", dkernel, kernel_size), output("dbias", dbias, window.f)};
  const bool by_im2col = algorithm == Algorithm::kIm2col && window.n > 0;
  if (dbias != nullptr && (dkernel == nullptr || by_im2col)) {
    const bool channels_first = window.channels_first != 0;
    const int64_t pixels = window.oh * window.ow;
    launch_column_sum(arrays.dy, pixel_axis(window.n, pixels, window.f, channels_first),
                      channel_axis(window.f, pixels, channels_first), arrays.dbias, stream);
  }
  if (dkernel == nullptr) return;
  const Algorithm done = by_im2col ? Algorithm::kIm2col : Algorithm::kDirect;
  const int64_t bytes = conv2d_workspace(sizeof(T), window, done, Direction::kKernel);
  const Global<T> room = workspace(workspace_address, bytes / static_cast<int64_t>(sizeof(T)));
  if (by_im2col) {
    launch_by_im2col(arrays, window, room, stream);
  } else if (is_depthwise(window)) {
    launch_depthwise_backward_kernel(arrays.x, arrays.dy, arrays.dkernel, arrays.dbias, window,
                                     room, stream);
  } else if (is_first_layer_backward_kernel(window, sizeof(T))) {
    launch_first_layer_backward_kernel(arrays.x, arrays.dy, arrays.dkernel, arrays.dbias, window,
                                       room, stream);
  } else {
    launch_direct(arrays, window, room, stream);
  }
}

template void conv2d_backward_kernel(const float*, const float*, float*, float*, const Window&,
                                     Algorithm, float*, void*);
template void conv2d_backward_kernel(const double*, const double*, double*, double*, const Window&,
                                     Algorithm, double*, void*);

}  // namespace pyconv
