// SPDX-License-Identifier: BSD-3-Clause
// Memory that a Winograd pass needs soon is brought near while its products run: they leave the
// memory idle, and the rows of tiles are too short for the processor to foresee.
#pragma once

#include "ops/winograd_tiles.hpp"

namespace pyconv {

// m x m squares of pixels, one for each of some tiles, fetched a line of a few squares at a time.
class Ahead {
 public:
  // Squares begin (down, right) of their tiles; `channels` of each pixel are fetched.
  Ahead(const TileGrid& grid, int64_t first, int64_t count, const TiledImages& images, int64_t down,
        int64_t right, int64_t channels)
      : grid_(grid),
        images_(images),
        down_(down),
        right_(right),
        channels_(channels),
        most_(std::max<int64_t>(1, kFloats / (grid.m * channels))),
        lines_(count * grid.m),
        left_(count) {
    const int64_t in_image = first % (grid.rows * grid.columns);
    image_ = first / (grid.rows * grid.columns);
    row_ = in_image / grid.columns;
    column_ = in_image % grid.columns;
    begin_run();
  }

  // For a transform that asks for a tile's share before each tile: begins some tiles early.
  void lead() {
    const int64_t tiles = std::max<int64_t>(1, 2 * kFloats / (grid_.m * channels_));
    for (int64_t i = 0; i < tiles; ++i) step(lines_ / grid_.m);
  }

  // One of `steps` calls that share the lines evenly.
  void step(int64_t steps) {
    for (credit_ += lines_; credit_ >= steps && run_ > 0; credit_ -= steps * run_) fetch_line();
  }

  static void fetch(const float* first, int64_t count) {
    constexpr int64_t kLine = 16;  // floats of a cache line
    for (int64_t i = 0; i < count; i += kLine) __builtin_prefetch(first + i, 0, 2);
  }

 private:
  void fetch_line() {
    const int64_t m = grid_.m;
    const int64_t h = row_ * m + down_ + line_;
    const int64_t w = column_ * m + right_;
    if (h >= 0 && h < images_.h) {
      const int64_t first = std::max<int64_t>(0, w);
      const int64_t last = std::min(images_.w, w + m * run_);
      const float* pixels = images_.data + image_ * images_.image_pitch + h * images_.row_pitch;
      if (channels_ == images_.pixel_pitch) {
        fetch(pixels + first * channels_, (last - first) * channels_);
      } else {
        for (int64_t i = first; i < last; ++i) fetch(pixels + i * images_.pixel_pitch, channels_);
      }
    }
    if (++line_ < m) return;
    line_ = 0;
    left_ -= run_;
    column_ += run_;
    if (column_ == grid_.columns) {
      column_ = 0;
      if (++row_ == grid_.rows) {
        row_ = 0;
        ++image_;
      }
    }
    begin_run();
  }

  void begin_run() { run_ = std::min({most_, left_, grid_.columns - column_}); }

  static constexpr int64_t kFloats = 512;  // of a line of squares
  TileGrid grid_;
  TiledImages images_;
  int64_t down_, right_, channels_;
  int64_t most_;   // squares that share a line
  int64_t lines_;  // of single squares, in all
  int64_t left_;   // squares
  int64_t run_ = 0, line_ = 0, credit_ = 0;
  int64_t image_, row_, column_;  // of the next square
};

// Floats that follow each other, fetched in `steps` even shares.
class RunAhead {
 public:
  RunAhead(const float* first, int64_t count, int64_t steps)
      : first_(first), count_(count), steps_(steps) {}

  void step() {
    const int64_t from = count_ * step_ / steps_;
    Ahead::fetch(first_ + from, count_ * ++step_ / steps_ - from);
  }

 private:
  const float* first_;
  int64_t count_, steps_, step_ = 0;
};

}  // namespace pyconv
