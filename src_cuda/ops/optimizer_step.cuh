// SPDX-License-Identifier: BSD-3-Clause
// The rules of optimizers, in place. One thread, one pack of weights; one launch, many tensors.
#pragma once

#include "ops/elementwise.cuh"

namespace pyconv {

constexpr int kStepThreads = 256;
constexpr int kTensorsOfLaunch = 48;  // 48 x 56 bytes: parameters of a launch end at 4 KB

template <class T>
struct LaunchTensor {
  Global<T> param;
  Global<const T> grad;
  Global<T> state[kStepStates];
  int64_t size;
  int64_t first_block;
};

template <class T>
struct LaunchParams {
  LaunchTensor<T> tensors[kTensorsOfLaunch];
  int count;
  StepRule rule;
  T rate, decay, a, b, c, epsilon;
};

// mean + a (value - mean), written back.
template <class T>
__device__ __forceinline__ T decayed(T& mean, T value, T a) {
  mean = mean + (value - mean) * a;
  return mean;
}

template <class T>
__device__ __forceinline__ T momentum_step(T (&state)[kStepStates], const LaunchParams<T>& p, T g) {
  const T plain = p.rate * g;
  const T old = state[0];
  const T velocity = p.a * old - plain;
  state[0] = velocity;
  return p.rule == StepRule::kNesterov ? plain - p.a * velocity : -velocity;
}

template <class T>
__device__ __forceinline__ T rmsprop_step(T (&state)[kStepStates], const LaunchParams<T>& p, T g) {
  const bool centered = p.rule == StepRule::kCentered || p.rule == StepRule::kCenteredMomentum;
  T square = decayed(state[0], g * g, p.a);
  if (centered) {
    const T mean = decayed(state[1], g, p.a);
    square -= mean * mean;
  }
  const T plain = p.rate * g / sqrt(square + p.epsilon);
  if (p.rule == StepRule::kRmsprop || p.rule == StepRule::kCentered) return plain;
  // Both are written: a choice between them would be an address, which registers lack.
  const T momentum = p.b * (centered ? state[2] : state[1]) + plain;
  state[1] = centered ? state[1] : momentum;
  state[2] = centered ? momentum : state[2];
  return momentum;
}

template <class T>
__device__ __forceinline__ T adam_step(T (&state)[kStepStates], const LaunchParams<T>& p, T g) {
  const T m = decayed(state[0], g, p.a);
  T v = decayed(state[1], g * g, p.b);
  if (p.rule == StepRule::kAmsgrad) {
    const T largest = state[2];
    v = largest > v ? largest : v;
    state[2] = v;
  }
  return p.rate * m / (sqrt(v) + p.epsilon);
}

template <class T>
__device__ __forceinline__ T adagrad_step(T (&state)[kStepStates], const LaunchParams<T>& p, T g) {
  const T old = state[0];
  const T sum = old + g * g;
  state[0] = sum;
  return p.rate * g / sqrt(sum + p.epsilon);
}

template <class T>
__device__ __forceinline__ T adadelta_step(T (&state)[kStepStates], const LaunchParams<T>& p, T g) {
  const T square = decayed(state[0], g * g, p.a);
  const T old = state[1];
  const T move = g * sqrt(old + p.epsilon) / sqrt(square + p.epsilon);
  state[1] = old + (move * move - old) * p.a;
  return p.rate * move;
}

template <class T>
__device__ __forceinline__ T adamax_step(T (&state)[kStepStates], const LaunchParams<T>& p, T g) {
  const T m = decayed(state[0], g, p.a);
  const T kept = p.b * state[1];
  const T size = g < T(0) ? -g : g;
  const T largest = kept > size ? kept : size;
  state[1] = largest;
  return p.rate * m / (largest + p.epsilon);
}

template <class T>
__device__ __forceinline__ T nadam_step(T (&state)[kStepStates], const LaunchParams<T>& p, T g) {
  const T m = decayed(state[0], g, p.a);
  const T v = decayed(state[1], g * g, p.b);
  return (p.rate * m + p.c * g) / (sqrt(v) + p.epsilon);
}

template <class T>
__device__ __forceinline__ T rule_step(T (&state)[kStepStates], const LaunchParams<T>& p, T g) {
  switch (p.rule) {
    case StepRule::kSgd:
      return p.rate * g;
    case StepRule::kMomentum:
    case StepRule::kNesterov:
      return momentum_step(state, p, g);
    case StepRule::kAdam:
    case StepRule::kAmsgrad:
      return adam_step(state, p, g);
    case StepRule::kAdagrad:
      return adagrad_step(state, p, g);
    case StepRule::kAdadelta:
      return adadelta_step(state, p, g);
    case StepRule::kAdamax:
      return adamax_step(state, p, g);
    case StepRule::kNadam:
      return nadam_step(state, p, g);
    default:
      return rmsprop_step(state, p, g);
  }
}

// Moves weights [first, first + kWidth) and their states, as far as there are any; returns them.
template <int kWidth, class T>
__device__ __forceinline__ Pack<T, kWidth> step_pack(const LaunchTensor<T>& it,
                                                     const LaunchParams<T>& p, int64_t first) {
  Pack<T, kWidth> weights = read_elements<kWidth, T>(it.param, first, it.size);
  const Pack<T, kWidth> grads = read_elements<kWidth>(it.grad, first, it.size);
  Pack<T, kWidth> states[kStepStates] = {};
#pragma unroll
  for (int k = 0; k < kStepStates; ++k) {
    if (it.state[k] != nullptr) states[k] = read_elements<kWidth, T>(it.state[k], first, it.size);
  }
#pragma unroll
  for (int e = 0; e < kWidth; ++e) {
    T state[kStepStates] = {states[0][e], states[1][e], states[2][e]};
    T w = weights[e];
    if (p.decay != T(0)) w -= w * p.decay;
    weights[e] = w - rule_step(state, p, grads[e]);
#pragma unroll
    for (int k = 0; k < kStepStates; ++k) states[k][e] = state[k];
  }
#pragma unroll
  for (int k = 0; k < kStepStates; ++k) {
    if (it.state[k] != nullptr) write_elements(it.state[k], first, it.size, states[k]);
  }
  write_elements(it.param, first, it.size, weights);
  return weights;
}

template <class T, int kWidth>
__global__ void __launch_bounds__(kStepThreads) optimizer_step_kernel(const LaunchParams<T> p) {
  int tensor = 0;
  while (tensor + 1 < p.count && p.tensors[tensor + 1].first_block <= blockIdx.x) ++tensor;
  const LaunchTensor<T>& it = p.tensors[tensor];
  const int64_t block = static_cast<int64_t>(blockIdx.x) - it.first_block;
  const int64_t first = (block * kStepThreads + threadIdx.x) * kWidth;
  if (first < it.size) step_pack<kWidth>(it, p, first);
}

}  // namespace pyconv
