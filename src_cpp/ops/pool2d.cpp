// SPDX-License-Identifier: BSD-3-Clause
#include "ops/pool2d.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

bool byte_offsets(const Window& w) { return w.taps() <= 256; }

const void* offsets_at(const void* argmax, const Window& w, int64_t element) {
  return static_cast<const char*>(argmax) + element * (byte_offsets(w) ? 1 : 4);
}

int64_t offset_at(const void* argmax, const Window& w, int64_t element) {
  return byte_offsets(w) ? static_cast<const uint8_t*>(argmax)[element]
                         : static_cast<const int32_t*>(argmax)[element];
}

// Are the pixels of a channel contiguous?
bool by_planes(const Window& w) { return w.channels_first || w.c == 1; }

// Lanes of T count a window's positions; beyond this many not every count is exact.
template <class T>
bool countable(const Window& w) {
  return w.taps() <= int64_t(1) << std::numeric_limits<T>::digits;
}

// One channel of one image, in either layout.
struct Channel {
  Channel(const Window& w, int64_t number)
      : step(by_planes(w) ? 1 : w.c),
        input(by_planes(w) ? number * w.h * w.w : number / w.c * w.h * w.w * w.c + number % w.c),
        output(by_planes(w) ? number * w.oh * w.ow
                            : number / w.c * w.oh * w.ow * w.c + number % w.c) {}
  int64_t step;           // elements between pixels
  int64_t input, output;  // the first pixels
};

constexpr int64_t kTaskBytes = int64_t(64) << 10;

// How far an average counts: the image's sides, or those of the padding.
struct Counted {
  Counted(const Window& w, bool pad)
      : top(pad ? -w.top : 0),
        bottom(pad ? w.h + w.bottom : w.h),
        left(pad ? -w.left : 0),
        right(pad ? w.w + w.right : w.w) {}
  // Rows of the window whose first row is `origin`.
  int64_t rows(int64_t origin, const Window& w) const {
    return std::min(origin + w.kh, bottom) - std::max(origin, top);
  }
  int64_t top, bottom, left, right;
};

// Pixels that windows hold in all, between two looks at whether to go on.
constexpr int64_t kStretchPixels = int64_t(1) << 22;

template <class T>
void pool_rows(PoolRowOf<T> pool, const T* x, T* y, void* argmax, const Window& w,
               const Counted& counted) {
  const bool planes = by_planes(w);
  const int64_t c = planes ? 1 : w.c;
  const int64_t images = planes ? w.n * w.c : w.n;
  const int64_t rows = images * w.oh;
  const int64_t row_bytes = w.sh * w.w * c * int64_t(sizeof(T));
  const int64_t per_task = std::max<int64_t>(1, kTaskBytes / row_bytes);
  const int64_t least = planes ? 16 : 1;  // in planes windows are lanes
  const int64_t stretch = std::max(least, kStretchPixels / (w.taps() * c));
  parallel_for(ceil_div(rows, per_task), rows * row_bytes, [&](int64_t task) {
    const int64_t last = std::min(rows, (task + 1) * per_task);
    for (int64_t row = task * per_task; row < last; ++row) {
      const int64_t origin = row % w.oh * w.sh - w.top;
      for (int64_t j = 0; j < w.ow; j += stretch) {
        if (j > 0) keep_going();
        const int64_t at = (row * w.ow + j) * c;
        pool(PoolRow<T>{x + row / w.oh * w.h * w.w * c, y + at,
                        argmax ? const_cast<void*>(offsets_at(argmax, w, at)) : nullptr,
                        byte_offsets(w), w.h, w.w, c, w.w * c, c, w.kh, w.kw, w.sw,
                        w.left - j * w.sw, origin, std::min(stretch, w.ow - j),
                        counted.rows(origin, w), counted.left, counted.right});
      }
    }
  });
}

