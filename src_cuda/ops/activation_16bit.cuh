// SPDX-License-Identifier: BSD-3-Clause
// activation.cuh for 16-bit arrays: the function in float32, rounded once. One thread, eight
// elements.
#pragma once

#include "ops/activation.cuh"
#include "ops/eight.cuh"

namespace pyconv {

template <class T>
struct Activation16Params {
  Global<const T> x;
  Global<T> y;
  int64_t size;
  ActivationKind kind;
  ActivationOptions options;
  bool packed;
};

template <class T>
__global__ void activation_16bit_kernel(Activation16Params<T> p) {
  const int64_t first = first_of_eight();
  if (first >= p.size) return;
  const int count = count_of_eight(first, p.size);
  float values[kEight];
  read_eight(p.x, first, count, p.packed, values);
  // Not unrolled: some functions are long.
#pragma unroll 1
  for (int i = 0; i < kEight; ++i) {
    // By rotation, so that every register has a fixed place.
    const float y = activate<float>(values[0], p.kind, p.options);
#pragma unroll
    for (int j = 0; j < kEight - 1; ++j) values[j] = values[j + 1];
    values[kEight - 1] = y;
  }
  write_eight(p.y, first, count, p.packed, values);
}

template <class T>
struct Activation16BackwardParams {
  Global<const T> dy, kept;
  Global<T> dx;
  int64_t size;
  ActivationKind kind;
  ActivationOptions options;
  bool packed;
};

template <class T>
__global__ void activation_16bit_backward_kernel(Activation16BackwardParams<T> p) {
  const int64_t first = first_of_eight();
  if (first >= p.size) return;
  const int count = count_of_eight(first, p.size);
  float dy[kEight], kept[kEight];
  read_eight(p.dy, first, count, p.packed, dy);
  read_eight(p.kept, first, count, p.packed, kept);
#pragma unroll 1
  for (int i = 0; i < kEight; ++i) {
    const float dx = activate_backward<float>(dy[0], kept[0], p.kind, p.options);
#pragma unroll
    for (int j = 0; j < kEight - 1; ++j) {
      dy[j] = dy[j + 1];
      kept[j] = kept[j + 1];
    }
    dy[kEight - 1] = dx;
  }
  write_eight(p.dx, first, count, p.packed, dy);
}

}  // namespace pyconv
