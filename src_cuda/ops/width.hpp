// SPDX-License-Identifier: BSD-3-Clause
// How much of memory a kernel reads at once, as a template constant.
#pragma once

#include <type_traits>

#include "launch.cuh"
#include "pack.cuh"

namespace pyconv {

// Calls body with the width of reads: a pack of 16 bytes, or one element.
template <class T, class Body>
void with_width(bool packed, Body body) {
  if (packed) {
    body(std::integral_constant<int, kPackOf<T>>{});
  } else {
    body(std::integral_constant<int, 1>{});
  }
}

// Whether all arrays begin where a pack may.
template <class... Arrays>
bool all_aligned(const Arrays&... arrays) {
  return (is_aligned(arrays, 16) && ...);
}

}  // namespace pyconv
