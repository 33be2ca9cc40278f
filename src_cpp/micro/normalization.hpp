// SPDX-License-Identifier: BSD-3-Clause
// Passes over rows (count, c) with one coefficient per column. No sum crosses columns, so whatever
// vectors the compiler takes, the bits are the same. Distances from the mean are as exact as x,
// since the mean is given in two parts; sums take a few rows in the type of x, all of them in
// double.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>

#include "kernels.hpp"

namespace {

// What a column has is loaded once for so many rows.
template <int N>
struct Rows {
  static constexpr int count = N;
};

// Calls body(Rows, offset of the first) for all rows.
template <int N = 4, class Body>
inline void by_rows(int64_t count, int64_t c, Body&& body) {
  int64_t i = 0;
  for (; i + N <= count; i += N) body(Rows<N>{}, i * c);
  for (; i < count; ++i) body(Rows<1>{}, i * c);
}

// Rows of arrays that no cache holds are asked for so many bytes before their turn.
constexpr int64_t kAheadBytes = 8192;

template <class T>
inline void fetch_ahead(const T* rows, int64_t count) {
  const char* const from = reinterpret_cast<const char*>(rows) + kAheadBytes;
  for (int64_t at = 0; at < count * int64_t(sizeof(T)); at += 64) __builtin_prefetch(from + at);
}

constexpr int kSummed = 8;  // rows that are summed in their own type

// x where a > b, else 0, by a mask as wide as x: a choice of floats would become a branch, a bool
// would want its own vectors.
inline float kept_above(float a, float b, float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  bits &= a > b ? ~uint32_t(0) : uint32_t(0);
  std::memcpy(&x, &bits, sizeof bits);
  return x;
}

inline double kept_above(double a, double b, double x) {
  uint64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  bits &= a > b ? ~uint64_t(0) : uint64_t(0);
  std::memcpy(&x, &bits, sizeof bits);
  return x;
}

// The activations that a normalisation can end with: the value, and what passes of a gradient.
struct Straight {
  template <class T>
  static T value(T z) {
    return z;
  }
  template <class T>
  static T passing(T, T gradient) {
    return gradient;
  }
};

struct AboveZero {
  template <class T>
  static T value(T z) {
    return T(0) > z ? T(0) : z;  // a NaN stays
  }
  template <class T>
  static T passing(T z, T gradient) {
    // The second comparison changes nothing; with the first alone GCC 12 makes narrow vectors.
    return kept_above(z, T(0), kept_above(z, -std::numeric_limits<T>::infinity(), gradient));
  }
};

struct ZeroToSix {
  template <class T>
  static T value(T z) {
    const T low = AboveZero::value(z);
    return low > T(6) ? T(6) : low;
  }
  template <class T>
  static T passing(T z, T gradient) {
    return kept_above(z, T(0), kept_above(T(6), z, gradient));
  }
};

// sums[j] += x - centre[j], squares[j] += (x - centre[j])^2
template <class T>
void add_quick_moments_to_columns(const T* x, int64_t count, int64_t c, const T* centre,
                                  double* sums, double* squares) {
  by_rows<kSummed>(count, c, [=](auto rows, int64_t first) {
    const T* __restrict row = x + first;
    const T* __restrict from = centre;
    double* __restrict sum = sums, * __restrict square = squares;
#pragma GCC ivdep
    for (int64_t j = 0; j < c; ++j) {
      T s = 0, q = 0;
      PYCONV_UNROLL
      for (int i = 0; i < decltype(rows)::count; ++i) {
        const T distance = row[i * c + j] - from[j];
        s += distance;
        q += distance * distance;
      }
      sum[j] += double(s);
      square[j] += double(q);
    }
  });
}

template <class T>
void add_moments_to_columns(const T* x, int64_t count, int64_t c, const double* centre,
                            double* sums, double* squares) {
  by_rows(count, c, [=](auto rows, int64_t first) {
    const T* __restrict row = x + first;
    const double* __restrict from = centre;
    double* __restrict sum = sums, * __restrict square = squares;
#pragma GCC ivdep
    for (int64_t j = 0; j < c; ++j) {
      double s = sum[j], q = square[j];
      PYCONV_UNROLL
      for (int i = 0; i < decltype(rows)::count; ++i) {
        const double distance = double(row[i * c + j]) - from[j];
        s += distance;
        q += distance * distance;
      }
      sum[j] = s;
      square[j] = q;
    }
  });
}

// What x has in common with its column.
template <class T>
inline T distance_of(T x, T centre, T rest) {
  return (x - centre) - rest;
}

// y = activation((x - centre) scale + shift (+ residual))
template <class T, class Curve>
void normalize_rows(const T* x, const T* residual, T* y, int64_t count, int64_t c,
                    const pyconv::NormColumns<T>& columns) {
  const T *__restrict centre = columns.centre, *__restrict rest = columns.rest,
                      *__restrict scale = columns.scale, *__restrict shift = columns.shift;
  const bool far = columns.far;
  by_rows(count, c, [=](auto rows, int64_t first) {
    const T* __restrict from = x + first, * __restrict other = residual + (residual ? first : 0);
    T* __restrict to = y + first;
    if (far) fetch_ahead(from, decltype(rows)::count * c);
    if (residual) {
#pragma GCC ivdep
      for (int64_t j = 0; j < c; ++j) {
        PYCONV_UNROLL
        for (int i = 0; i < decltype(rows)::count; ++i) {
          const T z = distance_of(from[i * c + j], centre[j], rest[j]) * scale[j] + shift[j];
          to[i * c + j] = Curve::value(z + other[i * c + j]);
        }
      }
    } else {
#pragma GCC ivdep
      for (int64_t j = 0; j < c; ++j) {
        PYCONV_UNROLL
        for (int i = 0; i < decltype(rows)::count; ++i) {
          const T z = distance_of(from[i * c + j], centre[j], rest[j]) * scale[j] + shift[j];
          to[i * c + j] = Curve::value(z);
        }
      }
    }
  });
}

// With dz what of dy passes the activation of z = (x - centre) scale + shift:
// sums[j] += dz, products[j] += dz (x - centre[j])
template <class T, class Curve>
void add_gradients_to_columns(const T* dy, const T* x, int64_t count, int64_t c,
                              const pyconv::NormColumns<T>& columns, double* sums,
                              double* products) {
  const T *__restrict centre = columns.centre, *__restrict rest = columns.rest,
                      *__restrict scale = columns.scale, *__restrict shift = columns.shift;
  const bool far = columns.far;
  by_rows<kSummed>(count, c, [=](auto rows, int64_t first) {
    const T* __restrict gradients = dy + first, * __restrict from = x + first;
    if (far) {
      fetch_ahead(gradients, decltype(rows)::count * c);
      fetch_ahead(from, decltype(rows)::count * c);
    }
    double* __restrict sum = sums, * __restrict product = products;
#pragma GCC ivdep
    for (int64_t j = 0; j < c; ++j) {
      T s = 0, p = 0;
      PYCONV_UNROLL
      for (int i = 0; i < decltype(rows)::count; ++i) {
        const T distance = distance_of(from[i * c + j], centre[j], rest[j]);
        const T gradient = Curve::passing(distance * scale[j] + shift[j], gradients[i * c + j]);
        s += gradient;
        p += gradient * distance;
      }
      sum[j] += double(s);
      product[j] += double(p);
    }
  });
}

// The same with the activation's result y; dz is kept, where dy lies if it may.
template <class T, class Curve>
void add_passing_gradients_to_columns(const T* dy, const T* y, const T* x, T* dz, int64_t count,
                                      int64_t c, const pyconv::NormColumns<T>& columns,
                                      double* sums, double* products) {
  const T* __restrict centre = columns.centre, * __restrict rest = columns.rest;
  const bool far = columns.far;
  by_rows<kSummed>(count, c, [=](auto rows, int64_t first) {
    const T* __restrict from = x + first, * __restrict result = y + first;
    const T* gradients = dy + first;
    T* to = dz + first;
    if (far) {
      fetch_ahead(gradients, decltype(rows)::count * c);
      fetch_ahead(from, decltype(rows)::count * c);
      fetch_ahead(result, decltype(rows)::count * c);
    }
    double* __restrict sum = sums, * __restrict product = products;
#pragma GCC ivdep
    for (int64_t j = 0; j < c; ++j) {
      T s = 0, p = 0;
      PYCONV_UNROLL
      for (int i = 0; i < decltype(rows)::count; ++i) {
        const T passing = Curve::passing(result[i * c + j], gradients[i * c + j]);
        to[i * c + j] = passing;
        s += passing;
        p += passing * distance_of(from[i * c + j], centre[j], rest[j]);
      }
      sum[j] += double(s);
      product[j] += double(p);
    }
  });
}

// dx = dz scale - offset - (x - centre) slope; dx may lie where dy does.
template <class T, class Curve>
void normalize_rows_backward(const T* dy, const T* x, T* dx, int64_t count, int64_t c,
                             const pyconv::NormColumns<T>& columns) {
  const T *__restrict centre = columns.centre, *__restrict rest = columns.rest,
                      *__restrict scale = columns.scale, *__restrict shift = columns.shift,
                      *__restrict offset = columns.offset, *__restrict slope = columns.slope;
  const bool far = columns.far;
  by_rows(count, c, [=](auto rows, int64_t first) {
    const T* __restrict from = x + first;
    const T* gradients = dy + first;
    if (far) {
      fetch_ahead(gradients, decltype(rows)::count * c);
      fetch_ahead(from, decltype(rows)::count * c);
    }
    T* to = dx + first;
#pragma GCC ivdep
    for (int64_t j = 0; j < c; ++j) {
      PYCONV_UNROLL
      for (int i = 0; i < decltype(rows)::count; ++i) {
        const T distance = distance_of(from[i * c + j], centre[j], rest[j]);
        const T gradient = Curve::passing(distance * scale[j] + shift[j], gradients[i * c + j]);
        to[i * c + j] = (gradient * scale[j] - offset[j]) - distance * slope[j];
      }
    }
  });
}

template <class T, class Curve>
constexpr void fill_normalization(pyconv::KernelTable<T>& table, pyconv::ActivationKind kind) {
  const int64_t i = static_cast<int64_t>(kind);
  table.normalize_rows[i] = &normalize_rows<T, Curve>;
  table.add_gradients_to_columns[i] = &add_gradients_to_columns<T, Curve>;
  table.add_passing_gradients_to_columns[i] = &add_passing_gradients_to_columns<T, Curve>;
  table.normalize_rows_backward[i] = &normalize_rows_backward<T, Curve>;
}

template <class T>
constexpr void fill_normalizations(pyconv::KernelTable<T>& table) {
  table.add_quick_moments_to_columns = &add_quick_moments_to_columns<T>;
  table.add_moments_to_columns = &add_moments_to_columns<T>;
  fill_normalization<T, Straight>(table, pyconv::ActivationKind::kLinear);
  fill_normalization<T, AboveZero>(table, pyconv::ActivationKind::kRelu);
  fill_normalization<T, ZeroToSix>(table, pyconv::ActivationKind::kRelu6);
}

}  // namespace
