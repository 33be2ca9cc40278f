// SPDX-License-Identifier: BSD-3-Clause
// gelu(x) = x P(x), P the normal distribution, and its approximation x sigmoid(v) with
// v = sqrt(8 / pi) (x + 0.044715 x^3), which hold their digits in the tail, where P is tiny; swish.
#pragma once

#include "micro/activation.hpp"
#include "micro/exp.hpp"
#include "micro/polynomial.hpp"

namespace {

// (a + 2) P(-a) exp(a^2 / 2) for a >= 0, as a polynomial in (a - 4) / (a + 4), near-minimax.
template <class T>
struct NormalTail;
template <>
struct NormalTail<float> {
  static constexpr float terms[] = {-6.683685883e-5f, -1.220210902e-4f, 5.172741688e-4f,
                                    3.484338698e-4f,  -4.497705898e-3f, 9.44460935e-3f,
                                    -1.332720757e-3f, -4.310708414e-2f, 1.38378881e-1f,
                                    -2.671011979e-1f, 5.664638478e-1f};
};
template <>
struct NormalTail<double> {
  static constexpr double terms[] = {
      -1.894870319701394815e-10, 2.922366701584427618e-9,  1.220177466191842928e-8,
      -7.728053722342268035e-9,  -9.286780521610978431e-8, -4.955069533410646677e-8,
      4.500342170955305795e-7,   6.079993759123403911e-7,  -1.947070167726394838e-6,
      -4.260000206917423365e-6,  9.321754333364082631e-6,  2.588100485913432895e-5,
      -5.920447618004473675e-5,  -1.399850123217955211e-4, 5.077127819352299498e-4,
      3.53190735785165148e-4,    -4.494816511405791907e-3, 9.44400199884449739e-3,
      -1.333033321975668539e-3,  -4.310704328422769578e-2, 1.383788900636926153e-1,
      -2.671011988749808386e-1,  5.664638478118136056e-1};
};

// Beyond 40 in size every tail is 0; NaN becomes 40.
template <class T>
inline typename Vec<T>::Reg tail_argument(typename Vec<T>::Reg x) {
  return Vec<T>::min(absolute<T>(x), Vec<T>::set(T(40)));
}

// x, no lower than where its product with a tail is 0.
template <class T>
inline typename Vec<T>::Reg above_tail(typename Vec<T>::Reg x) {
  return Vec<T>::max(Vec<T>::set(T(-1000)), x);  // in this order NaN stays
}

template <class T>
struct NormalParts {
  typename Vec<T>::Reg distribution, density;
};

template <class T>
inline NormalParts<T> normal_parts(typename Vec<T>::Reg x) {
  using V = Vec<T>;
  const typename V::Reg a = tail_argument<T>(x);
  const Exact<T> square = exact_product<T>(a, a);
  const typename V::Reg minus_half = V::set(T(-0.5));
  const typename V::Reg e =
      vector_exp<T>(V::mul(square.high, minus_half), V::mul(square.low, minus_half));
  const typename V::Reg four = V::set(T(4));
  const typename V::Reg p =
      polynomial<T>(NormalTail<T>::terms, V::div(V::sub(a, four), V::add(a, four)));
  const typename V::Reg tail = V::div(V::mul(e, p), V::add(a, V::set(T(2))));
  const typename V::Mask negative = V::greater(V::zero(), x);
  return {V::select(negative, tail, V::sub(V::set(T(1)), tail)),
          V::mul(e, V::set(T(0.39894228040143267794)))};
}

struct Gelu {
  template <class T>
  static typename Vec<T>::Reg value(typename Vec<T>::Reg x, const pyconv::ActivationOptions&) {
    return Vec<T>::mul(above_tail<T>(x), normal_parts<T>(x).distribution);
  }
  template <class T>
  static typename Vec<T>::Reg gradient(typename Vec<T>::Reg x, typename Vec<T>::Reg dy,
                                       const pyconv::ActivationOptions&) {
    using V = Vec<T>;
    const NormalParts<T> parts = normal_parts<T>(x);
    const typename V::Reg near = V::min(V::set(T(40)), V::max(V::set(T(-40)), x));
    return V::mul(dy, V::fma(near, parts.density, parts.distribution));
  }
};

// sigmoid(v) and sigmoid(-v); the sign is that of x.
template <class T>
struct SigmoidParts {
  typename Vec<T>::Reg here, there;
};

// size = |v|, size_low its rounding error
template <class T>
inline SigmoidParts<T> sigmoid_parts(typename Vec<T>::Reg x, typename Vec<T>::Reg size,
                                     typename Vec<T>::Reg size_low) {
  using V = Vec<T>;
  const typename V::Reg one = V::set(T(1));
  const typename V::Reg e = vector_exp<T>(V::sub(V::zero(), size), V::sub(V::zero(), size_low));
  const typename V::Reg sum = V::add(one, e);
  const typename V::Reg large = V::div(one, sum), small = V::div(e, sum);
  const typename V::Mask negative = V::greater(V::zero(), x);
  return {V::select(negative, small, large), V::select(negative, large, small)};
}

struct GeluTanh {
  // v = x (first + third x^2); each factor with what its rounding to T leaves.
  static constexpr double first = 1.5957691216057308115, first_low = -9.9693088091109203e-17;
  static constexpr double third = 0.071354816272600249394, third_low = -6.1751499181553155e-19;

