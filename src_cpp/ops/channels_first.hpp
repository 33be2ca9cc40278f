// SPDX-License-Identifier: BSD-3-Clause
// A convolution of channels_first images, or its gradient, in parts: what a part reads and writes
// is copied into the layout of the kernels and back within one core's cache.
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
constexpr int64_t kPartBytes = int64_t(1) << 20;

inline Window some_images(const Window& w, int64_t images) {
  Window some = w;
  some.n = images;
  some.channels_first = 0;
  return some;
}

// Rows of the planes of some images: all of them, where there are several.
template <class T>
struct PlaneRows {
  T* data;  // the first of them in the first plane
  int64_t plane, channels;
  int64_t images, pixels;  // of an image

  int64_t size() const { return images * pixels * channels; }
  T* image(int64_t number) const { return data + number * channels * plane; }
};

// Calls body(from, to) with channels_last copies of what is read, and for what is written.
template <class T, class Body>
void through_copies(const PlaneRows<const T>& from, const PlaneRows<T>& to, Body&& body) {
  const bool reads = from.channels > 1, writes = to.channels > 1;
  Scratch<T> input(reads ? from.size() : 0), output(writes ? to.size() : 0);
  for (int64_t i = 0; reads && i < from.images; ++i) {
    transpose(from.image(i), from.plane, input.data() + i * from.pixels * from.channels,
              from.channels, from.channels, from.pixels);
  }
  body(reads ? input.data() : from.data, writes ? output.data() : to.data);
  for (int64_t i = 0; writes && i < to.images; ++i) {
    transpose(output.data() + i * to.pixels * to.channels, to.channels, to.image(i), to.plane,
              to.pixels, to.channels);
  }
}

// Rows of results, in parts of whole images, of several where they are small, or of some rows of
// one: no more than a core's cache holds, and several a thread.
class RowParts {
 public:
  int64_t count() const { return ceil_div(images_, group_) * per_image_; }
  int64_t image(int64_t part) const { return part / per_image_ * group_; }
  int64_t images(int64_t part) const { return std::min(group_, images_ - image(part)); }
  int64_t first(int64_t part) const { return border(part % per_image_); }
  int64_t last(int64_t part) const { return border(part % per_image_ + 1); }

 protected:
  // Of images of `rows` rows, each with `bytes` of copies; cut at multiples of `step` rows, or not
  // at all where that is 0.
  RowParts(int64_t images, int64_t rows, int64_t bytes, int64_t step)
      : images_(images), rows_(rows), step_(step) {
    const int64_t most = kPartBytes / bytes;
    if (most < rows && (step == 0 || most < std::max(step, kLeastRows))) return;
    per_image_ = most < rows ? ceil_div(steps(), most / step) : 1;
    group_ = std::clamp<int64_t>(images / (kParts * num_threads()), 1,
                                 std::max<int64_t>(1, most / rows));
    if (count() < 2 * num_threads()) per_image_ = 0;
  }

 private:
  // Fewer rows read too many of their neighbours' again.
  static constexpr int64_t kLeastRows = 4;
  // Parts of each thread that several images leave.
  static constexpr int64_t kParts = 4;

  int64_t steps() const { return ceil_div(rows_, std::max<int64_t>(1, step_)); }
  int64_t border(int64_t number) const {
    return number == per_image_ ? rows_ : steps() * number / per_image_ * step_;
  }

  int64_t images_, rows_, step_;
  int64_t per_image_ = 0;  // 0: not in parts
  int64_t group_ = 1;      // images of a part
};

inline bool changes_layout(const Window& w) { return w.channels_first && (w.c > 1 || w.f > 1); }

// The parts of a convolution.
class ForwardParts : public RowParts {
 public:
  // Of rows of results in multiples of `step`, or of whole images where that is 0.
  ForwardParts(const Window& w, int64_t step, int64_t element)
      : RowParts(changes_layout(w) ? w.n : 0, w.oh,
                 (std::min(w.sh, w.h) * w.w * w.c + w.ow * w.f) * element, is_cut(w) ? step : 0),
        window_(w) {}

