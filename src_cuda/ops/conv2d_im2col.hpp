// SPDX-License-Identifier: BSD-3-Clause
// The convolutions' "im2col" algorithm: the explicit matrix in a workspace, some images at a time,
// and gemm. The textbook form, kept as a cross-check.
#pragma once

#include "launch.cuh"
#include "ops/im2col.hpp"
#include "ops/product.hpp"

namespace pyconv {

// A workspace holds the matrix of as many images as fit into it, of one at least.
constexpr int64_t kMatrixBytes = int64_t{64} << 20;

inline int64_t image_matrix_size(const Window& window) {
  return window.oh * window.ow * window.kh * window.kw * (window.c / window.groups);
}
inline int64_t images_at_a_time(const Window& window, int64_t element_bytes) {
  const int64_t fit = kMatrixBytes / (image_matrix_size(window) * element_bytes);
  const int64_t most = window.n < 1 ? 1 : window.n;
  return fit < 1 ? 1 : (fit < most ? fit : most);
}

// Calls body(images' window, first image, group) for every piece of the batch.
template <class T, class Body>
void for_pieces(const Window& window, Body body) {
  const int64_t step = images_at_a_time(window, sizeof(T));
  for (int64_t first = 0; first < window.n; first += step) {
    Window piece = window;
    piece.n = window.n - first < step ? window.n - first : step;
    for (int64_t group = 0; group < window.groups; ++group) body(piece, first, group);
  }
}

// The columns of one group, in the kernel's order.
inline Columns group_columns(const Window& window, int64_t group) {
  const int64_t channels = window.c / window.groups;
  return {group * channels, channels, /*channel_first=*/false};
}

}  // namespace pyconv
