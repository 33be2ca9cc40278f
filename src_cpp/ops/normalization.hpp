// SPDX-License-Identifier: BSD-3-Clause
// What batch, layer and group normalisation share: y = (x - mean) / sqrt(variance + epsilon) gamma
// + beta, with a mean and a variance for each group of channels of each image.
#pragma once

#include <cstdint>

#include "geometry.hpp"

namespace pyconv {

// x is (n, pixels, c), in `groups` groups of c / groups neighbouring channels; nothing is empty.
// Batch normalisation is one image of many pixels with groups = c, layer normalisation images of
// one pixel with one group.
struct NormShape {
  int64_t n, pixels, c, groups;
};

// How y ends: a residual of its shape is added unless null, then comes an activation up to kRelu6;
// each with the bits that it has alone.
template <class T>
struct NormEnd {
  ActivationKind activation = ActivationKind::kLinear;
  const T* residual = nullptr;
};

// mean and the biased variance are (n, groups): read where `fixed` is set, else written; gamma and
// beta are (c,) or null.
template <class T>
void normalize(const T* x, const T* gamma, const T* beta, double* mean, double* variance, T* y,
               const NormShape& shape, double epsilon, bool fixed, const NormEnd<T>& end = {});

// Where y ended with an activation. Without a residual its gradient is found from x and beta;
// with one from y, and dz, the gradient of the residual, is written, which may lie where dy does.
template <class T>
struct NormEndGradient {
  ActivationKind activation = ActivationKind::kLinear;
  const T *beta = nullptr, *y = nullptr;
  T* dz = nullptr;
};

// With `fixed` statistics mean and variance are constants. dx, dgamma and dbeta may be null; dx may
// lie where dy does, unless dz is written.
template <class T>
void normalize_backward(const T* dy, const T* x, const T* gamma, const double* mean,
                        const double* variance, T* dx, T* dgamma, T* dbeta, const NormShape& shape,
                        double epsilon, bool fixed, const NormEndGradient<T>& end = {});

}  // namespace pyconv
