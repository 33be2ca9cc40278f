// SPDX-License-Identifier: BSD-3-Clause
// Launchers of conv2d_backward_data.cuh.
#include "ops/conv2d_backward_data.cuh"

#include "ops/conv2d_im2col.hpp"
#include "ops/launchers.hpp"
#include "ops/product.hpp"

namespace pyconv {
namespace {

template <class T>
struct Arrays {
  Global<const T> dy, kernel;
  Global<T> dx;
};

template <class T, bool kChannelsFirst>
void launch_direct(const Arrays<T>& arrays, const Window& window, void* stream) {
  const int64_t filters = window.group_filters();
  const int64_t channels = window.group_inputs();
  const int64_t k = window.taps() * filters;
  const int64_t pixels = window.h * window.w;
  // kernel[r, s, channel, filter]: steps run over filters within taps.
  const Axis taps{k, divisor(filters), channels * window.f, 1};
  Conv2DBackwardDataProduct<T, kChannelsFirst> product{
      {arrays.dy, window, divisor(window.h), divisor(window.w), divisor(window.sh),
       divisor(window.sw), divisor(window.kw), divisor(filters)},
      {arrays.kernel, plain_axis(channels, window.f), taps, /*group_pitch=*/filters},
      {arrays.dx, pixel_axis(window.n, pixels, window.c, kChannelsFirst),
       channel_axis(channels, pixels, kChannelsFirst),
       group_pitch(channels, pixels, kChannelsFirst), nullptr, ActivationKind::kLinear,
       /*accumulate=*/false},
      window.input_pixels(),
      channels,
      k,
      window.groups};
  const int64_t grid = cut_grid(product, /*slices=*/1);
  PYCONV_LAUNCH((conv2d_backward_data_kernel<T, kChannelsFirst>), grid, kTileThreads, kTileBytes<T>,
                stream, product);
}

template <class T>
void launch_by_im2col(const Arrays<T>& arrays, const Window& window, Global<T> dcol, void* stream) {
  const bool channels_first = window.channels_first != 0;
  const int64_t width = window.taps() * window.group_inputs();
  const int64_t filters = window.group_filters();
  const int64_t pixels = window.oh * window.ow;
  for_pieces<T>(window, [&](const Window& piece, int64_t first, int64_t group) {
    const int64_t rows = piece.output_pixels();
    const AnyMatrix<T> a{arrays.dy + (first * pixels * window.f +
                                      group * group_pitch(filters, pixels, channels_first)),
                         pixel_axis(piece.n, pixels, window.f, channels_first),
                         channel_axis(filters, pixels, channels_first), 0};
    const AnyMatrix<T> b{arrays.kernel + group * filters, plain_axis(width, window.f),
                         plain_axis(filters, 1), 0};
    const TileOutput<T> c{dcol,    plain_axis(rows, width), plain_axis(width, 1), 0,
                          nullptr, ActivationKind::kLinear, /*accumulate=*/false};
    launch_gemm(a, b, c, stream);
    launch_col2im<T>(dcol, arrays.dx + first * window.h * window.w * window.c, piece,
                     group_columns(window, group), stream);
  });
}

}  // namespace

template <class T>
void conv2d_backward_data(const T* dy, const T* kernel, T* dx, const Window& window,
                          Algorithm algorithm, T* workspace_address, void* stream) {
  const Arrays<T> arrays{input("dy", dy, window.output_pixels() * window.f),
                         input("kernel", kernel, window.taps() * window.group_inputs() * window.f),
                         output("dx", dx, window.input_pixels() * window.c)};
  if (algorithm == Algorithm::kIm2col) {
    const int64_t size = images_at_a_time(window, sizeof(T)) * image_matrix_size(window);
    launch_by_im2col(arrays, window, workspace(workspace_address, size), stream);
  } else if (window.channels_first != 0) {
    launch_direct<T, true>(arrays, window, stream);
  } else {
    launch_direct<T, false>(arrays, window, stream);
  }
}

template void conv2d_backward_data(const float*, const float*, float*, const Window&, Algorithm,
                                   float*, void*);
template void conv2d_backward_data(const double*, const double*, double*, const Window&, Algorithm,
                                   double*, void*);

}  // namespace pyconv
