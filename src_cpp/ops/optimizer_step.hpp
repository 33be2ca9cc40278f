// SPDX-License-Identifier: BSD-3-Clause
// One step of an optimizer on a list of tensors, in place, in one parallel region.
#pragma once

#include <cstdint>

#include "geometry.hpp"

namespace pyconv {

// w -= decay w, then the rule; geometry.hpp says what the options mean.
template <class T>
void optimizer_step(StepRule rule, const StepTensor* tensors, int64_t count,
                    const StepOptions& options);

}  // namespace pyconv
