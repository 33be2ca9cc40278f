// SPDX-License-Identifier: BSD-3-Clause
#include "ops/conv2d_max_pool2d.hpp"

#include <algorithm>

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/activation.hpp"
#include "ops/bands.hpp"
#include "ops/conv2d.hpp"
#include "ops/pool2d.hpp"
#include "ops/pool_windows.hpp"
#include "ops/rows.hpp"
#include "ops/sum_rows.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

// What a piece has between the two: with its part of the images it fits the second cache.
constexpr int64_t kPieceBytes = int64_t(256) << 10;
// Tasks of the backward pass at most, each with sums of its own.
constexpr int64_t kMostSums = 64;

// Whole images, or a band of one: what is left of a piece after the pooling lies together.
struct Piece {
  Window conv, pool;
  int64_t input, output;  // where its elements of x and y begin
};

class Pieces {
 public:
  Pieces(const Window& conv, const Window& pool, int64_t element_bytes) : conv_(conv), pool_(pool) {
    const int64_t row_bytes = pool.kh * conv.ow * conv.f * element_bytes;
    const int64_t rows = std::max<int64_t>(1, kPieceBytes / row_bytes);
    images_ = std::clamp<int64_t>(rows / pool.oh, 1, conv.n);
    rows_ = std::min(rows, pool.oh);
    per_image_ = ceil_div(pool.oh, rows_);
  }

  int64_t count() const { return ceil_div(conv_.n, images_) * per_image_; }

  Piece at(int64_t number) const {
    const int64_t image = number / per_image_ * images_, first = number % per_image_ * rows_;
    Piece piece{conv_, pool_, 0, (image * pool_.oh + first) * pool_.ow * conv_.f};
    piece.pool.oh = std::min(rows_, pool_.oh - first);
    const int64_t last = (first + piece.pool.oh) * pool_.kh;
    const int64_t top = per_image_ == 1 ? 0 : cut_rows(piece.conv, first * pool_.kh, last);
    piece.input = (image * conv_.h + top) * conv_.w * conv_.c;
    piece.pool.h = piece.conv.oh;
    piece.conv.n = piece.pool.n = std::min(images_, conv_.n - image);
    return piece;
  }

  // Elements of the largest piece: between the two, and after both.
  int64_t between() const {
    return images_ * (per_image_ > 1 ? rows_ * pool_.kh : conv_.oh) * conv_.ow * conv_.f;
  }
  int64_t left() const { return images_ * rows_ * pool_.ow * conv_.f; }

 private:
  const Window &conv_, &pool_;
  int64_t images_, rows_, per_image_;
};

int64_t work_of(const Window& conv) {
  return 2 * conv.output_pixels() * conv.taps() * conv.group_inputs() * conv.f;
}

void* moved(const void* argmax, const Window& pool, int64_t element) {
  return const_cast<void*>(offsets_at(argmax, pool, element));
}

}  // namespace

template <class T>
void conv2d_max_pool2d(const T* x, const T* kernel, const T* bias, T* y, void* argmax,
                       const Window& conv, const Window& pool, ActivationKind activation) {
  if (pool.output_pixels() == 0) return;
  const Pieces pieces(conv, pool, sizeof(T));
  parallel_for(pieces.count(), work_of(conv), [&](int64_t number) {
    const Piece piece = pieces.at(number);
    Scratch<T> between(pieces.between());
    conv2d<T>(x + piece.input, kernel, bias, nullptr, between.data(), piece.conv,
              Algorithm::kDirect, activation, nullptr);
    best_pool2d(PoolKind::kMax, between.data(), y + piece.output,
                argmax ? moved(argmax, pool, piece.output) : nullptr, piece.pool);
  });
}

template <class T>
void conv2d_max_pool2d_backward(const T* dy, const T* y, const void* argmax, const T* x, T* dkernel,
                                T* dbias, const Window& conv, const Window& pool,
                                ActivationKind activation) {
  const int64_t size = conv.taps() * conv.group_inputs() * conv.f, width = size + conv.f;
  if (pool.output_pixels() == 0) {
    if (dkernel) std::fill_n(dkernel, size, T(0));
    if (dbias) std::fill_n(dbias, conv.f, T(0));
    return;
  }
  const Pieces pieces(conv, pool, sizeof(T));
  const int64_t tasks = std::min(pieces.count(), kMostSums);
  Scratch<T> sums(tasks * width);
  parallel_for(tasks, 2 * work_of(conv), [&](int64_t task) {
    Scratch<T> between(pieces.between()), passed(pieces.left()), own(width);
    T* const sum = &sums[task * width];
    std::fill_n(sum, width, T(0));
    const int64_t end = pieces.count() * (task + 1) / tasks;
    for (int64_t number = pieces.count() * task / tasks; number < end; ++number) {
      const Piece piece = pieces.at(number);
      const T* gradient = dy + piece.output;
      if (activation != ActivationKind::kLinear) {
        activation_backward(gradient, y + piece.output, passed.data(),
                            piece.pool.output_pixels() * conv.f, activation, {});
        gradient = passed.data();
      }
      max_pool2d_backward(gradient, moved(argmax, pool, piece.output), between.data(), piece.pool);
      conv2d_backward_kernel<T>(x + piece.input, between.data(), own.data(), nullptr, piece.conv,
                                Algorithm::kDirect);
      sum_rows(gradient, piece.pool.output_pixels(), conv.f, own.data() + size);
      for (int64_t i = 0; i < width; ++i) sum[i] += own[i];
    }
  });
  for (int64_t task = 1; task < tasks; ++task) {
    for (int64_t i = 0; i < width; ++i) sums[i] += sums[task * width + i];
  }
  if (dkernel) std::copy_n(sums.data(), size, dkernel);
  if (dbias) std::copy_n(sums.data() + size, conv.f, dbias);
}

template void conv2d_max_pool2d(const float*, const float*, const float*, float*, void*,
                                const Window&, const Window&, ActivationKind);
template void conv2d_max_pool2d(const double*, const double*, const double*, double*, void*,
                                const Window&, const Window&, ActivationKind);
template void conv2d_max_pool2d_backward(const float*, const float*, const void*, const float*,
                                         float*, float*, const Window&, const Window&,
                                         ActivationKind);
template void conv2d_max_pool2d_backward(const double*, const double*, const void*, const double*,
                                         double*, double*, const Window&, const Window&,
                                         ActivationKind);

}  // namespace pyconv
