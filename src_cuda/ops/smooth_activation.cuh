// SPDX-License-Identifier: BSD-3-Clause
// gelu, its approximation by tanh, and small parts of the other activations. gelu runs in double:
// in the tail its exponential magnifies the rounding of its argument.
#pragma once

#include "vocabulary.cuh"

namespace pyconv {

constexpr double kSeluScale = 1.0507009873554804934193349852946;
constexpr double kSeluFactor = kSeluScale * 1.6732632423543772848170429916717;
// sqrt(1 / 2), and what its rounding leaves.
constexpr double kRootHalf = 0.70710678118654752440, kRootHalfLow = -4.8336466567264567e-17;
// sqrt(8 / pi) (x + 0.044715 x^3) = x (kFirst + kThird x^2)
constexpr double kFirst = 1.5957691216057308115, kFirstLow = -9.9693088091109203e-17;
constexpr double kThird = 0.071354816272600249394, kThirdLow = -6.1751499181553155e-19;
constexpr double kRootOfTwoPi = 2.5066282746310005024;

// x, no lower than where its product with a tail is 0.
template <class T>
__device__ __forceinline__ T above_tail(T x) {
  return x < T(-1000) ? T(-1000) : x;
}

template <class T>
__device__ __forceinline__ T hard_sigmoid(T x) {
  const T shifted = x + T(3);
  return (shifted < T(0) ? T(0) : (shifted > T(6) ? T(6) : shifted)) / T(6);
}

// The normal distribution at x.
__device__ __forceinline__ double normal_distribution(double x) {
  const double t = -x * kRootHalf;
  const double error = fma(-x, kRootHalf, -t) - x * kRootHalfLow;
  const double tail = erfc(t);
  // erfc'(t) / erfc(t) is about -2 t where the error matters.
  return 0.5 * (t > 1.0 ? tail - tail * (2.0 * t * error) : tail);
}

struct Sides {
  double here, there;  // sigmoid(v), sigmoid(-v)
};

// v = x (kFirst + kThird x^2), with the rounding errors of each step.
__device__ __forceinline__ Sides gelu_sides(double x) {
  const double a = x < 0 ? -x : x;
  const double square = a * a, square_low = fma(a, a, -square);
  const double cubic = kThird * square;
  const double cubic_low = fma(kThird, square, -cubic) + (kThird * square_low + kThirdLow * square);
  const double factor = kFirst + cubic;
  const double taken = factor - kFirst;
  const double factor_low = (kFirst - (factor - taken)) + (cubic - taken) + (cubic_low + kFirstLow);
  const double v = a * factor, v_low = fma(a, factor, -v) + a * factor_low;
  const double e = exp(-v) * (1.0 - v_low);
  const double small = e / (1.0 + e), large = 1.0 / (1.0 + e);
  return x < 0 ? Sides{small, large} : Sides{large, small};
}

__device__ __forceinline__ double within_40(double x) {
  return x < -40.0 ? -40.0 : (x > 40.0 ? 40.0 : x);
}

template <class T>
__device__ __forceinline__ T gelu(T x, bool approximate) {
  const double near = within_40(x);
  const double factor = approximate ? gelu_sides(near).here : normal_distribution(near);
  return static_cast<T>(static_cast<double>(above_tail(x)) * factor);
}

template <class T>
__device__ __forceinline__ T gelu_slope(T x, bool approximate) {
  const double near = within_40(x);
  if (approximate) {
    const Sides s = gelu_sides(near);
    const double slope = kFirst + 3.0 * kThird * near * near;
    return static_cast<T>(s.here * (1.0 + near * s.there * slope));
  }
  const double square = near * near, square_low = fma(near, near, -square);
  const double density = exp(-0.5 * square) * (1.0 - 0.5 * square_low) / kRootOfTwoPi;
  return static_cast<T>(normal_distribution(near) + near * density);
}

}  // namespace pyconv
