// SPDX-License-Identifier: BSD-3-Clause
// probabilities = softmax(logits) and loss = -sum t log(probabilities), row by row; one warp, one
// row. The targets t are one-hot labels or given, smoothed: t (1 - smoothing) + smoothing/classes.
#pragma once

#include "ops/rows.cuh"

namespace pyconv {

// Exactly one of labels and targets is there.
template <class T>
struct Targets {
  Global<const int64_t> labels;  // (n)
  Global<const T> targets;       // (n, classes)
  int64_t classes;
  double smoothing;

  __device__ double at(int64_t row, int64_t column) const {
    const double target = labels != nullptr ? (labels[row] == column ? 1.0 : 0.0)
                                            : static_cast<double>(targets[row * classes + column]);
    return target * (1.0 - smoothing) + smoothing / static_cast<double>(classes);
  }
};

template <class T>
struct SoftmaxCrossEntropyParams {
  Global<const T> logits;
  Targets<T> targets;
  Global<T> loss;           // (n)
  Global<T> probabilities;  // (n, classes)
  int64_t n;
};

// Sums run in double: a loss near zero keeps its digits.
template <class T>
__global__ void __launch_bounds__(kRowThreads)
    softmax_cross_entropy_kernel(SoftmaxCrossEntropyParams<T> p) {
  const int64_t row = global_thread() / kWarpLanes;
  const int64_t lane = threadIdx.x % kWarpLanes;
  if (row >= p.n) return;  // a whole warp leaves
  const int64_t classes = p.targets.classes;
  const int64_t first = row * classes;
  T largest = p.logits[first];
  for (int64_t j = lane; j < classes; j += kWarpLanes) {
    const T logit = p.logits[first + j];
    if (logit > largest || logit != logit) largest = logit;
  }
  largest = warp_max(largest);
  double sum = 0;
  for (int64_t j = lane; j < classes; j += kWarpLanes) {
    sum += static_cast<double>(exp(static_cast<T>(p.logits[first + j] - largest)));
  }
  sum = warp_sum(sum);
  const double log_sum = log(sum);
  const double scale = 1.0 / sum;
  double loss = 0;
  for (int64_t j = lane; j < classes; j += kWarpLanes) {
    const T logit = p.logits[first + j] - largest;
    p.probabilities[first + j] = static_cast<T>(static_cast<double>(exp(logit)) * scale);
    const double target = p.targets.at(row, j);
    // A target of zero costs nothing, even where the logit is -inf.
    if (target != 0.0) loss += target * (log_sum - static_cast<double>(logit));
  }
  loss = warp_sum(loss);
  if (lane == 0) p.loss[row] = static_cast<T>(loss);
}

template <class T>
struct SoftmaxCrossEntropyBackwardParams {
  Global<const T> dloss;          // (n)
  Global<const T> probabilities;  // (n, classes)
  Targets<T> targets;
  Global<T> dlogits;
  int64_t n;
};

// dlogits = dloss (probabilities - t). One thread, one element.
template <class T>
__global__ void softmax_cross_entropy_backward_kernel(SoftmaxCrossEntropyBackwardParams<T> p) {
  const int64_t i = global_thread();
  const int64_t classes = p.targets.classes;
  if (i >= p.n * classes) return;
  const int64_t row = i / classes;
  const double scale = p.dloss[row];
  const double probability = p.probabilities[i];
  p.dlogits[i] = static_cast<T>(scale * (probability - p.targets.at(row, i % classes)));
}

struct LabelsCheckParams {
  Global<const int64_t> labels;
  Global<int64_t> first_bad;  // one element; lowered to the smallest index of a bad label
  int64_t n, classes;
};

// One thread, one label. A template like every kernel, so that its header may be included anywhere.
template <class Params>
__global__ void labels_check_kernel(Params p) {
  const int64_t i = global_thread();
  if (i >= p.n) return;
  const int64_t label = p.labels[i];
  if (label < 0 || label >= p.classes) atomic_min(p.first_bad, i);
}

}  // namespace pyconv
