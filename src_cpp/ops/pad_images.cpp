// SPDX-License-Identifier: BSD-3-Clause
#include "ops/pad_images.hpp"

#include <algorithm>
#include <cstring>

#include "parallel.hpp"

namespace pyconv {

template <class T>
PaddedImages<T>::PaddedImages(const T* x, const Window& window) : data_(x) {
  const int64_t rows = padded_height(window);
  const int64_t row = padded_width(window) * window.c;
  if (rows == window.h && row == window.w * window.c) return;
  copy_ = std::make_unique<Scratch<T>>(window.n * rows * row);
  T* copy = copy_->data();
  data_ = copy;
  parallel_for(window.n * rows, window.n * rows * row * int64_t(sizeof(T)), [&](int64_t task) {
    T* to = copy + task * row;
    const int64_t y = task % rows - window.top;
    if (y < 0 || y >= window.h) {
      std::fill_n(to, row, T(0));
      return;
    }
    const int64_t before = window.left * window.c;
    const int64_t inside = window.w * window.c;
    std::fill_n(to, before, T(0));
    std::memcpy(to + before, x + (task / rows * window.h + y) * inside,
                static_cast<size_t>(inside) * sizeof(T));
    std::fill_n(to + before + inside, row - before - inside, T(0));
  });
}

template class PaddedImages<float>;
template class PaddedImages<double>;

}  // namespace pyconv
