// SPDX-License-Identifier: BSD-3-Clause
#include <omp.h>
#include <pthread.h>

#include <atomic>

#include "team.hpp"

namespace pyconv {
namespace {

// A forked child has no team, and libgomp would wait for it for ever.
std::atomic<bool> forked_child{false};

}  // namespace

void run_team(int threads, void (*member)(void* context, bool caller), void* context) {
  [[maybe_unused]] static const int registered =
      pthread_atfork(nullptr, nullptr, [] { forked_child.store(true); });
  if (forked_child.load()) return member(context, true);
#pragma omp parallel num_threads(threads)
  member(context, omp_get_thread_num() == 0);
}

}  // namespace pyconv
