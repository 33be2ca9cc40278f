// SPDX-License-Identifier: BSD-3-Clause
// What one launch of an optimizer's step is told: its rates, and the tensors it moves.
#pragma once

#include <algorithm>

#include "launch.cuh"
#include "ops/optimizer_step.cuh"
#include "ops/width.hpp"

namespace pyconv {

// Room for as many of the `left` tensors as a launch takes.
template <class T>
LaunchParams<T> launch_params(StepRule rule, const StepOptions& options, int64_t left) {
  LaunchParams<T> params{};
  params.rule = rule;
  params.rate = static_cast<T>(options.rate);
  params.decay = static_cast<T>(options.decay);
  params.a = static_cast<T>(options.a);
  params.b = static_cast<T>(options.b);
  params.c = static_cast<T>(options.c);
  params.epsilon = static_cast<T>(options.epsilon);
  params.count = static_cast<int>(std::min<int64_t>(kTensorsOfLaunch, left));
  return params;
}

// Record: param, grad, state and size, as in StepTensor.
template <class T, class Record>
LaunchTensor<T> tensor_of(const Record& record) {
  const auto at = [](uint64_t address) { return reinterpret_cast<T*>(address); };
  LaunchTensor<T> tensor{in_out("param", at(record.param), record.size),
                         input<T>("grad", at(record.grad), record.size),
                         {},
                         record.size,
                         /*first_block=*/0};
  for (int k = 0; k < kStepStates; ++k) {
    if (record.state[k]) tensor.state[k] = in_out("state", at(record.state[k]), record.size);
  }
  return tensor;
}

// Places the launch's tensors one after the other, in blocks of threads that take `width` weights
// each; returns the blocks.
template <class T>
int64_t place_tensors(LaunchParams<T>& params, int width) {
  int64_t grid = 0;
  for (int i = 0; i < params.count; ++i) {
    params.tensors[i].first_block = grid;
    grid += blocks(params.tensors[i].size, int64_t{kStepThreads} * width);
  }
  return grid;
}

// Whether all of the launch's tensors begin where packs may.
template <class T>
bool steps_packs(const LaunchParams<T>& params) {
  return std::all_of(params.tensors, params.tensors + params.count, [](const auto& it) {
    return all_aligned(it.param, it.grad, it.state[0], it.state[1], it.state[2]);
  });
}

}  // namespace pyconv
