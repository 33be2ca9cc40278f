// SPDX-License-Identifier: BSD-3-Clause
// Launchers of conv2d.cuh.
#include "ops/conv2d.cuh"

#include "ops/conv2d_im2col.hpp"
#include "ops/launchers.hpp"
#include "ops/product.hpp"

namespace pyconv {
namespace {

template <class T>
struct Arrays {
  Global<const T> x, kernel, bias;
  Global<T> y;
};

template <class T, bool kChannelsFirst>
void launch_direct(const Arrays<T>& arrays, const Window& window, ActivationKind activation,
                   void* stream) {
  const int64_t k = window.taps() * window.group_inputs();
  const int64_t n = window.group_filters();
  const int64_t pixels = window.oh * window.ow;
  Conv2DProduct<T, kChannelsFirst> product{
      {arrays.x, window, divisor(window.oh), divisor(window.ow), divisor(window.kw),
       divisor(window.group_inputs())},
      {arrays.kernel, plain_axis(n, 1), plain_axis(k, window.f), /*group_pitch=*/n},
      {arrays.y, pixel_axis(window.n, pixels, window.f, kChannelsFirst),
       channel_axis(n, pixels, kChannelsFirst), group_pitch(n, pixels, kChannelsFirst), arrays.bias,
       activation, /*accumulate=*/false},
      window.output_pixels(),
      n,
      k,
      window.groups};
  const int64_t grid = cut_grid(product, /*slices=*/1);
  PYCONV_LAUNCH((conv2d_kernel<T, kChannelsFirst>), grid, kTileThreads, kTileBytes<T>, stream,
                product);
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
  if (algorithm == Algorithm::kIm2col) {
    const int64_t size = images_at_a_time(window, sizeof(T)) * image_matrix_size(window);
    launch_by_im2col(arrays, window, activation, workspace(workspace_address, size), stream);
  } else if (window.channels_first != 0) {
    launch_direct<T, true>(arrays, window, activation, stream);
  } else {
    launch_direct<T, false>(arrays, window, activation, stream);
  }
}

template void conv2d(const float*, const float*, const float*, float*, const Window&, Algorithm,
                     ActivationKind, float*, void*);
template void conv2d(const double*, const double*, const double*, double*, const Window&, Algorithm,
                     ActivationKind, double*, void*);

}  // namespace pyconv
