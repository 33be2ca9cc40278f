// SPDX-License-Identifier: BSD-3-Clause
#include "ops/adam_step.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "dispatch.hpp"
#include "ops/tiles.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

constexpr int64_t kPieceBytes = int64_t(64) << 10;

struct Piece {
  const AdamTensor* tensor;
  int64_t first, count;
};

std::vector<Piece> cut_pieces(const AdamTensor* tensors, int64_t count, int64_t elements) {
  std::vector<Piece> pieces;
  for (int64_t t = 0; t < count; ++t) {
    for (int64_t first = 0; first < tensors[t].size; first += elements) {
      pieces.push_back({tensors + t, first, std::min(elements, tensors[t].size - first)});
    }
  }
  return pieces;
}

template <class T>
T* part(uint64_t address, int64_t first) {
  return reinterpret_cast<T*>(address) + first;
}

}  // namespace

template <class T>
void adam_step(const AdamTensor* tensors, int64_t count, const AdamOptions& options) {
  const double step = double(options.step);
  const double alpha = options.learning_rate * std::sqrt(1.0 - std::pow(options.beta_2, step)) /
                       (1.0 - std::pow(options.beta_1, step));
  const AdamRates<T> rates{T(1.0 - options.beta_1), T(1.0 - options.beta_2), T(alpha),
                           T(options.epsilon)};
  const std::vector<Piece> pieces = cut_pieces(tensors, count, kPieceBytes / int64_t(sizeof(T)));
  const KernelTable<T>& table = kernel_table_of<T>();
  parallel_for(int64_t(pieces.size()), int64_t(pieces.size()) * kPieceBytes, [&](int64_t i) {
    const Piece& piece = pieces[static_cast<size_t>(i)];
    const AdamTensor& t = *piece.tensor;
    table.adam_step(part<T>(t.param, piece.first), part<const T>(t.grad, piece.first),
                    part<T>(t.m, piece.first), part<T>(t.v, piece.first), piece.count, rates);
  });
}

template void adam_step<float>(const AdamTensor*, int64_t, const AdamOptions&);
template void adam_step<double>(const AdamTensor*, int64_t, const AdamOptions&);

}  // namespace pyconv
