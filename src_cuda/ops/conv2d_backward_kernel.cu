// SPDX-License-Identifier: BSD-3-Clause
// Launchers of conv2d_backward_kernel.cuh, and the workspace of all three passes.
#include "ops/conv2d_backward_kernel.cuh"

#include "ops/conv2d_im2col.hpp"
#include "ops/launchers.hpp"
#include "ops/product.hpp"

namespace pyconv {
namespace {

constexpr int64_t kWantedBlocks = 264;  // two waves of 132 multiprocessors
constexpr int64_t kSlicePixels = 1024;  // a shorter sum is not worth a slice

// By the shape alone: the same sums on every device.
int64_t slices_of(const Window& window) {
  const int64_t tiles = blocks(window.taps() * window.group_inputs(), kTile) *
                        blocks(window.group_filters(), kTile) * window.groups;
  const int64_t wanted = blocks(kWantedBlocks, tiles);
  const int64_t sensible = blocks(window.output_pixels(), kSlicePixels);
  const int64_t slices = wanted < sensible ? wanted : sensible;
  return slices < 1 ? 1 : slices;
}

template <class T>
struct Arrays {
  Global<const T> x, dy;
  Global<T> dkernel;
};

template <class T, bool kChannelsFirst>
void launch_direct(const Arrays<T>& arrays, const Window& window, Global<T> partial, void* stream) {
  const int64_t m = window.taps() * window.group_inputs();
  const int64_t n = window.group_filters();
  const int64_t pixels = window.oh * window.ow;
  const int64_t slices = slices_of(window);
  const int64_t size = m * window.f;
  Conv2DBackwardKernelProduct<T, kChannelsFirst> product{
      {{arrays.x, window, divisor(window.oh), divisor(window.ow), divisor(window.kw),
        divisor(window.group_inputs())}},
      {arrays.dy, channel_axis(n, pixels, kChannelsFirst),
       pixel_axis(window.n, pixels, window.f, kChannelsFirst),
       group_pitch(n, pixels, kChannelsFirst)},
      {slices > 1 ? partial : arrays.dkernel, plain_axis(m, window.f), plain_axis(n, 1),
       /*group_pitch=*/n, nullptr, ActivationKind::kLinear, /*accumulate=*/false},
      m,
      n,
      window.output_pixels(),
      window.groups};
  const int64_t grid = cut_grid(product, slices);
  product.slice_pitch = size;
  PYCONV_LAUNCH((conv2d_backward_kernel_kernel<T, kChannelsFirst>), grid, kTileThreads,
                kTileBytes<T>, stream, product);
  if (slices == 1) return;
  PYCONV_LAUNCH(add_slices_kernel<T>, blocks(size, kThreads), kThreads, 0, stream,
                (AddSlicesParams<T>{partial, arrays.dkernel, slices, size}));
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
  if (algorithm == Algorithm::kIm2col) {
    return images_at_a_time(window, element_bytes) * image_matrix_size(window) * element_bytes;
  }
  if (direction != Direction::kKernel || slices_of(window) == 1) return 0;
  return slices_of(window) * window.taps() * window.group_inputs() * window.f * element_bytes;
}

template <class T>
void conv2d_backward_kernel(const T* x, const T* dy, T* dkernel, T* dbias, const Window& window,
                            Algorithm algorithm, T* workspace_address, void* stream) {
  const int64_t kernel_size = window.taps() * window.group_inputs() * window.f;
  const Arrays<T> arrays{input("x", x, window.input_pixels() * window.c),
                         input("dy", dy, window.output_pixels() * window.f),
                         output("dkernel", dkernel, kernel_size)};
  const bool channels_first = window.channels_first != 0;
  if (dbias != nullptr) {
    const int64_t pixels = window.oh * window.ow;
    launch_column_sum(arrays.dy, pixel_axis(window.n, pixels, window.f, channels_first),
                      channel_axis(window.f, pixels, channels_first),
                      output("dbias", dbias, window.f), stream);
  }
  if (dkernel == nullptr) return;
  const Direction direction = Direction::kKernel;
  const int64_t bytes = conv2d_workspace(sizeof(T), window, algorithm, direction);
  const Global<T> room = workspace(workspace_address, bytes / static_cast<int64_t>(sizeof(T)));
  if (algorithm == Algorithm::kIm2col && window.n > 0) {
    launch_by_im2col(arrays, window, room, stream);
  } else if (channels_first) {
    launch_direct<T, true>(arrays, window, room, stream);
  } else {
    launch_direct<T, false>(arrays, window, room, stream);
  }
}

template void conv2d_backward_kernel(const float*, const float*, float*, float*, const Window&,
                                     Algorithm, float*, void*);
template void conv2d_backward_kernel(const double*, const double*, double*, double*, const Window&,
                                     Algorithm, double*, void*);

}  // namespace pyconv
