// SPDX-License-Identifier: BSD-3-Clause
// Fills the function table of the instruction set whose Vec was included before.
#pragma once

#include "micro/activate.hpp"
#include "micro/adam_step.hpp"
#include "micro/dropout.hpp"
#include "micro/gather_rows.hpp"
#include "micro/gemm_tile.hpp"
#include "micro/pool2d.hpp"
#include "micro/probe.hpp"
#include "micro/sigmoid_cross_entropy.hpp"
#include "micro/softmax.hpp"
#include "micro/sum_rows.hpp"
#include "micro/transpose.hpp"

namespace {

template <class T>
constexpr pyconv::KernelTable<T> kernel_table() {
  pyconv::KernelTable<T> table{};
  table.width = Vec<T>::width;
  table.max_vecs = kTileVecs;
  FillTiles<T, 1, 1>::fill(table);
  table.gather_rows = &gather_rows<T>;
  table.add_to = &add_to<T>;
  table.stream = &stream<T>;
  table.transpose = &transpose<T>;
  table.sum_rows = &sum_rows<T>;
  fill_activations<T>(table);
  table.max_pool_row = &max_pool_row<T>;
  table.max_pool_plane_row = &max_pool_plane_row<T>;
  table.max_pool_row_backward = &max_pool_row_backward<T>;
  table.row_max = &row_max<T>;
  table.exp_row = &exp_row<T>;
  table.divide_row = &divide_row<T>;
  table.dropout = &dropout<T>;
  table.sigmoid_cross_entropy = &sigmoid_cross_entropy<T>;
  table.sigmoid_cross_entropy_backward = &sigmoid_cross_entropy_backward<T>;
  table.adam_step = &adam_step<T>;
  table.probe_fma = &probe_fma<T>;
  table.probe_flops = 2 * kProbeChains * Vec<T>::width;
  return table;
}

}  // namespace
