// SPDX-License-Identifier: BSD-3-Clause
// One pass over a piece of a parameter: m, v and w read and written once.
#pragma once

#include "kernels.hpp"
#include "micro/move.hpp"

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
    const int64_t here = count - i;
    const typename V::Reg g = load_first(grad + i, here);
    typename V::Reg mean = load_first<T>(m + i, here);
    typename V::Reg square = load_first<T>(v + i, here);
    mean = V::fma(V::sub(g, mean), first, mean);
    square = V::fma(V::fma(g, g, V::sub(V::zero(), square)), second, square);
    const typename V::Reg step = V::div(V::mul(mean, alpha), V::add(V::sqrt(square), epsilon));
    store_first(m + i, mean, here);
    store_first(v + i, square, here);
    store_first(param + i, V::sub(load_first<T>(param + i, here), step), here);
  }
}

}  // namespace
