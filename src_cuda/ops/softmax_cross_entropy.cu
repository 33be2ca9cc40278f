// SPDX-License-Identifier: BSD-3-Clause
// Launchers of softmax_cross_entropy.cuh.
#include "ops/softmax_cross_entropy.cuh"

#include "launch.cuh"
#include "ops/launchers.hpp"

namespace pyconv {
namespace {

template <class T>
Targets<T> wanted(const int64_t* labels, const T* targets, int64_t n, int64_t classes,
                  double label_smoothing) {
  return {input("labels", labels, n), input("targets", targets, n * classes), classes,
          label_smoothing};
}

}  // namespace

template <class T>
void softmax_cross_entropy(const T* logits, const int64_t* labels, const T* targets, T* loss,
                           T* probabilities, int64_t n, int64_t classes, double label_smoothing,
                           void* stream) {
  const SoftmaxCrossEntropyParams<T> params{
      input("logits", logits, n * classes), wanted(labels, targets, n, classes, label_smoothing),
      output("loss", loss, n), output("probabilities", probabilities, n * classes), n};
  PYCONV_LAUNCH(softmax_cross_entropy_kernel<T>, blocks(n, kRowsPerBlock), kRowThreads, 0, stream,
                params);
}

void labels_check(const int64_t* labels, int64_t n, int64_t classes, int64_t* first_bad,
                  void* stream) {
  const LabelsCheckParams params{input("labels", labels, n), in_out("first_bad", first_bad, 1), n,
                                 classes};
  PYCONV_LAUNCH(labels_check_kernel<LabelsCheckParams>, blocks(n, kThreads), kThreads, 0, stream,
                params);
}

template <class T>
void softmax_cross_entropy_backward(const T* dloss, const T* probabilities, const int64_t* labels,
                                    const T* targets, T* dlogits, int64_t n, int64_t classes,
                                    double label_smoothing, void* stream) {
  const SoftmaxCrossEntropyBackwardParams<T> params{
      input("dloss", dloss, n), input("probabilities", probabilities, n * classes),
      wanted(labels, targets, n, classes, label_smoothing), output("dlogits", dlogits, n * classes),
      n};
  PYCONV_LAUNCH(softmax_cross_entropy_backward_kernel<T>, blocks(n * classes, kThreads), kThreads,
                0, stream, params);
}

template void softmax_cross_entropy(const float*, const int64_t*, const float*, float*, float*,
                                    int64_t, int64_t, double, void*);
template void softmax_cross_entropy(const double*, const int64_t*, const double*, double*, double*,
                                    int64_t, int64_t, double, void*);
template void softmax_cross_entropy_backward(const float*, const float*, const int64_t*,
                                             const float*, float*, int64_t, int64_t, double, void*);
template void softmax_cross_entropy_backward(const double*, const double*, const int64_t*,
                                             const double*, double*, int64_t, int64_t, double,
                                             void*);

}  // namespace pyconv
