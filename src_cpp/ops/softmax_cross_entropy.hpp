// SPDX-License-Identifier: BSD-3-Clause
// loss[i] = sum over j of t[i, j] (log sum exp(logits[i]) - logits[i, j]), with the targets t
// smoothed: (1 - s) t + s / classes.
#pragma once

#include <cstdint>

namespace pyconv {

// What a row is compared with: its class, or a probability for each class. One of both is null.
template <class T>
struct Targets {
  const int64_t* labels;   // (n)
  const T* probabilities;  // (n, classes)
  double smoothing;
};

// loss (n), probabilities (n, classes) = softmax of logits (n, classes).
template <class T>
void softmax_cross_entropy(const T* logits, const Targets<T>& targets, T* loss, T* probabilities,
                           int64_t n, int64_t classes);

// dlogits = dloss (sum of targets * probabilities - targets).
template <class T>
void softmax_cross_entropy_backward(const T* dloss, const T* probabilities,
                                    const Targets<T>& targets, T* dlogits, int64_t n,
                                    int64_t classes);

// The smallest index of a label outside [0, classes); *first_bad is kept if there is none.
void labels_check(const int64_t* labels, int64_t n, int64_t classes, int64_t* first_bad);

}  // namespace pyconv
