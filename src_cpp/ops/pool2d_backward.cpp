// SPDX-License-Identifier: BSD-3-Clause
#include "ops/pool2d.hpp"

#include <algorithm>

#include "dispatch.hpp"
#include "ops/pool_windows.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Do the windows cover every pixel of a row once, up to what is left over at its end?
bool windows_tile(const Window& w) { return w.sw == w.kw && w.left == 0; }

// The same of the image's rows.
bool windows_tile_rows(const Window& w) { return w.sh == w.kh && w.top == 0; }

// Output rows whose windows hold row y of the pixels: i * sh - top <= y < i * sh - top + kh.
struct RowsOver {
  RowsOver(const Window& w, int64_t y)
      : first(y + w.top < w.kh ? 0 : (y + w.top - w.kh) / w.sh + 1),
        last(std::min(w.oh, (y + w.top) / w.sh + 1)) {}
  int64_t first, last;
};

// Calls body(output row, image, its first row of pixels, how many rows belong to it).
template <class T, class Body>
void for_each_tile_row(const Window& w, Body&& body) {
  parallel_for(w.n * w.oh, w.input_pixels() * w.c * int64_t(sizeof(T)), [&](int64_t row) {
    const int64_t i = row % w.oh;
    body(row, row / w.oh, i * w.kh, (i + 1 == w.oh ? w.h : (i + 1) * w.kh) - i * w.kh);
  });
}

// Windows side by side: each row of them writes its pixels by send(dy's first element, dx, rows),
// the last one those beyond it, too.
template <class T, class Send>
void tiles_gradient(T* dx, const Window& w, Send&& send) {
  const int64_t row_size = w.w * w.c;
  const int64_t met = std::min(w.ow * w.kw, w.w) * w.c;
  for_each_tile_row<T>(w, [&](int64_t row, int64_t image, int64_t y, int64_t count) {
    T* to = dx + (image * w.h + y) * row_size;
    const int64_t rows = std::min(w.kh, count);
    send(row * w.ow * w.c, to, rows);
    for (int64_t r = 0; met < row_size && r < rows; ++r) {
      std::fill_n(to + r * row_size + met, row_size - met, T(0));
    }
    std::fill_n(to + rows * row_size, (count - rows) * row_size, T(0));
  });
}

template <class T>
void best_tiles_gradient(const T* dy, const void* argmax, T* dx, const Window& w) {
  const KernelTable<T>& table = kernel_table_of<T>();
  tiles_gradient(dx, w, [&](int64_t at, T* to, int64_t rows) {
    table.best_tiles_backward({dy + at, offsets_at(argmax, w, at), byte_offsets(w), to, w.w, w.c,
                               w.kw, w.sh, w.sw, 0, w.ow, rows, 0, 0, w.w});
  });
}

template <class T>
void best_gradient(const T* dy, const void* argmax, T* dx, const Window& w) {
  if (windows_tile(w) && windows_tile_rows(w) && w.oh > 0) {
    return best_tiles_gradient(dy, argmax, dx, w);
  }
  const KernelTable<T>& table = kernel_table_of<T>();
  const int64_t rows = w.n * w.h;
  const int64_t stretch = std::max<int64_t>(1, kStretchPixels / (w.taps() * w.c));
  parallel_for(rows, rows * w.w * w.c * int64_t(sizeof(T)), [&](int64_t row) {
    const RowsOver over(w, row % w.h);
    const int64_t at = (row / w.h * w.oh + over.first) * w.ow * w.c;
    for (int64_t x = 0; x < w.w; x += stretch) {
      if (x > 0) keep_going();
      table.best_row_backward({dy + at, offsets_at(argmax, w, at), byte_offsets(w),
                               dx + row * w.w * w.c, w.w, w.c, w.kw, w.sh, w.sw, w.left, w.ow,
                               over.last - over.first, row % w.h + w.top - over.first * w.sh, x,
                               std::min(x + stretch, w.w)});
    }
  });
}

// One row of an average's gradient; `at` is the first element of the image's dy.
template <class T>
void average_gradient_row(PoolRowGradientOf<T> send, const T* dy, T* dx, const Window& w, int64_t c,
                          int64_t y, const Counted& counted) {
  const RowsOver over(w, y);
  const bool assign = windows_tile(w) && over.last - over.first == 1;
  const int64_t assigned = assign ? std::min(w.ow * w.kw, w.w) : 0;
  std::fill_n(dx + assigned * c, (w.w - assigned) * c, T(0));
  for (int64_t i = over.first; i < over.last; ++i) {
    if (i > over.first) keep_going();
    send({dy + i * w.ow * c, dx, assign, w.w, c, w.kw, w.sw, w.left, w.ow,
          counted.rows(i * w.sh - w.top, w), counted.left, counted.right});
  }
}

