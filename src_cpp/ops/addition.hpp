// SPDX-License-Identifier: BSD-3-Clause
// The sum of two arrays, element by element.
#pragma once

#include <cstdint>

namespace pyconv {

// y[i] = a[i] + b[i]; y may be one of the two.
template <class T>
void add(const T* a, const T* b, T* y, int64_t size);

}  // namespace pyconv
