// SPDX-License-Identifier: BSD-3-Clause
#include "ops/kernel_gradient_runs.hpp"

#include <algorithm>

#include "arena.hpp"

namespace pyconv {
namespace {

// Rows and filters of a task: what a block of pixels reads of either, and what the next one does,
// stay in the second cache.
constexpr int64_t kMostSide = 256, kLeastSide = 64;
// Where that many rows and filters meet a block of pixels that lie far apart, both are copied for
// the tiles: windows into the second cache, a tile's in a row, gradients of each column of tiles
// into the first. Read in place, lines far apart share few sets of either cache; what a copy saves
// grows with the bytes between pixels and with the filters.
constexpr int64_t kManyFilters = 128, kManyRows = 128;
constexpr int64_t kFarBytes = kManyFilters * 1024;
constexpr int64_t kMostFilters = 512;
// Tiles of fewer rows (AVX2's have six) need lines faster than the second cache gives them: they
// always read gradients from a copy.
constexpr int64_t kLowRows = 8;
// Elements that keep copies of tiles from sharing sets of the first cache; at least a vector.
constexpr int64_t kGap = 16;
// Tasks that are enough, and tasks that are where threads get as many each.
constexpr int64_t kTasksPerThread = 8, kEvenTasksPerThread = 4;
// Vectors of filters of a tile: windows are read again for each, as seldom as tall tiles allow.
constexpr int64_t kVecs = 2;

bool is_enough(int64_t tasks) {
  const int64_t threads = num_threads();
  return tasks >= kTasksPerThread * threads ||
         (tasks >= kEvenTasksPerThread * threads && tasks % threads == 0);
}

// Where tiles of at most `height` rows begin, as for_each_tile cuts them.
struct RowTiles {
  const int64_t height;
  int64_t count = 0;
  int64_t first[kMostSide + 1];

  RowTiles(int64_t rows, int64_t tallest) : height(tallest) {
    for_each_tile(rows, tallest, [&](int64_t from, int64_t) { first[count++] = from; });
    first[count] = rows;
  }
  int64_t pitch(int64_t pixels) const { return pixels * height + kGap; }
};

}  // namespace

template <class T>
struct RunGradient<T>::Task {
  int64_t part;
  RunPiece rows;
  int64_t column, cols;

  // Where pixels lie `bytes` apart.
  bool is_copied(int64_t bytes) const {
    return rows.count >= kManyRows && cols >= kManyFilters && cols * bytes >= kFarBytes;
  }
};

// A block of pixels, and where their windows begin.
template <class T>
struct RunGradient<T>::Pixels {
  int64_t first, count;
  int64_t origin[kPixelBlock];
};

// The rows of a task of each pixel: at data + index[pixel]; those of copied tiles `pitch` apart.
template <class T>
struct RunGradient<T>::Windows {
  const T* data;
  const int64_t* index;
  int64_t pitch = 0;  // in place: 0
};

// Lines to ask for while tiles are computed, one of every pixel at a time: of windows, then of
// gradients, whose last is asked for again then.
template <class T>
class RunGradient<T>::Ahead {
 public:
  Ahead(const KernelGradient<T>& g, const Task& task, const Pixels& pixels, const int64_t* step)
      : windows_{g.x + task.rows.offset, pixels.origin},
        gradients_(windows_),
        window_lines_(lines_of(windows_.data, task.rows.count)) {
    if (g.w.channels_first) return;  // planes are read in order, as caches expect
    gradients_ = {g.dy + pixels.first * g.w.f + task.column, step};
    gradient_lines_ = lines_of(gradients_.data, task.cols);
  }

  Windows take() {
    const int64_t line = next_++;
    if (line < window_lines_) return {windows_.data + line * kLine, windows_.index};
    const int64_t last = std::min(line - window_lines_, gradient_lines_ - 1);
    return {gradients_.data + last * kLine, gradients_.index};
  }

 private:
  static constexpr int64_t kLine = 64 / sizeof(T);
  static int64_t lines_of(const T* from, int64_t count) {
    const int64_t before = int64_t(reinterpret_cast<uintptr_t>(from) / sizeof(T)) % kLine;
    return ceil_div(before + count, kLine);
  }

