// SPDX-License-Identifier: BSD-3-Clause
// The threads that help a caller: made once, by POSIX, or by OpenMP with PYCONV_OPENMP.
#pragma once

namespace pyconv {

// Calls member(context, true) here and member(context, false) on up to threads - 1 others at the
// same time; returns when all that began have returned. Members share out their work themselves:
// how many others come, and whether any, is the system's affair. member must not throw.
void run_team(int threads, void (*member)(void* context, bool caller), void* context);

}  // namespace pyconv
