// SPDX-License-Identifier: BSD-3-Clause
#include "ops/sum_rows.hpp"

#include <algorithm>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {

template <class T>
void sum_rows(const T* rows, int64_t count, int64_t columns, T* sums) {
  std::fill_n(sums, columns, T(0));
  const int64_t blocks = ceil_div(count, kBlockK);
  Scratch<T> partial(blocks * columns);
  const auto add_to = kernel_table_of<T>().add_to;
  parallel_for(blocks, count * columns * int64_t(sizeof(T)), [&](int64_t block) {
    T* sum = partial.data() + block * columns;
    std::fill_n(sum, columns, T(0));
    const int64_t last = std::min(count, (block + 1) * kBlockK);
    for (int64_t i = block * kBlockK; i < last; ++i) add_to(sum, rows + i * columns, columns);
  });
  for (int64_t block = 0; block < blocks; ++block) {
    for (int64_t j = 0; j < columns; ++j) sums[j] += partial[block * columns + j];
  }
}

template void sum_rows(const float*, int64_t, int64_t, float*);
template void sum_rows(const double*, int64_t, int64_t, double*);

}  // namespace pyconv
