// SPDX-License-Identifier: BSD-3-Clause
#include "ops/plane_filters.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/plane_lines.hpp"
#include "ops/plane_tiles.hpp"
#include "ops/small_filters.hpp"
#include "ops/streamed.hpp"
#include "ops/waiting_results.hpp"
#include "ops/window_blocks.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// What is copied at a time of the images, at most, unless one row of results reads more.
constexpr int64_t kCopyBytes = int64_t(256) << 10;
// Results that wait to go past the caches, at most, unless a row has more.
constexpr int64_t kWaitingBytes = int64_t(192) << 10;
// Bands of results to aim for.
constexpr int64_t kLeastBands = 16;
constexpr int64_t kTasks = 64;
// Pixels further apart are copied more slowly than whole images change their layout.
constexpr int64_t kMostStep = 2;

// The results of a row whose windows meet the image by one column of taps, [first, last), and the
// image's column that the first of them meets.
struct Meeting {
  int64_t first, last, column;

  Meeting(const Window& w, int64_t tap) {
    const int64_t offset = tap * w.dil_w - w.left;
    first = std::min(w.ow, offset < 0 ? ceil_div(-offset, w.sw) : 0);
    last = offset < w.w ? std::min(w.ow, (w.w - 1 - offset) / w.sw + 1) : 0;
    last = std::max(first, last);
    column = first * w.sw + offset;
  }
};

// What some rows of results read of an image: for each channel and column of taps, the pixels that
// the windows of a row meet by it lie side by side, row after row, so that vectors go on from one
// row of results to the next. Rows are parted by the strides that lead to them.
template <class T>
class Copy {
 public:
  Copy(const Window& w, int64_t rows)
      : table_(kernel_table_of<T>()),
        w_(w),
        beyond_((w.kh - 1) * w.dil_h),
        phases_(std::min(w.sh, beyond_ + 1)),
        pitch_(odd_lines((rows + beyond_ / w.sh) * w.ow)) {
    for (int64_t tap = 0; tap < w.kw; ++tap) meetings_.emplace_back(w, tap);
  }

  // Elements of a row of results.
  static int64_t row_size(const Window& w) {
    return w.c * w.kw * std::min(w.sh, (w.kh - 1) * w.dil_h + 1) * w.ow;
  }

  int64_t size() const { return w_.c * w_.kw * phases_ * pitch_; }

  std::vector<PlaneBlock> blocks() const {
    std::vector<PlaneBlock> found;
    for (const BlockK& block : cut_blocks(forward_taps(w_), w_.c, 0)) {
      PlaneBlock& part = found.emplace_back(PlaneBlock{block.first, {}});
      for (const Run& run : block.runs) {
        for (int64_t i = 0; i < run.length; ++i) {
          part.index.push_back(plane(run.channel + i, run.off_w / w_.dil_w, run.off_h % w_.sh) *
                                   pitch_ +
                               run.off_h / w_.sh * w_.ow);
        }
      }
    }
    return found;
  }

  // For the rows [first, first + count) of results.
  void fill(const T* image, int64_t first, int64_t count, T* to) const {
    for (int64_t channel = 0; channel < w_.c; ++channel) {
      for (int64_t phase = 0; phase < phases_; ++phase) {
        const int64_t rows = count + (beyond_ - phase) / w_.sh;
        for (int64_t row = 0; row < rows; ++row) {
          const int64_t y = (first + row) * w_.sh + phase - w_.top;
          const T* const line = y < 0 || y >= w_.h ? nullptr : image + (channel * w_.h + y) * w_.w;
          for (int64_t tap = 0; tap < w_.kw; ++tap) {
            fill_row(line, meetings_[size_t(tap)],
                     to + plane(channel, tap, phase) * pitch_ + row * w_.ow);
          }
        }
      }
    }
  }

 private:
  // Planes do not share sets of the first cache.
  static int64_t odd_lines(int64_t size) {
    constexpr int64_t line = 64 / int64_t(sizeof(T));
    return (ceil_div(size, line) | 1) * line;
  }

  int64_t plane(int64_t channel, int64_t tap, int64_t phase) const {
    return (channel * w_.kw + tap) * phases_ + phase;
  }

  void fill_row(const T* line, const Meeting& part, T* to) const {
    if (!line || part.first == part.last) {
      std::fill_n(to, w_.ow, T(0));
      return;
    }
    for (int64_t j = 0; j < part.first; ++j) to[j] = T(0);
    table_.copy_every(to + part.first, line + part.column, w_.sw, part.last - part.first);
    for (int64_t j = part.last; j < w_.ow; ++j) to[j] = T(0);
  }

