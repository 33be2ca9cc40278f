// SPDX-License-Identifier: BSD-3-Clause
#include "ops/im2col.hpp"

#include <algorithm>
#include <vector>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/conv2d_window.hpp"
#include "ops/tiles.hpp"
#include "ops/window_blocks.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// A task writes about this much of the matrix.
constexpr int64_t kTaskBytes = int64_t(64) << 10;

template <class T>
void gather_matrix(const Gather<T>& windows, const std::vector<Run>& runs, int64_t columns,
                   int64_t first, int64_t count, T* col) {
  const KernelTable<T>& table = kernel_table_of<T>();
  const int64_t row_bytes = columns * int64_t(sizeof(T));
  const int64_t per_task = std::max<int64_t>(1, kTaskBytes / row_bytes);
  parallel_for(ceil_div(count, per_task), count * row_bytes, [&](int64_t task) {
    const int64_t row = task * per_task;
    table.gather_rows(windows, runs.data(), int64_t(runs.size()), first + row,
                      std::min(per_task, count - row), col + row * columns, columns);
  });
}

}  // namespace

template <class T>
void im2col_rows(const Window& window, const T* x, int64_t group, int64_t first, int64_t count,
                 T* col) {
  gather_matrix(input_windows(window, x, group),
                window_runs(window, window.group_inputs(), window.c, 1, 0), window_elements(window),
                first, count, col);
}

template <class T>
void im2col(const T* x, T* col, const Window& window) {
  if (!window.channels_first) {
    return im2col_rows(window, x, 0, 0, window.output_pixels(), col);
  }
  gather_matrix(plane_windows(window, x), window_runs(window, 1, 1, window.c, window.h * window.w),
                window.taps() * window.c, 0, window.output_pixels(), col);
}

template void im2col(const float*, float*, const Window&);
template void im2col(const double*, double*, const Window&);
template void im2col_rows(const Window&, const float*, int64_t, int64_t, int64_t, float*);
template void im2col_rows(const Window&, const double*, int64_t, int64_t, int64_t, double*);

}  // namespace pyconv