  template <class T>
  static constexpr T low_part(double high, double low) {
    return T(high - double(T(high)) + low);
  }
  template <class T>
  static SigmoidParts<T> parts(typename Vec<T>::Reg x) {
    using V = Vec<T>;
    const typename V::Reg a = tail_argument<T>(x);
    const Exact<T> square = exact_product<T>(a, a);
    const typename V::Reg b = V::set(T(third));
    Exact<T> cubic = exact_product<T>(b, square.high);
    cubic.low = V::fma(V::set(low_part<T>(third, third_low)), square.high, cubic.low);
    cubic.low = V::fma(b, square.low, cubic.low);
    Exact<T> factor = exact_sum<T>(V::set(T(first)), cubic.high);
    factor.low = V::add(factor.low, V::add(cubic.low, V::set(low_part<T>(first, first_low))));
    const Exact<T> v = exact_product<T>(a, factor.high);
    return sigmoid_parts<T>(x, v.high, V::fma(a, factor.low, v.low));
  }
  template <class T>
  static typename Vec<T>::Reg value(typename Vec<T>::Reg x, const pyconv::ActivationOptions&) {
    return Vec<T>::mul(above_tail<T>(x), parts<T>(x).here);
  }
  template <class T>
  static typename Vec<T>::Reg gradient(typename Vec<T>::Reg x, typename Vec<T>::Reg dy,
                                       const pyconv::ActivationOptions&) {
    using V = Vec<T>;
    const SigmoidParts<T> s = parts<T>(x);
    const typename V::Reg near = V::min(V::set(T(40)), V::max(V::set(T(-40)), x));
    const typename V::Reg slope =
        V::fma(V::mul(near, near), V::set(T(3 * third)), V::set(T(first)));
    const typename V::Reg curve = V::mul(V::mul(near, s.there), slope);
    return V::mul(dy, V::mul(s.here, V::add(V::set(T(1)), curve)));
  }
};

// x sigmoid(x)
struct Swish {
  template <class T>
  static typename Vec<T>::Reg value(typename Vec<T>::Reg x, const pyconv::ActivationOptions&) {
    return Vec<T>::mul(above_tail<T>(x), sigmoid_parts<T>(x, absolute<T>(x), Vec<T>::zero()).here);
  }
  template <class T>
  static typename Vec<T>::Reg gradient(typename Vec<T>::Reg x, typename Vec<T>::Reg dy,
                                       const pyconv::ActivationOptions&) {
    using V = Vec<T>;
    const SigmoidParts<T> s = sigmoid_parts<T>(x, absolute<T>(x), V::zero());
    const typename V::Reg near = V::min(V::set(T(1000)), above_tail<T>(x));
    return V::mul(dy, V::mul(s.here, V::fma(near, s.there, V::set(T(1)))));
  }
};

}  // namespace
