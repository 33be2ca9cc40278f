// SPDX-License-Identifier: BSD-3-Clause
// How many threads this process may use by default.
#pragma once

namespace pyconv {

// PYCONV_NUM_THREADS, else OMP_NUM_THREADS, else the CPUs this process may run on, never more than
// those. Throws std::invalid_argument when PYCONV_NUM_THREADS is not a whole number from 1 to 1024.
int start_thread_count();

}  // namespace pyconv
