// SPDX-License-Identifier: BSD-3-Clause
#include "ops/im2col.hpp"

#include <algorithm>
#include <vector>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/conv2d_window.hpp"
#include "ops/tiles.hpp"
#include "ops/window_blocks.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// A task writes about this much of the matrix.
constexpr int64_t kTaskBytes = int64_t(64) << 10;

std::vector<Run> window_runs(const Window& w, int64_t length, int64_t pixel_pitch, int64_t channels,
                             int64_t channel_pitch) {
  std::vector<Run> runs;
  for (int64_t channel = 0; channel < channels; ++channel) {
    for (int64_t r = 0; r < w.kh; ++r) {
      if (w.dil_w == 1 && pixel_pitch == length) {
        runs.push_back({r * w.dil_h, 0, w.kw, length, channel * channel_pitch});
        continue;
      }
      for (int64_t s = 0; s < w.kw; ++s) {
        runs.push_back({r * w.dil_h, s * w.dil_w, 1, length, channel * channel_pitch});
      }
    }
  }
  return runs;
}

// The windows of channels_first images: every channel is a plane of its own, pixels one apart.
template <class T>
Gather<T> plane_windows(const Window& w, const T* x) {
  Gather<T> windows = input_windows(w, x, 0);
  windows.row_pitch = w.w;
  windows.pixel_pitch = 1;
  return windows;
}

template <class T>
void gather_matrix(const Gather<T>& windows, const std::vector<Run>& runs, int64_t columns,
                   int64_t first, int64_t count, T* col) {
  const KernelTable<T>& table = kernel_table_of<T>();
  const int64_t row_bytes = columns * int64_t(sizeof(T));
  const int64_t per_task = std::max<int64_t>(1, kTaskBytes / row_bytes);
  parallel_for(ceil_div(count, per_task), count * row_bytes, [&](int64_t task) {
    const int64_t row = task * per_task;
    table.gather_rows(windows, runs.data(), int64_t(runs.size()), first + row,
                      std::min(per_task, count - row), col + row * columns, columns);
  });
}

// Adds what one row of windows contributes to one row of pixels.
template <class T>
struct RowAdder {
  const KernelTable<T>& table;
  const Window& w;
  const T* col;      // the image's rows of the matrix
  int64_t columns;   // of the matrix
  int64_t channels;  // elements per tap

  // Row `row` of the image, at `to`, pixels `pitch` elements apart.
  void add(int64_t row, T* to, int64_t pitch) const {
    for (int64_t x = 0; x < w.w; ++x) std::fill_n(to + x * pitch, channels, T(0));
    for (int64_t r = w.kh - 1; r >= 0; --r) {
      const int64_t distance = row + w.top - r * w.dil_h;
      if (distance < 0 || distance % w.sh != 0 || distance / w.sh >= w.oh) continue;
      const T* windows = col + distance / w.sh * w.ow * columns + r * w.kw * channels;
      add_windows(windows, to, pitch);
    }
  }

  void add_windows(const T* windows, T* to, int64_t pitch) const {
    const bool touching = w.dil_w == 1 && pitch == channels;
    for (int64_t j = 0; j < w.ow; ++j, windows += columns) {
      const int64_t x = j * w.sw - w.left;
      if (touching) {
        const int64_t first = std::max<int64_t>(0, -x);
        const int64_t last = std::min(w.kw, w.w - x);
        if (first < last) {
          table.add_to(to + (x + first) * channels, windows + first * channels,
                       (last - first) * channels);
        }
        continue;
      }
      for (int64_t s = 0; s < w.kw; ++s) {
        const int64_t pixel = x + s * w.dil_w;
        if (pixel >= 0 && pixel < w.w) {
          table.add_to(to + pixel * pitch, windows + s * channels, channels);
        }
      }
    }
  }
};

// channels_first columns are (c, kh, kw): plane by plane, as images of one channel.
template <class T>
void col2im_planes(const T* col, T* dx, const Window& w) {
  const int64_t columns = w.taps() * w.c;
  parallel_for(w.n * w.c * w.h, w.output_pixels() * columns * int64_t(sizeof(T)),
               [&](int64_t task) {
                 const int64_t row = task % w.h;
                 const int64_t channel = task / w.h % w.c;
                 const int64_t image = task / w.h / w.c;
                 const RowAdder<T> adder{kernel_table_of<T>(), w,
                                         col + image * w.oh * w.ow * columns + channel * w.taps(),
                                         columns, 1};
                 adder.add(row, dx + task * w.w, 1);
               });
}

}  // namespace

template <class T>
void im2col_rows(const Window& window, const T* x, int64_t group, int64_t first, int64_t count,
                 T* col) {
  gather_matrix(input_windows(window, x, group),
                window_runs(window, window.group_inputs(), window.c, 1, 0), window_elements(window),
                first, count, col);
}

template <class T>
void im2col(const T* x, T* col, const Window& window) {
  if (!window.channels_first) {
    return im2col_rows(window, x, 0, 0, window.output_pixels(), col);
  }
  gather_matrix(plane_windows(window, x), window_runs(window, 1, 1, window.c, window.h * window.w),
                window.taps() * window.c, 0, window.output_pixels(), col);
}

template <class T>
void col2im_image(const Window& window, const T* col, int64_t image, int64_t group, T* dx) {
  const RowAdder<T> adder{kernel_table_of<T>(), window, col, window_elements(window),
                          window.group_inputs()};
  T* to = dx + image * window.h * window.w * window.c + group * window.group_inputs();
  parallel_for(window.h, window.oh * window.ow * adder.columns * int64_t(sizeof(T)),
               [&](int64_t row) { adder.add(row, to + row * window.w * window.c, window.c); });
}

template <class T>
void col2im(const T* col, T* dx, const Window& window) {
  if (window.channels_first) return col2im_planes(col, dx, window);
  const int64_t columns = window.taps() * window.c;
  const int64_t image_rows = window.oh * window.ow;
  parallel_for(window.n * window.h, window.output_pixels() * columns * int64_t(sizeof(T)),
               [&](int64_t task) {
                 const RowAdder<T> adder{kernel_table_of<T>(), window,
                                         col + task / window.h * image_rows * columns, columns,
                                         window.c};
                 adder.add(task % window.h, dx + task * window.w * window.c, window.c);
               });
}

template void im2col(const float*, float*, const Window&);
template void im2col(const double*, double*, const Window&);
template void col2im(const float*, float*, const Window&);
template void col2im(const double*, double*, const Window&);
template void im2col_rows(const Window&, const float*, int64_t, int64_t, int64_t, float*);
template void im2col_rows(const Window&, const double*, int64_t, int64_t, int64_t, double*);
template void col2im_image(const Window&, const float*, int64_t, int64_t, float*);
template void col2im_image(const Window&, const double*, int64_t, int64_t, double*);

}  // namespace pyconv
