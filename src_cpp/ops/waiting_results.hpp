// SPDX-License-Identifier: BSD-3-Clause
// Results on their way past the caches: they wait in a core's cache, and some are written whenever
// others have been computed, for the memory takes them while a core computes.
#pragma once

#include <algorithm>
#include <cstdint>

#include "arena.hpp"
#include "kernels.hpp"

namespace pyconv {

// Some rows of planes at a time. The caller orders the writes by the table's fence.
template <class T>
class WaitingResults {
 public:
  // At most `most` elements at a time.
  WaitingResults(const KernelTable<T>& table, int64_t most)
      : table_(table), most_(most), buffers_(2 * most) {}

  // Where the next results are to be computed.
  T* next() { return buffers_.data() + (second_ ? most_ : 0); }

  // `count` neighbours of each plane have been computed there; planes of `to` are `pitch` apart.
  void hand_over(T* to, int64_t pitch, int64_t planes, int64_t count) {
    write(most_);
    from_ = next();
    to_ = to;
    pitch_ = pitch;
    planes_ = planes;
    count_ = count;
    at_ = 0;
    second_ = !second_;
  }

  // Writes so many of those that wait, and up to a line more.
  void write(int64_t elements) {
    while (elements > 0 && planes_ > 0) {
      const int64_t end = at_ + elements >= count_ ? count_ : line_end(at_ + elements);
      table_.stream(to_ + at_, from_ + at_, end - at_);
      elements -= end - at_;
      at_ = end;
      if (at_ < count_) return;
      from_ += count_;
      to_ += pitch_;
      --planes_;
      at_ = 0;
    }
  }

 private:
  // The end of the line of the target that element `at` lies in.
  int64_t line_end(int64_t at) const {
    constexpr int64_t line = 64 / int64_t(sizeof(T));
    const int64_t place = int64_t(reinterpret_cast<uintptr_t>(to_ + at) % 64 / sizeof(T));
    return std::min(count_, at + line - place);
  }

  const KernelTable<T>& table_;
  const int64_t most_;
  Scratch<T> buffers_;
  bool second_ = false;
  const T* from_ = nullptr;
  T* to_ = nullptr;
  int64_t pitch_ = 0, planes_ = 0, count_ = 0;
  int64_t at_ = 0;  // of the first plane that waits
};

}  // namespace pyconv
