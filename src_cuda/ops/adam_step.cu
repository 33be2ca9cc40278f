// SPDX-License-Identifier: BSD-3-Clause
// Launchers of adam_step.cuh: the table of tensors travels by value, some at a time.
#include "ops/adam_step.cuh"

#include <algorithm>
#include <cmath>

#include "launch.cuh"
#include "ops/launchers.hpp"

namespace pyconv {
namespace {

template <class T>
AdamTensor<T> tensor_of(const AdamRecord& record, int64_t first_block) {
  const auto at = [](int64_t address) { return reinterpret_cast<T*>(address); };
  return {in_out("param", at(record.param), record.size),
          input<T>("grad", at(record.grad), record.size),
          in_out("m", at(record.m), record.size),
          in_out("v", at(record.v), record.size),
          record.size,
          first_block};
}

}  // namespace

template <class T>
void adam_step(const AdamRecord* records, int64_t count, double learning_rate, double beta_1,
               double beta_2, double epsilon, int64_t step, void* stream) {
  const auto t = static_cast<double>(step);
  const double alpha =
      learning_rate * std::sqrt(1.0 - std::pow(beta_2, t)) / (1.0 - std::pow(beta_1, t));
  for (int64_t first = 0; first < count; first += kAdamTensors) {
    AdamParams<T> params{};
    params.alpha = static_cast<T>(alpha);
    params.rest_1 = static_cast<T>(1.0 - beta_1);
    params.rest_2 = static_cast<T>(1.0 - beta_2);
    params.epsilon = static_cast<T>(epsilon);
    params.count = static_cast<int>(std::min<int64_t>(kAdamTensors, count - first));
    int64_t grid = 0;
    for (int i = 0; i < params.count; ++i) {
      params.tensors[i] = tensor_of<T>(records[first + i], grid);
      grid += blocks(records[first + i].size, kAdamThreads);
    }
    PYCONV_LAUNCH(adam_step_kernel<T>, grid, kAdamThreads, 0, stream, params);
  }
}

template void adam_step<float>(const AdamRecord*, int64_t, double, double, double, double, int64_t,
                               void*);
template void adam_step<double>(const AdamRecord*, int64_t, double, double, double, double, int64_t,
                                void*);

}  // namespace pyconv
