// SPDX-License-Identifier: BSD-3-Clause
// With f = c * multiplier filters, x is first widened to f channels, each `multiplier` times; dx is
// narrowed at the end. All sums are then of f channels that stay apart.
#include "ops/depthwise.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/pad_images.hpp"
#include "ops/parity_classes.hpp"
#include "ops/tiles.hpp"
#include "ops/window_blocks.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// Parts that sums over pixels are cut into, and the most memory they may take.
constexpr int64_t kParts = 64;
constexpr int64_t kPartialBytes = int64_t(4) << 20;
constexpr int64_t kPixelBlock = 256;

// x itself, or its channels repeated.
template <class T>
class Widened {
 public:
  Widened(const T* x, const Window& w) : data_(x) {
    const int64_t times = w.f / w.c;
    if (times == 1) return;
    copy_ = std::make_unique<Scratch<T>>(w.input_pixels() * w.f);
    T* copy = copy_->data();
    data_ = copy;
    parallel_for(w.n * w.h, w.input_pixels() * w.f * int64_t(sizeof(T)), [&](int64_t row) {
      const T* from = x + row * w.w * w.c;
      T* to = copy + row * w.w * w.f;
      for (int64_t i = 0; i < w.w * w.c; ++i, to += times) std::fill_n(to, times, from[i]);
    });
  }
  const T* data() const { return data_; }

 private:
  const T* data_;
  std::unique_ptr<Scratch<T>> copy_;
};

// The same windows over images of f channels.
Window wide_window(const Window& w) {
  Window wide = w;
  wide.c = w.f;
  return wide;
}

std::vector<int64_t> tap_offsets(const std::vector<Tap>& taps, int64_t row, int64_t channels) {
  std::vector<int64_t> offsets;
  for (const Tap& tap : taps) offsets.push_back((tap.off_h * row + tap.off_w) * channels);
  return offsets;
}

int64_t work_of(const Window& w) { return 2 * w.output_pixels() * w.taps() * w.f; }

// How far the classes of one axis reach beyond [0, size) of dy.
struct Margin {
  int64_t before = 0, after = 0;

  Margin(const AxisClasses& classes, int64_t pixels, int64_t stride, int64_t size) {
    for (const auto& [first, taps] : classes) {
      const int64_t count = ceil_div(pixels - first, stride);
      for (const AxisTap& tap : taps) {
        before = std::max(before, -tap.offset);
        after = std::max(after, count - 1 + tap.offset - (size - 1));
      }
    }
  }
};

// dx of all channels apart, from dy framed by zeros.
template <class T>
void wide_backward_data(const Window& w, const T* dy, const T* kernel, T* dx) {
  const AxisClasses rows = row_classes(w);
  const AxisClasses columns = column_classes(w);
  if (!reach_every_pixel(w, rows, columns)) fill_zero(dx, w.n * w.h, w.w * w.f);
  const Margin above(rows, w.h, w.sh, w.oh);
  const Margin beside(columns, w.w, w.sw, w.ow);
  Window frame = w;
  frame.h = w.oh;
  frame.w = w.ow;
  frame.c = w.f;
  frame.top = above.before;
  frame.bottom = above.after;
  frame.left = beside.before;
  frame.right = beside.after;
  const PaddedImages<T> images(dy, frame);
  const int64_t width = padded_width(frame);
  const KernelTable<T>& table = kernel_table_of<T>();
  for (const auto& [a, vertical] : rows) {
    for (const auto& [b, horizontal] : columns) {
      const std::vector<Tap> taps = crossed(vertical, horizontal, w.kw);
      const std::vector<int64_t> offsets = tap_offsets(taps, width, w.f);
      Scratch<T> weights(int64_t(taps.size()) * w.f);
      for (size_t t = 0; t < taps.size(); ++t) {
        std::copy_n(kernel + taps[t].index * w.f, w.f, weights.data() + int64_t(t) * w.f);
      }
      const int64_t lines = ceil_div(w.h - a, w.sh);
      const int64_t count = ceil_div(w.w - b, w.sw);
      const int64_t first_row = a, first_column = b;  // structured bindings are not captured
      keep_going();
      parallel_for(w.n * lines, 2 * w.n * lines * count * int64_t(taps.size()) * w.f,
                   [&](int64_t task) {
                     const int64_t image = task / lines;
                     const int64_t q = task % lines;
                     const int64_t row = image * padded_height(frame) + q + frame.top;
                     const int64_t y = first_row + q * w.sh;
                     table.depthwise_row({images.data() + (row * width + frame.left) * w.f, w.f,
                                          offsets.data(), int64_t(taps.size()), weights.data(), w.f,
                                          dx + ((image * w.h + y) * w.w + first_column) * w.f,
                                          w.sw * w.f, count, plain_end<T>()});
                   });
    }
  }
}

