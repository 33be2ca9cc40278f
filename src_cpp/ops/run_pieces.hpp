// SPDX-License-Identifier: BSD-3-Clause
// Windows as runs of neighbours, cut into the pieces that tasks of a gradient of filters take.
#pragma once

#include <cstdint>
#include <vector>

#include "geometry.hpp"

namespace pyconv {

// Neighbours in a window: rows [row, row + count) of the gradient, `offset` elements from the
// window's origin on.
struct RunPiece {
  int64_t row, count, offset;
};

// Pieces of at most `most` rows.
std::vector<RunPiece> cut_runs(const Window& w, int64_t most);

}  // namespace pyconv
