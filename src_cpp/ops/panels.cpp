// SPDX-License-Identifier: BSD-3-Clause
#include "ops/panels.hpp"

#include <algorithm>
#include <cstring>

#include "dispatch.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {

template <class T>
int64_t panel_width(int64_t n) {
  const KernelTable<T>& table = kernel_table_of<T>();
  return table.width * std::min<int64_t>(ceil_div(n, table.width), table.max_vecs);
}

template <class T>
void pack_panel(const Matrix<T>& b, int64_t first_k, int64_t last_k, int64_t column, int64_t cols,
                int64_t width, T* to) {
  if (b.transposed) {
    kernel_table_of<T>().transpose(b.data + column * b.pitch + first_k, b.pitch, to, width, cols,
                                   last_k - first_k);
  }
  for (int64_t kk = first_k; kk < last_k; ++kk, to += width) {
    if (!b.transposed) {
      std::memcpy(to, b.data + kk * b.pitch + column, static_cast<size_t>(cols) * sizeof(T));
    }
    std::fill(to + cols, to + width, T(0));
  }
}

template <class T>
Panels<T> pack_panels(const Matrix<T>& b, int64_t k, int64_t n, int64_t width, T* packed) {
  const int64_t panels = ceil_div(n, width);
  const int64_t blocks = ceil_div(k, kBlockK);
  parallel_for(panels * blocks, n * k * int64_t(sizeof(T)), [&](int64_t task) {
    const int64_t panel = task / blocks;
    const int64_t first_k = task % blocks * kBlockK;
    pack_panel(b, first_k, std::min(k, first_k + kBlockK), panel * width,
               std::min(width, n - panel * width), width, packed + (panel * k + first_k) * width);
  });
  return Panels<T>{packed, width, k * width, width};
}

int64_t packed_size(int64_t k, int64_t n, int64_t width) { return ceil_div(n, width) * width * k; }

template int64_t panel_width<float>(int64_t);
template int64_t panel_width<double>(int64_t);
template void pack_panel(const Matrix<float>&, int64_t, int64_t, int64_t, int64_t, int64_t, float*);
template void pack_panel(const Matrix<double>&, int64_t, int64_t, int64_t, int64_t, int64_t,
                         double*);
template Panels<float> pack_panels(const Matrix<float>&, int64_t, int64_t, int64_t, float*);
template Panels<double> pack_panels(const Matrix<double>&, int64_t, int64_t, int64_t, double*);

}  // namespace pyconv
