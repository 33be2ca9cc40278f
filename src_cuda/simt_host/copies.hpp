// SPDX-License-Identifier: BSD-3-Clause
// The queue of asynchronous copies of each thread (PTX ISA, "cp.async"): the destination is
// poisoned when a copy is issued, source and destination are touched when it is waited for.
#pragma once

#include <cstdint>

#include "simt_host/memory.hpp"

namespace pyconv::simt {

struct Copy {
  Buffer* source;
  int64_t index;       // element of the source; -1: zeros
  int64_t first_byte;  // of the view of shared memory
  int64_t words;       // in that view
  int64_t word;        // where the copy goes
  int64_t bytes;
};

void issue_copy(const Copy& copy);
void commit_copies();
void wait_for_copies(int pending);

// Whether a copy to this byte of shared memory is under way.
bool copy_pending(int64_t byte);
// Fails where the current thread ends with copies that it never waited for.
void finish_copies();

}  // namespace pyconv::simt
