// SPDX-License-Identifier: BSD-3-Clause
// Launcher of transpose.cuh.
#include "ops/transpose.cuh"

#include "ops/mma_conv2d.hpp"

namespace pyconv {

template <class T>
void launch_transpose(Global<const T> x, Global<T> y, int64_t n, int64_t rows, int64_t columns,
                      void* stream) {
  const int64_t tiles_rows = blocks(rows, kTransposeTile);
  const int64_t tiles_columns = blocks(columns, kTransposeTile);
  const TransposeParams<T> params{x, y, rows, columns, divisor(tiles_rows), divisor(tiles_columns)};
  PYCONV_LAUNCH(transpose_kernel<T>, n * tiles_rows * tiles_columns, kTransposeThreads,
                kTransposeBytes, stream, params);
}

template void launch_transpose(Global<const Float16>, Global<Float16>, int64_t, int64_t, int64_t,
                               void*);
template void launch_transpose(Global<const Bfloat16>, Global<Bfloat16>, int64_t, int64_t, int64_t,
                               void*);
template void launch_transpose(Global<const Tf32>, Global<Tf32>, int64_t, int64_t, int64_t, void*);

}  // namespace pyconv
