// SPDX-License-Identifier: BSD-3-Clause
// Adam on a list of tensors in one parallel region.
#pragma once

#include <cstdint>

namespace pyconv {

// A record of the table that Python packs.
struct AdamTensor {
  uint64_t param, grad, m, v;  // addresses
  int64_t size;
};

struct AdamOptions {
  double learning_rate, beta_1, beta_2, epsilon;
  int64_t step;  // from 1
};

template <class T>
void adam_step(const AdamTensor* tensors, int64_t count, const AdamOptions& options);

}  // namespace pyconv
