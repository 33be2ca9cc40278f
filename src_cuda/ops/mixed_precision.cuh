// SPDX-License-Identifier: BSD-3-Clause
// What training in 16 bits needs beside its layers: conversions, sums of branches, gradients freed
// of their loss's scale and looked through for infinities, master weights and their copies.
#pragma once

#include "ops/eight.cuh"
#include "ops/optimizer_step.cuh"

namespace pyconv {

template <class From, class To>
struct ConvertParams {
  Global<const From> x;
  Global<To> y;
  int64_t size;
};

// y = x in another type, rounded to nearest. One thread, one element: neighbours share sectors.
template <class From, class To>
__global__ void convert_kernel(ConvertParams<From, To> p) {
  const int64_t i = global_thread();
  if (i >= p.size) return;
  const From element = p.x[i];
  p.y[i] = narrow<To>(widen(element));
}

template <class T>
struct Add16Params {
  Global<const T> a, b;
  Global<T> y;
  int64_t size;
  bool packed;
};

// y = a + b, rounded once. One thread, eight elements.
template <class T>
__global__ void add_16bit_kernel(Add16Params<T> p) {
  const int64_t first = first_of_eight();
  if (first >= p.size) return;
  const int count = count_of_eight(first, p.size);
  float a[kEight], b[kEight];
  read_eight(p.a, first, count, p.packed, a);
  read_eight(p.b, first, count, p.packed, b);
#pragma unroll
  for (int i = 0; i < kEight; ++i) a[i] += b[i];
  write_eight(p.y, first, count, p.packed, a);
}

constexpr int kUnscaledTensors = 100;  // 100 x 24 bytes: parameters of a launch end at 4 KB

struct UnscaleParams {
  struct Tensor {
    Global<float> grad;
    int64_t size;
    int64_t first_block;
  } tensors[kUnscaledTensors];
  int count;
  int64_t first_tensor;  // of the launch
  float factor;
  Global<int64_t> first_bad;  // one element; lowered to the first tensor with NaN or infinity
};

// grad *= factor, in place. One thread, one gradient; one launch, many tensors. A template like
// every kernel.
template <class Params>
__global__ void unscale_kernel(const Params p) {
  int tensor = 0;
  while (tensor + 1 < p.count && p.tensors[tensor + 1].first_block <= blockIdx.x) ++tensor;
  const auto& it = p.tensors[tensor];
  const int64_t i =
      (static_cast<int64_t>(blockIdx.x) - it.first_block) * kStepThreads + threadIdx.x;
  if (i >= it.size) return;
  const float before = it.grad[i];
  const float grad = before * p.factor;
  it.grad[i] = grad;
  if (grad - grad != 0.0f) atomic_min(p.first_bad, p.first_tensor + tensor);
}

// optimizer_step.cuh on float32 weights, gradients and states, and the weights rounded to `copies`,
// which layers read.
template <class T>
struct MasterStepParams {
  LaunchParams<float> wide;
  Global<T> copies[kTensorsOfLaunch];
};

template <class T, int kWidth>
__global__ void __launch_bounds__(kStepThreads) master_step_kernel(const MasterStepParams<T> p) {
  int tensor = 0;
  while (tensor + 1 < p.wide.count && p.wide.tensors[tensor + 1].first_block <= blockIdx.x) {
    ++tensor;
  }
  const LaunchTensor<float>& it = p.wide.tensors[tensor];
  const int64_t block = static_cast<int64_t>(blockIdx.x) - it.first_block;
  const int64_t first = (block * kStepThreads + threadIdx.x) * kWidth;
  if (first >= it.size) return;
  const Pack<float, kWidth> weights = step_pack<kWidth>(it, p.wide, first);
  if (p.copies[tensor] == nullptr) return;
  Pack<T, kWidth> copies;
#pragma unroll
  for (int e = 0; e < kWidth; ++e) copies[e] = narrow<T>(weights[e]);
  write_elements(p.copies[tensor], first, it.size, copies);
}

}  // namespace pyconv
