// SPDX-License-Identifier: BSD-3-Clause
#include "ops/pad_images.hpp"

#include <algorithm>
#include <cstring>

#include "parallel.hpp"

namespace pyconv {

namespace {

bool is_padded(const Window& window) {
  return padded_height(window) != window.h || padded_width(window) != window.w;
}

// Row `y` of the padded image.
template <class T>
void pad_row(const Window& window, const T* image, int64_t y, T* to) {
  const int64_t row = padded_width(window) * window.c;
  const int64_t line = y - window.top;
  if (line < 0 || line >= window.h) {
    std::fill_n(to, row, T(0));
    return;
  }
  const int64_t before = window.left * window.c;
  const int64_t inside = window.w * window.c;
  std::fill_n(to, before, T(0));
  std::memcpy(to + before, image + line * inside, static_cast<size_t>(inside) * sizeof(T));
  std::fill_n(to + before + inside, row - before - inside, T(0));
}

}  // namespace

template <class T>
PaddedImages<T>::PaddedImages(const T* x, const Window& window) : data_(x) {
  if (!is_padded(window)) return;
  const int64_t rows = padded_height(window);
  const int64_t row = padded_width(window) * window.c;
  copy_ = std::make_unique<Scratch<T>>(window.n * rows * row);
  T* copy = copy_->data();
  data_ = copy;
  parallel_for(window.n * rows, window.n * rows * row * int64_t(sizeof(T)), [&](int64_t task) {
    const T* image = x + task / rows * window.h * window.w * window.c;
    pad_row(window, image, task % rows, copy + task * row);
  });
}

template <class T>
PaddedRows<T>::PaddedRows(const Window& window, int64_t most_rows)
    : window_(window),
      row_(padded_width(window) * window.c),
      in_place_(!is_padded(window)),
      copy_(in_place_ ? 0 : most_rows * row_) {}

template <class T>
const T* PaddedRows<T>::read(const T* image, int64_t first, int64_t count) {
  if (in_place_) return image + first * row_;
  for (int64_t i = 0; i < count; ++i) {
    pad_row(window_, image, first + i, copy_.data() + i * row_);
  }
  return copy_.data();
}

template class PaddedImages<float>;
template class PaddedImages<double>;
template class PaddedRows<float>;
template class PaddedRows<double>;

}  // namespace pyconv
