// SPDX-License-Identifier: BSD-3-Clause
// How normalisation cuts (n, pixels, c) into blocks of pixels; their borders depend on the shape
// alone, so results do not depend on the number of threads.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ops/normalization.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {

struct NormBlocks {
  static constexpr int64_t kElements = 1 << 15;
  static constexpr int64_t kFewestPixels = 32;  // what is kept per block stays small beside x
  static constexpr int64_t kColumns = 64;       // that a row has where so many rows are left
  static constexpr int64_t kFewestRows = 16;

  NormShape shape;
  int64_t pixels;     // of a block
  int64_t per_image;  // blocks
  int64_t run;        // blocks of one task: several images where they are small
  int64_t tasks;
  int64_t fold;  // pixels that lie side by side in one row of a block

  explicit NormBlocks(const NormShape& s) : shape(s) {
    const int64_t wanted = std::max(kFewestPixels, kElements / s.c);
    pixels = std::min(wanted, s.pixels);
    per_image = ceil_div(s.pixels, pixels);
    run = per_image > 1 ? 1 : std::max<int64_t>(1, wanted / s.pixels);
    tasks = ceil_div(s.n * per_image, run);
    fold = std::max<int64_t>(1, kColumns / s.c);
    if (pixels < kFewestRows * fold) fold = 1;
  }

  int64_t blocks() const { return shape.n * per_image; }
  int64_t image(int64_t block) const { return block / per_image; }
  int64_t count(int64_t block) const {
    return std::min(pixels, shape.pixels - block % per_image * pixels);
  }
  int64_t offset(int64_t block) const {
    return (image(block) * shape.pixels + block % per_image * pixels) * shape.c;
  }
  int64_t group_channels() const { return shape.c / shape.groups; }
  double group_size() const { return double(shape.pixels) * double(group_channels()); }
  int64_t columns() const { return fold * shape.c; }

  // Calls body(task, first block, block behind the last).
  template <class Body>
  void for_each_task(int64_t passes, int64_t element_bytes, Body&& body) const {
    const int64_t work = shape.n * shape.pixels * shape.c * element_bytes * passes;
    parallel_for(tasks, work, [&](int64_t task) {
      body(task, task * run, std::min(blocks(), (task + 1) * run));
    });
  }

  // Calls body(offset, rows, columns of a row) for the rows of a block, the last of which may be
  // shorter.
  template <class Body>
  void for_rows(int64_t block, Body&& body) const {
    const int64_t rows = count(block) / fold, rest = count(block) % fold;
    if (rows) body(offset(block), rows, columns());
    if (rest) body(offset(block) + rows * columns(), int64_t(1), rest * shape.c);
  }

  // Makes the first c columns the sums over the pixels of a row.
  void unfold(double* values) const {
    for (int64_t j = shape.c; j < columns(); ++j) values[j % shape.c] += values[j];
  }

  // Gives every pixel of a row what the first has.
  template <class T>
  void repeat(T* values) const {
    for (int64_t j = shape.c; j < columns(); ++j) values[j] = values[j - shape.c];
  }
};

}  // namespace pyconv
