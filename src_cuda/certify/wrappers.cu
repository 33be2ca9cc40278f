// SPDX-License-Identifier: BSD-3-Clause
// Launchers of wrappers.cuh.
#include "certify/wrappers.cuh"

#include "certify/wrappers.hpp"
#include "launch.cuh"

namespace pyconv::certify {
namespace {

struct Entry {
  WrapperInfo info;
  void (*run)(const WrapperParams&, int64_t warps, void* stream);
};

template <class Wrapper>
void run(const WrapperParams& params, int64_t warps, void* stream) {
  PYCONV_LAUNCH((wrapper_kernel<Wrapper>), warps, kWarpLanes,
                Wrapper::kShared * static_cast<int64_t>(sizeof(uint32_t)), stream, params);
}

template <class Wrapper>
constexpr Entry entry(const char* name) {
  return {{name, Wrapper::kIn, Wrapper::kOut}, run<Wrapper>};
}

constexpr Entry kEntries[] = {
    entry<PackPair<false>>("pack_float16"),
    entry<PackPair<true>>("pack_bfloat16"),
    entry<Unpack<false>>("unpack_float16"),
    entry<Unpack<true>>("unpack_bfloat16"),
    entry<ToTf32>("to_tf32"),
    entry<LoadMatrices<1, false>>("ldmatrix x1"),
    entry<LoadMatrices<2, false>>("ldmatrix x2"),
    entry<LoadMatrices<4, false>>("ldmatrix x4"),
    entry<LoadMatrices<1, true>>("ldmatrix x1 trans"),
    entry<LoadMatrices<2, true>>("ldmatrix x2 trans"),
    entry<LoadMatrices<4, true>>("ldmatrix x4 trans"),
    entry<MultiplyAdd<Float16, 4>>("mma_m16n8k8"),
    entry<MultiplyAdd<Float16, 8>>("mma float16"),
    entry<MultiplyAdd<Bfloat16, 8>>("mma bfloat16"),
    entry<MultiplyAdd<Tf32, 8>>("mma tf32"),
    entry<CopyAsync<4>>("cp_async 4"),
    entry<CopyAsync<8>>("cp_async 8"),
    entry<CopyAsync<16>>("cp_async 16"),
};

}  // namespace

std::vector<WrapperInfo> wrappers() {
  std::vector<WrapperInfo> found;
  for (const Entry& entry : kEntries) found.push_back(entry.info);
  return found;
}

bool run_wrapper(const std::string& name, const uint32_t* in, uint32_t* out, int64_t warps,
                 void* stream) {
  for (const Entry& entry : kEntries) {
    if (name != entry.info.name) continue;
    const WrapperParams params{input("in", in, warps * entry.info.words_in),
                               output("out", out, warps * entry.info.words_out)};
    entry.run(params, warps, stream);
    return true;
  }
  return false;
}

}  // namespace pyconv::certify
