// SPDX-License-Identifier: BSD-3-Clause
// With r = 1 / sqrt(variance + epsilon), z = x - mean and means taken over a group:
//   dx = r (dy gamma - mean(dy gamma) - z r^2 mean(dy gamma z)), dgamma = sum dy z r, dbeta = sum
//   dy
// Where y ended with an activation, dy stands for what of it passes that.
#include <cmath>

#include "dispatch.hpp"
#include "ops/norm_columns.hpp"
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
  NormEndGradient<T> end;

  void set(NormColumnMemory<T>& memory, int64_t place, int64_t image, int64_t groups) const {
    memory.set(place, mean + image * groups, variance + image * groups, gamma, end.beta, epsilon);
  }
  void set_gradient(NormColumnMemory<T>& memory, int64_t place, int64_t image, int64_t groups,
                    const double* sums) const {
    memory.set_gradient(place, variance + image * groups, gamma, epsilon, fixed, sums);
  }
};

// sums: (2, c) of one block: of dy, and of dy z; scratch: (2, columns).
template <class T>
void add_block(const NormBlocks& blocks, const Gradients<T>& g, int64_t block,
               const NormColumns<T>& columns, double* scratch, double* sums) {
  const KernelTable<T>& table = kernel_table_of<T>();
  const int64_t kind = static_cast<int64_t>(g.end.activation), width = blocks.columns();
  double *const total = scratch, *const products = scratch + width;
  std::fill_n(scratch, 2 * width, 0.0);
  blocks.for_rows(block, [&](int64_t at, int64_t count, int64_t c) {
    if (g.end.dz) {
      table.add_passing_gradients_to_columns[kind](g.dy + at, g.end.y + at, g.x + at, g.end.dz + at,
                                                   count, c, columns, total, products);
    } else {
      table.add_gradients_to_columns[kind](g.dy + at, g.x + at, count, c, columns, total, products);
    }
  });
  blocks.unfold(total);
  blocks.unfold(products);
  std::copy_n(total, blocks.shape.c, sums);
  std::copy_n(products, blocks.shape.c, sums + blocks.shape.c);
}

template <class T>
void write_block(const NormBlocks& blocks, const Gradients<T>& g, int64_t block,
                 const NormColumns<T>& columns) {
  const T* const dz = g.end.dz ? g.end.dz : g.dy;
  const auto kind = g.end.dz ? ActivationKind::kLinear : g.end.activation;
  const auto write = kernel_table_of<T>().normalize_rows_backward[static_cast<int64_t>(kind)];
  blocks.for_rows(block, [&](int64_t at, int64_t count, int64_t c) {
    write(dz + at, g.x + at, g.dx + at, count, c, columns);
  });
}

// Adds what one image's sums (2, c) give to (dbeta, dgamma).
template <class T>
void add_image(const NormBlocks& blocks, const Gradients<T>& g, int64_t image, const double* sums,
               double* total) {
  const NormShape& s = blocks.shape;
  for (int64_t group = 0, j = 0; group < s.groups; ++group) {
    const double inverse = 1 / std::sqrt(g.variance[image * s.groups + group] + g.epsilon);
    for (const int64_t end = j + blocks.group_channels(); j < end; ++j) {
      total[j] += sums[j];
      total[s.c + j] += sums[s.c + j] * inverse;
    }
  }
}

// Small images: a task has whole ones, and leaves its share of (dbeta, dgamma) in `shares`.
template <class T>
void whole_images(const NormBlocks& blocks, const Gradients<T>& g, double* shares) {
  const int64_t c = blocks.shape.c, groups = blocks.shape.groups;
  blocks.for_each_task(4, sizeof(T), [&](int64_t task, int64_t first, int64_t last) {
    NormColumnMemory<T> memory(blocks, 1, kLongAgo);
    Scratch<double> sums(2 * c), scratch(2 * blocks.columns());
    double* const share = shares + task * 2 * c;
    std::fill_n(share, 2 * c, 0.0);
    for (int64_t i = first; i < last; ++i) {
      g.set(memory, 0, i, groups);
      add_block(blocks, g, i, memory.columns(0), scratch.data(), sums.data());
      if (g.dx) {
        g.set_gradient(memory, 0, i, groups, sums.data());
        write_block(blocks, g, i, memory.columns(0));
      }
      add_image(blocks, g, i, sums.data(), share);
    }
  });
}

// The sums of an image's blocks, added left to right, gather in its first block.
void gather_blocks(const NormBlocks& blocks, double* shares) {
  constexpr int64_t kStretch = 128;
  const int64_t width = 2 * blocks.shape.c, stretches = ceil_div(width, kStretch);
  const int64_t work = blocks.blocks() * width * 8;
  parallel_for(blocks.shape.n * stretches, work, [&](int64_t task) {
    double* const sums = shares + task / stretches * blocks.per_image * width;
    const int64_t from = task % stretches * kStretch, end = std::min(width, from + kStretch);
    for (int64_t b = 1; b < blocks.per_image; ++b) {
      for (int64_t j = from; j < end; ++j) sums[j] += sums[b * width + j];
    }
  });
}

template <class T>
void images_of_blocks(const NormBlocks& blocks, const Gradients<T>& g, double* shares) {
  const NormShape& s = blocks.shape;
  NormColumnMemory<T> memory(blocks, s.n, kLongAgo);
  for (int64_t i = 0; i < s.n; ++i) g.set(memory, i, i, s.groups);
  blocks.for_each_task(g.end.dz ? 4 : 2, sizeof(T), [&](int64_t, int64_t first, int64_t last) {
    Scratch<double> scratch(2 * blocks.columns());
    for (int64_t b = first; b < last; ++b) {
      add_block(blocks, g, b, memory.columns(blocks.image(b)), scratch.data(),
                shares + b * 2 * s.c);
    }
  });
  gather_blocks(blocks, shares);
  if (!g.dx) return;
  for (int64_t i = 0; i < s.n; ++i) {
    g.set_gradient(memory, i, i, s.groups, shares + i * blocks.per_image * 2 * s.c);
  }
  blocks.for_each_task(3, sizeof(T), [&](int64_t, int64_t first, int64_t last) {
    for (int64_t b = first; b < last; ++b) {
      write_block(blocks, g, b, memory.columns(blocks.image(b)));
    }
  });
}

}  // namespace

template <class T>
void normalize_backward(const T* dy, const T* x, const T* gamma, const double* mean,
                        const double* variance, T* dx, T* dgamma, T* dbeta, const NormShape& shape,
                        double epsilon, bool fixed, const NormEndGradient<T>& end) {
  const NormBlocks blocks(shape);
  const Gradients<T> gradients{dy, x, gamma, mean, variance, dx, epsilon, fixed, end};
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
                                 bool, const NormEndGradient<float>&);
template void normalize_backward(const double*, const double*, const double*, const double*,
                                 const double*, double*, double*, double*, const NormShape&, double,
                                 bool, const NormEndGradient<double>&);

}  // namespace pyconv
