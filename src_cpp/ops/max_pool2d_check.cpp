// SPDX-License-Identifier: BSD-3-Clause
#include "ops/pool2d.hpp"

#include <algorithm>

#include "arena.hpp"
#include "ops/pool_windows.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Judges offsets, in either layout.
struct OffsetCheck {
  const Window& w;
  const void* argmax;

  bool good(int64_t element) const {
    const int64_t pixel =
        w.channels_first ? element % (w.oh * w.ow) : element / w.c % (w.oh * w.ow);
    const int64_t where = offset_at(argmax, w, element);
    if (where < 0 || where >= w.taps()) return false;
    const int64_t y = pixel / w.ow * w.sh - w.top + where / w.kw;
    const int64_t x = pixel % w.ow * w.sw - w.left + where % w.kw;
    return y >= 0 && y < w.h && x >= 0 && x < w.w;
  }

  template <class Offset>
  Offset largest(int64_t first, int64_t last) const {
    const Offset* offsets = static_cast<const Offset*>(argmax);
    Offset most = 0;
    for (int64_t e = first; e < last; ++e) most = std::max(most, offsets[e]);
    return most;
  }

  // For windows that lie inside the image: is every offset below the window's size?
  bool all_below(int64_t first, int64_t last) const {
    if (byte_offsets(w)) return largest<uint8_t>(first, last) < w.taps();
    return int64_t(largest<uint32_t>(first, last)) < w.taps();
  }

  // The first bad element of [first, last), or INT64_MAX.
  int64_t first_bad(int64_t first, int64_t last) const {
    for (int64_t e = first; e < last; ++e) {
      if (!good(e)) return e;
    }
    return INT64_MAX;
  }

  // The same for one row of windows, whose pixels have `inner` elements each.
  int64_t first_bad_in_row(int64_t row, int64_t inner) const {
    const int64_t first = row * w.ow * inner;
    const int64_t last = first + w.ow * inner;
    const int64_t top = row % w.oh * w.sh - w.top;
    int64_t from = last;  // windows [from, to) are not clipped
    int64_t to = last;
    if (top >= 0 && top + w.kh <= w.h && w.kw <= w.w) {
      const int64_t most = (w.w - w.kw + w.left) / w.sw + 1;
      from = first + std::min(w.ow, ceil_div(w.left, w.sw)) * inner;
      to = std::max(from, first + std::min(w.ow, most) * inner);
    }
    if (!all_below(from, to)) return first_bad(first, last);
    return std::min(first_bad(first, from), first_bad(to, last));
  }
};

}  // namespace

void max_pool2d_check(const void* argmax, const Window& window, int64_t* first_bad) {
  const OffsetCheck check{window, argmax};
  const int64_t inner = window.channels_first ? 1 : window.c;
  const int64_t rows = window.n * window.oh * (window.channels_first ? window.c : 1);
  const bool inside = window.top == 0 && (window.oh - 1) * window.sh + window.kh <= window.h &&
                      window.left == 0 && (window.ow - 1) * window.sw + window.kw <= window.w;
  constexpr int64_t kRows = 64;
  Scratch<int64_t> found(ceil_div(rows, kRows));
  parallel_for(ceil_div(rows, kRows), window.output_pixels() * window.c, [&](int64_t block) {
    found[block] = INT64_MAX;
    const int64_t last = std::min(rows, (block + 1) * kRows);
    const int64_t pitch = window.ow * inner;
    if (inside && check.all_below(block * kRows * pitch, last * pitch)) return;
    for (int64_t row = block * kRows; row < last && found[block] == INT64_MAX; ++row) {
      found[block] = check.first_bad_in_row(row, inner);
    }
  });
  for (int64_t block = 0; block < ceil_div(rows, kRows); ++block) {
    *first_bad = std::min(*first_bad, found[block]);
  }
}

}  // namespace pyconv
