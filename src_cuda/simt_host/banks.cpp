// SPDX-License-Identifier: BSD-3-Clause
#include "simt_host/banks.hpp"

#include <algorithm>
#include <vector>

#include "simt_host/schedule.hpp"

namespace pyconv::simt {
namespace {

constexpr int kBanks = 32;

struct Access {
  int64_t byte, bytes;
};
struct Notes {
  uint32_t block_stamp = 0;
  std::vector<std::vector<Access>> of_thread;
};
thread_local Notes notes;
thread_local BankCount counted;
thread_local bool noting = false;

void count_warp(size_t first, size_t last) {
  size_t longest = 0;
  for (size_t i = first; i < last; ++i) longest = std::max(longest, notes.of_thread[i].size());
  for (size_t access = 0; access < longest; ++access) {
    int64_t bytes = 0;
    std::vector<int64_t> phase;
    const auto close = [&] {
      if (!phase.empty()) count_phase(phase.data(), static_cast<int>(phase.size()), bytes);
      phase.clear();
    };
    for (size_t i = first; i < last; ++i) {
      if (access < notes.of_thread[i].size()) {
        const Access& it = notes.of_thread[i][access];
        bytes = it.bytes;
        phase.push_back(it.byte);
      }
      if ((static_cast<int64_t>(i - first) + 1) * std::max<int64_t>(bytes, 4) % 128 == 0) close();
    }
    close();
  }
  for (size_t i = first; i < last; ++i) notes.of_thread[i].clear();
}

}  // namespace

bool note_accesses(bool on) {
  const bool was = noting;
  noting = on;
  return was;
}

void reset_banks() { counted = {}; }

BankCount bank_count() { return counted; }

void note_access(int64_t byte, int64_t bytes) {
  if (!noting) return;
  const Block& block = *current->block;
  if (notes.block_stamp != block.block_stamp) {
    notes.block_stamp = block.block_stamp;
    notes.of_thread.assign(static_cast<size_t>(block.threads), {});
  }
  notes.of_thread[static_cast<size_t>(current->index)].push_back({byte, bytes});
}

void count_noted(int warp) {
  if (notes.block_stamp != current->block->block_stamp) return;
  const size_t threads = notes.of_thread.size();
  const size_t begin = warp < 0 ? 0 : static_cast<size_t>(warp) * kWarp;
  const size_t end = warp < 0 ? threads : std::min(threads, begin + kWarp);
  for (size_t first = begin; first < end; first += kWarp) {
    count_warp(first, std::min(end, first + kWarp));
  }
}

void count_phase(const int64_t* first_bytes, int lanes, int64_t bytes) {
  std::vector<int64_t> words[kBanks];
  size_t most = 1;
  for (int lane = 0; lane < lanes; ++lane) {
    for (int64_t word = first_bytes[lane] / 4; word < (first_bytes[lane] + bytes) / 4; ++word) {
      std::vector<int64_t>& bank = words[word % kBanks];
      if (std::find(bank.begin(), bank.end(), word) == bank.end()) bank.push_back(word);
      most = std::max(most, bank.size());
    }
  }
  ++counted.phases;
  counted.conflicts += static_cast<int64_t>(most) - 1;
}

}  // namespace pyconv::simt
