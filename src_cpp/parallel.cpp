// SPDX-License-Identifier: BSD-3-Clause
#include "parallel.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>

#include "team.hpp"
#include "thread_count.hpp"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif
namespace pyconv {
namespace {

// Waking the team costs a few microseconds: less work than this stays on the calling thread.
constexpr int64_t kSmallWork = 150000;
constexpr auto kPollInterval = std::chrono::milliseconds(50);
constexpr int kMaxThreads = 1024;

std::atomic<int> thread_count{1};
std::atomic<bool> flush{false};
bool (*poll_interrupt)() = nullptr;
struct Region;
// The region whose task this thread runs, and whether this thread may look for signals: those that
// call regions may, those that only help may not.
thread_local Region* current_region = nullptr;
thread_local bool may_poll = true;

unsigned float_state() {
#if defined(__x86_64__)
  return _mm_getcsr();
#else
  return 0;
#endif
}

void set_float_state(unsigned state) {
#if defined(__x86_64__)
  _mm_setcsr(state);
#else
  (void)state;
#endif
}

constexpr unsigned kFlushBits = 0x8040;  // FTZ and DAZ of MXCSR

// A thread's floating-point state inside a region: the caller's, and flushing if asked for.
class FloatScope {
 public:
  explicit FloatScope(unsigned state) : before_(float_state()) {
    if (state != before_) set_float_state(state);
  }
  ~FloatScope() { set_float_state(before_); }

 private:
  unsigned before_;
};

// Neighbouring tasks, which a thread begins with: from one region to the next it meets the same
// part of the arrays, which its own cache may still hold.
struct alignas(64) Range {
  std::atomic<int64_t> next;
  int64_t last;
};
constexpr int kMostRanges = 16;

struct Region {
  int ranges;
  Range range[kMostRanges];
  int64_t chunk;
  detail::Task task;
  void* context;
  unsigned float_state;
  Region* outer = nullptr;
  std::atomic<int> helpers{0};
  std::atomic<bool> stop{false};
  std::mutex mutex;
  std::exception_ptr thrown;

  void fail(std::exception_ptr error) {
    const std::lock_guard<std::mutex> lock(mutex);
    if (!thrown) thrown = std::move(error);
    stop.store(true);
  }
};

// Ticks of the processor's clock, which is read in a few nanoseconds; 0 where there is none.
uint64_t ticks() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return 0;
#endif
}

// True when the poll says so; it is asked at most every kPollInterval. The system's clock may take
// long: it is read when about ten milliseconds have passed.
bool poll_now() {
  constexpr uint64_t kFewTicks = uint64_t(1) << 25;
  thread_local uint64_t last_ticks = 0;
  const uint64_t tick = ticks();
  if (tick && tick - last_ticks < kFewTicks) return false;
  last_ticks = tick;
  thread_local std::chrono::steady_clock::time_point last;
  const auto now = std::chrono::steady_clock::now();
  if (now - last < kPollInterval) return false;
  last = now;
  return poll_interrupt && poll_interrupt();
}

// Until the range is done or the region is to stop.
void work_range(Region& region, Range& range) {
  while (true) {
    const int64_t first = range.next.fetch_add(region.chunk);
    const int64_t last = std::min(range.last, first + region.chunk);
    if (first >= last || region.stop.load(std::memory_order_relaxed)) return;
    for (int64_t task = first; task < last; ++task) {
      region.task(region.context, task);
      keep_going();
    }
  }
}

// A thread's own range first, then what others have left.
void work(Region& region, bool caller, bool polls) {
  const FloatScope scope(region.float_state);
  Region* const outer = current_region;
  const bool outer_polls = may_poll;
  current_region = &region;
  may_poll = polls;
  const int own = caller ? 0 : 1 + region.helpers.fetch_add(1);
  try {
    for (int i = 0; i < region.ranges; ++i) {
      work_range(region, region.range[(own + i) % region.ranges]);
    }
  } catch (...) {
    region.fail(std::current_exception());
  }
  current_region = outer;
  may_poll = outer_polls;
}

}  // namespace

void init_threads() { thread_count.store(start_thread_count()); }

int num_threads() { return thread_count.load(); }

void set_num_threads(int count) { thread_count.store(std::clamp(count, 1, kMaxThreads)); }

void set_interrupt_poll(bool (*poll)()) { poll_interrupt = poll; }

void keep_going() {
  for (Region* region = current_region; region; region = region->outer) {
    if (region->stop.load(std::memory_order_relaxed)) throw Interrupted();
  }
  if (may_poll && poll_now()) throw Interrupted();
}

void set_flush_denormals(bool value) { flush.store(value); }
bool flush_denormals() { return flush.load(); }

namespace detail {

void run_tasks(int64_t tasks, int64_t cost, Task task, void* context) {
  if (tasks <= 0) return;
  const int threads = static_cast<int>(std::min<int64_t>(num_threads(), tasks));
  const bool alone = threads == 1 || cost < kSmallWork || current_region;
  Region region;
  region.ranges = alone ? 1 : std::min(threads, kMostRanges);
  for (int i = 0; i < region.ranges; ++i) {
    region.range[i].next.store(tasks * i / region.ranges, std::memory_order_relaxed);
    region.range[i].last = tasks * (i + 1) / region.ranges;
  }
  // Many small tasks are handed out several at a time; a chunk is at most 1/16 of a share.
  region.chunk = std::max<int64_t>(1, tasks / (int64_t(threads) * 16));
  region.task = task;
  region.context = context;
  region.outer = current_region;
  region.float_state = float_state() | (flush.load(std::memory_order_relaxed) ? kFlushBits : 0u);
  if (alone) {
    work(region, true, may_poll);
  } else {
    run_team(
        threads,
        [](void* shared, bool caller) {
          work(*static_cast<Region*>(shared), caller, caller && may_poll);
        },
        &region);
  }
  if (region.thrown) std::rethrow_exception(region.thrown);
}

}  // namespace detail
}  // namespace pyconv
