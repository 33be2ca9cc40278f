// SPDX-License-Identifier: BSD-3-Clause
// Programs: native calls that are kept to be made again, one after the other, without Python.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "bindings/address.hpp"

namespace pyconv {

// Addresses from here on are places in the input of the program that this thread runs.
constexpr uintptr_t kOfInput = uintptr_t(1) << 62;

class Program {
 public:
  // What keeps this thread's calls instead of making them; null where they are made.
  static Program*& being_made() {
    thread_local Program* program = nullptr;
    return program;
  }
  static Address& input() {
    thread_local Address address = 0;
    return address;
  }

  template <class Call>
  void keep(Call call) {
    calls_.emplace_back(std::move(call));
  }
  int64_t size() const { return int64_t(calls_.size()); }

  // Makes the calls on an input.
  void run(Address x) const {
    const Address before = std::exchange(input(), x);
    try {
      for (const std::function<void()>& call : calls_) call();
    } catch (...) {
      input() = before;
      throw;
    }
    input() = before;
  }

 private:
  std::vector<std::function<void()>> calls_;
};

}  // namespace pyconv
