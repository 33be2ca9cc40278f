// SPDX-License-Identifier: BSD-3-Clause
// Fibers: one stack per simulated CUDA thread, switched by hand (ucontext would cost a system
// call).
#pragma once

#include <cstddef>

namespace pyconv::simt {

class Fiber {
 public:
  Fiber();
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Makes the next resume() call entry(argument) from the top of the stack. What an earlier start
  // left on the stack is dropped without running destructors. entry must not throw or return.
  void start(void (*entry)(void* argument), void* argument);

  // Runs the fiber until it calls leave().
  void resume();

  // Called on the fiber: goes back to resume()'s caller. `forever` says that it will not be
  // resumed.
  void leave(bool forever = false);

 private:
  static void run();

  std::byte* mapping_;      // guard page, then the stack
  void* saved_ = nullptr;   // stack pointer of the fiber while it waits
  void* caller_ = nullptr;  // stack pointer of resume()'s caller while the fiber runs
  void (*entry_)(void*) = nullptr;
  void* argument_ = nullptr;
  // For AddressSanitizer: where the caller's stack lies, and the fake stacks of both sides.
  const void* caller_bottom_ = nullptr;
  size_t caller_size_ = 0;
  void* fiber_fake_ = nullptr;
  void* caller_fake_ = nullptr;
};

}  // namespace pyconv::simt
