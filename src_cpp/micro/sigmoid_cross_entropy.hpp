// SPDX-License-Identifier: BSD-3-Clause
// Binary cross-entropy of logits x against targets t: log(1 + e^-|x|) + |x| w, where w is the part
// of the target on the other side, 1 - t for x > 0 and t for x < 0. No term is negative, so none
// cancels; the gradient (1 - t) sigmoid(x) - t sigmoid(-x) keeps its digits where one is all.
#pragma once

#include <cstdint>

#include "micro/gelu.hpp"
#include "micro/log1p.hpp"
#include "micro/move.hpp"

namespace {

// t and 1 - t, smoothed: drawn towards 1/2.
template <class T>
struct Sides {
  typename Vec<T>::Reg yes, no;
};

template <class T>
inline Sides<T> target_sides(typename Vec<T>::Reg t, double label_smoothing) {
  using V = Vec<T>;
  const typename V::Reg keep = V::set(T(1.0 - label_smoothing));
  const typename V::Reg half = V::set(T(0.5 * label_smoothing));
  return {V::fma(t, keep, half), V::fma(V::sub(V::set(T(1)), t), keep, half)};
}

template <class T>
void sigmoid_cross_entropy(const T* logits, const T* targets, T* loss, int64_t count,
                           double label_smoothing) {
  using V = Vec<T>;
  for (int64_t i = 0; i < count; i += V::width) {
    const typename V::Reg x = load_first(logits + i, count - i);
    const Sides<T> t = target_sides<T>(load_first(targets + i, count - i), label_smoothing);
    const typename V::Reg size = absolute<T>(x);
    const typename V::Reg curve = vector_log1p<T>(vector_exp<T>(V::sub(V::zero(), size)));
    const typename V::Reg other = V::select(V::greater(x, V::zero()), t.no, t.yes);
    // What is not wanted costs nothing, even where the logit is infinite.
    const typename V::Reg line =
        V::select(V::equal(other, V::zero()), V::zero(), V::mul(size, other));
    store_first(loss + i, V::add(curve, line), count - i);
  }
}

template <class T>
void sigmoid_cross_entropy_backward(const T* dloss, const T* logits, const T* targets, T* dlogits,
                                    int64_t count, double label_smoothing) {
  using V = Vec<T>;
  for (int64_t i = 0; i < count; i += V::width) {
    const typename V::Reg x = load_first(logits + i, count - i);
    const Sides<T> t = target_sides<T>(load_first(targets + i, count - i), label_smoothing);
    const SigmoidParts<T> p = sigmoid_parts<T>(x, absolute<T>(x), V::zero());
    const typename V::Reg slope = V::sub(V::mul(t.no, p.here), V::mul(t.yes, p.there));
    store_first(dlogits + i, V::mul(load_first(dloss + i, count - i), slope), count - i);
  }
}

}  // namespace
