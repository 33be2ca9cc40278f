// SPDX-License-Identifier: BSD-3-Clause
// Helpers wait for the next region awake for a moment, then asleep. A caller opens a region, works,
// closes it and waits for those helpers alone that came in: where other programs hold the CPUs, the
// caller does the work itself instead of waiting for helpers that the system does not run.
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>

#include "pause.hpp"
#include "team.hpp"

namespace pyconv {
namespace {

// How long to stay awake, in rounds of about 10 to 40 ns: longer than Python takes from one large
// kernel to the next, shorter than a scheduler's slice. A caller waits for the end of a task.
constexpr int kHelperRounds = 40000;
constexpr int kCallerRounds = 20000;

// Kernels keep their data in the arena; many helpers must not use up the address space.
constexpr size_t kStackBytes = size_t(1) << 20;

// The state of the door: helpers inside, how many may be, whether it is open, and which region.
constexpr uint64_t kInside = 0xFFFF;
constexpr uint64_t kOpen = uint64_t(1) << 16;
constexpr int kMostShift = 17;
constexpr uint64_t kMost = 0x7FFF;
constexpr int kRegionShift = 32;

class Pool {
 public:
  void run(int threads, void (*member)(void*, bool), void* context) {
    std::unique_lock<std::mutex> mine(caller_, std::try_to_lock);
    // Another Python thread has the helpers.
    if (!mine) return member(context, true);
    start_helpers(threads - 1);
    member_ = member;
    context_ = context;
    open(static_cast<uint64_t>(threads - 1));
    member(context, true);
    close();
  }

 private:
  void start_helpers(int wanted) {
    if (helpers_ >= wanted) return;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, kStackBytes);
    // Signals are the main thread's.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const auto life = [](void* self) -> void* {
      static_cast<Pool*>(self)->help();
      return nullptr;
    };
    pthread_t helper;
    // Where the system gives no more, those at hand do.
    while (helpers_ < wanted && pthread_create(&helper, &attributes, life, this) == 0) ++helpers_;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_attr_destroy(&attributes);
  }

  void open(uint64_t most) {
    const uint64_t region = (door_.load(std::memory_order_relaxed) >> kRegionShift) + 1;
    door_.store(region << kRegionShift | most << kMostShift | kOpen);
    if (sleeping_.load() == 0) return;
    pass_the_bed();
    if (most == 1) {
      wake_.notify_one();
    } else {
      wake_.notify_all();
    }
  }

  void close() {
    uint64_t state = door_.fetch_and(~kOpen) & ~kOpen;
    for (int round = 0; state & kInside; ++round) {
      if (round < kCallerRounds) {
        pause_cpu();
      } else {
        std::unique_lock<std::mutex> lock(bed_);
        caller_asleep_.store(true);
        left_.wait(lock, [this] { return (door_.load() & kInside) == 0; });
        caller_asleep_.store(false);
      }
      state = door_.load(std::memory_order_acquire);
    }
  }

  // Whoever was about to lie down has done so after this, and the bed is free for those that rise.
  void pass_the_bed() { const std::lock_guard<std::mutex> lock(bed_); }

  [[noreturn]] void help() {
    uint64_t seen = 0;
    while (true) {
      seen = next_region(seen);
      if (!enter(seen)) continue;
      member_(context_, false);
      const uint64_t before = door_.fetch_sub(1);
      if ((before & kInside) == 1 && caller_asleep_.load()) {
        pass_the_bed();
        left_.notify_one();
      }
    }
  }

  uint64_t next_region(uint64_t seen) {
    for (int round = 0; round < kHelperRounds; ++round) {
      const uint64_t region = door_.load(std::memory_order_acquire) >> kRegionShift;
      if (region != seen) return region;
      pause_cpu();
    }
    std::unique_lock<std::mutex> lock(bed_);
    ++sleeping_;
    wake_.wait(lock, [&] { return door_.load() >> kRegionShift != seen; });
    --sleeping_;
    return door_.load(std::memory_order_acquire) >> kRegionShift;
  }

  bool enter(uint64_t region) {
    uint64_t state = door_.load(std::memory_order_acquire);
    while (state >> kRegionShift == region && (state & kOpen) &&
           (state & kInside) < (state >> kMostShift & kMost)) {
      if (door_.compare_exchange_weak(state, state + 1)) return true;
    }
    return false;
  }

  std::mutex caller_;  // held by the caller whose region it is
  int helpers_ = 0;
  void (*member_)(void*, bool) = nullptr;
  void* context_ = nullptr;
  std::atomic<uint64_t> door_{0};
  std::mutex bed_;
  std::condition_variable wake_, left_;
  std::atomic<int> sleeping_{0};
  std::atomic<bool> caller_asleep_{false};
};

// Never destroyed: helpers outlive main.
alignas(Pool) unsigned char room[sizeof(Pool)];

Pool* make_pool() {
  // A forked child has none of the helpers and begins anew.
  pthread_atfork(nullptr, nullptr, [] { new (room) Pool; });
  return new (room) Pool;
}

Pool& pool() {
  static Pool* const instance = make_pool();
  return *instance;
}

}  // namespace

void run_team(int threads, void (*member)(void* context, bool caller), void* context) {
  pool().run(threads, member, context);
}

}  // namespace pyconv
