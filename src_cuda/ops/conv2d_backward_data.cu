// SPDX-License-Identifier: BSD-3-Clause
// Launchers of conv2d_backward_data.cuh.
#include "ops/conv2d_backward_data.cuh"

#include <algorithm>
#include <vector>

#include "ops/conv2d_im2col.hpp"
#include "ops/conv2d_plan.hpp"
#include "ops/depthwise_conv2d.hpp"
#include "ops/launchers.hpp"

namespace pyconv {
namespace {

template <class T>
struct Arrays {
  Global<const T> dy, kernel;
  Global<T> dx;
};

// The windows over dy that cover a class of pixels, their taps of the kernel, and where the class
// lies in dx.
template <class T>
struct ParityClass {
  Windows<T, /*kChannelsFirst=*/false, 1> windows;
  AnyMatrix<T> kernel;
  Axis pixels;
};

template <class T>
ParityClass<T> parity_class(const Arrays<T>& arrays, const Window& w, const ParityAxis& rows,
                            const ParityAxis& columns) {
  const bool channels_first = w.channels_first != 0;
  const ImagePitches of_x(w.h, w.w, w.c, channels_first);
  const ImagePitches of_dy(w.oh, w.ow, w.f, channels_first);
  const int64_t filters = w.group_filters(), tap = w.group_inputs() * w.f;
  return {
      {arrays.dy,
       nested_axis({w.n, of_dy.image}, {rows.count, of_dy.row}, {columns.count, of_dy.pixel},
                   rows.window * of_dy.row + columns.window * of_dy.pixel),
       nested_axis({rows.taps, -rows.window_step * of_dy.row},
                   {columns.taps, -columns.window_step * of_dy.pixel}, {filters, of_dy.channel}),
       filters * of_dy.channel, short_length(w.oh), short_length(w.ow), 1, 1,
       short_length(-rows.window), short_length(-columns.window), short_length(-rows.window_step),
       short_length(-columns.window_step)},
      {arrays.kernel, plain_axis(w.group_inputs(), w.f),
       nested_axis({rows.taps, rows.tap_step * w.kw * tap}, {columns.taps, columns.tap_step * tap},
                   {filters, 1}, (rows.first_tap * w.kw + columns.first_tap) * tap),
       filters},
      nested_axis({w.n, of_x.image}, {rows.count, w.sh * of_x.row},
                  {columns.count, w.sw * of_x.pixel},
                  rows.first * of_x.row + columns.first * of_x.pixel)};
}

template <class T>
std::vector<ParityClass<T>> parity_classes(const Arrays<T>& arrays, const Window& window) {
  const ParitySizes rows = parity_rows(window), columns = parity_columns(window);
  std::vector<ParityClass<T>> classes;
  for (int64_t i = 0; i < classes_of(rows); ++i) {
    for (int64_t j = 0; j < classes_of(columns); ++j) {
      classes.push_back(
          parity_class(arrays, window, parity_axis(rows, i), parity_axis(columns, j)));
    }
  }
  return classes;
}

template <class T>
bool reads_dy_in_packs(const std::vector<ParityClass<T>>& classes) {
  for (const ParityClass<T>& it : classes) {
    const auto& windows = it.windows;
    if (!it.kernel.packed() ||
        !reads_packs(windows.image, windows.taps, windows.pixels, windows.group_pitch)) {
      return false;
    }
  }
  return true;
}

template <class T, bool kChannelsFirst, int kWidth>
void launch_classes(const std::vector<ParityClass<T>>& classes, TileOutput<T> c,
                    const Window& window, const ProductPlan& plan, int64_t slice_pitch,
                    void* stream) {
  using A = Windows<T, kChannelsFirst, kWidth>;
  using B = Matrix<T, /*kStepFastest=*/true, kWidth>;
  with_block<T>(plan, [&](auto block) {
    using Block = decltype(block);
    for (size_t first = 0; first < classes.size(); first += kMergedProducts) {
      const size_t parts = std::min<size_t>(kMergedProducts, classes.size() - first);
      MergedProducts<T, A, B> merged{};
      int64_t most = 0;
      for (size_t i = 0; i < parts; ++i) {
        const ParityClass<T>& it = classes[first + i];
        const auto& w = it.windows;
        c.rows = it.pixels;
        c.packed = writes_packs(c, slice_pitch);
        Product<T, A, B>& product = merged.parts[i];
        product = {{w.image, w.pixels, w.taps, w.group_pitch, w.h, w.w, w.sh, w.sw, w.top, w.left,
                    w.dil_h, w.dil_w},
                   it.kernel.template as<true, kWidth>(),
                   c,
                   it.pixels.count,
                   window.group_inputs(),
                   w.taps.count,
                   window.groups};
        product.slice_pitch = slice_pitch;
        most = std::max(most, cut_grid<Block>(product, plan.slices));
      }
      merged.blocks_of_part = divisor(most);
      PYCONV_LAUNCH((conv2d_backward_data_kernel<T, Block, A, B>),
                    most * static_cast<int64_t>(parts), kTileThreads, (kTileBytes<T, Block>),
                    stream, merged);
    }
  });
}

template <class T>
void launch_direct(const Arrays<T>& arrays, const Window& window, Global<T> room, void* stream) {
  const bool channels_first = window.channels_first != 0;
  const int64_t channels = window.group_inputs();
  const int64_t pixels = window.h * window.w;
  const ProductPlan plan = conv2d_backward_data_plan<T>(window);
  const TileOutput<T> dx{arrays.dx,
                         pixel_axis(window.n, pixels, window.c, channels_first),
                         channel_axis(channels, pixels, channels_first),
                         group_pitch(channels, pixels, channels_first),
                         nullptr,
                         ActivationKind::kLinear,
                         /*accumulate=*/false};
  const int64_t size = window.input_pixels() * window.c;
  launch_in_slices(
      dx, size, window.c, plan.slices, room, stream, [&](const auto& c, int64_t pitch) {
        if (is_pointwise(window)) {
          const AnyMatrix<T> dy = pixel_matrix(arrays.dy, window.n, pixels, window.f, window);
          const int64_t filters = window.group_filters();
          const AnyMatrix<T> kernel{arrays.kernel, plain_axis(channels, window.f),
                                    plain_axis(filters, 1), filters};
          return launch_product(dy, kernel, c, window.groups, plan, pitch, stream);
        }
        const auto classes = parity_classes(arrays, window);
        if (channels_first) {
          return launch_classes<T, true, 1>(classes, c, window, plan, pitch, stream);
        }
        with_width<T>(reads_dy_in_packs(classes), [&](auto width) {
          launch_classes<T, false, decltype(width)::value>(classes, c, window, plan, pitch, stream);
        });
      });
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
  const int64_t bytes = conv2d_workspace(sizeof(T), window, algorithm, Direction::kData);
  const Global<T> room = workspace(workspace_address, bytes / static_cast<int64_t>(sizeof(T)));
  if (algorithm == Algorithm::kIm2col) {
    launch_by_im2col(arrays, window, room, stream);
  } else if (is_depthwise(window)) {
    launch_depthwise_backward_data(arrays.dy, arrays.kernel, arrays.dx, window, stream);
  } else {
    launch_direct(arrays, window, room, stream);
  }
}

template void conv2d_backward_data(const float*, const float*, float*, const Window&, Algorithm,
                                   float*, void*);
template void conv2d_backward_data(const double*, const double*, double*, const Window&, Algorithm,
                                   double*, void*);

}  // namespace pyconv
