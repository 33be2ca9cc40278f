// SPDX-License-Identifier: BSD-3-Clause
// One pass over a piece of a parameter: m, v and w read and written once.
#pragma once

#include "kernels.hpp"

namespace {

template <class T>
void adam_step(T* param, const T* grad, T* m, T* v, int64_t count,
               const pyconv::AdamRates<T>& rates) {
  using V = Vec<T>;
  const typename V::Reg first = V::set(rates.one_minus_beta_1);
  const typename V::Reg second = V::set(rates.one_minus_beta_2);
  const typename V::Reg alpha = V::set(rates.alpha);
  const typename V::Reg epsilon = V::set(rates.epsilon);
  for (int64_t i = 0; i < count; i += V::width) {
    const typename V::Mask mask = V::tail(count - i);
    const typename V::Reg g = V::load(grad + i, mask);
    typename V::Reg mean = V::load(m + i, mask);
    typename V::Reg square = V::load(v + i, mask);
    mean = V::add(mean, V::mul(V::sub(g, mean), first));
    square = V::add(square, V::mul(V::sub(V::mul(g, g), square), second));
    const typename V::Reg step =
        V::div(V::mul(mean, alpha), V::add(V::sqrt(square), epsilon));
    V::store(m + i, mean, mask);
    V::store(v + i, square, mask);
    V::store(param + i, V::sub(V::load(param + i, mask), step), mask);
  }
}

}  // namespace
