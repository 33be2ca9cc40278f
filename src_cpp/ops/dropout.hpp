// SPDX-License-Identifier: BSD-3-Clause
// Dropout whose mask is recomputed from a seed and an element's place, never stored.
#pragma once

#include <cstdint>

#include "kernels.hpp"

namespace pyconv {

// x and y (outer, shared, inner): element (o, s, i) is dropped or kept with word o * inner + i, the
// same for all s. A dropped element is 0, even where x is not finite.
template <class T>
void dropout(const T* x, T* y, int64_t outer, int64_t shared, int64_t inner,
             const DropoutMask& mask);

}  // namespace pyconv
