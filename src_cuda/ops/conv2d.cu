// SPDX-License-Identifier: BSD-3-Clause
// Launchers of conv2d.cuh.
#include "ops/conv2d.cuh"

#include "ops/conv2d_im2col.hpp"
#include "ops/conv2d_plan.hpp"
#include "ops/depthwise_conv2d.hpp"
#include "ops/first_layer_conv2d.hpp"
#include "ops/launchers.hpp"

namespace pyconv {
namespace {

template <class T>
struct Arrays {
  Global<const T> x, kernel, bias;
  Global<T> y;
};

template <class T, class A, class B>
void launch_windows(const A& a, const B& b, TileOutput<T> c, const Window& window,
                    const ProductPlan& plan, int64_t slice_pitch, void* stream) {
  c.packed = writes_packs(c, slice_pitch);
  Product<T, A, B> product{a, b, c, a.pixels.count, b.lines.count, a.taps.count, window.groups};
  product.slice_pitch = slice_pitch;
  with_block<T>(plan, [&](auto block) {
    using Block = decltype(block);
    const int64_t grid = cut_grid<Block>(product, plan.slices);
    PYCONV_LAUNCH((conv2d_kernel<T, Block, A, B>), grid, kTileThreads, (kTileBytes<T, Block>),
                  stream, product);
  });
}

template <class T>
void launch_direct(const Arrays<T>& arrays, const Window& window, ActivationKind activation,
                   Global<T> room, void* stream) {
  const bool channels_first = window.channels_first != 0;
  const int64_t filters = window.group_filters();
  const int64_t pixels = window.oh * window.ow;
  const ProductPlan plan = conv2d_plan<T>(window);
  const AnyMatrix<T> kernel{arrays.kernel, plain_axis(filters, 1),
                            plain_axis(window.taps() * window.group_inputs(), window.f), filters};
  const TileOutput<T> y{arrays.y,
                        pixel_axis(window.n, pixels, window.f, channels_first),
                        channel_axis(filters, pixels, channels_first),
                        group_pitch(filters, pixels, channels_first),
                        arrays.bias,
                        activation,
                        /*accumulate=*/false};
  const int64_t size = window.output_pixels() * window.f;
  launch_in_slices(y, size, window.f, plan.slices, room, stream, [&](const auto& c, int64_t pitch) {
    if (is_pointwise(window)) {
      const AnyMatrix<T> x = pixel_matrix(arrays.x, window.n, pixels, window.c, window);
      return launch_product(x, kernel, c, window.groups, plan, pitch, stream);
    }
    if (channels_first) {
      return launch_windows<T>(windows_of<true, 1>(arrays.x, window),
                               kernel.template as<false, 1>(), c, window, plan, pitch, stream);
    }
    const auto plain = windows_of<false, 1>(arrays.x, window);
    const bool packed = reads_packs(plain.image, plain.taps, plain.pixels, plain.group_pitch);
    with_widths<T>(packed, kernel.packed(), [&](auto width_a, auto width_b) {
      constexpr int kWidthA = decltype(width_a)::value, kWidthB = decltype(width_b)::value;
      launch_windows<T>(windows_of<false, kWidthA>(arrays.x, window),
                        kernel.template as<false, kWidthB>(), c, window, plan, pitch, stream);
    });
  });
}

template <class T>
void launch_by_im2col(const Arrays<T>& arrays, const Window& window, ActivationKind activation,
                      Global<T> col, void* stream) {
  const bool channels_first = window.channels_first != 0;
  const int64_t k = window.taps() * window.group_inputs();
  const int64_t n = window.group_filters();
  const int64_t pixels = window.oh * window.ow;
  for_pieces<T>(window, [&](const Window& piece, int64_t first, int64_t group) {
    launch_im2col(arrays.x + first * window.h * window.w * window.c, col, piece,
                  group_columns(window, group), stream);
    const int64_t rows = piece.output_pixels();
    const AnyMatrix<T> a{col, plain_axis(rows, k), plain_axis(k, 1), 0};
    const AnyMatrix<T> b{arrays.kernel + group * n, plain_axis(n, 1), plain_axis(k, window.f), 0};
    Global<const T> bias = arrays.bias;
    if (bias != nullptr) bias = bias + group * n;
    const TileOutput<T> c{
        arrays.y + (first * pixels * window.f + group * group_pitch(n, pixels, channels_first)),
        pixel_axis(piece.n, pixels, window.f, channels_first),
        channel_axis(n, pixels, channels_first),
        0,
        bias,
        activation,
        /*accumulate=*/false};
    launch_gemm(a, b, c, stream);
  });
}

}  // namespace

template <class T>
void conv2d(const T* x, const T* kernel, const T* bias, T* y, const Window& window,
            Algorithm algorithm, ActivationKind activation, T* workspace_address, void* stream) {
  const Arrays<T> arrays{input("x", x, window.input_pixels() * window.c),
                         input("kernel", kernel, window.taps() * window.group_inputs() * window.f),
                         input("bias", bias, window.f),
                         output("y", y, window.output_pixels() * window.f)};
  const int64_t bytes = conv2d_workspace(sizeof(T), window, algorithm, Direction::kForward);
  const Global<T> room = workspace(workspace_address, bytes / static_cast<int64_t>(sizeof(T)));
  if (algorithm == Algorithm::kIm2col) {
    launch_by_im2col(arrays, window, activation, room, stream);
  } else if (is_depthwise(window)) {
    launch_depthwise(arrays.x, arrays.kernel, arrays.bias, arrays.y, window, activation, stream);
  } else if (is_first_layer(window, sizeof(T))) {
    launch_first_layer(arrays.x, arrays.kernel, arrays.bias, arrays.y, window, activation, stream);
  } else {
    launch_direct(arrays, window, activation, room, stream);
  }
}

template void conv2d(const float*, const float*, const float*, float*, const Window&, Algorithm,
                     ActivationKind, float*, void*);
template void conv2d(const double*, const double*, const double*, double*, const Window&, Algorithm,
                     ActivationKind, double*, void*);

}  // namespace pyconv