// dkernel's sums over the rows of one part, row after row.
template <class T>
void add_rows(const Window& w, const T* images, const T* dy, const std::vector<int64_t>& offsets,
              int64_t first, int64_t last, T* sums) {
  const KernelTable<T>& table = kernel_table_of<T>();
  const int64_t width = padded_width(w);
  for (int64_t row = first; row < last; ++row) {
    const int64_t y = row / w.oh * padded_height(w) + row % w.oh * w.sh;
    for (int64_t j = 0; j < w.ow; j += kPixelBlock) {
      table.depthwise_kernel_row({images + (y * width + j * w.sw) * w.f, w.sw * w.f, offsets.data(),
                                  w.taps(), dy + (row * w.ow + j) * w.f, w.f, w.f,
                                  std::min(kPixelBlock, w.ow - j), sums, row == first && j == 0});
    }
    keep_going();
  }
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
  const PaddedImages<T> images(wide.data(), w);
  const int64_t width = padded_width(w);
  const std::vector<int64_t> offsets = tap_offsets(forward_taps(w), width, w.f);
  const KernelTable<T>& table = kernel_table_of<T>();
  parallel_for(w.n * w.oh, work_of(w), [&](int64_t row) {
    const int64_t from = row / w.oh * padded_height(w) + row % w.oh * w.sh;
    table.depthwise_row({images.data() + from * width * w.f, w.sw * w.f, offsets.data(), w.taps(),
                         kernel, w.f, y + row * w.ow * w.f, w.f, w.ow, end});
  });
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

template <class T>
void depthwise_backward_kernel(const T* x, const T* dy, T* dkernel, const Window& window) {
  const Window w = wide_window(window);
  const Widened<T> wide(x, window);
  const PaddedImages<T> images(wide.data(), w);
  const std::vector<int64_t> offsets = tap_offsets(forward_taps(w), padded_width(w), w.f);
  const int64_t rows = w.n * w.oh;
  const int64_t size = w.taps() * w.f;
  const int64_t parts =
      std::clamp<int64_t>(kPartialBytes / (size * int64_t(sizeof(T))), 1, std::min(kParts, rows));
  Scratch<T> partial(parts * size);
  parallel_for(parts, work_of(w), [&](int64_t part) {
    add_rows(w, images.data(), dy, offsets, rows * part / parts, rows * (part + 1) / parts,
             partial.data() + part * size);
  });
  parallel_for(w.taps(), parts * size * int64_t(sizeof(T)), [&](int64_t tap) {
    for (int64_t i = tap * w.f; i < (tap + 1) * w.f; ++i) {
      T sum = partial[i];
      for (int64_t part = 1; part < parts; ++part) sum += partial[part * size + i];
      dkernel[i] = sum;
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
template void depthwise_backward_kernel(const float*, const float*, float*, const Window&);
template void depthwise_backward_kernel(const double*, const double*, double*, const Window&);

}  // namespace pyconv
