// SPDX-License-Identifier: BSD-3-Clause
// The vector parts of a softmax row.
#pragma once

#include <cstdint>

#include "micro/exp.hpp"

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

// y[i] = exp(x[i] - shift)
template <class T>
void exp_row(const T* x, T shift, T* y, int64_t count) {
  using V = Vec<T>;
  const typename V::Reg s = V::set(shift);
  for (int64_t i = 0; i < count; i += V::width) {
    const typename V::Mask mask = V::tail(count - i);
    V::store(y + i, vector_exp<T>(V::sub(V::load(x + i, mask), s)), mask);
  }
}

// x[i] /= divisor
template <class T>
void divide_row(T* x, T divisor, int64_t count) {
  using V = Vec<T>;
  const typename V::Reg d = V::set(divisor);
  for (int64_t i = 0; i < count; i += V::width) {
    const typename V::Mask mask = V::tail(count - i);
    V::store(x + i, V::div(V::load(x + i, mask), d), mask);
  }
}

}  // namespace
