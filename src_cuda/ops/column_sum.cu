// SPDX-License-Identifier: BSD-3-Clause
// Launcher of column_sum.cuh.
#include "ops/column_sum.cuh"

#include "ops/product.hpp"

namespace pyconv {

template <class T>
void launch_column_sum(Global<const T> data, const Axis& rows, const Axis& columns, Global<T> sums,
                       void* stream) {
  const ColumnSumParams<T> params{data, rows, columns, sums};
  const int shared_bytes = kSumThreads * static_cast<int>(sizeof(double));
  if (columns.neighbour_pitch() == 1) {
    PYCONV_LAUNCH((column_sum_kernel<T, 32>), blocks(columns.count, 32), kSumThreads, shared_bytes,
                  stream, params);
  } else {
    PYCONV_LAUNCH((column_sum_kernel<T, 1>), columns.count, kSumThreads, shared_bytes, stream,
                  params);
  }
}

template void launch_column_sum(Global<const float>, const Axis&, const Axis&, Global<float>,
                                void*);
template void launch_column_sum(Global<const double>, const Axis&, const Axis&, Global<double>,
                                void*);

}  // namespace pyconv
