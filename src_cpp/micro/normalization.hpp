// SPDX-License-Identifier: BSD-3-Clause
// Passes over rows (count, c) with one coefficient per column, in double. No sum crosses columns,
// so whatever vectors the compiler takes, the bits are the same.
#pragma once

#include <cstdint>

namespace {

// sums[j] += x
template <class T>
void add_to_columns(const T* x, int64_t count, int64_t c, double* sums) {
  for (int64_t i = 0; i < count; ++i, x += c) {
    for (int64_t j = 0; j < c; ++j) sums[j] += double(x[j]);
  }
}

// sums[j] += (x - centre[j])^2
template <class T>
void add_squares_to_columns(const T* x, int64_t count, int64_t c, const double* centre,
                            double* sums) {
  for (int64_t i = 0; i < count; ++i, x += c) {
    for (int64_t j = 0; j < c; ++j) {
      const double distance = double(x[j]) - centre[j];
      sums[j] += distance * distance;
    }
  }
}

// y = (x - centre) scale + offset
template <class T>
void normalize_rows(const T* x, T* y, int64_t count, int64_t c, const double* centre,
                    const double* scale, const double* offset) {
  for (int64_t i = 0; i < count; ++i, x += c, y += c) {
    for (int64_t j = 0; j < c; ++j) y[j] = T((double(x[j]) - centre[j]) * scale[j] + offset[j]);
  }
}

// sums[j] += dy, products[j] += dy (x - centre[j])
template <class T>
void add_gradients_to_columns(const T* dy, const T* x, int64_t count, int64_t c,
                              const double* centre, double* sums, double* products) {
  for (int64_t i = 0; i < count; ++i, dy += c, x += c) {
    for (int64_t j = 0; j < c; ++j) {
      const double gradient = dy[j];
      sums[j] += gradient;
      products[j] += gradient * (double(x[j]) - centre[j]);
    }
  }
}

// dx = dy scale - offset - (x - centre) slope
template <class T>
void normalize_rows_backward(const T* dy, const T* x, T* dx, int64_t count, int64_t c,
                             const double* centre, const double* scale, const double* offset,
                             const double* slope) {
  for (int64_t i = 0; i < count; ++i, dy += c, x += c, dx += c) {
    for (int64_t j = 0; j < c; ++j) {
      const double distance = double(x[j]) - centre[j];
      dx[j] = T((double(dy[j]) * scale[j] - offset[j]) - distance * slope[j]);
    }
  }
}

}  // namespace
