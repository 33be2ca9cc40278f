// SPDX-License-Identifier: BSD-3-Clause
// What batch, layer and group normalisation share: y = (x - mean) / sqrt(variance + epsilon) gamma
// + beta, with a mean and a variance for each group of channels of each image.
#pragma once

#include <cstdint>

namespace pyconv {

// x is (n, pixels, c), in `groups` groups of c / groups neighbouring channels; nothing is empty.
// Batch normalisation is one image of many pixels with groups = c, layer normalisation images of
// one pixel with one group.
struct NormShape {
  int64_t n, pixels, c, groups;
};

// mean and the biased variance are (n, groups): read where `fixed` is set, else written; gamma and
// beta are (c,) or null.
template <class T>
void normalize(const T* x, const T* gamma, const T* beta, double* mean, double* variance, T* y,
               const NormShape& shape, double epsilon, bool fixed);

// With `fixed` statistics mean and variance are constants. dx, dgamma and dbeta may be null.
template <class T>
void normalize_backward(const T* dy, const T* x, const T* gamma, const double* mean,
                        const double* variance, T* dx, T* dgamma, T* dbeta, const NormShape& shape,
                        double epsilon, bool fixed);

}  // namespace pyconv