// Windows of more rows are too few to be shared out.
constexpr int64_t kTallestTile = 4;

template <class T>
void average_tiles_gradient(const T* dy, T* dx, const Window& w, const Counted& counted) {
  const auto send = kernel_table_of<T>().average_row_backward;
  tiles_gradient(dx, w, [&](int64_t at, T* to, int64_t rows) {
    const int64_t origin = at / (w.ow * w.c) % w.oh * w.sh;
    for (int64_t r = 0; r < rows; ++r, to += w.w * w.c) {
      send({dy + at, to, true, w.w, w.c, w.kw, w.sw, 0, w.ow, counted.rows(origin, w), counted.left,
            counted.right});
    }
  });
}

// Adds dy of one channel to the pixels that won; rows [first, last) of dx.
template <class T>
void scatter_rows(const T* dy, const void* argmax, T* dx, const Window& w, const Channel& channel,
                  int64_t first, int64_t last) {
  for (int64_t pixel = first * w.w; pixel < last * w.w; ++pixel) {
    dx[channel.input + pixel * channel.step] = T(0);
  }
  // Where each offset of a small window lies from the window's first pixel.
  int64_t steps[256];
  const bool small = byte_offsets(w);
  for (int64_t tap = 0; small && tap < w.taps(); ++tap) steps[tap] = tap / w.kw * w.w + tap % w.kw;
  const int64_t before = first + w.top - w.kh;
  const int64_t above = before < 0 ? 0 : before / w.sh + 1;
  const int64_t below = std::min(w.oh, (last - 1 + w.top) / w.sh + 1);
  for (int64_t i = above; i < below; ++i) {
    for (int64_t j = 0; j < w.ow; ++j) {
      const int64_t at = channel.output + (i * w.ow + j) * channel.step;
      const int64_t tap = offset_at(argmax, w, at);
      const int64_t step = small ? steps[tap] : tap / w.kw * w.w + tap % w.kw;
      const int64_t pixel = (i * w.sh - w.top) * w.w + j * w.sw - w.left + step;
      if (pixel >= first * w.w && pixel < last * w.w) {
        dx[channel.input + pixel * channel.step] += dy[at];
      }
    }
  }
}

template <class T>
void scatter_channels(const T* dy, const void* argmax, T* dx, const Window& w) {
  const int64_t rows = std::max<int64_t>(1, kPoolTaskBytes / (w.w * int64_t(sizeof(T))));
  const int64_t strips = ceil_div(w.h, rows);
  parallel_for(w.n * w.c * strips, w.input_pixels() * w.c * int64_t(sizeof(T)), [&](int64_t task) {
    const int64_t first = task % strips * rows;
    scatter_rows(dy, argmax, dx, w, Channel(w, task / strips), first, std::min(w.h, first + rows));
  });
}

}  // namespace

template <class T>
void max_pool2d_backward(const T* dy, const void* argmax, T* dx, const Window& window) {
  if (window.input_pixels() * window.c == 0) return;
  if (by_planes(window) || !countable<T>(window)) {
    return scatter_channels(dy, argmax, dx, window);
  }
  best_gradient(dy, argmax, dx, window);
}

template <class T>
void avg_pool2d_backward(const T* dy, T* dx, const Window& window, bool count_include_pad) {
  if (window.input_pixels() * window.c == 0) return;
  const KernelTable<T>& table = kernel_table_of<T>();
  const bool planes = by_planes(window);
  const auto send = planes ? table.average_plane_row_backward : table.average_row_backward;
  const int64_t c = planes ? 1 : window.c;
  const int64_t rows = window.n * window.c / c * window.h;
  const Counted counted(window, count_include_pad);
  const bool tiles = windows_tile(window) && windows_tile_rows(window) && window.oh > 0;
  if (!planes && tiles && window.kh <= kTallestTile) {
    return average_tiles_gradient(dy, dx, window, counted);
  }
  parallel_for(rows, rows * window.w * c * int64_t(sizeof(T)), [&](int64_t row) {
    average_gradient_row(send, dy + row / window.h * window.oh * window.ow * c,
                         dx + row * window.w * c, window, c, row % window.h, counted);
  });
}

template void max_pool2d_backward(const float*, const void*, float*, const Window&);
template void max_pool2d_backward(const double*, const void*, double*, const Window&);
template void avg_pool2d_backward(const float*, float*, const Window&, bool);
template void avg_pool2d_backward(const double*, double*, const Window&, bool);

}  // namespace pyconv
