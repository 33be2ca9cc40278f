// SPDX-License-Identifier: BSD-3-Clause
#include "ops/optimizer_step.hpp"

#include <algorithm>
#include <vector>

#include "dispatch.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

constexpr int64_t kPieceBytes = int64_t(64) << 10;

template <class T>
T* part(uint64_t address, int64_t first) {
  return address ? reinterpret_cast<T*>(address) + first : nullptr;
}

template <class T>
std::vector<StepPiece<T>> cut_pieces(const StepTensor* tensors, int64_t count) {
  constexpr int64_t kElements = kPieceBytes / int64_t(sizeof(T));
  std::vector<StepPiece<T>> pieces;
  for (int64_t i = 0; i < count; ++i) {
    const StepTensor& t = tensors[i];
    for (int64_t first = 0; first < t.size; first += kElements) {
      StepPiece<T> piece{part<T>(t.param, first), part<const T>(t.grad, first), {}, 0};
      for (int k = 0; k < kStepStates; ++k) piece.state[k] = part<T>(t.state[k], first);
      piece.count = std::min(kElements, t.size - first);
      pieces.push_back(piece);
    }
  }
  return pieces;
}

}  // namespace

template <class T>
void optimizer_step(StepRule rule, const StepTensor* tensors, int64_t count,
                    const StepOptions& options) {
  const StepRates<T> rates{T(options.rate), T(options.decay), T(options.a),
                           T(options.b),    T(options.c),     T(options.epsilon)};
  const std::vector<StepPiece<T>> pieces = cut_pieces<T>(tensors, count);
  const OptimizerStep<T> step = kernel_table_of<T>().optimizer_step[static_cast<int>(rule)];
  parallel_for(int64_t(pieces.size()), int64_t(pieces.size()) * kPieceBytes,
               [&](int64_t i) { step(pieces[static_cast<size_t>(i)], rates); });
}

template void optimizer_step<float>(StepRule, const StepTensor*, int64_t, const StepOptions&);
template void optimizer_step<double>(StepRule, const StepTensor*, int64_t, const StepOptions&);

}  // namespace pyconv
