// SPDX-License-Identifier: BSD-3-Clause
#include "ops/normalization.hpp"

#include <cmath>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/norm_blocks.hpp"
#include "ops/rows.hpp"

namespace pyconv {
namespace {

// Doubles of one task, one of each kind per channel.
struct Columns {
  Scratch<double> memory;
  double *centre, *scale, *offset, *sums;

  explicit Columns(int64_t c)
      : memory(4 * c),
        centre(memory.data()),
        scale(centre + c),
        offset(scale + c),
        sums(offset + c) {}
};

// The sum of a block's groups, and the squared distances from the block's own means.
template <class T>
void block_statistics(const NormBlocks& blocks, const T* x, int64_t block, Columns& columns,
                      double* sum, double* squares) {
  const KernelTable<T>& table = kernel_table_of<T>();
  const int64_t c = blocks.shape.c, channels = blocks.group_channels();
  const int64_t count = blocks.count(block);
  const T* rows = x + blocks.offset(block);
  std::fill_n(columns.sums, c, 0.0);
  table.add_to_columns(rows, count, c, columns.sums);
  for (int64_t g = 0; g < blocks.shape.groups; ++g) {
    sum[g] = interleaved_sum(columns.sums + g * channels, channels);
    std::fill_n(columns.centre + g * channels, channels, sum[g] / double(count * channels));
  }
  std::fill_n(columns.sums, c, 0.0);
  table.add_squares_to_columns(rows, count, c, columns.centre, columns.sums);
  for (int64_t g = 0; g < blocks.shape.groups; ++g) {
    squares[g] = interleaved_sum(columns.sums + g * channels, channels);
  }
}

// Merges the blocks of one image: the distances move from each block's mean to the image's.
void merge_statistics(const NormBlocks& blocks, int64_t image, const double* sums,
                      const double* squares, double* mean, double* variance) {
  const int64_t groups = blocks.shape.groups, first = image * blocks.per_image;
  const double size = blocks.group_size();
  for (int64_t g = 0; g < groups; ++g) {
    double sum = 0, distance = 0;
    for (int64_t b = first; b < first + blocks.per_image; ++b) sum += sums[b * groups + g];
    mean[g] = sum / size;
    for (int64_t b = first; b < first + blocks.per_image; ++b) {
      const double count = double(blocks.count(b) * blocks.group_channels());
      const double apart = sums[b * groups + g] / count - mean[g];
      distance += squares[b * groups + g] + count * apart * apart;
    }
    variance[g] = distance / size;
  }
}

template <class T>
void write_block(const NormBlocks& blocks, const T* x, T* y, int64_t block, const T* gamma,
                 const T* beta, const double* mean, const double* variance, double epsilon,
                 Columns& columns) {
  const int64_t channels = blocks.group_channels();
  for (int64_t g = 0, j = 0; g < blocks.shape.groups; ++g) {
    const double inverse = 1 / std::sqrt(variance[g] + epsilon);
    for (const int64_t end = j + channels; j < end; ++j) {
      columns.centre[j] = mean[g];
      columns.scale[j] = gamma ? double(gamma[j]) * inverse : inverse;
      columns.offset[j] = beta ? double(beta[j]) : 0.0;
    }
  }
  const int64_t offset = blocks.offset(block);
  kernel_table_of<T>().normalize_rows(x + offset, y + offset, blocks.count(block), blocks.shape.c,
                                      columns.centre, columns.scale, columns.offset);
}

}  // namespace

template <class T>
void normalize(const T* x, const T* gamma, const T* beta, double* mean, double* variance, T* y,
               const NormShape& shape, double epsilon, bool fixed) {
  const NormBlocks blocks(shape);
  const int64_t groups = shape.groups;
  const bool merges = !fixed && blocks.per_image > 1;
  if (merges) {
    Scratch<double> sums(blocks.blocks() * groups), squares(blocks.blocks() * groups);
    blocks.for_each_task(2, sizeof(T), [&](int64_t, int64_t first, int64_t last) {
      Columns columns(shape.c);
      for (int64_t b = first; b < last; ++b) {
        block_statistics(blocks, x, b, columns, &sums[b * groups], &squares[b * groups]);
      }
    });
    for (int64_t i = 0; i < shape.n; ++i) {
      merge_statistics(blocks, i, sums.data(), squares.data(), mean + i * groups,
                       variance + i * groups);
    }
  }
  blocks.for_each_task(merges || fixed ? 2 : 4, sizeof(T),
                       [&](int64_t, int64_t first, int64_t last) {
                         Columns columns(shape.c);
                         for (int64_t b = first; b < last; ++b) {
                           double* const m = mean + blocks.image(b) * groups;
                           double* const v = variance + blocks.image(b) * groups;
                           if (!fixed && !merges) {
                             block_statistics(blocks, x, b, columns, m, v);
                             for (int64_t g = 0; g < groups; ++g) {
                               m[g] /= blocks.group_size();
                               v[g] /= blocks.group_size();
                             }
                           }
                           write_block(blocks, x, y, b, gamma, beta, m, v, epsilon, columns);
                         }
                       });
}

template void normalize(const float*, const float*, const float*, double*, double*, float*,
                        const NormShape&, double, bool);
template void normalize(const double*, const double*, const double*, double*, double*, double*,
                        const NormShape&, double, bool);

}  // namespace pyconv
