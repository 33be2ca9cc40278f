// SPDX-License-Identifier: BSD-3-Clause
#include "ops/plane_points.hpp"

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

// Filters of this size meet the pixels of a tile from the second cache.
constexpr int64_t kFilterBytes = int64_t(512) << 10;
// Tasks to aim for.
constexpr int64_t kTasks = 64;

std::vector<PlaneBlock> blocks_of(const Window& w, int64_t plane) {
  std::vector<PlaneBlock> found;
  for (const BlockK& block : cut_blocks(forward_taps(w), w.c, 0)) {
    PlaneBlock& part = found.emplace_back(PlaneBlock{block.first, {}});
    for (int64_t i = 0; i < block.count; ++i) part.index.push_back((block.first + i) * plane);
  }
  return found;
}

// As many pixels as a tile has columns, counted through all images; their channels are copied to
// lie near each other.
template <class T>
class Lines {
 public:
  Lines(const T* x, const T* kernel, T* y, const Window& w, const TileEnd<T>& end)
      : table_(kernel_table_of<T>()),
        w_(w),
        x_(x),
        y_(y),
        pixels_(w.h * w.w),
        length_(table_.width * std::min<int64_t>(table_.max_vecs, ceil_div(pixels_, table_.width))),
        lines_(ceil_div(pixels_, length_)),
        streams_(w.c <= kBlockK && is_streamed(y, w.output_pixels() * w.f, {pixels_, length_})),
        tiles_(kernel, w, length_, blocks_of(w, length_), streamed(end, streams_)) {}

  int64_t count() const { return w_.n * lines_; }

  void run(int64_t first, int64_t last) const {
    Scratch<T> copy(length_ * w_.c);
    for (int64_t line = first; line < last; ++line) {
      keep_going();
      const int64_t image = line / lines_, pixel = line % lines_ * length_;
      const int64_t count = std::min(length_, pixels_ - pixel);
      const T* from = x_ + image * w_.c * pixels_ + pixel;
      for (int64_t channel = 0; channel < w_.c; ++channel, from += pixels_) {
        std::memcpy(copy.data() + channel * length_, from, size_t(count) * sizeof(T));
      }
      tiles_.run(copy.data(), y_ + image * w_.f * pixels_ + pixel, pixels_, count, [](int64_t) {});
    }
    if (streams_) table_.fence();
  }

 private:
  const KernelTable<T>& table_;
  const Window& w_;
  const T* x_;
  T* y_;
  const int64_t pixels_;  // of a plane
  const int64_t length_;  // pixels of a line
  const int64_t lines_;   // of an image
  const bool streams_;
  const PlaneTiles<T> tiles_;
};

}  // namespace

template <class T>
bool has_plane_points(const Window& w) {
  return w.channels_first && w.taps() == 1 && w.sh == 1 && w.sw == 1 && padded_height(w) == w.h &&
         padded_width(w) == w.w && w.groups == 1 && w.f > 1 &&
         w.c * w.f * int64_t(sizeof(T)) <= kFilterBytes;
}

template <class T>
void plane_points(const T* x, const T* kernel, T* y, const Window& w, const TileEnd<T>& end) {
  const Lines<T> lines(x, kernel, y, w, end);
  const int64_t tasks = std::min(lines.count(), kTasks);
  parallel_for(tasks, 2 * w.output_pixels() * w.f * w.c, [&](int64_t task) {
    lines.run(lines.count() * task / tasks, lines.count() * (task + 1) / tasks);
  });
}

template bool has_plane_points<float>(const Window&);
template bool has_plane_points<double>(const Window&);
template void plane_points(const float*, const float*, float*, const Window&,
                           const TileEnd<float>&);
template void plane_points(const double*, const double*, double*, const Window&,
                           const TileEnd<double>&);

}  // namespace pyconv