// One window of more positions than lanes can count.
template <class T>
void pool_wide_window(PoolKind kind, const T* x, T* y, int32_t* argmax, const Window& w,
                      const Channel& channel, int64_t i, int64_t j) {
  const int64_t top = i * w.sh - w.top;
  const int64_t left = j * w.sw - w.left;
  int64_t where = -1;
  T best = T(0);
  for (int64_t r = std::max<int64_t>(0, -top); r < std::min(w.kh, w.h - top); ++r) {
    for (int64_t s = std::max<int64_t>(0, -left); s < std::min(w.kw, w.w - left); ++s) {
      const T value = x[channel.input + ((top + r) * w.w + left + s) * channel.step];
      const bool better = kind == PoolKind::kMax ? value > best : value < best;
      if (where < 0 || better || (std::isnan(value) && !std::isnan(best))) {
        best = value;
        where = r * w.kw + s;
      }
    }
  }
  const int64_t at = channel.output + (i * w.ow + j) * channel.step;
  y[at] = best;
  if (argmax) argmax[at] = static_cast<int32_t>(where);
}

// Do the windows cover every pixel of a row once, up to what is left over at its end?
bool windows_tile(const Window& w) { return w.sw == w.kw && w.left == 0; }

template <class T>
void gradient_row(PoolRowGradientOf<T> send, const T* dy, const void* argmax, T* dx,
                  const Window& w, int64_t c, int64_t image, int64_t y, const Counted& counted) {
  // Output rows whose windows hold this row of pixels: i * sh - top <= y < i * sh - top + kh.
  const int64_t reached = y + w.top;
  const int64_t first = reached < w.kh ? 0 : (reached - w.kh) / w.sh + 1;
  const int64_t last = std::min(w.oh, reached / w.sh + 1);
  const bool assign = windows_tile(w) && last - first == 1;
  const int64_t assigned = assign ? std::min(w.ow * w.kw, w.w) : 0;
  std::fill_n(dx + assigned * c, (w.w - assigned) * c, T(0));
  for (int64_t i = first; i < last; ++i) {
    if (i > first) keep_going();
    const int64_t at = (image * w.oh + i) * w.ow * c;
    send(PoolRowGradient<T>{dy + at, argmax ? offsets_at(argmax, w, at) : nullptr, dx,
                            byte_offsets(w), assign, w.w, c, w.kw, w.sw, w.left, reached - i * w.sh,
                            w.ow, counted.rows(i * w.sh - w.top, w), counted.left, counted.right});
  }
}

