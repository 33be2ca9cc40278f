// SPDX-License-Identifier: BSD-3-Clause
// Checked memory: every access of a kernel goes through Global or Shared, which know their bounds,
// what was written before, and which thread touched a word since the last barrier.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace pyconv::simt {

// One touch of a word: by whom, and how many barriers the thread had passed.
struct Touch {
  uint32_t stamp = 0;  // launch (global memory) or block (shared memory) it belongs to; 0 = none
  int32_t block = 0;
  int32_t thread = 0;
  uint32_t epoch = 0;       // __syncthreads passed
  uint32_t warp_epoch = 0;  // __syncwarp passed
  bool atomic = false;
};

// What the race detector knows of a word. Readers since the last __syncthreads are summed up:
// one thread, or many of one warp, or many warps, or many blocks.
struct Word {
  Touch write;
  Touch read;
  bool many_threads = false;
  bool many_warps = false;
  bool many_blocks = false;
};

enum class Start { kFilled, kPoisoned, kEmpty };  // kEmpty: unwritten, and to stay so is no error

// One array the host handed to an operation.
struct Buffer {
  const char* name;
  std::byte* begin;
  int64_t count;    // elements
  int64_t element;  // bytes
  bool writable;
  bool must_fill;            // every element is to be written before the operation ends
  std::vector<bool> filled;  // empty where the buffer began filled
  std::vector<Word> words;   // one per element, for writable buffers
};

// Throws unless element `index` may be read or written by the current thread.
void check_global(Buffer* buffer, int64_t index, bool write, bool atomic);
void check_shared(int64_t first_byte, int64_t bytes, int64_t index, int64_t count, bool write);
[[noreturn]] void fail_absent(int64_t index);
std::byte* shared_memory();

// Registers an array for the rest of the operation; null stays null.
Buffer* register_buffer(const char* name, const void* address, int64_t count, int64_t element,
                        bool writable, Start start);

// A stand-in for a reference to an element: reads and writes are checked.
template <class T, class Place>
class Element {
 public:
  Element(Place place, int64_t index) : place_(place), index_(index) {}
  operator T() const { return place_.read(index_); }
  const Element& operator=(T value) const {
    place_.write(index_, value);
    return *this;
  }
  const Element& operator=(const Element& other) const { return *this = static_cast<T>(other); }
  const Element& operator+=(T value) const { return *this = static_cast<T>(*this) + value; }

 private:
  Place place_;
  int64_t index_;
};

// What T* is on the device: a pointer into one registered buffer.
template <class T>
class Global {
 public:
  using Value = std::remove_const_t<T>;

  Global() = default;
  Global(std::nullptr_t) {}
  explicit Global(Buffer* buffer) : buffer_(buffer) {}
  template <class U, class = std::enable_if_t<std::is_same_v<const U, T>>>
  Global(const Global<U>& other) : buffer_(other.buffer_), index_(other.index_) {}

  Global operator+(int64_t elements) const {
    Global moved = *this;
    moved.index_ += elements;
    return moved;
  }
  bool operator==(std::nullptr_t) const { return buffer_ == nullptr; }
  bool operator!=(std::nullptr_t) const { return buffer_ != nullptr; }

  decltype(auto) operator[](int64_t i) const {
    if constexpr (std::is_const_v<T>) {
      return read(i);
    } else {
      return Element<T, Global>(*this, i);
    }
  }

  Value read(int64_t i) const { return load(checked(i, /*write=*/false, /*atomic=*/false)); }
  void write(int64_t i, Value value) const {
    store(checked(i, /*write=*/true, /*atomic=*/false), value);
  }
  // *this = min(*this, value), as one step.
  void lower_to(Value value) const {
    std::byte* at = checked(0, /*write=*/true, /*atomic=*/true);
    if (value < load(at)) store(at, value);
  }

  Buffer* buffer_ = nullptr;
  int64_t index_ = 0;

 private:
  std::byte* checked(int64_t i, bool write, bool atomic) const {
    if (buffer_ == nullptr) fail_absent(index_ + i);
    check_global(buffer_, index_ + i, write, atomic);
    return buffer_->begin + (index_ + i) * static_cast<int64_t>(sizeof(T));
  }
  static Value load(const std::byte* at) {
    Value value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  static void store(std::byte* at, Value value) { std::memcpy(at, &value, sizeof value); }
};

// What T* into dynamic shared memory is on the device.
template <class T>
class Shared {
 public:
  static_assert(sizeof(T) % 4 == 0, "shared memory is watched by words of 4 bytes");
  Shared(int64_t first_byte, int64_t count) : first_byte_(first_byte), count_(count) {}

  Element<T, Shared> operator[](int64_t i) const { return Element<T, Shared>(*this, i); }
  int64_t first_byte() const { return first_byte_; }
  int64_t count() const { return count_; }

  T read(int64_t i) const {
    T value;
    std::memcpy(&value, checked(i, /*write=*/false), sizeof value);
    return value;
  }
  void write(int64_t i, T value) const {
    std::memcpy(checked(i, /*write=*/true), &value, sizeof value);
  }

 private:
  std::byte* checked(int64_t i, bool write) const {
    check_shared(first_byte_, sizeof(T), i, count_, write);
    return shared_memory() + first_byte_ + i * static_cast<int64_t>(sizeof(T));
  }

  int64_t first_byte_;
  int64_t count_;
};

}  // namespace pyconv::simt
