// SPDX-License-Identifier: BSD-3-Clause
// Images with their padding written out, so that no window leaves them.
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

}  // namespace pyconv
