// SPDX-License-Identifier: BSD-3-Clause
#include "ops/depthwise.hpp"

#include <algorithm>
#include <vector>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/depthwise_channels.hpp"
#include "ops/pad_images.hpp"
#include "ops/parity_classes.hpp"
#include "ops/streamed.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Enough tasks that threads end together, each of no more than this.
constexpr int64_t kTasksPerThread = 4;
constexpr int64_t kTaskBytes = int64_t(512) << 10;

// Calls body(image, first line, last line) in tasks: the lines of n images, neighbours together,
// `least` of them or more.
template <class T, class Body>
void for_each_band(int64_t n, int64_t lines, int64_t line_size, int64_t work, int64_t least,
                   Body&& body) {
  const int64_t fair = std::max(least, ceil_div(n * lines, kTasksPerThread * num_threads()));
  const int64_t most = std::max<int64_t>(1, kTaskBytes / (line_size * int64_t(sizeof(T))));
  const int64_t bands = ceil_div(lines, std::clamp<int64_t>(std::min(most, fair), 1, lines));
  parallel_for(n * bands, work, [&](int64_t task) {
    const int64_t band = task % bands;
    body(task / bands, lines * band / bands, lines * (band + 1) / bands);
  });
}

// Pixels of dx that meet the same taps: those of dy at the offsets `rows` from theirs, and `taps`
// ones in a row from `origin` on, `apart` pixels from each other.
template <class T>
struct PixelClass {
  int64_t first_row, first_column;
  int64_t lines, count;
  std::vector<int64_t> rows;
  int64_t taps, origin, apart;
  std::vector<T> weights;  // rows x taps x f
};

template <class T>
std::vector<PixelClass<T>> pixel_classes(const Window& w, const AxisClasses& rows,
                                         const AxisClasses& columns, const T* kernel) {
  std::vector<PixelClass<T>> classes;
  for (const auto& [a, vertical] : rows) {
    for (const auto& [b, horizontal] : columns) {
      PixelClass<T> found{a, b, ceil_div(w.h - a, w.sh), ceil_div(w.w - b, w.sw), {}, 0, 0, 1, {}};
      for (const AxisTap& tap : vertical) found.rows.push_back(tap.offset);
      found.taps = int64_t(horizontal.size());
      found.origin = horizontal.front().offset;
      if (found.taps > 1) found.apart = horizontal[1].offset - found.origin;
      for (const Tap& tap : crossed(vertical, horizontal, w.kw)) {
        const T* from = kernel + tap.index * w.f;
        found.weights.insert(found.weights.end(), from, from + w.f);
      }
      classes.push_back(std::move(found));
    }
  }
  return classes;
}

// Lines of windows that one call of the kernel takes.
template <class T>
int64_t lines_together(const Window& w, const KernelTable<T>& table) {
  const bool small = w.kh == 3 && w.kw == 3 && w.dil_h == 1 && w.dil_w == 1;
  const bool fits = w.sh == w.sw && w.sh <= 2 && w.ow >= 4 && w.f >= table.width;
  return small && fits ? table.depthwise_lines : 1;
}

// dx of all channels apart.
template <class T>
void wide_backward_data(const Window& w, const T* dy, const T* kernel, T* dx) {
  const AxisClasses rows = row_classes(w);
  const AxisClasses columns = column_classes(w);
  if (!reach_every_pixel(w, rows, columns)) fill_zero(dx, w.n * w.h, w.w * w.f);
  const std::vector<PixelClass<T>> classes = pixel_classes(w, rows, columns, kernel);
  Rows<T> gradients(dy, w.oh, w.ow * w.f, true);
  const KernelTable<T>& table = kernel_table_of<T>();
  TileEnd<T> end = plain_end<T>();
  end.stream = is_streamed(dx, w.input_pixels() * w.f, {w.f});
  keep_going();
  const auto lines = [&](int64_t image, int64_t first, int64_t last) {
    std::vector<const T*> met(size_t(w.kh));
    for (int64_t q = first; q < last; ++q) {
      for (const PixelClass<T>& pixels : classes) {
        if (q >= pixels.lines) continue;
        const int64_t kh = int64_t(pixels.rows.size());
        for (int64_t r = 0; r < kh; ++r) met[r] = gradients.at(image, q + pixels.rows[r]);
        const int64_t y = pixels.first_row + q * w.sh;
        table.depthwise_row({met.data(), w.ow, kh, pixels.taps, pixels.origin, 1, pixels.apart,
                             pixels.weights.data(), w.f,
                             dx + ((image * w.h + y) * w.w + pixels.first_column) * w.f, w.sw * w.f,
                             pixels.count, end, 1, 0});
      }
    }
    if (end.stream) table.fence();
  };
  for_each_band<T>(w.n, ceil_div(w.h, w.sh), w.sh * w.w * w.f, depthwise_work(w), 1, lines);
}

}  // namespace

template <class T>
bool is_depthwise(const Window& w) {
  return w.groups == w.c && w.c > 1 && w.taps() <= kBlockK && !mostly_padding<T>(wide_window(w));
}

template <class T>
void depthwise(const T* x, const T* kernel, T* y, const Window& window, const TileEnd<T>& end) {
  const Window w = wide_window(window);
  const Widened<T> wide(x, window);
  Rows<T> pixels(wide.data(), w.h, w.w * w.f, w.top || w.bottom);
  const KernelTable<T>& table = kernel_table_of<T>();
  const int64_t together = lines_together(w, table);
  const auto lines = [&](int64_t image, int64_t first, int64_t last) {
    std::vector<const T*> met(size_t(w.kh + (together - 1) * w.sh));
    for (int64_t line = first; line < last; line += together) {
      // The last lines may be computed once more.
      const int64_t i = std::max(first, std::min(line, last - together));
      const int64_t count = std::min(together, last - i);
      for (int64_t r = 0; r < w.kh + (count - 1) * w.sh; ++r) {
        met[r] = pixels.at(image, i * w.sh - w.top + r * w.dil_h);
      }
      table.depthwise_row({met.data(), w.w, w.kh, w.kw, -w.left, w.sw, w.dil_w, kernel, w.f,
                           y + (image * w.oh + i) * w.ow * w.f, w.f, w.ow, end, count, w.ow * w.f});
    }
  };
  for_each_band<T>(w.n, w.oh, w.ow * w.f, depthwise_work(w), together, lines);
}

template <class T>
void depthwise_backward_data(const T* dy, const T* kernel, T* dx, const Window& w) {
  const int64_t times = w.f / w.c;
  if (times == 1) return wide_backward_data(w, dy, kernel, dx);
  Scratch<T> wide(w.input_pixels() * w.f);
  wide_backward_data(w, dy, kernel, wide.data());
  parallel_for(w.n * w.h, w.input_pixels() * w.f * int64_t(sizeof(T)), [&](int64_t row) {
    const T* from = wide.data() + row * w.w * w.f;
    T* to = dx + row * w.w * w.c;
    for (int64_t i = 0; i < w.w * w.c; ++i, from += times) {
      to[i] = from[0];
      for (int64_t q = 1; q < times; ++q) to[i] += from[q];
    }
  });
}

template bool is_depthwise<float>(const Window&);
template bool is_depthwise<double>(const Window&);
template void depthwise(const float*, const float*, float*, const Window&, const TileEnd<float>&);
template void depthwise(const double*, const double*, double*, const Window&,
                        const TileEnd<double>&);
template void depthwise_backward_data(const float*, const float*, float*, const Window&);
template void depthwise_backward_data(const double*, const double*, double*, const Window&);
}  // namespace pyconv
