// SPDX-License-Identifier: BSD-3-Clause
// The products that the passes of a convolution are, and how they are cut: by the shape alone, so
// that every device adds in the same order.
#pragma once

#include "ops/conv2d_parity.hpp"
#include "ops/product.hpp"
#include "ops/windows.cuh"

namespace pyconv {

// A shorter sum is not worth a slice.
constexpr int64_t kSliceTaps = 512;  // (r, s, channel)
constexpr int64_t kSlicePixels = 1024;

inline ParitySizes parity_rows(const Window& w) { return {w.h, w.top, w.kh, w.sh, w.dil_h}; }
inline ParitySizes parity_columns(const Window& w) { return {w.w, w.left, w.kw, w.sw, w.dil_w}; }

template <class T>
ProductPlan conv2d_plan(const Window& w) {
  return product_plan<T>(w.output_pixels(), w.group_filters(), w.taps() * w.group_inputs(),
                         w.groups, kSliceTaps);
}

template <class T>
ProductPlan conv2d_backward_data_plan(const Window& w) {
  const ParitySizes rows = parity_rows(w), columns = parity_columns(w);
  return product_plan<T>(w.n * most_pixels(rows) * most_pixels(columns), w.group_inputs(),
                         most_taps(rows) * most_taps(columns) * w.group_filters(),
                         classes_of(rows) * classes_of(columns) * w.groups, kSliceTaps);
}

template <class T>
ProductPlan conv2d_backward_kernel_plan(const Window& w) {
  return product_plan<T>(w.taps() * w.group_inputs(), w.group_filters(), w.output_pixels(),
                         w.groups, kSlicePixels);
}

// Whether every pixel is its own window.
inline bool is_pointwise(const Window& w) {
  return w.kh == 1 && w.kw == 1 && w.sh == 1 && w.sw == 1 && w.oh == w.h && w.ow == w.w &&
         w.top == 0 && w.left == 0;
}

// Channels of (n, pixels, c) or (n, c, pixels) as a matrix of pixels x channels; see Matrix.
template <class T>
AnyMatrix<T> pixel_matrix(Global<const T> data, int64_t images, int64_t pixels, int64_t channels,
                          const Window& w) {
  const bool channels_first = w.channels_first != 0;
  const int64_t of_group = channels / w.groups;
  return {data, pixel_axis(images, pixels, channels, channels_first),
          channel_axis(of_group, pixels, channels_first),
          group_pitch(of_group, pixels, channels_first)};
}

// An image (n, h, w, channels), or (n, channels, h, w): elements from one to the next.
struct ImagePitches {
  int64_t image, row, pixel, channel;

  ImagePitches(int64_t h, int64_t w, int64_t channels, bool channels_first)
      : image(h * w * channels),
        row(channels_first ? w : w * channels),
        pixel(channels_first ? 1 : channels),
        channel(channels_first ? h * w : 1) {}
};

// The windows of x as an operand.
template <bool kChannelsFirst, int kWidth, class T>
Windows<T, kChannelsFirst, kWidth> windows_of(Global<const T> x, const Window& w) {
  const ImagePitches pitch(w.h, w.w, w.c, kChannelsFirst);
  return {x,
          nested_axis({w.n, pitch.image}, {w.oh, w.sh * pitch.row}, {w.ow, w.sw * pitch.pixel},
                      -w.top * pitch.row - w.left * pitch.pixel),
          nested_axis({w.kh, w.dil_h * pitch.row}, {w.kw, w.dil_w * pitch.pixel},
                      {w.group_inputs(), pitch.channel}),
          w.group_inputs() * pitch.channel,
          short_length(w.h),
          short_length(w.w),
          short_length(w.sh),
          short_length(w.sw),
          short_length(w.top),
          short_length(w.left),
          short_length(w.dil_h),
          short_length(w.dil_w)};
}

// Calls body with the widths of the reads of A and B: packs on both sides, on B's alone, or none.
template <class T, class Body>
void with_widths(bool packed_a, bool packed_b, Body body) {
  constexpr int kPack = kPackOf<T>;
  if (!packed_b) return body(std::integral_constant<int, 1>{}, std::integral_constant<int, 1>{});
  with_width<T>(packed_a, [&](auto width) { body(width, std::integral_constant<int, kPack>{}); });
}

}  // namespace pyconv
