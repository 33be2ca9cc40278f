// SPDX-License-Identifier: BSD-3-Clause
// The vector parts of a softmax row.
#pragma once

#include <cstdint>

#include "micro/exp.hpp"
#include "micro/move.hpp"

namespace {

// The largest element; which one a NaN gives is undefined, the row is NaN then anyway.
template <class T>
T row_max(const T* x, int64_t count) {
  using V = Vec<T>;
  T largest = x[0];
  int64_t i = 0;
  if (count >= V::width) {
    typename V::Reg best = V::load(x);
    for (i = V::width; i + V::width <= count; i += V::width) best = V::max(best, V::load(x + i));
    T lanes[V::width];
    V::store(lanes, best);
    for (int lane = 0; lane < V::width; ++lane) {
      if (lanes[lane] > largest) largest = lanes[lane];
    }
  }
  for (; i < count; ++i) {
    if (x[i] > largest) largest = x[i];
  }
  return largest;
}

// y[i] = exp(x[i] - shift); the difference's rounding error counts too, it would grow with it.
template <class T>
void exp_row(const T* x, T shift, T* y, int64_t count) {
  using V = Vec<T>;
  const typename V::Reg s = V::set(shift);
  for (int64_t i = 0; i < count; i += V::width) {
    const typename V::Reg a = load_first(x + i, count - i);
    const typename V::Reg difference = V::sub(a, s);
    const typename V::Reg taken = V::sub(difference, a);
    const typename V::Reg error = V::sub(V::sub(a, V::sub(difference, taken)), V::add(s, taken));
    const typename V::Reg low = V::select(V::is_nan(error), V::zero(), error);
    store_first(y + i, vector_exp<T>(difference, low), count - i);
  }
}

// x[i] /= divisor
template <class T>
void divide_row(T* x, T divisor, int64_t count) {
  using V = Vec<T>;
  const typename V::Reg d = V::set(divisor);
  for (int64_t i = 0; i < count; i += V::width) {
    store_first(x + i, V::div(load_first<T>(x + i, count - i), d), count - i);
  }
}

}  // namespace
