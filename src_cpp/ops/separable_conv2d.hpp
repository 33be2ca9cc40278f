// SPDX-License-Identifier: BSD-3-Clause
// A depthwise convolution and the convolution of one tap after it, band by band in the cache.
#pragma once

#include "geometry.hpp"

namespace pyconv {

// The filters of one of the two, and what ends it.
template <class T>
struct FiltersAndEnd {
  const T *kernel, *bias;
  ActivationKind activation;
};

// The bits of the two one by one. `depthwise` has as many filters as channels, and every window
// meets a pixel; `point` takes what it makes, pixel by pixel; prepared: of conv2d_prepare, or null.
template <class T>
void separable_conv2d(const T* x, const FiltersAndEnd<T>& first, const FiltersAndEnd<T>& second,
                      T* y, const Window& depthwise, const Window& point, const T* prepared);

}  // namespace pyconv
