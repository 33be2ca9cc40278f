// SPDX-License-Identifier: BSD-3-Clause
// exp(x) = 2^n exp(r) with |r| <= ln(2) / 2, within 2 ulp, and expm1 from the same parts; the
// polynomials are those of Cephes (S. L. Moshier, expf.c and exp.c).
#pragma once

namespace {

template <class T>
struct ExpRange;
template <>
struct ExpRange<float> {
  static constexpr float lowest = -104.0f, highest = 89.0f;  // beyond: 0 and inf
  static constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
};
template <>
struct ExpRange<double> {
  static constexpr double lowest = -746.0, highest = 710.0;
  static constexpr double ln2_high = 6.93145751953125e-1, ln2_low = 1.42860682030941723212e-6;
};

// exp(r) - 1
inline Vec<float>::Reg expm1_reduced(Vec<float>::Reg r) {
  using V = Vec<float>;
  V::Reg p = V::set(1.9875691500e-4f);
  p = V::fma(p, r, V::set(1.3981999507e-3f));
  p = V::fma(p, r, V::set(8.3334519073e-3f));
  p = V::fma(p, r, V::set(4.1665795894e-2f));
  p = V::fma(p, r, V::set(1.6666665459e-1f));
  p = V::fma(p, r, V::set(5.0000001201e-1f));
  return V::fma(p, V::mul(r, r), r);
}

inline Vec<double>::Reg expm1_reduced(Vec<double>::Reg r) {
  using V = Vec<double>;
  const V::Reg square = V::mul(r, r);
  V::Reg p = V::set(1.26177193074810590878e-4);
  p = V::fma(p, square, V::set(3.02994407707441961300e-2));
  p = V::fma(p, square, V::set(9.99999999999999999910e-1));
  p = V::mul(p, r);
  V::Reg q = V::set(3.00198505138664455042e-6);
  q = V::fma(q, square, V::set(2.52448340349684104192e-3));
  q = V::fma(q, square, V::set(2.27265548208155028766e-1));
  q = V::fma(q, square, V::set(2.00000000000000000009e0));
  return V::mul(V::set(2.0), V::div(p, V::sub(q, p)));
}

// exp(x + low), `low` no larger than a rounding error of x.
template <class T>
inline typename Vec<T>::Reg vector_exp(typename Vec<T>::Reg x, typename Vec<T>::Reg low) {
  using V = Vec<T>;
  using R = ExpRange<T>;
  typename V::Reg clipped = V::min(V::max(x, V::set(R::lowest)), V::set(R::highest));
  const typename V::Reg n = V::round(V::mul(clipped, V::set(T(1.44269504088896341))));
  typename V::Reg r = V::fma(n, V::set(-R::ln2_high), clipped);
  r = V::add(V::fma(n, V::set(-R::ln2_low), r), low);
  // In two steps, so that results near overflow and denormal results come out right.
  const typename V::Reg half = V::round(V::mul(n, V::set(T(0.5))));
  const typename V::Reg exp_r = V::add(expm1_reduced(r), V::set(T(1)));
  const typename V::Reg y = V::mul(V::mul(exp_r, V::pow2(half)), V::pow2(V::sub(n, half)));
  return V::select(V::is_nan(x), x, y);
}

template <class T>
inline typename Vec<T>::Reg vector_exp(typename Vec<T>::Reg x) {
  return vector_exp<T>(x, Vec<T>::zero());
}

// exp(x) - 1 for x <= 0, close near 0 too; any number for x > 0 and for NaN.
template <class T>
inline typename Vec<T>::Reg vector_expm1(typename Vec<T>::Reg x) {
  using V = Vec<T>;
  using R = ExpRange<T>;
  // exp(-40) is lost beside 1.
  const typename V::Reg clipped = V::min(V::max(x, V::set(T(-40))), V::zero());
  const typename V::Reg n = V::round(V::mul(clipped, V::set(T(1.44269504088896341))));
  typename V::Reg r = V::fma(n, V::set(-R::ln2_high), clipped);
  r = V::fma(n, V::set(-R::ln2_low), r);
  const typename V::Reg power = V::pow2(n);
  return V::fma(power, expm1_reduced(r), V::sub(power, V::set(T(1))));
}

}  // namespace
