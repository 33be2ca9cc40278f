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

// Parts that sums over pixels are cut into, the most memory they may take, and the fewest rows of
// dy in one.
constexpr int64_t kParts = 64;
constexpr int64_t kPartialBytes = int64_t(4) << 20;
constexpr int64_t kPartRows = 7;
// Padded rows that a task reads at once: they lie in its second cache.
constexpr int64_t kBandBytes = 384 << 10;
// Enough tasks that threads end together.
constexpr int64_t kTasksPerThread = 4;
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

// Padded rows under a line of y.
int64_t rows_under_line(const Window& w) { return (w.kh - 1) * w.dil_h + 1; }

// Lines `step` padded rows apart and `reach` rows high whose rows lie in a task's cache; the rows
// that neighbouring bands share stay fewer than their own.
template <class T>
int64_t cached_lines(const Window& frame, int64_t step, int64_t reach) {
  const int64_t row = padded_width(frame) * frame.c * int64_t(sizeof(T));
  return std::max<int64_t>(1, std::max(kBandBytes / row, 2 * reach) / step);
}

// The lines of an image are computed in bands of at most `most`, in enough tasks for all threads.
struct Bands {
  int64_t lines, per_image;
  int64_t most_rows;  // padded rows under the largest band

  Bands(const Window& frame, int64_t lines_, int64_t step, int64_t reach, int64_t most)
      : lines(lines_) {
    const int64_t fair = ceil_div(frame.n * lines, kTasksPerThread * num_threads());
    per_image = ceil_div(lines, std::clamp<int64_t>(std::min(most, fair), 1, lines));
    most_rows = (ceil_div(lines, per_image) - 1) * step + reach;
  }
  int64_t first(int64_t band) const { return lines * band / per_image; }
};

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

// Pixels of dx that meet the same taps.
template <class T>
struct PixelClass {
  int64_t first_row, first_column;
  int64_t lines, count;
  std::vector<int64_t> offsets;
  std::unique_ptr<Scratch<T>> weights;  // taps x f
};

template <class T>
std::vector<PixelClass<T>> pixel_classes(const Window& w, const AxisClasses& rows,
                                         const AxisClasses& columns, int64_t width,
                                         const T* kernel) {
  std::vector<PixelClass<T>> classes;
  for (const auto& [a, vertical] : rows) {
    for (const auto& [b, horizontal] : columns) {
      const std::vector<Tap> taps = crossed(vertical, horizontal, w.kw);
      auto weights = std::make_unique<Scratch<T>>(int64_t(taps.size()) * w.f);
      for (size_t t = 0; t < taps.size(); ++t) {
        std::copy_n(kernel + taps[t].index * w.f, w.f, weights->data() + int64_t(t) * w.f);
      }
      classes.push_back({a, b, ceil_div(w.h - a, w.sh), ceil_div(w.w - b, w.sw),
                         tap_offsets(taps, width, w.f), std::move(weights)});
    }
  }
  return classes;
}

// The images of dy with the zeros that the classes reach.
Window frame_of(const Window& w, const AxisClasses& rows, const AxisClasses& columns) {
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
  return frame;
}

// Padded rows of dy under a line of dx.
int64_t rows_under_line(const AxisClasses& rows, const Window& frame) {
  int64_t most = 0;
  for (const auto& [a, vertical] : rows) {
    for (const AxisTap& tap : vertical) most = std::max(most, frame.top + tap.offset + 1);
  }
  return most;
}

// dx of all channels apart, from dy framed by zeros.
template <class T>
void wide_backward_data(const Window& w, const T* dy, const T* kernel, T* dx) {
  const AxisClasses rows = row_classes(w);
  const AxisClasses columns = column_classes(w);
  if (!reach_every_pixel(w, rows, columns)) fill_zero(dx, w.n * w.h, w.w * w.f);
  const Window frame = frame_of(w, rows, columns);
  const int64_t width = padded_width(frame);
  const std::vector<PixelClass<T>> classes = pixel_classes(w, rows, columns, width, kernel);
  const int64_t reach = rows_under_line(rows, frame);
  const Bands bands(frame, ceil_div(w.h, w.sh), 1, reach, cached_lines<T>(frame, 1, reach));
  const KernelTable<T>& table = kernel_table_of<T>();
  keep_going();
  parallel_for(w.n * bands.per_image, work_of(w), [&](int64_t task) {
    const int64_t image = task / bands.per_image;
    const int64_t band = task % bands.per_image;
    const int64_t first = bands.first(band);
    PaddedRows<T> padded(frame, bands.most_rows);
    const T* source = padded.read(dy + image * w.oh * w.ow * w.f, first,
                                  std::min(bands.most_rows, padded_height(frame) - first));
    for (const PixelClass<T>& pixels : classes) {
      for (int64_t q = first; q < std::min(bands.first(band + 1), pixels.lines); ++q) {
        const int64_t y = pixels.first_row + q * w.sh;
        const int64_t row = q - first + frame.top;
        table.depthwise_row({source + (row * width + frame.left) * w.f, w.f, pixels.offsets.data(),
                             int64_t(pixels.offsets.size()), pixels.weights->data(), w.f,
                             dx + ((image * w.h + y) * w.w + pixels.first_column) * w.f, w.sw * w.f,
                             pixels.count, plain_end<T>()});
      }
    }
  });
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

}  // namespace

template <class T>
bool is_depthwise(const Window& w) {
  return w.groups == w.c && w.c > 1 && w.taps() <= kBlockK && !mostly_padding<T>(wide_window(w));
}

template <class T>
void depthwise(const T* x, const T* kernel, T* y, const Window& window, const TileEnd<T>& end) {
  const Window w = wide_window(window);
  const Widened<T> wide(x, window);
  const int64_t width = padded_width(w);
  const int64_t reach = rows_under_line(w);
  const std::vector<int64_t> offsets = tap_offsets(forward_taps(w), width, w.f);
  const Bands bands(w, w.oh, w.sh, reach, cached_lines<T>(w, w.sh, reach));
  const KernelTable<T>& table = kernel_table_of<T>();
  parallel_for(w.n * bands.per_image, work_of(w), [&](int64_t task) {
    const int64_t image = task / bands.per_image;
    const int64_t first = bands.first(task % bands.per_image);
    const int64_t lines = bands.first(task % bands.per_image + 1) - first;
    PaddedRows<T> padded(w, bands.most_rows);
    const T* source = padded.read(wide.data() + image * w.h * w.w * w.f, first * w.sh,
                                  (lines - 1) * w.sh + reach);
    for (int64_t q = 0; q < lines; ++q) {
      T* out = y + (image * w.oh + first + q) * w.ow * w.f;
      table.depthwise_row({source + q * w.sh * width * w.f, w.sw * w.f, offsets.data(), w.taps(),
                           kernel, w.f, out, w.f, w.ow, end});
    }
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
  const std::vector<int64_t> offsets = tap_offsets(forward_taps(w), padded_width(w), w.f);
  const int64_t rows = w.n * w.oh;
  const int64_t size = w.taps() * w.f;
  const int64_t parts = std::clamp<int64_t>(kPartialBytes / (size * int64_t(sizeof(T))), 1,
                                            std::min(kParts, ceil_div(rows, kPartRows)));
  Scratch<T> partial(parts * size);
  parallel_for(parts, work_of(w), [&](int64_t part) {
    add_rows(w, wide.data(), dy, offsets, rows * part / parts, rows * (part + 1) / parts,
             partial.data() + part * size);
  });
  kernel_table_of<T>().sum_rows(partial.data(), size, parts, size, dkernel);
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
