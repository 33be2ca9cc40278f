// SPDX-License-Identifier: BSD-3-Clause
// Launcher of add_slices.cuh.
#include "ops/add_slices.cuh"

#include "ops/product.hpp"

namespace pyconv {

template <class T>
void launch_add_slices(Global<const T> room, const TileOutput<T>& c, int64_t size, int64_t pitch,
                       int64_t channels, int64_t slices, void* stream) {
  const AddSlicesParams<T> params{room,
                                  c.data,
                                  slices,
                                  size,
                                  pitch,
                                  c.bias,
                                  divisor(c.columns.outer_pitch),
                                  divisor(channels),
                                  c.activation};
  PYCONV_LAUNCH(add_slices_kernel<T>, blocks(size, kThreads), kThreads, 0, stream, params);
}

template void launch_add_slices(Global<const float>, const TileOutput<float>&, int64_t, int64_t,
                                int64_t, int64_t, void*);
template void launch_add_slices(Global<const double>, const TileOutput<double>&, int64_t, int64_t,
                                int64_t, int64_t, void*);

}  // namespace pyconv
