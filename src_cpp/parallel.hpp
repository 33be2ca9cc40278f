// SPDX-License-Identifier: BSD-3-Clause
// The one way to use several threads: independent numbered tasks, interruptible, exception-safe.
#pragma once

#include <cstdint>
#include <exception>
#include <type_traits>

namespace pyconv {

// Reads the environment; called once, when the module is imported. Throws std::invalid_argument.
void init_threads();

// Threads that a region may use; the start value obeys PYCONV_NUM_THREADS, then OMP_NUM_THREADS,
// then min(CPU affinity, cgroup quota rounded up).
int num_threads();
void set_num_threads(int count);

// Thrown out of parallel_for on the calling thread when the poll says that the user pressed Ctrl-C.
struct Interrupted : std::exception {
  const char* what() const noexcept override { return "interrupted"; }
};

// The binding installs a poll that looks for a pending signal. It is called on the calling thread
// alone, between tasks, at most every 50 ms; true stops the region.
void set_interrupt_poll(bool (*poll)());

// Called inside long tasks, every few milliseconds at most: throws when the region is to stop.
void keep_going();

namespace detail {
using Task = void (*)(void* context, int64_t task);
void run_tasks(int64_t tasks, int64_t work, Task task, void* context);
}  // namespace detail

// Runs body(task) for every task in [0, tasks), in any order. `work` is what the region costs in
// all, in flops or bytes moved: little work stays on the calling thread. Which thread runs a task
// must not change its result. The first exception of a task is rethrown here.
template <class Body>
void parallel_for(int64_t tasks, int64_t work, Body&& body) {
  using Plain = std::remove_reference_t<Body>;
  detail::run_tasks(
      tasks, work, [](void* context, int64_t task) { (*static_cast<Plain*>(context))(task); },
      const_cast<void*>(static_cast<const void*>(&body)));
}

// Sets flush-to-zero in every thread of later regions, the caller's state restored at their end.
void set_flush_denormals(bool flush);
bool flush_denormals();

}  // namespace pyconv
