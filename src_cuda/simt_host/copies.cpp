// SPDX-License-Identifier: BSD-3-Clause
#include "simt_host/copies.hpp"

#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "simt_host/banks.hpp"
#include "simt_host/schedule.hpp"

namespace pyconv::simt {
namespace {

struct Queue {
  std::vector<Copy> open;                // since the last commit
  std::deque<std::vector<Copy>> groups;  // committed, oldest first
};

struct Queues {
  uint32_t block_stamp = 0;
  std::vector<Queue> of_thread;
};
thread_local Queues queues;

Queue& queue() {
  const Block& block = *current->block;
  if (queues.block_stamp != block.block_stamp) {
    queues.block_stamp = block.block_stamp;
    queues.of_thread.assign(static_cast<size_t>(block.threads), {});
  }
  return queues.of_thread[static_cast<size_t>(current->index)];
}

std::byte* destination(const Copy& copy) {
  return shared_memory() + copy.first_byte + copy.word * 4;
}

// Bounds and races of the destination, which then counts as written by this thread now.
void check_destination(const Copy& copy) {
  for (int64_t word = 0; word < copy.bytes / 4; ++word) {
    check_shared(copy.first_byte, 4, copy.word + word, copy.words, /*write=*/true);
  }
}

void set_filled(const Copy& copy, bool filled) {
  const int64_t first = copy.first_byte / 4 + copy.word;
  for (int64_t word = first; word < first + copy.bytes / 4; ++word) {
    (*current->block->shared_filled)[static_cast<size_t>(word)] = filled;
  }
}

void check_source(const Copy& copy) {
  if (copy.source == nullptr) fail_absent(copy.index);
  for (int64_t i = 0; i < copy.bytes / copy.source->element; ++i) {
    check_global(copy.source, copy.index + i, /*write=*/false, /*atomic=*/false);
  }
  const std::byte* from = copy.source->begin + copy.index * copy.source->element;
  if (reinterpret_cast<uintptr_t>(from) % static_cast<uintptr_t>(copy.bytes) != 0) {
    fail("cp.async of " + std::to_string(copy.bytes) + " bytes from a misaligned address, " +
         copy.source->name + "[" + std::to_string(copy.index) + "]");
  }
}

void complete(const Copy& copy) {
  check_destination(copy);
  if (copy.index < 0) {
    std::memset(destination(copy), 0, static_cast<size_t>(copy.bytes));
  } else {
    check_source(copy);
    std::memcpy(destination(copy), copy.source->begin + copy.index * copy.source->element,
                static_cast<size_t>(copy.bytes));
  }
}

bool covers(const Copy& copy, int64_t byte) {
  const int64_t first = copy.first_byte + copy.word * 4;
  return byte >= first && byte < first + copy.bytes;
}

}  // namespace

void issue_copy(const Copy& copy) {
  if ((copy.first_byte + copy.word * 4) % copy.bytes != 0) {
    fail("cp.async of " + std::to_string(copy.bytes) + " bytes to byte " +
         std::to_string(copy.first_byte + copy.word * 4) + " of shared memory: misaligned");
  }
  note_access(copy.first_byte + copy.word * 4, copy.bytes);
  const bool noted = note_accesses(false);  // once, not word by word
  check_destination(copy);
  note_accesses(noted);
  if (copy.index >= 0) check_source(copy);
  std::memset(destination(copy), 0xFF, static_cast<size_t>(copy.bytes));
  set_filled(copy, false);
  queue().open.push_back(copy);
}

void commit_copies() {
  Queue& mine = queue();
  mine.groups.push_back(std::move(mine.open));
  mine.open.clear();
}

void wait_for_copies(int pending) {
  Queue& mine = queue();
  const bool noted = note_accesses(false);
  while (mine.groups.size() > static_cast<size_t>(pending)) {
    for (const Copy& copy : mine.groups.front()) complete(copy);
    mine.groups.pop_front();
  }
  note_accesses(noted);
}

bool copy_pending(int64_t byte) {
  if (queues.block_stamp != current->block->block_stamp) return false;
  for (const Queue& each : queues.of_thread) {
    for (const Copy& copy : each.open) {
      if (covers(copy, byte)) return true;
    }
    for (const auto& group : each.groups) {
      for (const Copy& copy : group) {
        if (covers(copy, byte)) return true;
      }
    }
  }
  return false;
}

void finish_copies() {
  if (queues.block_stamp != current->block->block_stamp) return;
  const Queue& mine = queue();
  bool left = !mine.open.empty();
  for (const auto& group : mine.groups) left |= !group.empty();
  if (left) fail("left the kernel without waiting for its cp.async");
}

}  // namespace pyconv::simt
