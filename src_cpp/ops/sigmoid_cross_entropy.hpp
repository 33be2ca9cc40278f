// SPDX-License-Identifier: BSD-3-Clause
// loss[i] = -t log(sigmoid(x)) - (1 - t) log(sigmoid(-x)) of logit x[i] and its target t[i],
// smoothed: (1 - s) t + s / 2.
#pragma once

#include <cstdint>

namespace pyconv {

template <class T>
void sigmoid_cross_entropy(const T* logits, const T* targets, T* loss, int64_t size,
                           double label_smoothing);

// dlogits = dloss (sigmoid(logits) - targets).
template <class T>
void sigmoid_cross_entropy_backward(const T* dloss, const T* logits, const T* targets, T* dlogits,
                                    int64_t size, double label_smoothing);

}  // namespace pyconv
