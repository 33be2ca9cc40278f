// SPDX-License-Identifier: BSD-3-Clause
// Element types beyond C++'s own, as they lie in memory; codes in geometry.hpp's Dtype.
#pragma once

#include <cstdint>

namespace pyconv {

struct Float16 {
  uint16_t bits;
};
struct Bfloat16 {
  uint16_t bits;
};
// A float32 that a product rounds to a fraction of 10 bits when it reads it.
struct Tf32 {
  float value;
};

// What sums of T are kept in, and gradients of weights beside arrays of T.
template <class T>
struct SumType {
  using Type = float;
};
template <>
struct SumType<double> {
  using Type = double;
};
template <class T>
using SumOf = typename SumType<T>::Type;

}  // namespace pyconv