  const KernelTable<T>& table_;
  const Window& w_;
  const int64_t beyond_;  // rows under a window, but for the first
  const int64_t phases_;
  const int64_t pitch_;  // between planes of the copy
  std::vector<Meeting> meetings_;
};

// Rows of results in bands, as many as the copy may hold; counted through all images.
template <class T>
class Bands {
 public:
  Bands(const T* x, const T* kernel, T* y, const Window& w, const TileEnd<T>& end)
      : table_(kernel_table_of<T>()),
        w_(w),
        x_(x),
        y_(y),
        pixels_(w.oh * w.ow),
        far_(is_streamed<T>(nullptr, w.output_pixels() * w.f, {})),
        rows_(rows_of(w, far_)),
        bands_(ceil_div(w.oh, rows_)),
        copy_(w, rows_),
        streams_(window_elements(w) <= kBlockK &&
                 is_streamed(y, w.output_pixels() * w.f, {pixels_, rows_ * w.ow})),
        waits_(far_ && !streams_),
        tiles_(kernel, w, rows_ * w.ow, copy_.blocks(), streamed(end, streams_)) {}

  int64_t count() const { return w_.n * bands_; }

  void run(int64_t first, int64_t last) const {
    Scratch<T> copy(copy_.size());
    WaitingResults<T> waiting(table_, waits_ ? rows_ * w_.ow * w_.f : 0);
    for (int64_t band = first; band < last; ++band) {
      keep_going();
      const int64_t image = band / bands_, row = band % bands_ * rows_;
      const int64_t count = std::min(rows_, w_.oh - row);
      const int64_t size = count * w_.ow;
      copy_.fill(x_ + image * w_.c * w_.h * w_.w, row, count, copy.data());
      T* const out = y_ + image * w_.f * pixels_ + row * w_.ow;
      if (!waits_) {
        tiles_.run(copy.data(), out, pixels_, size, [](int64_t) {});
        continue;
      }
      tiles_.run(copy.data(), waiting.next(), size, size,
                 [&](int64_t results) { waiting.write(results); });
      waiting.hand_over(out, pixels_, w_.f, size);
    }
    waiting.write(rows_ * w_.ow * w_.f);
    if (far_) table_.fence();
  }

 private:
  static int64_t rows_of(const Window& w, bool far) {
    const int64_t bytes = Copy<T>::row_size(w) * int64_t(sizeof(T));
    int64_t rows = kCopyBytes / bytes - (w.kh - 1) * w.dil_h / w.sh;
    if (far) rows = std::min(rows, kWaitingBytes / (w.ow * w.f * int64_t(sizeof(T))));
    rows = std::max<int64_t>(1, std::min(rows, ceil_div(w.n * w.oh, kLeastBands)));
    // Bands of equal size, where it can be of whole lines.
    rows = ceil_div(w.oh, ceil_div(w.oh, std::min(rows, w.oh)));
    const int64_t whole = 64 / std::gcd<int64_t>(64, w.ow * int64_t(sizeof(T)));
    return rows < w.oh && rows >= whole ? rows / whole * whole : rows;
  }

  const KernelTable<T>& table_;
  const Window& w_;
  const T* x_;
  T* y_;
  const int64_t pixels_;  // of a plane of results
  const bool far_;        // results go past the caches
  const int64_t rows_;    // of a band
  const int64_t bands_;   // of an image
  const Copy<T> copy_;
  const bool streams_, waits_;  // from the tiles; once they have waited
  const PlaneTiles<T> tiles_;
};

}  // namespace

template <class T>
bool has_plane_filters(const Window& w) {
  return w.channels_first && w.sw <= kMostStep && w.f > 1 && has_small_filters<T>(w);
}

template <class T>
void plane_filters(const T* x, const T* kernel, T* y, const Window& w, const TileEnd<T>& end) {
  if (has_plane_lines(w)) return plane_lines(x, kernel, y, w, end);
  const Bands<T> bands(x, kernel, y, w, end);
  const int64_t tasks = std::min(bands.count(), kTasks);
  parallel_for(tasks, 2 * w.output_pixels() * w.f * window_elements(w), [&](int64_t task) {
    bands.run(bands.count() * task / tasks, bands.count() * (task + 1) / tasks);
  });
}

template bool has_plane_filters<float>(const Window&);
template bool has_plane_filters<double>(const Window&);
template void plane_filters(const float*, const float*, float*, const Window&,
                            const TileEnd<float>&);
template void plane_filters(const double*, const double*, double*, const Window&,
                            const TileEnd<double>&);

}  // namespace pyconv
