// SPDX-License-Identifier: BSD-3-Clause
// Activations bent at a point or soft at their bend; their gradients come from x.
#pragma once

#include <limits>

#include "micro/activation.hpp"
#include "micro/exp.hpp"
#include "micro/log1p.hpp"

namespace {

// Above the threshold x, up to `upper`; below it slope (x - threshold).
struct LeakyRelu {
  template <class T>
  static typename Vec<T>::Reg value(typename Vec<T>::Reg x, const pyconv::ActivationOptions& o) {
    using V = Vec<T>;
    const typename V::Reg threshold = V::set(T(o.threshold));
    // A slope of 0 makes 0 of -inf, too. In this order NaN stays.
    const T lowest =
        o.slope == 0 ? std::numeric_limits<T>::lowest() : -std::numeric_limits<T>::infinity();
    const typename V::Reg below = V::max(V::set(lowest), V::sub(x, threshold));
    return V::select(V::greater(x, threshold), V::min(x, V::set(T(o.upper))),
                     V::mul(V::set(T(o.slope)), below));
  }
  template <class T>
  static typename Vec<T>::Reg gradient(typename Vec<T>::Reg x, typename Vec<T>::Reg dy,
                                       const pyconv::ActivationOptions& o) {
    using V = Vec<T>;
    const typename V::Reg above = V::select(V::greater(V::set(T(o.upper)), x), dy, V::zero());
    return V::select(V::greater(x, V::set(T(o.threshold))), above, V::mul(V::set(T(o.slope)), dy));
  }
};

// x above 0, scaled; factor (e^x - 1) below.
template <class T>
inline typename Vec<T>::Reg scaled_elu(typename Vec<T>::Reg x, T scale, T factor) {
  using V = Vec<T>;
  return V::select(V::greater(V::zero(), x), V::mul(V::set(factor), vector_expm1<T>(x)),
                   V::mul(V::set(scale), x));
}
template <class T>
inline typename Vec<T>::Reg scaled_elu_gradient(typename Vec<T>::Reg x, typename Vec<T>::Reg dy,
                                                T scale, T factor) {
  using V = Vec<T>;
  const typename V::Reg below = V::mul(V::set(factor), vector_exp<T>(x));
  return V::mul(dy, V::select(V::greater(x, V::zero()), V::set(scale), below));
}

struct Elu {
  template <class T>
  static typename Vec<T>::Reg value(typename Vec<T>::Reg x, const pyconv::ActivationOptions& o) {
    return scaled_elu<T>(x, T(1), T(o.slope));
  }
  template <class T>
  static typename Vec<T>::Reg gradient(typename Vec<T>::Reg x, typename Vec<T>::Reg dy,
                                       const pyconv::ActivationOptions& o) {
    return scaled_elu_gradient<T>(x, dy, T(1), T(o.slope));
  }
};

struct Selu {
  static constexpr double scale = 1.0507009873554804934193349852946;
  static constexpr double factor = scale * 1.6732632423543772848170429916717;
  template <class T>
  static typename Vec<T>::Reg value(typename Vec<T>::Reg x, const pyconv::ActivationOptions&) {
    return scaled_elu<T>(x, T(scale), T(factor));
  }
  template <class T>
  static typename Vec<T>::Reg gradient(typename Vec<T>::Reg x, typename Vec<T>::Reg dy,
                                       const pyconv::ActivationOptions&) {
    return scaled_elu_gradient<T>(x, dy, T(scale), T(factor));
  }
};

// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|)
struct Softplus {
  template <class T>
  static typename Vec<T>::Reg value(typename Vec<T>::Reg x, const pyconv::ActivationOptions&) {
    using V = Vec<T>;
    const typename V::Reg e = vector_exp<T>(V::sub(V::zero(), absolute<T>(x)));
    return V::add(V::max(V::zero(), x), vector_log1p<T>(e));
  }
  template <class T>
  static typename Vec<T>::Reg gradient(typename Vec<T>::Reg x, typename Vec<T>::Reg dy,
                                       const pyconv::ActivationOptions& o) {
    return Vec<T>::mul(dy, Sigmoid::value<T>(x, o));
  }
};

// relu6(x + 3) / 6
struct HardSigmoid {
  template <class T>
  static typename Vec<T>::Reg value(typename Vec<T>::Reg x, const pyconv::ActivationOptions& o) {
    using V = Vec<T>;
    return V::div(Relu6::value<T>(V::add(x, V::set(T(3))), o), V::set(T(6)));
  }
  template <class T>
  static typename Vec<T>::Mask inside(typename Vec<T>::Reg x) {
    return Vec<T>::greater(Vec<T>::set(T(3)), absolute<T>(x));
  }
  template <class T>
  static typename Vec<T>::Reg gradient(typename Vec<T>::Reg x, typename Vec<T>::Reg dy,
                                       const pyconv::ActivationOptions&) {
    using V = Vec<T>;
    return V::select(inside<T>(x), V::div(dy, V::set(T(6))), V::zero());
  }
};

// x relu6(x + 3) / 6
struct HardSwish {
  template <class T>
  static typename Vec<T>::Reg value(typename Vec<T>::Reg x, const pyconv::ActivationOptions& o) {
    using V = Vec<T>;
    return V::mul(V::max(V::set(T(-3)), x), HardSigmoid::value<T>(x, o));
  }
  template <class T>
  static typename Vec<T>::Reg gradient(typename Vec<T>::Reg x, typename Vec<T>::Reg dy,
                                       const pyconv::ActivationOptions& o) {
    using V = Vec<T>;
    const typename V::Reg more =
        V::select(HardSigmoid::inside<T>(x), V::div(x, V::set(T(6))), V::zero());
    return V::mul(dy, V::add(HardSigmoid::value<T>(x, o), more));
  }
};

}  // namespace
