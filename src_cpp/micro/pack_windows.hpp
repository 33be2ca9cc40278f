// SPDX-License-Identifier: BSD-3-Clause
// Windows of neighbouring elements, copied for the tiles that will read them column by column.
#pragma once

#include "kernels.hpp"
#include "micro/move.hpp"

namespace {

// Element r of the window of pixel p becomes element (p, r - first of its tile) of a tile. Tiles
// begin `pitch` elements apart; one has room for a vector behind its last pixel.
template <class T>
void pack_windows(const T* from, const int64_t* origin, int64_t pixels, const int64_t* first,
                  int64_t tiles, int64_t height, T* to, int64_t pitch) {
  const int64_t last = tiles - 1;
  for (int64_t p = 0; p < pixels; ++p, to += height) {
    const T* const window = from + origin[p];
    // What is beyond a tile's rows is the next tile's in the window, the next pixel's in the copy.
    for (int64_t t = 0; t < last; ++t) copy_beyond(to + t * pitch, window + first[t], height);
    copy_elements(to + last * pitch, window + first[last], first[tiles] - first[last]);
  }
}

}  // namespace
