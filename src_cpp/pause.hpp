// SPDX-License-Identifier: BSD-3-Clause
// What a thread does between two looks at what another one is about to change.
#pragma once

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace pyconv {

// 10 to 40 ns on x86-64.
inline void pause_cpu() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

}  // namespace pyconv
