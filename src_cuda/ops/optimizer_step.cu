// SPDX-License-Identifier: BSD-3-Clause
// Launcher of optimizer_step.cuh: the table of tensors travels by value, some at a time.
#include "ops/optimizer_step.cuh"

#include <algorithm>

#include "launch.cuh"
#include "ops/launchers.hpp"

namespace pyconv {
namespace {

template <class T>
LaunchTensor<T> tensor_of(const StepTensor& record, int64_t first_block) {
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

}  // namespace

template <class T>
void optimizer_step(StepRule rule, const StepTensor* records, int64_t count,
                    const StepOptions& options, void* stream) {
  for (int64_t first = 0; first < count; first += kTensorsOfLaunch) {
    LaunchParams<T> params{};
    params.rule = rule;
    params.rate = static_cast<T>(options.rate);
    params.decay = static_cast<T>(options.decay);
    params.a = static_cast<T>(options.a);
    params.b = static_cast<T>(options.b);
    params.c = static_cast<T>(options.c);
    params.epsilon = static_cast<T>(options.epsilon);
    params.count = static_cast<int>(std::min<int64_t>(kTensorsOfLaunch, count - first));
    int64_t grid = 0;
    for (int i = 0; i < params.count; ++i) {
      params.tensors[i] = tensor_of<T>(records[first + i], grid);
      grid += blocks(records[first + i].size, kStepThreads);
    }
    PYCONV_LAUNCH(optimizer_step_kernel<T>, grid, kStepThreads, 0, stream, params);
  }
}

template void optimizer_step<float>(StepRule, const StepTensor*, int64_t, const StepOptions&,
                                    void*);
template void optimizer_step<double>(StepRule, const StepTensor*, int64_t, const StepOptions&,
                                     void*);

}  // namespace pyconv