  Windows windows_, gradients_;
  int64_t window_lines_, gradient_lines_ = 1;
  int64_t next_ = 0;
};

template <class T>
RunGradient<T>::RunGradient(const KernelGradient<T>& gradient)
    : g_(gradient),
      copies_(g_.w.channels_first || g_.table.window_tile_rows[kVecs - 1] < kLowRows) {
  int64_t rows = kMostSide, filters = kMostFilters;
  for (;;) {
    pieces_ = cut_runs(g_.w, rows);
    groups_ = ceil_div(g_.cols, filters);
    if (is_enough(tasks()) || std::max(rows, filters) <= kLeastSide) return;
    (rows >= filters ? rows : filters) /= 2;
  }
}

template <class T>
typename RunGradient<T>::Task RunGradient<T>::task(int64_t number) const {
  const int64_t width = kVecs * g_.table.width;
  const int64_t panels = ceil_div(g_.cols, width);
  const int64_t group = number % groups_, piece = number / groups_ % pieces();
  const int64_t column = panels * group / groups_ * width;
  const int64_t last = std::min(g_.cols, panels * (group + 1) / groups_ * width);
  return {number / groups_ / pieces(), pieces_[static_cast<size_t>(piece)], column, last - column};
}

template <class T>
void RunGradient<T>::find(int64_t block, Pixels& pixels) const {
  pixels.first = g_.first_pixel(block);
  pixels.count = g_.pixels_of(block);
  g_.find_origins(pixels.first, pixels.count, pixels.origin);
  // A longer block before asks for the windows of as many pixels.
  std::fill(pixels.origin + pixels.count, pixels.origin + kPixelBlock, pixels.origin[0]);
}

template <class T>
void RunGradient<T>::run(int64_t number) const {
  const Task here = task(number);
  const Task after = number + 1 < tasks() ? task(number + 1) : here;
  const RowTiles tiles(here.rows.count, g_.table.window_tile_rows[kVecs - 1]);
  const bool copied = here.is_copied(g_.w.sw * g_.w.c * int64_t(sizeof(T)));
  Scratch<T> copies(copied ? tiles.count * tiles.pitch(g_.block_pixels) : 0);
  int64_t in_copy[kPixelBlock], in_gradients[kPixelBlock];
  for (int64_t p = 0; p < kPixelBlock; ++p) {
    in_copy[p] = p * tiles.height;
    in_gradients[p] = p * g_.w.f;
  }
  Pixels pixels[2];
  const int64_t first = g_.first_block(here.part), last = g_.first_block(here.part + 1);
  find(first, pixels[0]);
  for (int64_t b = first; b < last; ++b) {
    keep_going();
    const Pixels& now = pixels[(b - first) % 2];
    Pixels& next = pixels[(b - first + 1) % 2];
    const bool ends = b + 1 == last;
    find(ends ? g_.first_block(after.part) : b + 1, next);
    Ahead ahead(g_, ends ? after : here, next, in_gradients);
    Windows windows{g_.x + here.rows.offset, now.origin};
    if (copied) {
      g_.table.pack_windows(windows.data, now.origin, now.count, tiles.first, tiles.count,
                            tiles.height, copies.data(), tiles.pitch(g_.block_pixels));
      windows = {copies.data(), in_copy, tiles.pitch(g_.block_pixels)};
    }
    multiply(here, now, windows, b > first, ahead);
  }
}

template <class T>
void RunGradient<T>::multiply(const Task& task, const Pixels& pixels, const Windows& windows,
                              bool accumulate, Ahead& ahead) const {
  const KernelTable<T>& table = g_.table;
  const auto sums = g_.sums_of(task.part, task.rows.row);
  const int64_t most = windows.pitch ? kVecs : std::min(table.max_vecs, kMaxWindowVecs);
  Scratch<T> copy(copies_ || windows.pitch ? g_.block_pixels * most * table.width : 0);
  for (int64_t done = 0; done < task.cols;) {
    // No vector is left alone where three fit a tile.
    const int64_t left = ceil_div(task.cols - done, table.width);
    const int64_t vecs = left == most ? left : std::min(left, kVecs);
    const int64_t column = task.column + done;
    const int64_t cols = std::min(vecs * table.width, task.cols - done);
    const auto dy = g_.gradients(pixels.first, pixels.count, column, cols, copy.data());
    const int64_t height = table.window_tile_rows[(windows.pitch ? kVecs : vecs) - 1];
    int64_t number = 0;
    for_each_tile(task.rows.count, height, [&](int64_t first, int64_t count) {
      const Windows lines = ahead.take();
      const T* const rows = windows.data + (windows.pitch ? number++ * windows.pitch : first);
      table.window_tile[vecs - 1][count - 1](pixels.count, rows, windows.index, dy.data, dy.pitch,
                                             sums.data + first * sums.pitch + column, sums.pitch,
                                             cols, accumulate, lines.data, lines.index);
    });
    done += cols;
  }
}

template class RunGradient<float>;
template class RunGradient<double>;

}  // namespace pyconv
