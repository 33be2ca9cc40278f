// SPDX-License-Identifier: BSD-3-Clause
// Polynomials by Horner's rule, and sums and products whose rounding errors are kept: value = high
// + low.
#pragma once

#include "simd/unroll.hpp"

namespace {

// terms[0] x^(n - 1) + ... + terms[n - 1]
template <class T, int N>
inline typename Vec<T>::Reg polynomial(const T (&terms)[N], typename Vec<T>::Reg x) {
  using V = Vec<T>;
  typename V::Reg p = V::set(terms[0]);
  PYCONV_UNROLL
  for (int i = 1; i < N; ++i) p = V::fma(p, x, V::set(terms[i]));
  return p;
}

template <class T>
struct Exact {
  typename Vec<T>::Reg high, low;
};

// Dekker's product: it needs no fused multiply-add, which one instruction set lacks.
template <class T>
inline Exact<T> exact_product(typename Vec<T>::Reg a, typename Vec<T>::Reg b) {
  using V = Vec<T>;
  const typename V::Reg split = V::set(sizeof(T) == 4 ? T(4097) : T(134217729));
  const auto upper = [&](typename V::Reg x) {
    const typename V::Reg wide = V::mul(x, split);
    return V::sub(wide, V::sub(wide, x));
  };
  const typename V::Reg a1 = upper(a), a2 = V::sub(a, a1);
  const typename V::Reg b1 = upper(b), b2 = V::sub(b, b1);
  const typename V::Reg high = V::mul(a, b);
  typename V::Reg low = V::sub(V::mul(a1, b1), high);
  low = V::add(V::add(low, V::mul(a1, b2)), V::mul(a2, b1));
  return {high, V::add(low, V::mul(a2, b2))};
}

// Knuth's sum.
template <class T>
inline Exact<T> exact_sum(typename Vec<T>::Reg a, typename Vec<T>::Reg b) {
  using V = Vec<T>;
  const typename V::Reg high = V::add(a, b);
  const typename V::Reg taken = V::sub(high, a);
  return {high, V::add(V::sub(a, V::sub(high, taken)), V::sub(b, taken))};
}

}  // namespace
