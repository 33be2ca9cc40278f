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

}  // namespace pyconv
