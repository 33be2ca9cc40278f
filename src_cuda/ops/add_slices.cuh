// SPDX-License-Identifier: BSD-3-Clause
// y = activation(bias + slices of a sum, added left to right in double). One thread, one element.
#pragma once

#include "ops/activation.cuh"
#include "ops/divisor.cuh"

namespace pyconv {

template <class T>
struct AddSlicesParams {
  Global<const T> slices;      // (count, pitch)
  Global<T> sum;               // (size)
  int64_t count, size, pitch;  // from a slice to the next
  Global<const T> bias;        // (channels), or null
  Divisor inner, channels;     // elements of a channel side by side
  ActivationKind activation;
};

template <class T>
__global__ void add_slices_kernel(AddSlicesParams<T> p) {
  const int64_t i = global_thread();
  if (i >= p.size) return;
  double sum = 0;
#pragma unroll 8
  for (int64_t slice = 0; slice < p.count; ++slice) sum += p.slices[slice * p.pitch + i];
  if (p.bias != nullptr) {
    const int64_t row = p.inner.divide(i);
    sum += p.bias[p.channels.rest(row, p.channels.divide(row))];
  }
  p.sum[i] = activate<T>(static_cast<T>(sum), p.activation);
}

}  // namespace pyconv
