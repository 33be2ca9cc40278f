// SPDX-License-Identifier: BSD-3-Clause
// The scheduler: draws the next thread from those that can run, and lets nobody pass a meeting
// point alone.
#include "simt_host/schedule.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <random>
#include <utility>

#include "error.hpp"
#include "simt_host/banks.hpp"
#include "simt_host/copies.hpp"
#include "simt_host/fiber.hpp"

namespace pyconv::simt {

__thread Thread* current = nullptr;

namespace {

constexpr const char* kMeetingNames[] = {"nothing", "__syncthreads", "__syncwarp", "a shuffle",
                                         "a vote",  "ldmatrix",      "mma"};

constexpr unsigned kFullMask = 0xffffffffu;
// The most that any device lends a block (compute capability 9.0).
constexpr int64_t kMostSharedBytes = 227 * 1024;

struct Arrival {
  Meeting meeting = Meeting::kNone;
  const char* file = "";
  int line = 0;

  bool operator!=(const Arrival& other) const {
    return meeting != other.meeting || line != other.line ||
           (file != other.file && std::strcmp(file, other.file) != 0);
  }
  std::string text() const {
    const std::string path = file;
    return std::string(kMeetingNames[static_cast<int>(meeting)]) + " (" +
           path.substr(path.find_last_of('/') + 1) + ":" + std::to_string(line) + ")";
  }
};

// Everything that lives as long as the host thread: fibers and shared memory are used again.
struct Scheduler {
  std::vector<std::unique_ptr<Fiber>> fibers;
  std::vector<Thread> threads;
  std::vector<Arrival> arrivals;  // where each thread waits
  std::vector<bool> finished;
  std::vector<int32_t> runnable;
  std::vector<int32_t> warp_arrived;  // lanes that wait at the warp's meeting
  int32_t threads_arrived = 0;        // at __syncthreads
  int32_t first_arrived = 0;
  int32_t threads_finished = 0;
  void (*run)(const void*) = nullptr;
  const void* context = nullptr;
  std::exception_ptr error;
  std::vector<std::byte> shared;
  std::vector<Word> shared_words;
  std::vector<bool> shared_filled;
  uint32_t stamps = 0;
};
thread_local Scheduler scheduler;

thread_local bool seed_chosen = false;
thread_local uint64_t chosen_seed = 0;

std::string place(const Block& block, int32_t thread) {
  return std::string(block.kernel) + ": block " + std::to_string(block.number) + ", thread " +
         std::to_string(thread) + ": ";
}

std::string seed_text(const Block& block) {
  return " (PYCONV_SIMT_SEED=" + std::to_string(block.seed) + ")";
}

void thread_entry(void*) {
  Scheduler& s = scheduler;
  const int32_t self = current->index;
  try {
    s.run(s.context);
    finish_copies();
  } catch (...) {
    s.error = std::current_exception();
  }
  s.finished[self] = true;
  s.fibers[self]->leave(/*forever=*/true);
}

// The current thread stops until the scheduler draws it again.
void wait() { scheduler.fibers[current->index]->leave(); }

void release(int32_t first, int32_t last) {
  for (int32_t i = first; i < last; ++i) {
    scheduler.arrivals[i] = {};
    scheduler.runnable.push_back(i);
  }
}

// Fails where a thread of [first, last) waits elsewhere or is gone.
void expect_same(const Arrival& arrival, int32_t first, int32_t last) {
  const Scheduler& s = scheduler;
  for (int32_t i = first; i < last; ++i) {
    if (i == current->index) continue;
    if (s.finished[i]) {
      fail("waits at " + arrival.text() + ", but thread " + std::to_string(i) +
           " has left the kernel: partial barrier");
    }
    if (s.arrivals[i].meeting != Meeting::kNone && s.arrivals[i] != arrival) {
      fail("waits at " + arrival.text() + ", but thread " + std::to_string(i) + " at " +
           s.arrivals[i].text() + ": divergent barrier");
    }
  }
}

std::pair<int32_t, int32_t> warp_threads(const Thread& thread) {
  const int32_t first = thread.warp() * kWarp;
  return {first, std::min(first + kWarp, thread.block->threads)};
}

// Where the lanes of a warp meet; the last one runs `complete`.
template <class Complete>
void meet_lanes(unsigned mask, const Arrival& arrival, Complete complete) {
  Scheduler& s = scheduler;
  if (mask != kFullMask) fail(arrival.text() + ": only the full mask is supported");
  const auto [first, last] = warp_threads(*current);
  expect_same(arrival, first, last);
  s.arrivals[current->index] = arrival;
  int32_t& arrived = s.warp_arrived[current->warp()];
  if (++arrived == last - first) {
    arrived = 0;
    count_noted(current->warp());
    complete(first, last);
    release(first, last);
  }
  wait();
}

[[noreturn]] void fail_deadlock(const Block& block) {
  const Scheduler& s = scheduler;
  std::string text =
      std::string(block.kernel) + ": block " + std::to_string(block.number) + ": deadlock: ";
  int listed = 0;
  for (int32_t i = 0; i < block.threads && listed < 4; ++i) {
    if (s.finished[i]) continue;
    if (i > 0 && !s.finished[i - 1] && !(s.arrivals[i] != s.arrivals[i - 1])) continue;
    text += (listed++ > 0 ? "; " : "") + ("thread " + std::to_string(i)) + " waits at " +
            s.arrivals[i].text() + " in phase " + std::to_string(block.epoch);
  }
  throw KernelError(text + seed_text(block));
}

void finish_thread(const Block& block, int32_t thread) {
  Scheduler& s = scheduler;
  ++s.threads_finished;
  if (s.error) std::rethrow_exception(std::exchange(s.error, nullptr));
  for (int32_t i = 0; i < block.threads; ++i) {
    const bool waits = s.arrivals[i].meeting != Meeting::kNone;
    const bool together = s.arrivals[i].meeting == Meeting::kThreads || i / kWarp == thread / kWarp;
    if (waits && together) {
      throw KernelError(place(block, i) + "waits at " + s.arrivals[i].text() + ", but thread " +
                        std::to_string(thread) + " has left the kernel: partial barrier" +
                        seed_text(block));
    }
  }
}

void run_block(Block& block, std::mt19937_64& random) {
  Scheduler& s = scheduler;
  s.arrivals.assign(block.threads, {});
  s.finished.assign(block.threads, false);
  s.warp_arrived.assign(block.warps.size(), 0);
  s.threads_arrived = s.threads_finished = 0;
  s.runnable.clear();
  s.threads.assign(block.threads, {&block, 0});
  std::fill(s.shared.begin(), s.shared.end(), std::byte{0xFF});
  s.shared_filled.assign(s.shared_filled.size(), false);
  for (int32_t i = 0; i < block.threads; ++i) {
    s.threads[i].index = i;
    s.fibers[i]->start(thread_entry, nullptr);
    s.runnable.push_back(i);
  }
  while (!s.runnable.empty()) {
    const size_t drawn = random() % s.runnable.size();
    const int32_t thread = s.runnable[drawn];
    s.runnable[drawn] = s.runnable.back();
    s.runnable.pop_back();
    current = &s.threads[thread];
    s.fibers[thread]->resume();
    current = nullptr;
    if (s.finished[thread]) finish_thread(block, thread);
  }
  if (s.threads_finished < block.threads) fail_deadlock(block);
}

}  // namespace

void fail(const std::string& what) {
  const Block& block = *current->block;
  throw KernelError(place(block, current->index) + what + seed_text(block));
}

void run_grid(const char* kernel, int64_t grid, int threads, int64_t shared_bytes,
              void (*run)(const void*), const void* context) {
  Scheduler& s = scheduler;
  if (threads < 1 || threads > 1024 || grid > 0x7fffffff || shared_bytes > kMostSharedBytes) {
    throw KernelError(std::string(kernel) + ": cannot be launched with " + std::to_string(grid) +
                      " blocks of " + std::to_string(threads) + " threads and " +
                      std::to_string(shared_bytes) + " bytes of shared memory");
  }
  while (static_cast<int>(s.fibers.size()) < threads) s.fibers.push_back(std::make_unique<Fiber>());
  s.shared.resize(static_cast<size_t>(shared_bytes));
  s.shared_words.assign(static_cast<size_t>((shared_bytes + 3) / 4), {});
  s.shared_filled.resize(s.shared_words.size());
  s.run = run;
  s.context = context;

  const uint64_t seed = schedule_seed();
  std::mt19937_64 random(seed);
  std::vector<int64_t> order(static_cast<size_t>(grid));
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
  std::shuffle(order.begin(), order.end(), random);

  const uint32_t launch_stamp = ++s.stamps;
  for (const int64_t number : order) {
    Block block{kernel, number, grid,      threads,         launch_stamp,     ++s.stamps,
                0,      {},     &s.shared, &s.shared_words, &s.shared_filled, seed};
    block.warps.resize(static_cast<size_t>((threads + kWarp - 1) / kWarp));
    run_block(block, random);
  }
}

void meet_threads(const char* file, int line) {
  Scheduler& s = scheduler;
  const Arrival arrival{Meeting::kThreads, file, line};
  Block& block = *current->block;
  if (s.threads_finished > 0) expect_same(arrival, 0, block.threads);
  if (s.threads_arrived == 0) s.first_arrived = current->index;
  expect_same(arrival, s.first_arrived, s.first_arrived + 1);  // the others equalled the first
  s.arrivals[current->index] = arrival;
  if (++s.threads_arrived == block.threads) {
    s.threads_arrived = 0;
    count_noted(/*warp=*/-1);
    ++block.epoch;
    release(0, block.threads);
  }
  wait();
}

void meet_warp(unsigned mask, const char* file, int line) {
  Warp& warp = current->block->warps[current->warp()];
  meet_lanes(mask, {Meeting::kWarp, file, line}, [&](int32_t, int32_t) { ++warp.epoch; });
}

uint64_t shuffle(unsigned mask, uint64_t value, int source, const char* file, int line) {
  Warp& warp = current->block->warps[current->warp()];
  const int32_t lane = current->lane();
  warp.deposit[lane] = value;
  warp.source[lane] = source;
  meet_lanes(mask, {Meeting::kShuffle, file, line}, [&](int32_t first, int32_t last) {
    for (int32_t i = 0; i < last - first; ++i) {
      if (warp.source[i] < 0 || warp.source[i] >= last - first) {
        fail("a shuffle reads lane " + std::to_string(warp.source[i]) + ", which does not exist");
      }
      warp.result[i] = warp.deposit[warp.source[i]];
    }
  });
  return warp.result[lane];
}

unsigned vote(unsigned mask, bool value, const char* file, int line) {
  Warp& warp = current->block->warps[current->warp()];
  const int32_t lane = current->lane();
  warp.deposit[lane] = value ? 1 : 0;
  meet_lanes(mask, {Meeting::kVote, file, line}, [&](int32_t first, int32_t last) {
    unsigned ballot = 0;
    for (int32_t i = 0; i < last - first; ++i)
      ballot |= static_cast<unsigned>(warp.deposit[i]) << i;
    for (int32_t i = 0; i < last - first; ++i) warp.result[i] = ballot;
  });
  return static_cast<unsigned>(warp.result[lane]);
}

void meet_instruction(Meeting meeting, const void* brought,
                      void (*complete)(const void* const* brought), const char* file, int line) {
  Warp& warp = current->block->warps[current->warp()];
  warp.brought[current->lane()] = brought;
  const Arrival arrival{meeting, file, line};
  meet_lanes(kFullMask, arrival, [&](int32_t first, int32_t last) {
    if (last - first != kWarp) {
      fail(arrival.text() + ": the warp has " + std::to_string(last - first) + " threads, not 32");
    }
    complete(warp.brought);
  });
}

uint64_t schedule_seed() {
  if (seed_chosen) return chosen_seed;
  const char* text = std::getenv("PYCONV_SIMT_SEED");
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

void set_schedule_seed(uint64_t seed) {
  seed_chosen = true;
  chosen_seed = seed;
}

}  // namespace pyconv::simt
