// SPDX-License-Identifier: BSD-3-Clause
// The matrix product of rows that lie where they are: of a convolution of one tap that meets no
// padding, whose rows are pixels and whose columns are filters, and of gemm.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/panels.hpp"
#include "ops/window_gemm.hpp"

namespace pyconv {

template <class T>
struct PointProduct {
  Gather<T> gather;  // its grid is the output's
  Tap tap;
  Panels<T> filter;  // (k, cols)
  int64_t images, k, cols;
  PixelGrid<T> out;
  TileEnd<T> end;
};

// Whether every window of a grid is one pixel of the source.
template <class T>
bool is_point(const Gather<T>& windows, const std::vector<Tap>& taps);

// The sums of window_gemm, to the bit.
template <class T>
void point_product(const PointProduct<T>& product);

}  // namespace pyconv
