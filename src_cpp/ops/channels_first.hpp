// SPDX-License-Identifier: BSD-3-Clause
// A convolution of channels_first images in parts: what a part reads and writes is copied into the
// layout of the kernels and back within one core's cache.
#pragma once

#include <algorithm>
#include <cstdint>

#include "arena.hpp"
#include "geometry.hpp"
#include "ops/layout.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {

// What the two copies of a part may take.
constexpr int64_t kPartBytes = int64_t(2) << 20;

inline Window one_image(const Window& w) {
  Window image = w;
  image.n = 1;
  image.channels_first = 0;
  return image;
}

// Whole images, or some of their rows: no more than a core's cache holds, and several a thread.
class Parts {
 public:
  // `rows`: may an image be cut, too?
  template <class T>
  static Parts of(const Window& w, bool rows) {
    if (!w.channels_first || (w.c == 1 && w.f == 1)) return Parts(w, 0);
    const int64_t row = (w.sh * w.w * w.c + w.ow * w.f) * int64_t(sizeof(T));
    const bool meets_pixels = w.top <= (w.kh - 1) * w.dil_h && w.bottom <= (w.kh - 1) * w.dil_h;
    const int64_t most = kPartBytes / row;
    if (most < w.oh && !(rows && meets_pixels && most >= kLeastRows)) return Parts(w, 0);
    const Parts parts(w, ceil_div(w.oh, std::max<int64_t>(1, most)));
    return parts.count() >= 2 * num_threads() ? parts : Parts(w, 0);
  }

  int64_t count() const { return window_.n * per_image_; }

  // Calls body(x, y, window) with channels_last copies of each part of x, and of its result.
  template <class T, class Body>
  void each(const T* x, T* y, Body&& body) const {
    const Window& w = window_;
    const int64_t products = w.output_pixels() * w.f * w.taps() * w.group_inputs();
    parallel_for(count(), 2 * products, [&](int64_t task) {
      const int64_t first = w.oh * (task % per_image_) / per_image_;
      const int64_t last = w.oh * (task % per_image_ + 1) / per_image_;
      const Window part = rows_of(first, last);
      const int64_t above = first * w.sh - w.top + part.top;
      const T* from = x + task / per_image_ * w.c * w.h * w.w + above * w.w;
      T* to = y + task / per_image_ * w.f * w.oh * w.ow + first * w.ow;
      Scratch<T> input(w.c > 1 ? part.input_pixels() * w.c : 0);
      Scratch<T> output(w.f > 1 ? part.output_pixels() * w.f : 0);
      if (w.c > 1) transpose(from, w.h * w.w, input.data(), w.c, w.c, part.input_pixels());
      body(w.c > 1 ? input.data() : from, w.f > 1 ? output.data() : to, part);
      if (w.f > 1) transpose(output.data(), w.f, to, w.oh * w.ow, part.output_pixels(), w.f);
    });
  }

 private:
  // Fewer rows read too many of their neighbours' again.
  static constexpr int64_t kLeastRows = 4;

  Parts(const Window& w, int64_t per_image) : window_(w), per_image_(per_image) {}

  // The window of output rows [first, last) of one image, on the rows that they read.
  Window rows_of(int64_t first, int64_t last) const {
    const Window& w = window_;
    Window part = one_image(w);
    const int64_t from = first * w.sh - w.top;
    const int64_t to = (last - 1) * w.sh - w.top + (w.kh - 1) * w.dil_h + 1;
    part.top = std::max<int64_t>(0, -from);
    part.bottom = std::max<int64_t>(0, to - w.h);
    part.h = to - part.bottom - (from + part.top);
    part.oh = last - first;
    return part;
  }

  const Window& window_;
  int64_t per_image_;  // 0: not in parts
};

}  // namespace pyconv
