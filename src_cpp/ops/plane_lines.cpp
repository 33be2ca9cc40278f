// SPDX-License-Identifier: BSD-3-Clause
#include "ops/plane_lines.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/pad_images.hpp"
#include "ops/plane_tiles.hpp"
#include "ops/streamed.hpp"
#include "ops/window_blocks.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// With more filters a pixel's copies for each column of taps cost little.
constexpr int64_t kMostFilters = 16;
// Rows of images that are copied at a time, at most, unless windows are taller.
constexpr int64_t kRowsBytes = int64_t(48) << 10;
// Results that wait to go past the caches, at most, unless a row has more.
constexpr int64_t kWaitingBytes = int64_t(256) << 10;
// Tasks to aim for.
constexpr int64_t kTasks = 64;

std::vector<PlaneBlock> plane_blocks(const Window& w, int64_t plane, int64_t row) {
  std::vector<PlaneBlock> found;
  for (const BlockK& block : cut_blocks(forward_taps(w), w.c, 0)) {
    PlaneBlock& part = found.emplace_back(PlaneBlock{block.first, {}});
    for (const Run& run : block.runs) {
      for (int64_t i = 0; i < run.length; ++i) {
        part.index.push_back((run.channel + i) * plane + run.off_h * row + run.off_w);
      }
    }
  }
  return found;
}

// Rows [first, first + count) of the padded planes of an image; planes of the copy are `plane`
// elements apart.
template <class T>
void pad_planes(const Window& w, const T* image, int64_t first, int64_t count, T* to,
                int64_t plane) {
  const int64_t row = padded_width(w);
  for (int64_t channel = 0; channel < w.c; ++channel) {
    T* line = to + channel * plane;
    for (int64_t y = first - w.top; y < first - w.top + count; ++y, line += row) {
      if (y < 0 || y >= w.h) {
        std::fill_n(line, row, T(0));
        continue;
      }
      std::fill_n(line, w.left, T(0));
      std::memcpy(line + w.left, image + (channel * w.h + y) * w.w, size_t(w.w) * sizeof(T));
      std::fill_n(line + w.left + w.w, w.right, T(0));
    }
  }
}

// Rows of results, counted through all images.
template <class T>
class PlaneLines {
 public:
  PlaneLines(const T* x, const T* kernel, T* y, const Window& w, const TileEnd<T>& end)
      : table_(kernel_table_of<T>()),
        w_(w),
        x_(x),
        y_(y),
        pixels_(w.oh * w.ow),
        reach_((w.kh - 1) * w.dil_h + 1),
        row_(padded_width(w)),
        most_(most_rows()),
        in_place_(padded_height(w) == w.h && row_ == w.w),
        plane_(in_place_ ? w.h * w.w : row_ * ((most_ - 1) * w.sh + reach_)),
        far_(is_streamed<T>(nullptr, w.output_pixels() * w.f, {})),
        streams_(window_elements(w) <= kBlockK &&
                 is_streamed(y, w.output_pixels() * w.f, {pixels_, w.ow})),
        waits_(far_ && !streams_),
        tiles_(kernel, w, w.ow, plane_blocks(w, plane_, row_), streamed(end, streams_)) {}

  int64_t count() const { return w_.n * w_.oh; }

  void run(int64_t first, int64_t last) const {
    Scratch<T> copy(in_place_ ? 0 : plane_ * w_.c);
    Scratch<T> waiting(waits_ ? most_ * w_.ow * w_.f : 0);
    while (first < last) {
      keep_going();
      const int64_t image = first / w_.oh, i = first % w_.oh;
      const int64_t count = std::min({last - first, w_.oh - i, most_});
      T* const out = y_ + image * w_.f * pixels_ + i * w_.ow;
      run_rows(x_ + image * w_.c * w_.h * w_.w, i, count, copy.data(),
               waits_ ? waiting.data() : out);
      for (int64_t filter = 0; waits_ && filter < w_.f; ++filter) {
        table_.stream(out + filter * pixels_, waiting.data() + filter * count * w_.ow,
                      count * w_.ow);
      }
      first += count;
    }
    if (far_) table_.fence();
  }

 private:
  int64_t most_rows() const {
    const int64_t bytes = int64_t(sizeof(T));
    const int64_t read = (kRowsBytes / (row_ * w_.c * bytes) - reach_) / w_.sh + 1;
    return std::max<int64_t>(1, std::min(read, kWaitingBytes / (w_.ow * w_.f * bytes)));
  }

  void run_rows(const T* planes, int64_t i, int64_t count, T* copy, T* out) const {
    const T* source = planes + i * w_.sh * row_;
    if (!in_place_) {
      pad_planes(w_, planes, i * w_.sh, (count - 1) * w_.sh + reach_, copy, plane_);
      source = copy;
    }
    for (int64_t line = 0; line < count; ++line) {
      tiles_.run(source + line * w_.sh * row_, out + line * w_.ow, waits_ ? count * w_.ow : pixels_,
                 w_.ow, [](int64_t) {});
    }
  }

  const KernelTable<T>& table_;
  const Window& w_;
  const T* x_;
  T* y_;
  const int64_t pixels_;        // of a plane of results
  const int64_t reach_;         // rows under a window
  const int64_t row_;           // elements of a padded row
  const int64_t most_;          // rows of results at a time
  const bool in_place_;         // there is no padding
  const int64_t plane_;         // elements between planes that are read
  const bool far_;              // results go past the caches
  const bool streams_, waits_;  // from the tiles; once they have waited
  const PlaneTiles<T> tiles_;
};

}  // namespace

bool has_plane_lines(const Window& w) { return w.sw == 1 && w.f <= kMostFilters; }

template <class T>
void plane_lines(const T* x, const T* kernel, T* y, const Window& w, const TileEnd<T>& end) {
  const PlaneLines<T> lines(x, kernel, y, w, end);
  const int64_t tasks = std::min(lines.count(), kTasks);
  parallel_for(tasks, 2 * w.output_pixels() * w.f * window_elements(w), [&](int64_t task) {
    lines.run(lines.count() * task / tasks, lines.count() * (task + 1) / tasks);
  });
}

template void plane_lines(const float*, const float*, float*, const Window&, const TileEnd<float>&);
template void plane_lines(const double*, const double*, double*, const Window&,
                          const TileEnd<double>&);

}  // namespace pyconv
