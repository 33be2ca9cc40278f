// SPDX-License-Identifier: BSD-3-Clause
// Launcher of optimizer_step.cuh: the table of tensors travels by value, some at a time.
#include "ops/optimizer_step.cuh"

#include "launch.cuh"
#include "ops/launchers.hpp"
#include "ops/optimizer_launch.hpp"

namespace pyconv {

template <class T>
void optimizer_step(StepRule rule, const StepTensor* records, int64_t count,
                    const StepOptions& options, void* stream) {
  for (int64_t first = 0; first < count; first += kTensorsOfLaunch) {
    LaunchParams<T> params = launch_params<T>(rule, options, count - first);
    for (int i = 0; i < params.count; ++i) params.tensors[i] = tensor_of<T>(records[first + i]);
    with_width<T>(steps_packs(params), [&](auto width) {
      constexpr int kWidth = decltype(width)::value;
      const int64_t grid = place_tensors(params, kWidth);
      PYCONV_LAUNCH((optimizer_step_kernel<T, kWidth>), grid, kStepThreads, 0, stream, params);
    });
  }
}

template void optimizer_step<float>(StepRule, const StepTensor*, int64_t, const StepOptions&,
                                    void*);
template void optimizer_step<double>(StepRule, const StepTensor*, int64_t, const StepOptions&,
                                     void*);

}  // namespace pyconv
