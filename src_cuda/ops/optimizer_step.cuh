// SPDX-License-Identifier: BSD-3-Clause
// The rules of optimizers, in place. One thread, one weight; one launch, many tensors.
#pragma once

#include "vocabulary.cuh"

namespace pyconv {

constexpr int kStepThreads = 256;
constexpr int kTensorsOfLaunch = 48;  // 48 x 56 bytes: parameters of a launch end at 4 KB

template <class T>
struct LaunchTensor {
  Global<T> param;
  Global<const T> grad;
  Global<T> state[3];
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
__device__ T decayed(Global<T> mean, int64_t i, T value, T a) {
  const T old = mean[i];
  const T now = old + (value - old) * a;
  mean[i] = now;
  return now;
}

template <class T>
__device__ T momentum_step(const LaunchTensor<T>& it, const LaunchParams<T>& p, int64_t i, T g) {
  const T plain = p.rate * g;
  const T old = it.state[0][i];
  const T velocity = p.a * old - plain;
  it.state[0][i] = velocity;
  return p.rule == StepRule::kNesterov ? plain - p.a * velocity : -velocity;
}

template <class T>
__device__ T rmsprop_step(const LaunchTensor<T>& it, const LaunchParams<T>& p, int64_t i, T g) {
  const bool centered = p.rule == StepRule::kCentered || p.rule == StepRule::kCenteredMomentum;
  T square = decayed(it.state[0], i, g * g, p.a);
  if (centered) {
    const T mean = decayed(it.state[1], i, g, p.a);
    square -= mean * mean;
  }
  const T plain = p.rate * g / sqrt(square + p.epsilon);
  if (p.rule == StepRule::kRmsprop || p.rule == StepRule::kCentered) return plain;
  const Global<T> momentum = it.state[centered ? 2 : 1];
  const T old = momentum[i];
  const T moved = p.b * old + plain;
  momentum[i] = moved;
  return moved;
}

template <class T>
__device__ T adam_step(const LaunchTensor<T>& it, const LaunchParams<T>& p, int64_t i, T g) {
  const T m = decayed(it.state[0], i, g, p.a);
  T v = decayed(it.state[1], i, g * g, p.b);
  if (p.rule == StepRule::kAmsgrad) {
    const T largest = it.state[2][i];
    v = largest > v ? largest : v;
    it.state[2][i] = v;
  }
  return p.rate * m / (sqrt(v) + p.epsilon);
}

template <class T>
__device__ T adagrad_step(const LaunchTensor<T>& it, const LaunchParams<T>& p, int64_t i, T g) {
  const T old = it.state[0][i];
  const T sum = old + g * g;
  it.state[0][i] = sum;
  return p.rate * g / sqrt(sum + p.epsilon);
}

template <class T>
__device__ T adadelta_step(const LaunchTensor<T>& it, const LaunchParams<T>& p, int64_t i, T g) {
  const T square = decayed(it.state[0], i, g * g, p.a);
  const T old = it.state[1][i];
  const T move = g * sqrt(old + p.epsilon) / sqrt(square + p.epsilon);
  it.state[1][i] = old + (move * move - old) * p.a;
  return p.rate * move;
}

template <class T>
__device__ T adamax_step(const LaunchTensor<T>& it, const LaunchParams<T>& p, int64_t i, T g) {
  const T m = decayed(it.state[0], i, g, p.a);
  const T kept = p.b * it.state[1][i];
  const T size = g < T(0) ? -g : g;
  const T largest = kept > size ? kept : size;
  it.state[1][i] = largest;
  return p.rate * m / (largest + p.epsilon);
}

template <class T>
__device__ T nadam_step(const LaunchTensor<T>& it, const LaunchParams<T>& p, int64_t i, T g) {
  const T m = decayed(it.state[0], i, g, p.a);
  const T v = decayed(it.state[1], i, g * g, p.b);
  return (p.rate * m + p.c * g) / (sqrt(v) + p.epsilon);
}

template <class T>
__device__ T rule_step(const LaunchTensor<T>& it, const LaunchParams<T>& p, int64_t i, T g) {
  switch (p.rule) {
    case StepRule::kSgd:
      return p.rate * g;
    case StepRule::kMomentum:
    case StepRule::kNesterov:
      return momentum_step(it, p, i, g);
    case StepRule::kAdam:
    case StepRule::kAmsgrad:
      return adam_step(it, p, i, g);
    case StepRule::kAdagrad:
      return adagrad_step(it, p, i, g);
    case StepRule::kAdadelta:
      return adadelta_step(it, p, i, g);
    case StepRule::kAdamax:
      return adamax_step(it, p, i, g);
    case StepRule::kNadam:
      return nadam_step(it, p, i, g);
    default:
      return rmsprop_step(it, p, i, g);
  }
}

template <class T>
__global__ void __launch_bounds__(kStepThreads) optimizer_step_kernel(const LaunchParams<T> p) {
  int tensor = 0;
  while (tensor + 1 < p.count && p.tensors[tensor + 1].first_block <= blockIdx.x) ++tensor;
  const LaunchTensor<T>& it = p.tensors[tensor];
  const int64_t i =
      (static_cast<int64_t>(blockIdx.x) - it.first_block) * kStepThreads + threadIdx.x;
  if (i >= it.size) return;
  const T g = it.grad[i];
  T w = it.param[i];
  if (p.decay != T(0)) w -= w * p.decay;
  it.param[i] = w - rule_step(it, p, i, g);
}

}  // namespace pyconv
