// SPDX-License-Identifier: BSD-3-Clause
// Activations and their gradients, vector by vector. Those of this file give the gradient from y.
#pragma once

#include <cstdint>

#include "kernels.hpp"
#include "micro/exp.hpp"

namespace {

template <class T>
inline typename Vec<T>::Reg absolute(typename Vec<T>::Reg x) {
  return Vec<T>::max(x, Vec<T>::sub(Vec<T>::zero(), x));
}

// tanh for |x| < 0.625 without cancellation: x + x^3 P(x^2), after Cephes' tanhf.c and tanh.c.
inline Vec<float>::Reg tanh_near_zero(Vec<float>::Reg x) {
  using V = Vec<float>;
  const V::Reg square = V::mul(x, x);
  V::Reg p = V::set(-5.70498872745e-3f);
  p = V::fma(p, square, V::set(2.06390887954e-2f));
  p = V::fma(p, square, V::set(-5.37397155531e-2f));
  p = V::fma(p, square, V::set(1.33314422036e-1f));
  p = V::fma(p, square, V::set(-3.33332819422e-1f));
  return V::fma(V::mul(p, square), x, x);
}

inline Vec<double>::Reg tanh_near_zero(Vec<double>::Reg x) {
  using V = Vec<double>;
  const V::Reg square = V::mul(x, x);
  V::Reg p = V::set(-9.64399179425052238628e-1);
  p = V::fma(p, square, V::set(-9.92877231001918586564e1));
  p = V::fma(p, square, V::set(-1.61468768441708447952e3));
  V::Reg q = V::add(square, V::set(1.12811678491632931402e2));
  q = V::fma(q, square, V::set(2.23548839060100448583e3));
  q = V::fma(q, square, V::set(4.84406305325125486048e3));
  return V::fma(V::mul(V::div(p, q), square), x, x);
}

// Each activation: value of x, and derivative from the value y.
struct Relu {
  template <class T>
  static typename Vec<T>::Reg value(typename Vec<T>::Reg x, const pyconv::ActivationOptions&) {
    // A NaN is not below zero: it stays.
    return Vec<T>::select(Vec<T>::greater(Vec<T>::zero(), x), Vec<T>::zero(), x);
  }
  template <class T>
  static typename Vec<T>::Reg gradient(typename Vec<T>::Reg y, typename Vec<T>::Reg dy,
                                       const pyconv::ActivationOptions&) {
    return Vec<T>::select(Vec<T>::greater(y, Vec<T>::zero()), dy, Vec<T>::zero());
  }
};

struct Relu6 {
  template <class T>
  static typename Vec<T>::Reg value(typename Vec<T>::Reg x, const pyconv::ActivationOptions& o) {
    const typename Vec<T>::Reg six = Vec<T>::set(T(6));
    const typename Vec<T>::Reg low = Relu::value<T>(x, o);
    return Vec<T>::select(Vec<T>::greater(low, six), six, low);
  }
  template <class T>
  static typename Vec<T>::Reg gradient(typename Vec<T>::Reg y, typename Vec<T>::Reg dy,
                                       const pyconv::ActivationOptions&) {
    using V = Vec<T>;
    const typename V::Mask linear = V::both(V::greater(y, V::zero()), V::greater(V::set(T(6)), y));
    return V::select(linear, dy, V::zero());
  }
};

struct Sigmoid {
  template <class T>
  static typename Vec<T>::Reg value(typename Vec<T>::Reg x, const pyconv::ActivationOptions&) {
    using V = Vec<T>;
    const typename V::Reg one = V::set(T(1));
    const typename V::Reg e = vector_exp<T>(V::sub(V::zero(), absolute<T>(x)));
    const typename V::Reg top = V::select(V::greater(V::zero(), x), e, one);
    return V::select(V::is_nan(x), x, V::div(top, V::add(one, e)));
  }
  template <class T>
  static typename Vec<T>::Reg gradient(typename Vec<T>::Reg y, typename Vec<T>::Reg dy,
                                       const pyconv::ActivationOptions&) {
    return Vec<T>::mul(dy, Vec<T>::mul(y, Vec<T>::sub(Vec<T>::set(T(1)), y)));
  }
};

struct Tanh {
  template <class T>
  static typename Vec<T>::Reg value(typename Vec<T>::Reg x, const pyconv::ActivationOptions&) {
    using V = Vec<T>;
    const typename V::Reg one = V::set(T(1));
    const typename V::Reg size = absolute<T>(x);
    const typename V::Reg e = vector_exp<T>(V::add(size, size));
    const typename V::Reg far = V::sub(one, V::div(V::set(T(2)), V::add(e, one)));
    const typename V::Reg signed_far =
        V::select(V::greater(V::zero(), x), V::sub(V::zero(), far), far);
    const typename V::Reg y =
        V::select(V::greater(V::set(T(0.625)), size), tanh_near_zero(x), signed_far);
    // -0 stays -0.
    return V::select(V::either(V::is_nan(x), V::equal(x, V::zero())), x, y);
  }
  // (1 - y)(1 + y): 1 - y y would lose its digits near 1.
  template <class T>
  static typename Vec<T>::Reg gradient(typename Vec<T>::Reg y, typename Vec<T>::Reg dy,
                                       const pyconv::ActivationOptions&) {
    using V = Vec<T>;
    const typename V::Reg one = V::set(T(1));
    return V::mul(dy, V::mul(V::sub(one, y), V::add(one, y)));
  }
};

}  // namespace
