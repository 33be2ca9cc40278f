// SPDX-License-Identifier: BSD-3-Clause
#include "ops/layout.hpp"

#include <algorithm>

#include "dispatch.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// A task's rows and columns of `from`: rows of 64 floats are whole cache lines of `to`.
constexpr int64_t kRows = 64;
constexpr int64_t kColumns = 1024;

}  // namespace

template <class T>
void transpose_images(const T* from, T* to, int64_t n, int64_t rows, int64_t columns) {
  const KernelTable<T>& table = kernel_table_of<T>();
  const int64_t down = ceil_div(rows, kRows);
  const int64_t across = ceil_div(columns, kColumns);
  parallel_for(n * down * across, 2 * n * rows * columns * int64_t(sizeof(T)), [&](int64_t task) {
    const int64_t image = task / (down * across) * rows * columns;
    const int64_t i = task / across % down * kRows;
    const int64_t j = task % across * kColumns;
    table.transpose(from + image + i * columns + j, columns, to + image + j * rows + i, rows,
                    std::min(kRows, rows - i), std::min(kColumns, columns - j));
  });
}

template <class T>
void transpose(const T* from, int64_t from_pitch, T* to, int64_t to_pitch, int64_t rows,
               int64_t columns) {
  const KernelTable<T>& table = kernel_table_of<T>();
  for (int64_t j = 0; j < columns; j += kColumns) {
    for (int64_t i = 0; i < rows; i += kRows) {
      table.transpose(from + i * from_pitch + j, from_pitch, to + j * to_pitch + i, to_pitch,
                      std::min(kRows, rows - i), std::min(kColumns, columns - j));
    }
  }
}

template <class T>
void copy_pixels(const T* images, int64_t pixels, int64_t c, int64_t first, int64_t count,
                 int64_t channel, int64_t channels, T* to, int64_t to_pitch) {
  while (count > 0) {
    const int64_t image = first / pixels, at = first % pixels;
    const int64_t some = std::min(count, pixels - at);
    transpose(images + (image * c + channel) * pixels + at, pixels, to, to_pitch, channels, some);
    to += some * to_pitch;
    first += some;
    count -= some;
  }
}

template void copy_pixels(const float*, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t,
                          float*, int64_t);
template void copy_pixels(const double*, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t,
                          double*, int64_t);
template void transpose(const float*, int64_t, float*, int64_t, int64_t, int64_t);
template void transpose(const double*, int64_t, double*, int64_t, int64_t, int64_t);
template void transpose_images(const float*, float*, int64_t, int64_t, int64_t);
template void transpose_images(const double*, double*, int64_t, int64_t, int64_t);

}  // namespace pyconv
