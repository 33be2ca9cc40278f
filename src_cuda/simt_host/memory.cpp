// SPDX-License-Identifier: BSD-3-Clause
// The checks behind Global and Shared: bounds, alignment, unwritten memory, races.
//
// Two touches of a word are ordered when the same thread made both, when a __syncthreads lies
// between them (a later epoch of the block), or a __syncwarp (a later epoch of their warp).
// Whole barriers are the only ones a kernel may use, so comparing epochs is exact.
#include "simt_host/memory.hpp"

#include <cstring>

#include "error.hpp"
#include "simt_host/banks.hpp"
#include "simt_host/copies.hpp"
#include "simt_host/schedule.hpp"

namespace pyconv::simt {
namespace {

thread_local std::vector<std::unique_ptr<Buffer>> buffers;

Touch touch_now(uint32_t stamp, bool atomic) {
  const Block& block = *current->block;
  return {stamp,       static_cast<int32_t>(block.number), current->index,
          block.epoch, block.warps[current->warp()].epoch, atomic};
}

bool ordered(const Touch& before, const Touch& now) {
  if (before.stamp != now.stamp) return true;  // another launch or block: long over
  if (before.block != now.block) return false;
  if (before.thread == now.thread || before.epoch < now.epoch) return true;
  return before.thread / kWarp == now.thread / kWarp && before.warp_epoch < now.warp_epoch;
}

std::string by(const Touch& touch) {
  return "block " + std::to_string(touch.block) + ", thread " + std::to_string(touch.thread);
}

template <class Where>  // Where: names the word, called for the error text alone
void check_read_race(Word& word, const Touch& now, Where where) {
  if (!ordered(word.write, now)) {
    fail("race on " + where() + ": written by " + by(word.write) + " and read by " + by(now) +
         " with no barrier between");
  }
  Touch& read = word.read;
  if (read.stamp != now.stamp) {
    read = now;
    word.many_threads = word.many_warps = word.many_blocks = false;
  } else if (read.block != now.block) {
    word.many_blocks = true;
    read = now;
    word.many_threads = word.many_warps = false;
  } else if (read.epoch != now.epoch) {
    read = now;
    word.many_threads = word.many_warps = false;
  } else if (read.thread / kWarp != now.thread / kWarp) {
    word.many_warps = true;
  } else if (read.warp_epoch != now.warp_epoch) {
    read = now;
    word.many_threads = false;
  } else if (read.thread != now.thread) {
    word.many_threads = true;
  }
}

template <class Where>
void check_write_race(Word& word, const Touch& now, Where where) {
  if (!(word.write.atomic && now.atomic) && !ordered(word.write, now)) {
    fail("race on " + where() + ": written by " + by(word.write) + " and by " + by(now) +
         " with no barrier between");
  }
  const Touch& read = word.read;
  if (read.stamp == now.stamp) {
    bool safe = ordered(read, now);
    if (word.many_blocks) safe = false;
    if (read.block == now.block && read.epoch == now.epoch) {
      if (word.many_warps) safe = false;
      if (word.many_threads && read.warp_epoch == now.warp_epoch) safe = false;
    }
    if (!safe) {
      fail("race on " + where() + ": read by " + by(read) + " and written by " + by(now) +
           " with no barrier between");
    }
  }
  word.write = now;
}

std::string element_name(const Buffer& buffer, int64_t index) {
  return std::string(buffer.name) + "[" + std::to_string(index) + "]";
}

}  // namespace

Buffer* register_buffer(const char* name, const void* address, int64_t count, int64_t element,
                        bool writable, Start start) {
  if (address == nullptr) return nullptr;
  auto* begin = static_cast<std::byte*>(const_cast<void*>(address));
  if (reinterpret_cast<uintptr_t>(address) % static_cast<uintptr_t>(element) != 0) {
    throw KernelError(std::string(name) + " is not aligned to its elements of " +
                      std::to_string(element) + " bytes");
  }
  bool overlaps = false;
  for (const auto& other : buffers) {
    overlaps |= begin < other->begin + other->count * other->element &&
                other->begin < begin + count * element;
  }
  auto buffer = std::make_unique<Buffer>();
  *buffer = {name, begin, count, element, writable, start == Start::kPoisoned, {}, {}};
  if (writable) buffer->words.resize(static_cast<size_t>(count));
  if (start != Start::kFilled && !overlaps) {  // an operation in place must keep its input
    std::memset(begin, 0xFF, static_cast<size_t>(count * element));
    buffer->filled.resize(static_cast<size_t>(count), false);
  }
  buffers.push_back(std::move(buffer));
  return buffers.back().get();
}

void begin_operation() { buffers.clear(); }

void end_operation() {
  for (const auto& buffer : buffers) {
    if (!buffer->must_fill) continue;
    for (size_t i = 0; i < buffer->filled.size(); ++i) {
      if (!buffer->filled[i]) {
        throw KernelError(element_name(*buffer, static_cast<int64_t>(i)) + " was never written");
      }
    }
  }
  buffers.clear();
}

void fail_absent(int64_t index) {
  fail("access to element " + std::to_string(index) + " of an absent buffer");
}

void check_global(Buffer* buffer, int64_t index, bool write, bool atomic) {
  if (index < 0 || index >= buffer->count) {
    fail(std::string("out of bounds: ") + (write ? "write to " : "read of ") +
         element_name(*buffer, index) + ", which has " + std::to_string(buffer->count) +
         " elements");
  }
  if (!buffer->writable) {
    if (write) fail("write to the input " + element_name(*buffer, index));
    return;
  }
  const auto at = static_cast<size_t>(index);
  Word& word = buffer->words[at];
  const Touch now = touch_now(current->block->launch_stamp, atomic);
  const auto where = [&] { return element_name(*buffer, index); };
  if (write) {
    check_write_race(word, now, where);
    if (!buffer->filled.empty()) buffer->filled[at] = true;
    return;
  }
  if (!buffer->filled.empty() && !buffer->filled[at]) fail("read of uninitialised " + where());
  check_read_race(word, now, where);
}

void check_shared(int64_t first_byte, int64_t bytes, int64_t index, int64_t count, bool write) {
  const Block& block = *current->block;
  const int64_t at = first_byte + index * bytes;
  if (index < 0 || index >= count || at < 0 ||
      at + bytes > static_cast<int64_t>(block.shared->size())) {
    fail(std::string("out of bounds: ") + (write ? "write to" : "read of") +
         " shared memory, element " + std::to_string(index) + " of " + std::to_string(count) +
         " at byte " + std::to_string(first_byte) + "; the launch asked for " +
         std::to_string(block.shared->size()) + " bytes");
  }
  note_access(at, bytes);
  if (at % bytes != 0) fail("misaligned access to shared memory at byte " + std::to_string(at));
  const Touch now = touch_now(block.block_stamp, /*atomic=*/false);
  for (int64_t word = at / 4; word < (at + bytes) / 4; ++word) {
    const auto place = static_cast<size_t>(word);
    Word& state = (*block.shared_words)[place];
    const auto where = [&] { return "shared memory at byte " + std::to_string(word * 4); };
    if (write) {
      check_write_race(state, now, where);
      (*block.shared_filled)[place] = true;
    } else {
      if (!(*block.shared_filled)[place]) {
        fail((copy_pending(word * 4) ? "read before the wait for its cp.async: "
                                     : "read of uninitialised ") +
             where());
      }
      check_read_race(state, now, where);
    }
  }
}

std::byte* shared_memory() { return current->block->shared->data(); }

}  // namespace pyconv::simt
