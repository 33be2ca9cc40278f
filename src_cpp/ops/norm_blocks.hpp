// SPDX-License-Identifier: BSD-3-Clause
// How normalisation cuts (n, pixels, c) into blocks of rows that stay in a cache; their borders
// depend on the shape alone, so results do not depend on the number of threads.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ops/normalization.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {

struct NormBlocks {
  static constexpr int64_t kElements = 8192;
  static constexpr int64_t kFewestRows = 16;  // what is kept per block stays small beside x

  NormShape shape;
  int64_t rows;       // of a block
  int64_t per_image;  // blocks
  int64_t run;        // blocks of one task: several images where they are small
  int64_t tasks;

  explicit NormBlocks(const NormShape& s) : shape(s) {
    const int64_t wanted = std::max(kFewestRows, kElements / s.c);
    rows = std::min(wanted, s.pixels);
    per_image = ceil_div(s.pixels, rows);
    run = per_image > 1 ? 1 : std::max<int64_t>(1, wanted / s.pixels);
    tasks = ceil_div(s.n * per_image, run);
  }

  int64_t blocks() const { return shape.n * per_image; }
  int64_t image(int64_t block) const { return block / per_image; }
  int64_t count(int64_t block) const {
    return std::min(rows, shape.pixels - block % per_image * rows);
  }
  int64_t offset(int64_t block) const {
    return (image(block) * shape.pixels + block % per_image * rows) * shape.c;
  }
  int64_t group_channels() const { return shape.c / shape.groups; }
  double group_size() const { return double(shape.pixels) * double(group_channels()); }

  // Calls body(task, first block, block behind the last).
  template <class Body>
  void for_each_task(int64_t passes, int64_t element_bytes, Body&& body) const {
    const int64_t work = shape.n * shape.pixels * shape.c * element_bytes * passes;
    parallel_for(tasks, work, [&](int64_t task) {
      body(task, task * run, std::min(blocks(), (task + 1) * run));
    });
  }
};

}  // namespace pyconv
