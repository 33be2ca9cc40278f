// SPDX-License-Identifier: BSD-3-Clause
// log(1 + x) = 2 atanh(s) with s = x / (2 + x), for 0 <= x <= 1, so that s^2 <= 1/9.
#pragma once

#include "micro/polynomial.hpp"

namespace {

// 2 (atanh(s) / s - 1) / s^2 as a polynomial in s^2, near-minimax.
template <class T>
struct Log1pPolynomial;
template <>
struct Log1pPolynomial<float> {
  static constexpr float terms[] = {0.2322432922f, 0.217065758f, 0.2859235799f, 0.3999970633f,
                                    0.6666666732f};
};
template <>
struct Log1pPolynomial<double> {
  static constexpr double terms[] = {
      0.1563057780092285045, 0.07492143795550767301, 0.1084517839488001482, 0.1173427906130319746,
      0.1333517863144925584, 0.1538454396486054929,  0.1818181989796271438, 0.2222222219823677056,
      0.2857142857160009929, 0.3999999999999952251,  0.6666666666666666689};
};

template <class T>
inline typename Vec<T>::Reg vector_log1p(typename Vec<T>::Reg x) {
  using V = Vec<T>;
  const typename V::Reg s = V::div(x, V::add(x, V::set(T(2))));
  const typename V::Reg square = V::mul(s, s);
  const typename V::Reg p = V::mul(polynomial<T>(Log1pPolynomial<T>::terms, square), square);
  return V::fma(p, s, V::add(s, s));
}

}  // namespace
