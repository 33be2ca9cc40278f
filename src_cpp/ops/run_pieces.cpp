// SPDX-License-Identifier: BSD-3-Clause
#include "ops/run_pieces.hpp"

#include <algorithm>

#include "ops/conv2d_window.hpp"
#include "ops/pad_images.hpp"
#include "ops/tiles.hpp"

namespace pyconv {
namespace {

// Pieces begin at whole lines where the runs do.
constexpr int64_t kRowStep = 16;

}  // namespace

std::vector<RunPiece> cut_runs(const Window& w, int64_t most) {
  std::vector<RunPiece> pieces;
  int64_t row = 0;
  for (const Run& run : window_runs(w, w.group_inputs(), w.c, 1, 0)) {
    const int64_t offset = (run.off_h * padded_width(w) + run.off_w) * w.c;
    const int64_t length = run.taps * run.length;
    const int64_t count = ceil_div(length, most);
    const int64_t step = ceil_div(ceil_div(length, count), kRowStep) * kRowStep;
    for (int64_t first = 0; first < length; first += step) {
      pieces.push_back({row + first, std::min(step, length - first), offset + first});
    }
    row += length;
  }
  return pieces;
}

}  // namespace pyconv
