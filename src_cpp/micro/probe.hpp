// SPDX-License-Identifier: BSD-3-Clause
// The machine's FMA ceiling, measured by independent chains in registers.
#pragma once

#include <cstdint>

namespace {

constexpr int kProbeChains = kRegisters == 32 ? 24 : 12;

// `steps` multiply-adds in each of kProbeChains vectors; the result depends on all of them.
template <class T>
T probe_fma(int64_t steps) {
  using V = Vec<T>;
  typename V::Reg acc[kProbeChains];
  const typename V::Reg factor = V::set(T(0.999999));
  const typename V::Reg term = V::set(T(1e-6));
  PYCONV_UNROLL
  for (int i = 0; i < kProbeChains; ++i) acc[i] = V::set(T(i));
  for (int64_t step = 0; step < steps; ++step) {
    PYCONV_UNROLL
    for (int i = 0; i < kProbeChains; ++i) acc[i] = V::fma(acc[i], factor, term);
  }
  PYCONV_UNROLL
  for (int i = 1; i < kProbeChains; ++i) acc[0] = V::add(acc[0], acc[i]);
  T lanes[V::width];
  V::store(lanes, acc[0]);
  return lanes[0];
}

}  // namespace
