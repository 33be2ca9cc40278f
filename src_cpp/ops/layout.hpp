// SPDX-License-Identifier: BSD-3-Clause
// Between channels_first and channels_last: kernels compute in NHWC.
#pragma once

#include <cstdint>
#include <memory>

#include "arena.hpp"

namespace pyconv {

// to (n, columns, rows) = from (n, rows, columns), each image transposed.
template <class T>
void transpose_images(const T* from, T* to, int64_t n, int64_t rows, int64_t columns);

// to (columns, rows) = from (rows, columns), rows of `pitch` elements, on this thread.
template <class T>
void transpose(const T* from, int64_t from_pitch, T* to, int64_t to_pitch, int64_t rows,
               int64_t columns);

// to (count, channels), rows of `to_pitch`, = pixels [first, first + count) of channels_first
// images (n, c, pixels), from `channel` on; on this thread.
template <class T>
void copy_pixels(const T* images, int64_t pixels, int64_t c, int64_t first, int64_t count,
                 int64_t channel, int64_t channels, T* to, int64_t to_pitch);

// A channels_last view of an input: the array itself, or a transposed copy of (n, c, pixels).
template <class T>
class ChannelsLast {
 public:
  ChannelsLast(const T* data, int64_t n, int64_t pixels, int64_t c, bool channels_first)
      : data_(data) {
    if (!channels_first || c == 1) return;
    copy_ = std::make_unique<Scratch<T>>(n * pixels * c);
    transpose_images(data, copy_->data(), n, c, pixels);
    data_ = copy_->data();
  }
  const T* data() const { return data_; }

 private:
  const T* data_;
  std::unique_ptr<Scratch<T>> copy_;
};

// A channels_last target: the output itself, or scratch that store() transposes into it.
template <class T>
class ChannelsLastOutput {
 public:
  ChannelsLastOutput(T* data, int64_t n, int64_t pixels, int64_t c, bool channels_first)
      : output_(data), n_(n), pixels_(pixels), c_(c) {
    if (channels_first && c > 1) copy_ = std::make_unique<Scratch<T>>(n * pixels * c);
  }
  T* data() { return copy_ ? copy_->data() : output_; }
  void store() {
    if (copy_) transpose_images(copy_->data(), output_, n_, pixels_, c_);
  }

 private:
  T* output_;
  int64_t n_, pixels_, c_;
  std::unique_ptr<Scratch<T>> copy_;
};

}  // namespace pyconv
