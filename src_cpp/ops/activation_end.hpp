// SPDX-License-Identifier: BSD-3-Clause
// Bias and activation as the end of a tile.
#pragma once

#include <limits>

#include "geometry.hpp"
#include "ops/tiles.hpp"

namespace pyconv {

template <class T>
TileEnd<T> activation_end(const T* bias, ActivationKind activation) {
  TileEnd<T> end = plain_end<T>();
  end.bias = bias;
  end.clamp = activation == ActivationKind::kRelu || activation == ActivationKind::kRelu6;
  end.upper = activation == ActivationKind::kRelu6 ? T(6) : std::numeric_limits<T>::infinity();
  return end;
}

}  // namespace pyconv
