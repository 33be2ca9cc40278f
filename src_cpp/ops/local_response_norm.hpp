// SPDX-License-Identifier: BSD-3-Clause
// Local response normalisation of rows (n, c): y_i = x_i / (k + alpha sum x_j^2)^beta over the
// channels j from i - (size - 1) / 2 to i + size / 2.
#pragma once

#include <cstdint>

namespace pyconv {

struct ResponseOptions {
  int64_t size;
  double k, alpha, beta;
};

template <class T>
void local_response_norm(const T* x, T* y, int64_t n, int64_t c, const ResponseOptions& options);

template <class T>
void local_response_norm_backward(const T* dy, const T* x, T* dx, int64_t n, int64_t c,
                                  const ResponseOptions& options);

}  // namespace pyconv
