// SPDX-License-Identifier: BSD-3-Clause
// The gradient of filters whose windows are made of long runs of neighbours: few operands are read
// where they are, many from copies; those of the next block of pixels are asked for meanwhile.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/kernel_gradient.hpp"
#include "ops/run_pieces.hpp"

namespace pyconv {

template <class T>
class RunGradient {
 public:
  // In as many tasks as the threads need; how many does not change the sums.
  explicit RunGradient(const KernelGradient<T>& gradient);

  int64_t tasks() const { return g_.parts * pieces() * groups_; }
  void run(int64_t task) const;

 private:
  struct Task;
  struct Pixels;
  struct Windows;
  class Ahead;

  int64_t pieces() const { return int64_t(pieces_.size()); }
  Task task(int64_t number) const;
  void find(int64_t block, Pixels& pixels) const;
  void multiply(const Task& task, const Pixels& pixels, const Windows& windows, bool accumulate,
                Ahead& ahead) const;

  const KernelGradient<T>& g_;
  const bool copies_;  // gradients, of all tasks
  std::vector<RunPiece> pieces_;
  int64_t groups_;  // of filters
};

}  // namespace pyconv
