// SPDX-License-Identifier: BSD-3-Clause
// With r = 1 / sqrt(variance + epsilon), z = x - mean and means taken over a group:
//   dx = r (dy gamma - mean(dy gamma) - z r^2 mean(dy gamma z)), dgamma = sum dy z r, dbeta = sum
//   dy
#include <cmath>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/norm_blocks.hpp"
#include "ops/normalization.hpp"

namespace pyconv {
namespace {

template <class T>
struct Gradients {
  const T *dy, *x, *gamma;
  const double *mean, *variance;
  T* dx;
  double epsilon;
  bool fixed;

  double inverse(int64_t group) const { return 1 / std::sqrt(variance[group] + epsilon); }
};

struct GradientColumns {
  Scratch<double> memory;
  double *centre, *scale, *offset, *slope;

  explicit GradientColumns(int64_t c)
      : memory(4 * c),
        centre(memory.data()),
        scale(centre + c),
        offset(scale + c),
        slope(offset + c) {}
};

// sums: (2, c) of one block: of dy, and of dy z.
template <class T>
void add_block(const NormBlocks& blocks, const Gradients<T>& g, int64_t block,
               GradientColumns& columns, double* sums) {
  const NormShape& s = blocks.shape;
  const double* mean = g.mean + blocks.image(block) * s.groups;
  for (int64_t j = 0; j < s.c; ++j) columns.centre[j] = mean[j / blocks.group_channels()];
  std::fill_n(sums, 2 * s.c, 0.0);
  const int64_t offset = blocks.offset(block);
  kernel_table_of<T>().add_gradients_to_columns(g.dy + offset, g.x + offset, blocks.count(block),
                                                s.c, columns.centre, sums, sums + s.c);
}

// sums: (2, c) of the whole image.
template <class T>
void write_block(const NormBlocks& blocks, const Gradients<T>& g, int64_t block, const double* sums,
                 GradientColumns& columns) {
  const NormShape& s = blocks.shape;
  const int64_t first = blocks.image(block) * s.groups, channels = blocks.group_channels();
  for (int64_t group = 0, j = 0; group < s.groups; ++group) {
    const int64_t start = j, end = j + channels;
    const double inverse = g.inverse(first + group);
    double sum = 0, product = 0;
    for (; j < end; ++j) {
      const double gamma = g.gamma ? double(g.gamma[j]) : 1.0;
      columns.centre[j] = g.mean[first + group];
      columns.scale[j] = gamma * inverse;
      sum += gamma * sums[j];
      product += gamma * sums[s.c + j];
    }
    const double size = blocks.group_size();
    const double offset = g.fixed ? 0 : inverse * sum / size;
    const double slope = g.fixed ? 0 : inverse * inverse * inverse * product / size;
    std::fill_n(columns.offset + start, channels, offset);
    std::fill_n(columns.slope + start, channels, slope);
  }
  const int64_t offset = blocks.offset(block);
  kernel_table_of<T>().normalize_rows_backward(g.dy + offset, g.x + offset, g.dx + offset,
                                               blocks.count(block), s.c, columns.centre,
                                               columns.scale, columns.offset, columns.slope);
}

// Adds what one image's sums (2, c) give to (dbeta, dgamma).
template <class T>
void add_image(const NormBlocks& blocks, const Gradients<T>& g, int64_t image, const double* sums,
               double* total) {
  const NormShape& s = blocks.shape;
  for (int64_t group = 0, j = 0; group < s.groups; ++group) {
    const double inverse = g.inverse(image * s.groups + group);
    for (const int64_t end = j + blocks.group_channels(); j < end; ++j) {
      total[j] += sums[j];
      total[s.c + j] += sums[s.c + j] * inverse;
    }
  }
}

// Small images: a task has whole ones, and leaves its share of (dbeta, dgamma) in `shares`.
template <class T>
void whole_images(const NormBlocks& blocks, const Gradients<T>& g, double* shares) {
  const int64_t c = blocks.shape.c;
  blocks.for_each_task(4, sizeof(T), [&](int64_t task, int64_t first, int64_t last) {
    GradientColumns columns(c);
    Scratch<double> sums(2 * c);
    double* const share = shares + task * 2 * c;
    std::fill_n(share, 2 * c, 0.0);
    for (int64_t b = first; b < last; ++b) {
      add_block(blocks, g, b, columns, sums.data());
      if (g.dx) write_block(blocks, g, b, sums.data(), columns);
      add_image(blocks, g, b, sums.data(), share);
    }
  });
}

// Large images: the blocks' sums gather in the first block of their image.
template <class T>
void images_of_blocks(const NormBlocks& blocks, const Gradients<T>& g, double* shares) {
  const int64_t c = blocks.shape.c, image = blocks.per_image * 2 * c;
  blocks.for_each_task(2, sizeof(T), [&](int64_t, int64_t first, int64_t last) {
    GradientColumns columns(c);
    for (int64_t b = first; b < last; ++b) add_block(blocks, g, b, columns, shares + b * 2 * c);
  });
  parallel_for(blocks.shape.n, blocks.blocks() * 2 * c * 8, [&](int64_t i) {
    double* const sums = shares + i * image;
    for (int64_t b = 1; b < blocks.per_image; ++b) {
      for (int64_t j = 0; j < 2 * c; ++j) sums[j] += sums[b * 2 * c + j];
    }
  });
  if (!g.dx) return;
  blocks.for_each_task(3, sizeof(T), [&](int64_t, int64_t first, int64_t last) {
    GradientColumns columns(c);
    for (int64_t b = first; b < last; ++b) {
      write_block(blocks, g, b, shares + blocks.image(b) * image, columns);
    }
  });
}

}  // namespace

template <class T>
void normalize_backward(const T* dy, const T* x, const T* gamma, const double* mean,
                        const double* variance, T* dx, T* dgamma, T* dbeta, const NormShape& shape,
                        double epsilon, bool fixed) {
  const NormBlocks blocks(shape);
  const Gradients<T> gradients{dy, x, gamma, mean, variance, dx, epsilon, fixed};
  const int64_t c = shape.c;
  Scratch<double> shares(blocks.tasks * 2 * c), total(2 * c);
  std::fill_n(total.data(), 2 * c, 0.0);
  if (blocks.per_image == 1) {
    whole_images(blocks, gradients, shares.data());
    for (int64_t t = 0; t < blocks.tasks; ++t) {
      for (int64_t j = 0; j < 2 * c; ++j) total[j] += shares[t * 2 * c + j];
    }
  } else {
    images_of_blocks(blocks, gradients, shares.data());
    for (int64_t i = 0; i < shape.n; ++i) {
      add_image(blocks, gradients, i, &shares[i * blocks.per_image * 2 * c], total.data());
    }
  }
  for (int64_t j = 0; j < c; ++j) {
    if (dbeta) dbeta[j] = T(total[j]);
    if (dgamma) dgamma[j] = T(total[c + j]);
  }
}

template void normalize_backward(const float*, const float*, const float*, const double*,
                                 const double*, float*, float*, float*, const NormShape&, double,
                                 bool);
template void normalize_backward(const double*, const double*, const double*, const double*,
                                 const double*, double*, double*, double*, const NormShape&, double,
                                 bool);

}  // namespace pyconv
