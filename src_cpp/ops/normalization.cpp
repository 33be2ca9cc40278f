// SPDX-License-Identifier: BSD-3-Clause
#include "ops/normalization.hpp"

#include "dispatch.hpp"
#include "ops/norm_columns.hpp"
#include "ops/norm_moments.hpp"

namespace pyconv {
namespace {

template <class T>
void write_block(const NormBlocks& blocks, const T* x, T* y, int64_t block,
                 const NormColumns<T>& columns, const NormEnd<T>& end) {
  const auto write = kernel_table_of<T>().normalize_rows[static_cast<int64_t>(end.activation)];
  blocks.for_rows(block, [&](int64_t offset, int64_t count, int64_t c) {
    write(x + offset, end.residual ? end.residual + offset : nullptr, y + offset, count, c,
          columns);
  });
}

}  // namespace

template <class T>
void normalize(const T* x, const T* gamma, const T* beta, double* mean, double* variance, T* y,
               const NormShape& shape, double epsilon, bool fixed, const NormEnd<T>& end) {
  const NormBlocks blocks(shape);
  const int64_t groups = shape.groups;
  const int64_t passes = end.residual ? 3 : 2;
  if (blocks.per_image == 1) {
    const int64_t own = fixed ? passes : passes + 1;
    blocks.for_each_task(own, sizeof(T), [&](int64_t, int64_t first, int64_t last) {
      BlockMoments moments(blocks);
      NormColumnMemory<T> memory(blocks, 1, kJustRead);
      for (int64_t i = first; i < last; ++i) {
        double *const m = mean + i * groups, *const v = variance + i * groups;
        if (!fixed) {
          moments.find(x, i, m, v);
          for (int64_t g = 0; g < groups; ++g) v[g] /= blocks.group_size();
        }
        memory.set(0, m, v, gamma, beta, epsilon);
        write_block(blocks, x, y, i, memory.columns(0), end);
      }
    });
    return;
  }
  if (!fixed) moments_of_images(blocks, x, mean, variance);
  NormColumnMemory<T> memory(blocks, shape.n, kJustRead);
  for (int64_t i = 0; i < shape.n; ++i) {
    memory.set(i, mean + i * groups, variance + i * groups, gamma, beta, epsilon);
  }
  blocks.for_each_task(passes, sizeof(T), [&](int64_t, int64_t first, int64_t last) {
    for (int64_t b = first; b < last; ++b) {
      write_block(blocks, x, y, b, memory.columns(blocks.image(b)), end);
    }
  });
}

template void normalize(const float*, const float*, const float*, double*, double*, float*,
                        const NormShape&, double, bool, const NormEnd<float>&);
template void normalize(const double*, const double*, const double*, double*, double*, double*,
                        const NormShape&, double, bool, const NormEnd<double>&);

}  // namespace pyconv
