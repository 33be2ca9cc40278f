// SPDX-License-Identifier: BSD-3-Clause
// The wrappers of ptx.cuh that a device is certified for, by name; in modules built for it alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pyconv::certify {

struct WrapperInfo {
  const char* name;
  int words_in, words_out;  // of a warp
};

std::vector<WrapperInfo> wrappers();

// out (warps, words_out) = the wrapper on in (warps, words_in); false: no wrapper has the name.
bool run_wrapper(const std::string& name, const uint32_t* in, uint32_t* out, int64_t warps,
                 void* stream);

}  // namespace pyconv::certify
