// SPDX-License-Identifier: BSD-3-Clause
#include "ops/layout.hpp"

#include <algorithm>

#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// A square that is read and written within a few cache lines.
constexpr int64_t kSquare = 16;
// Rows of `from` per task.
constexpr int64_t kStrip = 64;

template <class T>
void transpose_square(const T* from, int64_t from_pitch, T* to, int64_t to_pitch, int64_t rows,
                      int64_t columns) {
  for (int64_t j = 0; j < columns; ++j) {
    for (int64_t i = 0; i < rows; ++i) to[j * to_pitch + i] = from[i * from_pitch + j];
  }
}

}  // namespace

template <class T>
void transpose_images(const T* from, T* to, int64_t n, int64_t rows, int64_t columns) {
  const int64_t strips = ceil_div(rows, kStrip);
  parallel_for(n * strips, n * rows * columns * int64_t(sizeof(T)), [&](int64_t task) {
    const T* image = from + task / strips * rows * columns;
    T* target = to + task / strips * rows * columns;
    const int64_t first = task % strips * kStrip;
    const int64_t last = std::min(rows, first + kStrip);
    for (int64_t j = 0; j < columns; j += kSquare) {
      for (int64_t i = first; i < last; i += kSquare) {
        transpose_square(image + i * columns + j, columns, target + j * rows + i, rows,
                         std::min(kSquare, last - i), std::min(kSquare, columns - j));
      }
    }
  });
}

template void transpose_images(const float*, float*, int64_t, int64_t, int64_t);
template void transpose_images(const double*, double*, int64_t, int64_t, int64_t);
template void transpose_images(const uint8_t*, uint8_t*, int64_t, int64_t, int64_t);
template void transpose_images(const int32_t*, int32_t*, int64_t, int64_t, int64_t);

}  // namespace pyconv
