// SPDX-License-Identifier: BSD-3-Clause
// A caching arena for outputs and scratch: large blocks stay mapped, so they fault in only once.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pyconv {

// Reads the environment; called once, when the module is imported. Throws std::invalid_argument.
void init_arena();

// 64-byte aligned memory of at least `bytes`; throws std::bad_alloc.
void* arena_allocate(size_t bytes);
void arena_release(void* block) noexcept;

struct ArenaInfo {
  int64_t in_use;  // bytes handed out and not yet released
  int64_t cached;  // bytes kept for the next call
  int64_t peak;    // largest in_use so far
  int64_t limit;   // PYCONV_ARENA_LIMIT in bytes, 0 = none
};
ArenaInfo arena_info();

// Gives every cached block back to the system; returns the bytes given back.
int64_t arena_trim();

// Scratch memory of one scope.
template <class T>
class Scratch {
 public:
  explicit Scratch(int64_t count)
      : data_(count > 0 ? static_cast<T*>(arena_allocate(static_cast<size_t>(count) * sizeof(T)))
                        : nullptr) {}
  ~Scratch() { arena_release(data_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  T* data() { return data_; }
  T& operator[](int64_t i) { return data_[i]; }

 private:
  T* data_;
};

}  // namespace pyconv
