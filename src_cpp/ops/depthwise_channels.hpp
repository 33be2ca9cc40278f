// SPDX-License-Identifier: BSD-3-Clause
// With f = c * multiplier filters, x is first widened to f channels, each `multiplier` times; dx is
// narrowed at the end. All sums are then of f channels that stay apart.
#pragma once

#include <algorithm>
#include <memory>

#include "arena.hpp"
#include "geometry.hpp"
#include "parallel.hpp"

namespace pyconv {

// x itself, or its channels repeated.
template <class T>
class Widened {
 public:
  Widened(const T* x, const Window& w) : data_(x) {
    const int64_t times = w.f / w.c;
    if (times == 1) return;
    copy_ = std::make_unique<Scratch<T>>(w.input_pixels() * w.f);
    T* copy = copy_->data();
    data_ = copy;
    parallel_for(w.n * w.h, w.input_pixels() * w.f * int64_t(sizeof(T)), [&](int64_t row) {
      const T* from = x + row * w.w * w.c;
      T* to = copy + row * w.w * w.f;
      for (int64_t i = 0; i < w.w * w.c; ++i, to += times) std::fill_n(to, times, from[i]);
    });
  }
  const T* data() const { return data_; }

 private:
  const T* data_;
  std::unique_ptr<Scratch<T>> copy_;
};

// The same windows over images of f channels.
inline Window wide_window(const Window& w) {
  Window wide = w;
  wide.c = w.f;
  return wide;
}

// Rows of images that windows reach into; those beyond an image are zeros.
template <class T>
class Rows {
 public:
  // `h` rows of `size` elements an image; `beyond` tells whether windows leave it.
  Rows(const T* images, int64_t h, int64_t size, bool beyond)
      : images_(images), h_(h), size_(size), copy_(beyond ? size : 0), zeros_(copy_.data()) {
    if (beyond) std::fill_n(copy_.data(), size, T(0));
  }
  const T* at(int64_t image, int64_t y) const {
    return y < 0 || y >= h_ ? zeros_ : images_ + (image * h_ + y) * size_;
  }

 private:
  const T* images_;
  int64_t h_, size_;
  Scratch<T> copy_;
  const T* zeros_;
};

// Products, each with its sum.
inline int64_t depthwise_work(const Window& w) { return 2 * w.output_pixels() * w.taps() * w.f; }

}  // namespace pyconv
