// SPDX-License-Identifier: BSD-3-Clause
// Images, or some rows of one, with their padding written out: no window leaves them.
#pragma once

#include <memory>

#include "arena.hpp"
#include "geometry.hpp"

namespace pyconv {

inline int64_t padded_height(const Window& w) { return w.h + w.top + w.bottom; }
inline int64_t padded_width(const Window& w) { return w.w + w.left + w.right; }

// Padded images of this size are written out whatever part of them is padding.
constexpr double kPaddedBytes = double(16 << 20);

// Much padding that dwarfs the images is not written out.
template <class T>
bool mostly_padding(const Window& w) {
  const double area = double(padded_height(w)) * double(padded_width(w));
  return area > 4.0 * double(w.h) * double(w.w) &&
         area * double(w.n) * double(w.c) * sizeof(T) > kPaddedBytes;
}

// channels_last x itself where the window has no padding, else a copy framed by zeros.
template <class T>
class PaddedImages {
 public:
  PaddedImages(const T* x, const Window& window);
  const T* data() const { return data_; }

 private:
  const T* data_;
  std::unique_ptr<Scratch<T>> copy_;
};

// Rows of one padded image at a time, which stay in the cache: read in place where there is no
// padding, else copied.
template <class T>
class PaddedRows {
 public:
  PaddedRows(const Window& window, int64_t most_rows);
  // Rows [first, first + count) of the padded image; good until the next call.
  const T* read(const T* image, int64_t first, int64_t count);

 private:
  const Window& window_;
  const int64_t row_;  // elements of a padded row
  const bool in_place_;
  Scratch<T> copy_;
};

}  // namespace pyconv
