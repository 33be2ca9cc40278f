// SPDX-License-Identifier: BSD-3-Clause
// Counts bank conflicts of shared memory: 32 banks of 4 bytes. A warp's access is served in phases
// of 128 bytes (all lanes at 4 bytes each, 16 at 8, 8 at 16); every further distinct word that a
// phase wants from one bank costs one conflict.
#pragma once

#include <cstdint>

namespace pyconv::simt {

struct BankCount {
  int64_t phases = 0;
  int64_t conflicts = 0;
};

// Turns counting on or off for this host thread; returns what it was.
bool note_accesses(bool on);
void reset_banks();
BankCount bank_count();

// An access of the current thread. Those of a warp's lanes between two meetings belong together by
// their order.
void note_access(int64_t byte, int64_t bytes);
// Adds up what the lanes of a warp (or of the block: -1) noted since they last met.
void count_noted(int warp);
// One phase, told by its first bytes.
void count_phase(const int64_t* first_bytes, int lanes, int64_t bytes);

}  // namespace pyconv::simt