  Window window(int64_t part) const { return rows_of(images(part), first(part), last(part)); }

  // Calls body(x, y, window) with channels_last copies of each part of x, and of its result.
  template <class T, class Body>
  void each(const T* x, T* y, Body&& body) const {
    const Window& w = window_;
    const int64_t products = w.output_pixels() * w.f * w.taps() * w.group_inputs();
    parallel_for(count(), 2 * products, [&](int64_t number) {
      const Window part = window(number);
      const int64_t above = first(number) * w.sh - w.top + part.top;
      through_copies<T>({x + image(number) * w.c * w.h * w.w + above * w.w, w.h * w.w, w.c, part.n,
                         part.h * part.w},
                        {y + image(number) * w.f * w.oh * w.ow + first(number) * w.ow, w.oh * w.ow,
                         w.f, part.n, part.oh * part.ow},
                        [&](const T* from, T* to) { body(from, to, part); });
    });
  }

 private:
  // Whether all rows of results read some of the image.
  static bool is_cut(const Window& w) {
    return w.top <= (w.kh - 1) * w.dil_h && w.bottom <= (w.kh - 1) * w.dil_h;
  }

  // The window of output rows [first, last) of some images, on the rows that they read.
  Window rows_of(int64_t images, int64_t first, int64_t last) const {
    const Window& w = window_;
    Window part = some_images(w, images);
    if (last - first == w.oh) return part;
    const int64_t from = first * w.sh - w.top;
    const int64_t to = (last - 1) * w.sh - w.top + (w.kh - 1) * w.dil_h + 1;
    part.top = std::max<int64_t>(0, -from);
    part.bottom = std::max<int64_t>(0, to - w.h);
    part.h = std::max<int64_t>(0, to - part.bottom - (from + part.top));  // above the image: 0
    part.oh = last - first;
    return part;
  }

  const Window& window_;
};

// The parts of a convolution's gradient of the images.
class DataParts : public RowParts {
 public:
  DataParts(const Window& w, int64_t element)
      : RowParts(changes_layout(w) ? w.n : 0, w.h, (w.w * w.c + w.ow * w.f) * element, 1),
        window_(w) {}

  // Calls body(dy, dx, window) with channels_last copies of each part of dy, and of its dx.
  template <class T, class Body>
  void each(const T* dy, T* dx, Body&& body) const {
    const Window& w = window_;
    const int64_t products = w.output_pixels() * w.f * w.taps() * w.group_inputs();
    parallel_for(count(), 2 * products, [&](int64_t number) {
      const int64_t row = first(number);
      const int64_t meets = last(number) - row == w.h ? 0 : first_result(row);
      const Window part = rows_of(images(number), row, last(number), meets);
      through_copies<T>({dy + image(number) * w.f * w.oh * w.ow + meets * w.ow, w.oh * w.ow, w.f,
                         part.n, part.oh * part.ow},
                        {dx + image(number) * w.c * w.h * w.w + row * w.w, w.h * w.w, w.c, part.n,
                         part.h * part.w},
                        [&](const T* from, T* to) { body(from, to, part); });
    });
  }

 private:
  // The first row of results that reads a row of the image, or the last one of all.
  int64_t first_result(int64_t row) const {
    const Window& w = window_;
    const int64_t before = row + w.top - (w.kh - 1) * w.dil_h;
    return std::min(w.oh - 1, before > 0 ? ceil_div(before, w.sh) : 0);
  }

  // The window of rows [first, last) of some images, on the rows of results from `meets` on.
  Window rows_of(int64_t images, int64_t first, int64_t last, int64_t meets) const {
    const Window& w = window_;
    Window part = some_images(w, images);
    if (last - first == w.h) return part;
    part.h = last - first;
    part.top = w.top + first - meets * w.sh;
    part.oh = std::clamp<int64_t>((last - 1 + w.top) / w.sh + 1, meets + 1, w.oh) - meets;
    return part;
  }

  const Window& window_;
};

}  // namespace pyconv
