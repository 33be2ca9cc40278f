// SPDX-License-Identifier: BSD-3-Clause
// Fills the function table of the instruction set whose Vec was included before.
#pragma once

#include "micro/activate.hpp"
#include "micro/blend.hpp"
#include "micro/blend_bytes.hpp"
#include "micro/depthwise.hpp"
#include "micro/depthwise_kernel.hpp"
#include "micro/dropout.hpp"
#include "micro/gather_rows.hpp"
#include "micro/gemm_tile.hpp"
#include "micro/normalization.hpp"
#include "micro/optimizer_step.hpp"
#include "micro/pack_windows.hpp"
#include "micro/pool2d.hpp"
#include "micro/pool2d_backward.hpp"
#include "micro/probe.hpp"
#include "micro/sample2d.hpp"
#include "micro/scatter_rows.hpp"
#include "micro/sigmoid_cross_entropy.hpp"
#include "micro/slide_gradient.hpp"
#include "micro/softmax.hpp"
#include "micro/sum_rows.hpp"
#include "micro/thin_product.hpp"
#include "micro/transpose.hpp"
#include "micro/winograd.hpp"

namespace {

template <class T>
constexpr pyconv::KernelTable<T> kernel_table() {
  pyconv::KernelTable<T> table{};
  table.width = Vec<T>::width;
  table.max_vecs = kTileVecs;
  FillTiles<T, 1, 1>::fill(table);
  if constexpr (sizeof(T) == sizeof(float)) {
    table.winograd2 = winograd_kernels<T, 2, 3>();
    table.winograd4 = winograd_kernels<T, 4, 3>();
    table.winograd_of5 = winograd_kernels<T, 2, 5>();
  }
  table.thin_product = &thin_product<T>;
  table.gather_rows = &gather_rows<T>;
  table.scatter_rows = &scatter_rows<T>;
  table.add_terms = &add_terms<T>;
  table.depthwise_lines = kDepthwiseLines;
  table.depthwise_row = &depthwise_row<T>;
  table.depthwise_kernel_row = &depthwise_kernel_row<T>;
  table.add_pairs = &add_pairs<T>;
  table.depthwise_kernel_windows = &depthwise_kernel_windows<T>;
  table.slide_taps = kSlideTaps;
  table.slide_gradient = &slide_gradient<T>;
  table.stream = &stream<T>;
  table.copy_every = &copy_every<T>;
  table.fence = &Vec<T>::fence;
  table.copy_rows = &copy_rows<T>;
  table.pack_windows = &pack_windows<T>;
  table.transpose = &transpose<T>;
  table.sum_rows = &sum_rows<T>;
  fill_activations<T>(table);
  fill_best<T, Larger>(table, pyconv::PoolKind::kMax);
  fill_best<T, Smaller>(table, pyconv::PoolKind::kMin);
  table.average_row = &pool_row<T, Average<T>>;
  table.average_plane_row = &pool_plane_row<T, Average<T>>;
  table.best_tiles_backward = &best_tiles_backward<T>;
  table.best_row_backward = &best_row_backward<T>;
  table.average_row_backward = &average_row_backward<T>;
  table.average_plane_row_backward = &average_plane_row_backward<T>;
  table.sample_pixels = &sample_pixels<T>;
  table.sample_pixels_backward = &sample_pixels_backward<T>;
  table.blend_rows = &blend_rows<T>;
  table.blend_pixels = &blend_pixels<T>;
  table.row_max = &row_max<T>;
  table.exp_row = &exp_row<T>;
  table.divide_row = &divide_row<T>;
  fill_optimizer_steps<T>(table);
  fill_normalizations<T>(table);
  table.dropout = &dropout<T>;
  table.sigmoid_cross_entropy = &sigmoid_cross_entropy<T>;
  table.sigmoid_cross_entropy_backward = &sigmoid_cross_entropy_backward<T>;
  table.probe_fma = &probe_fma<T>;
  table.probe_flops = 2 * kProbeChains * Vec<T>::width;
  return table;
}

}  // namespace
