// SPDX-License-Identifier: BSD-3-Clause
// How many threads this process may use by default.
#pragma once

namespace pyconv {

// `count`, or as many threads as the system lets this process have at once, the caller included.
// Asked before a team is made: OpenMP ends the process where it cannot start a thread.
int startable_threads(int count);

// PYCONV_NUM_THREADS, else OMP_NUM_THREADS, else the CPUs this process may run on, never more than
// those. Throws std::invalid_argument when PYCONV_NUM_THREADS is not a whole number
// from 1 to 1024, or more than can be started.
int start_thread_count();

}  // namespace pyconv
