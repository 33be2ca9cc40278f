// SPDX-License-Identifier: BSD-3-Clause
#include "arena.hpp"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "pause.hpp"

namespace pyconv {
namespace {

// Smaller blocks come from malloc, whose own caches serve them well.
constexpr size_t kSmallBytes = size_t(64) << 10;
constexpr size_t kHugePage = size_t(2) << 20;
constexpr size_t kAlignment = 64;
// Blocks of one size begin at different odd multiples of 64 bytes, so that x and y do not share
// L1 sets; the mapping has room for the shift.
constexpr size_t kColours = 16;
constexpr size_t kColourRoom = 2 * kColours * kAlignment;
// A cached block serves requests down to two thirds of it.
constexpr size_t kWaste = 2;
// What was used at the peak may stay mapped, and more: a quarter of it, but within these bounds, or
// an eighth where that is more.
constexpr size_t kLeastSpare = size_t(64) << 20;
constexpr size_t kMostQuarter = size_t(192) << 20;
// Of the blocks that are dropped every eighth is the one idle for longest.
constexpr uint64_t kOldestEvery = 8;
// Threads begin a region together and ask for scratch at once, for a fraction of a microsecond
// each; to sleep and be woken takes a hundred times as long.
constexpr int kAwakeRounds = 1000;

enum class Mode { kCached, kMalloc, kPoison };

struct Mapping {
  char* start;
  size_t bytes;
  size_t class_bytes;
  uint64_t released;  // when, counted in releases
};

struct Arena {
  std::mutex mutex;
  Mode mode = Mode::kCached;
  size_t limit = 0;
  size_t in_use = 0;
  size_t cached = 0;
  size_t peak = 0;
  size_t colour = 0;
  uint64_t releases = 0;
  uint64_t drops = 0;
  std::unordered_map<void*, Mapping> live;
  std::map<size_t, std::vector<void*>> free;  // class -> blocks, the longest idle first
  std::unordered_map<void*, Mapping> idle;
};

Arena& arena() {
  // Never destroyed: arrays may outlive the module at interpreter exit.
  static Arena* const instance = new Arena;
  return *instance;
}

std::unique_lock<std::mutex> locked(Arena& a) {
  std::unique_lock<std::mutex> lock(a.mutex, std::try_to_lock);
  for (int round = 0; !lock && round < kAwakeRounds; ++round) {
    pause_cpu();
    lock.try_lock();
  }
  if (!lock) lock.lock();
  return lock;
}

// Eight classes per power of two: at most 12.5 % is wasted.
size_t class_of(size_t bytes) {
  size_t step = kSmallBytes / 8;
  while (step * 16 < bytes) step *= 2;
  return (bytes + step - 1) / step * step;
}

Mapping map_block(size_t class_bytes) {
  const bool huge = class_bytes >= kHugePage;
  const size_t page = huge ? kHugePage : size_t(4096);
  const size_t bytes = (class_bytes + kColourRoom + page - 1) / page * page;
  const size_t reserved = huge ? bytes + kHugePage : bytes;
  void* const raw =
      mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) return {nullptr, 0, 0, 0};
  char* start = static_cast<char*>(raw);
  if (huge) {
    const size_t skip = (kHugePage - reinterpret_cast<uintptr_t>(raw) % kHugePage) % kHugePage;
    if (skip) munmap(start, skip);
    start += skip;
    if (kHugePage - skip) munmap(start + bytes, kHugePage - skip);
    madvise(start, bytes, MADV_HUGEPAGE);
  }
  return {start, bytes, class_bytes, 0};
}

int64_t drop_cached(Arena& a) {
  int64_t dropped = 0;
  for (const auto& [block, mapping] : a.idle) {
    munmap(mapping.start, mapping.bytes);
    dropped += static_cast<int64_t>(mapping.class_bytes);
  }
  a.idle.clear();
  a.free.clear();
  a.cached = 0;
  return dropped;
}

// The smallest idle block that is not much too large: fresh pages cost more than what it wastes,
// unless memory is limited.
void* take_cached(Arena& a, size_t class_bytes) {
  const auto end = a.free.upper_bound(class_bytes + (a.limit ? 0 : class_bytes / kWaste));
  for (auto found = a.free.lower_bound(class_bytes); found != end; ++found) {
    if (found->second.empty()) continue;
    void* const block = found->second.back();
    found->second.pop_back();
    a.live.insert(a.idle.extract(block));
    a.cached -= found->first;
    return block;
  }
  return nullptr;
}

// What may be mapped in all.
size_t room(const Arena& a) {
  return a.peak + std::max({kLeastSpare, std::min(a.peak / 4, kMostQuarter), a.peak / 8});
}

// Unmaps the block released last: a program that repeats itself uses the others before it. Now and
// then that which has been idle for longest: what no program uses any more goes in the end.
void drop_one(Arena& a) {
  const bool oldest = ++a.drops % kOldestEvery == 0;
  std::vector<void*>* chosen = nullptr;
  uint64_t best = 0;
  for (auto& [class_bytes, blocks] : a.free) {
    if (blocks.empty()) continue;
    const uint64_t released = a.idle.find(oldest ? blocks.front() : blocks.back())->second.released;
    if (!chosen || (oldest ? released < best : released > best)) {
      best = released;
      chosen = &blocks;
    }
  }
  const auto place = oldest ? chosen->begin() : chosen->end() - 1;
  const auto found = a.idle.find(*place);
  munmap(found->second.start, found->second.bytes);
  a.cached -= found->second.class_bytes;
  a.idle.erase(found);
  chosen->erase(place);
}

void* map_fresh(Arena& a, size_t class_bytes) {
  if (a.limit && a.in_use + a.cached + class_bytes > a.limit) drop_cached(a);
  if (a.limit && a.in_use + class_bytes > a.limit) throw std::bad_alloc();
  while (a.cached > 0 && a.in_use + a.cached + class_bytes > room(a)) drop_one(a);
  Mapping mapping = map_block(class_bytes);
  if (!mapping.start && drop_cached(a) > 0) mapping = map_block(class_bytes);
  if (!mapping.start) throw std::bad_alloc();
  a.colour = (a.colour + 1) % kColours;
  void* const block = mapping.start + (2 * a.colour + 1) * kAlignment;
  try {
    a.live.emplace(block, mapping);
  } catch (...) {
    munmap(mapping.start, mapping.bytes);
    throw;
  }
  return block;
}

// False when the list itself finds no memory.
bool listed_free(Arena& a, size_t class_bytes, void* block) noexcept {
  try {
    a.free[class_bytes].push_back(block);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void* allocate_small(size_t bytes) {
  void* block = nullptr;
  const size_t rounded = (std::max<size_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
  if (posix_memalign(&block, kAlignment, rounded) != 0) throw std::bad_alloc();
  return block;
}

void* allocate_large(Arena& a, size_t bytes) {
  const size_t class_bytes = class_of(bytes);
  const auto lock = locked(a);
  void* block = take_cached(a, class_bytes);
  if (!block) block = map_fresh(a, class_bytes);
  a.in_use += a.live.find(block)->second.class_bytes;
  a.peak = std::max(a.peak, a.in_use);
  return block;
}

size_t parse_limit(const std::string& text) {
  size_t used = 0;
  unsigned long long count = 0;
  try {
    if (text.find_first_not_of("0123456789KMGkmg") == std::string::npos) {
      count = std::stoull(text, &used);
    }
  } catch (const std::exception&) {
    used = 0;
  }
  const std::string suffix = text.substr(used);
  const size_t shift = suffix.empty()                   ? 0
                       : suffix == "K" || suffix == "k" ? 10
                       : suffix == "M" || suffix == "m" ? 20
                       : suffix == "G" || suffix == "g" ? 30
                                                        : 64;
  if (used == 0 || shift == 64 || count == 0 || count > (SIZE_MAX >> 1 >> shift)) {
    throw std::invalid_argument("PYCONV_ARENA_LIMIT=" + text +
                                "; must be bytes, as 1000000, 64K, 512M or 2G");
  }
  return static_cast<size_t>(count) << shift;
}

}  // namespace

void init_arena() {
  Arena& a = arena();
  if (const char* text = std::getenv("PYCONV_ARENA")) {
    const std::string mode = text;
    if (mode == "0") {
      a.mode = Mode::kMalloc;
    } else if (mode == "poison") {
      a.mode = Mode::kPoison;
    } else if (mode != "1" && !mode.empty()) {
      throw std::invalid_argument("PYCONV_ARENA=" + mode + "; must be 0, 1 or poison");
    }
  }
  if (const char* text = std::getenv("PYCONV_ARENA_LIMIT")) a.limit = parse_limit(text);
  pthread_atfork([] { arena().mutex.lock(); }, [] { arena().mutex.unlock(); },
                 [] { arena().mutex.unlock(); });
}

void* arena_allocate(size_t bytes) {
  Arena& a = arena();
  if (bytes > SIZE_MAX / 4) throw std::bad_alloc();
  const bool small = bytes < kSmallBytes || a.mode == Mode::kMalloc;
  void* const block = small ? allocate_small(bytes) : allocate_large(a, bytes);
  if (a.mode == Mode::kPoison) std::memset(block, 0xFF, bytes);
  return block;
}

void arena_release(void* block) noexcept {
  if (!block) return;
  Arena& a = arena();
  {
    const auto lock = locked(a);
    const auto found = a.live.find(block);
    if (found != a.live.end()) {
      const size_t bytes = found->second.class_bytes;
      a.in_use -= bytes;
      if (!listed_free(a, bytes, block)) {
        munmap(found->second.start, found->second.bytes);
        a.live.erase(found);
      } else {
        found->second.released = ++a.releases;
        a.idle.insert(a.live.extract(found));
        a.cached += bytes;
      }
      return;
    }
  }
  std::free(block);
}

ArenaInfo arena_info() {
  Arena& a = arena();
  const auto lock = locked(a);
  return {static_cast<int64_t>(a.in_use), static_cast<int64_t>(a.cached),
          static_cast<int64_t>(a.peak), static_cast<int64_t>(a.limit)};
}

int64_t arena_trim() {
  Arena& a = arena();
  const auto lock = locked(a);
  a.peak = a.in_use;
  return drop_cached(a);
}

}  // namespace pyconv
