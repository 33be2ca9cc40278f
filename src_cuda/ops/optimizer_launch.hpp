// SPDX-License-Identifier: BSD-3-Clause
// What one launch of an optimizer's step is told: its rates, and the tensors it moves.
#pragma once

#include <algorithm>

#include "launch.cuh"
#include "ops/optimizer_step.cuh"

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
LaunchTensor<T> tensor_of(const Record& record, int64_t first_block) {
  const auto at = [](uint64_t address) { return reinterpret_cast<T*>(address); };
  LaunchTensor<T> tensor{in_out("param", at(record.param), record.size),
                         input<T>("grad", at(record.grad), record.size),
                         {},
                         record.size,
                         first_block};
  for (int k = 0; k < kStepStates; ++k) {
    if (record.state[k]) tensor.state[k] = in_out("state", at(record.state[k]), record.size);
  }
  return tensor;
}

}  // namespace pyconv
