// SPDX-License-Identifier: BSD-3-Clause
// Launchers of mixed_precision.cuh.
#include "ops/mixed_precision.cuh"

#include <algorithm>

#include "launch.cuh"
#include "ops/launchers_16bit.hpp"
#include "ops/optimizer_launch.hpp"

namespace pyconv {

template <class From, class To>
void convert(const From* x, To* y, int64_t size, void* stream) {
  const ConvertParams<From, To> params{input("x", x, size), output("y", y, size), size};
  PYCONV_LAUNCH((convert_kernel<From, To>), blocks(size, kThreads), kThreads, 0, stream, params);
}

template void convert(const float*, Float16*, int64_t, void*);
template void convert(const float*, Bfloat16*, int64_t, void*);
template void convert(const Float16*, float*, int64_t, void*);
template void convert(const Bfloat16*, float*, int64_t, void*);
template void convert(const Float16*, Bfloat16*, int64_t, void*);
template void convert(const Bfloat16*, Float16*, int64_t, void*);

template <class T>
void add(const T* a_address, const T* b_address, T* y_address, int64_t size, void* stream) {
  const Global<const T> a = input("a", a_address, size), b = input("b", b_address, size);
  const Global<T> y = output("y", y_address, size);
  const bool packed = is_aligned(a, 16) && is_aligned(b, 16) && is_aligned(y, 16);
  PYCONV_LAUNCH(add_16bit_kernel<T>, blocks(size, kThreads * kEight), kThreads, 0, stream,
                (Add16Params<T>{a, b, y, size, packed}));
}

template void add(const Float16*, const Float16*, Float16*, int64_t, void*);
template void add(const Bfloat16*, const Bfloat16*, Bfloat16*, int64_t, void*);

void unscale(const GradientTensor* records, int64_t count, double factor, int64_t* first_bad,
             void* stream) {
  const Global<int64_t> flag = in_out("first_bad", first_bad, 1);
  for (int64_t first = 0; first < count; first += kUnscaledTensors) {
    UnscaleParams params{};
    params.count = static_cast<int>(std::min<int64_t>(kUnscaledTensors, count - first));
    params.first_tensor = first;
    params.factor = static_cast<float>(factor);
    params.first_bad = flag;
    int64_t grid = 0;
    for (int i = 0; i < params.count; ++i) {
      const GradientTensor& record = records[first + i];
      params.tensors[i] = {in_out("grad", reinterpret_cast<float*>(record.grad), record.size),
                           record.size, grid};
      grid += blocks(record.size, kStepThreads);
    }
    PYCONV_LAUNCH(unscale_kernel<UnscaleParams>, grid, kStepThreads, 0, stream, params);
  }
}

template <class T>
void master_step(StepRule rule, const MasterTensor* records, int64_t count,
                 const StepOptions& options, void* stream) {
  for (int64_t first = 0; first < count; first += kTensorsOfLaunch) {
    MasterStepParams<T> params{};
    params.wide = launch_params<float>(rule, options, count - first);
    bool packed = true;
    for (int i = 0; i < params.wide.count; ++i) {
      const MasterTensor& record = records[first + i];
      params.wide.tensors[i] = tensor_of<float>(record);
      params.copies[i] = output("copy", reinterpret_cast<T*>(record.copy), record.size);
      packed = packed && is_aligned(params.copies[i], sizeof(T) * kPackOf<float>);
    }
    with_width<float>(packed && steps_packs(params.wide), [&](auto width) {
      constexpr int kWidth = decltype(width)::value;
      const int64_t grid = place_tensors(params.wide, kWidth);
      PYCONV_LAUNCH((master_step_kernel<T, kWidth>), grid, kStepThreads, 0, stream, params);
    });
  }
}

template void master_step<Float16>(StepRule, const MasterTensor*, int64_t, const StepOptions&,
                                   void*);
template void master_step<Bfloat16>(StepRule, const MasterTensor*, int64_t, const StepOptions&,
                                    void*);

}  // namespace pyconv
