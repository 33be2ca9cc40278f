// SPDX-License-Identifier: BSD-3-Clause
// Softmax of rows (n, classes), or its logarithm, and their gradients from the result y.
#pragma once

#include <cstdint>

namespace pyconv {

// y = exp(x) / sum exp(x), or x - log sum exp(x) with `logarithm`; a row with NaN, +inf or nothing
// but -inf becomes NaN.
template <class T>
void softmax(const T* x, T* y, int64_t n, int64_t classes, bool logarithm);

// dx = y (dy - sum dy y), or dy - exp(y) sum dy with `logarithm`.
template <class T>
void softmax_backward(const T* dy, const T* y, T* dx, int64_t n, int64_t classes, bool logarithm);

}  // namespace pyconv
