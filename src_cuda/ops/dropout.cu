// SPDX-License-Identifier: BSD-3-Clause
// Launcher of dropout.cuh.
#include "ops/dropout.cuh"

#include "launch.cuh"
#include "ops/launchers.hpp"
#include "ops/width.hpp"

namespace pyconv {

template <class T>
void dropout(const T* x, T* y, int64_t outer, int64_t shared, int64_t inner, uint64_t seed,
             uint32_t limit, double scale, void* stream) {
  const int64_t size = outer * shared * inner;
  const DropoutParams<T> params{
      input("x", x, size),  output("y", y, size), size, shared, inner, seed, limit,
      static_cast<T>(scale)};
  with_width<T>(all_aligned(params.x, params.y), [&](auto width) {
    constexpr int kWidth = decltype(width)::value;
    PYCONV_LAUNCH((dropout_kernel<T, kWidth>), blocks(size, int64_t{kThreads} * kWidth), kThreads,
                  0, stream, params);
  });
}

template void dropout(const float*, float*, int64_t, int64_t, int64_t, uint64_t, uint32_t, double,
                      void*);
template void dropout(const double*, double*, int64_t, int64_t, int64_t, uint64_t, uint32_t, double,
                      void*);

}  // namespace pyconv