// Every row of dx; in planes where c is 1.
template <class T>
void gradient_rows(PoolRowGradientOf<T> send, const T* dy, const void* argmax, T* dx,
                   const Window& w, int64_t c, const Counted& counted) {
  const int64_t rows = w.n * w.c / c * w.h;
  parallel_for(rows, rows * w.w * c * int64_t(sizeof(T)), [&](int64_t row) {
    gradient_row(send, dy, argmax, dx + row * w.w * c, w, c, row / w.h, row % w.h, counted);
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
  const int64_t rows = std::max<int64_t>(1, kTaskBytes / (w.w * int64_t(sizeof(T))));
  const int64_t strips = ceil_div(w.h, rows);
  parallel_for(w.n * w.c * strips, w.input_pixels() * w.c * int64_t(sizeof(T)), [&](int64_t task) {
    const int64_t first = task % strips * rows;
    scatter_rows(dy, argmax, dx, w, Channel(w, task / strips), first, std::min(w.h, first + rows));
  });
}

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

  // For windows that lie inside the image: is every offset below the window's size?
  bool all_below(int64_t first, int64_t last) const {
    bool bad = false;
    if (byte_offsets(w)) {
      const auto most = static_cast<uint8_t>(w.taps() - 1);
      const uint8_t* offsets = static_cast<const uint8_t*>(argmax);
      for (int64_t e = first; e < last; ++e) bad |= offsets[e] > most;
    } else {
      const auto most = static_cast<uint32_t>(w.taps() - 1);
      const int32_t* offsets = static_cast<const int32_t*>(argmax);
      for (int64_t e = first; e < last; ++e) bad |= static_cast<uint32_t>(offsets[e]) > most;
    }
    return !bad;
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

template <class T>
void best_pool2d(PoolKind kind, const T* x, T* y, void* argmax, const Window& window) {
  if (window.output_pixels() * window.c == 0) return;
  if (countable<T>(window)) {
    const KernelTable<T>& table = kernel_table_of<T>();
    const auto& row = argmax ? table.pool_row_with_offsets : table.pool_row;
    const auto& plane_row = argmax ? table.pool_plane_row_with_offsets : table.pool_plane_row;
    const auto pool = (by_planes(window) ? plane_row : row)[static_cast<int>(kind)];
    return pool_rows<T>(pool, x, y, argmax, window, Counted(window, false));
  }
  const int64_t channels = window.n * window.c;
  parallel_for(channels * window.oh, window.input_pixels() * window.c * int64_t(sizeof(T)),
               [&](int64_t task) {
                 const Channel channel(window, task / window.oh);
                 for (int64_t j = 0; j < window.ow; ++j) {
                   pool_wide_window(kind, x, y, static_cast<int32_t*>(argmax), window, channel,
                                    task % window.oh, j);
                 }
               });
}

template <class T>
void avg_pool2d(const T* x, T* y, const Window& window, bool count_include_pad) {
  if (window.output_pixels() * window.c == 0) return;
  const KernelTable<T>& table = kernel_table_of<T>();
  pool_rows<T>(by_planes(window) ? table.average_plane_row : table.average_row, x, y, nullptr,
               window, Counted(window, count_include_pad));
}

void max_pool2d_check(const void* argmax, const Window& window, int64_t* first_bad) {
  const OffsetCheck check{window, argmax};
  const int64_t inner = window.channels_first ? 1 : window.c;
  const int64_t rows = window.n * window.oh * (window.channels_first ? window.c : 1);
  constexpr int64_t kRows = 64;
  Scratch<int64_t> found(ceil_div(rows, kRows));
  parallel_for(ceil_div(rows, kRows), window.output_pixels() * window.c, [&](int64_t block) {
    found[block] = INT64_MAX;
    const int64_t last = std::min(rows, (block + 1) * kRows);
    for (int64_t row = block * kRows; row < last && found[block] == INT64_MAX; ++row) {
      found[block] = check.first_bad_in_row(row, inner);
    }
  });
  for (int64_t block = 0; block < ceil_div(rows, kRows); ++block) {
    *first_bad = std::min(*first_bad, found[block]);
  }
}

template <class T>
void max_pool2d_backward(const T* dy, const void* argmax, T* dx, const Window& window) {
  if (window.input_pixels() * window.c == 0) return;
  if (by_planes(window) || !countable<T>(window)) {
    return scatter_channels(dy, argmax, dx, window);
  }
  gradient_rows<T>(kernel_table_of<T>().best_row_backward, dy, argmax, dx, window, window.c,
                   Counted(window, false));
}

template <class T>
void avg_pool2d_backward(const T* dy, T* dx, const Window& window, bool count_include_pad) {
  if (window.input_pixels() * window.c == 0) return;
  const KernelTable<T>& table = kernel_table_of<T>();
  const bool planes = by_planes(window);
  gradient_rows<T>(planes ? table.average_plane_row_backward : table.average_row_backward, dy,
                   nullptr, dx, window, planes ? 1 : window.c, Counted(window, count_include_pad));
}

template void best_pool2d(PoolKind, const float*, float*, void*, const Window&);
template void best_pool2d(PoolKind, const double*, double*, void*, const Window&);
template void avg_pool2d(const float*, float*, const Window&, bool);
template void avg_pool2d(const double*, double*, const Window&, bool);
template void max_pool2d_backward(const float*, const void*, float*, const Window&);
template void max_pool2d_backward(const double*, const void*, double*, const Window&);
template void avg_pool2d_backward(const float*, float*, const Window&, bool);
template void avg_pool2d_backward(const double*, double*, const Window&, bool);

}  // namespace pyconv
