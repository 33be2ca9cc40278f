// SPDX-License-Identifier: BSD-3-Clause
#include "ops/depthwise.hpp"

#include <algorithm>
#include <vector>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/depthwise_channels.hpp"
#include "ops/pad_images.hpp"
#include "ops/tiles.hpp"
#include "ops/window_blocks.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Parts that sums over pixels are cut into, the most memory they may take, and the fewest rows of
// dy in one.
constexpr int64_t kParts = 64;
constexpr int64_t kPartialBytes = int64_t(4) << 20;
constexpr int64_t kPartRows = 7;
// Padded rows that a task reads at once: they lie in its second cache.
constexpr int64_t kBandBytes = 384 << 10;
constexpr int64_t kPixelBlock = 256;
constexpr int64_t kRowsBetweenLooks = 8;

std::vector<int64_t> tap_offsets(const std::vector<Tap>& taps, int64_t row, int64_t channels) {
  std::vector<int64_t> offsets;
  for (const Tap& tap : taps) offsets.push_back((tap.off_h * row + tap.off_w) * channels);
  return offsets;
}

// Padded rows under a line of y.
int64_t rows_under_line(const Window& w) { return (w.kh - 1) * w.dil_h + 1; }

// Lines `step` padded rows apart and `reach` rows high whose rows lie in a task's cache; the rows
// that neighbouring bands share stay fewer than their own.
template <class T>
int64_t cached_lines(const Window& frame, int64_t step, int64_t reach) {
  const int64_t row = padded_width(frame) * frame.c * int64_t(sizeof(T));
  return std::max<int64_t>(1, std::max(kBandBytes / row, 2 * reach) / step);
}

// dkernel's sums over rows [first, last) of dy, row after row; they lie in several images.
template <class T>
void add_rows(const Window& w, const T* x, const T* dy, const std::vector<int64_t>& offsets,
              int64_t first, int64_t last, T* sums) {
  const KernelTable<T>& table = kernel_table_of<T>();
  const int64_t width = padded_width(w);
  const int64_t reach = rows_under_line(w);
  const int64_t band = std::min(cached_lines<T>(w, w.sh, reach), w.oh);
  PaddedRows<T> padded(w, (band - 1) * w.sh + reach);
  for (int64_t row = first; row < last;) {
    const int64_t q = row % w.oh;
    const int64_t lines = std::min({band, w.oh - q, last - row});
    const T* image = x + row / w.oh * w.h * w.w * w.f;
    const T* source = padded.read(image, q * w.sh, (lines - 1) * w.sh + reach);
    for (int64_t end = row + lines; row < end; ++row, source += w.sh * width * w.f) {
      for (int64_t j = 0; j < w.ow; j += kPixelBlock) {
        table.depthwise_kernel_row({source + j * w.sw * w.f, w.sw * w.f, offsets.data(), w.taps(),
                                    dy + (row * w.ow + j) * w.f, w.f, w.f,
                                    std::min(kPixelBlock, w.ow - j), sums, row == first && j == 0});
      }
      keep_going();
    }
  }
}

bool slides(const Window& w) {
  return w.kh == 3 && w.kw == 3 && w.dil_h == 1 && w.dil_w == 1 && w.sw <= 2;
}

// The same for the windows that slide, from rows in place.
template <class T>
void add_windows(const Window& w, const Rows<T>& pixels, const T* dy, int64_t first, int64_t last,
                 T* sums) {
  const KernelTable<T>& table = kernel_table_of<T>();
  for (int64_t row = first; row < last; ++row) {
    const T* met[3];
    for (int64_t r = 0; r < 3; ++r) {
      met[r] = pixels.at(row / w.oh, row % w.oh * w.sh - w.top + r);
    }
    for (int64_t j = 0; j < w.ow; j += kPixelBlock) {
      table.depthwise_kernel_windows(
          {met, w.w, j * w.sw - w.left, w.sw, dy + (row * w.ow + j) * w.f, w.f,
           std::min(kPixelBlock, w.ow - j), sums, row == first && j == 0});
    }
    if (row % kRowsBetweenLooks == 0) keep_going();
  }
}

}  // namespace

template <class T>
void depthwise_backward_kernel(const T* x, const T* dy, T* dkernel, const Window& window) {
  const Window w = wide_window(window);
  const Widened<T> wide(x, window);
  const std::vector<int64_t> offsets = tap_offsets(forward_taps(w), padded_width(w), w.f);
  const int64_t rows = w.n * w.oh;
  const int64_t size = w.taps() * w.f;
  const int64_t parts = std::clamp<int64_t>(kPartialBytes / (size * int64_t(sizeof(T))), 1,
                                            std::min(kParts, ceil_div(rows, kPartRows)));
  Scratch<T> partial(parts * size);
  const Rows<T> pixels(wide.data(), w.h, w.w * w.f, w.top || w.bottom);
  parallel_for(parts, depthwise_work(w), [&](int64_t part) {
    const int64_t first = rows * part / parts;
    const int64_t last = rows * (part + 1) / parts;
    if (slides(w)) {
      add_windows(w, pixels, dy, first, last, partial.data() + part * size);
    } else {
      add_rows(w, wide.data(), dy, offsets, first, last, partial.data() + part * size);
    }
  });
  kernel_table_of<T>().sum_rows(partial.data(), size, parts, size, dkernel);
}

template void depthwise_backward_kernel(const float*, const float*, float*, const Window&);
template void depthwise_backward_kernel(const double*, const double*, double*, const Window&);

}  // namespace pyconv
