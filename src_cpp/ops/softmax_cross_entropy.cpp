// SPDX-License-Identifier: BSD-3-Clause
#include "ops/softmax_cross_entropy.hpp"

#include <algorithm>
#include <cmath>

#include "dispatch.hpp"
#include "ops/rows.hpp"

namespace pyconv {
namespace {

template <class T>
struct Row {
  const Targets<T>& targets;
  int64_t i, classes;

  double target(int64_t j) const {
    const double t = targets.labels ? (targets.labels[i] == j ? 1.0 : 0.0)
                                    : double(targets.probabilities[i * classes + j]);
    return (1.0 - targets.smoothing) * t + targets.smoothing / double(classes);
  }
  // The sum of target(j).
  double total() const {
    const double sum =
        targets.labels ? 1.0 : interleaved_sum(targets.probabilities + i * classes, classes);
    return (1.0 - targets.smoothing) * sum + targets.smoothing;
  }
  bool one_class() const { return targets.labels && targets.smoothing == 0.0; }
};

// log_sum = log sum exp(logits - largest); classes that are not wanted do not count, even at -inf.
template <class T>
double row_loss(const Row<T>& row, const T* logits, double largest, double log_sum) {
  if (row.one_class()) return log_sum - (double(logits[row.targets.labels[row.i]]) - largest);
  double loss = 0;
  for (int64_t j = 0; j < row.classes; ++j) {
    const double t = row.target(j);
    if (t != 0.0) loss += t * (log_sum - (double(logits[j]) - largest));
  }
  return std::isnan(log_sum) ? log_sum : loss;
}

}  // namespace

template <class T>
void softmax_cross_entropy(const T* logits, const Targets<T>& targets, T* loss, T* probabilities,
                           int64_t n, int64_t classes) {
  const KernelTable<T>& table = kernel_table_of<T>();
  for_each_row(n, classes, [&](int64_t i) {
    const T* x = logits + i * classes;
    T* p = probabilities + i * classes;
    const T largest = table.row_max(x, classes);
    table.exp_row(x, largest, p, classes);
    const double sum = interleaved_sum(p, classes);
    table.divide_row(p, T(sum), classes);
    loss[i] = T(row_loss(Row<T>{targets, i, classes}, x, double(largest), std::log(sum)));
  });
}

template <class T>
void softmax_cross_entropy_backward(const T* dloss, const T* probabilities,
                                    const Targets<T>& targets, T* dlogits, int64_t n,
                                    int64_t classes) {
  for_each_row(n, classes, [&](int64_t i) {
    const Row<T> row{targets, i, classes};
    const T* p = probabilities + i * classes;
    T* dx = dlogits + i * classes;
    if (row.one_class()) {
      for (int64_t j = 0; j < classes; ++j) dx[j] = dloss[i] * p[j];
      const int64_t label = targets.labels[i];
      dx[label] = dloss[i] * (p[label] - T(1));
      return;
    }
    const double total = row.total();
    for (int64_t j = 0; j < classes; ++j) {
      dx[j] = T(double(dloss[i]) * (total * double(p[j]) - row.target(j)));
    }
  });
}

void labels_check(const int64_t* labels, int64_t n, int64_t classes, int64_t* first_bad) {
  for (int64_t i = 0; i < n; ++i) {
    if (labels[i] < 0 || labels[i] >= classes) {
      *first_bad = std::min(*first_bad, i);
      return;
    }
  }
}

template void softmax_cross_entropy(const float*, const Targets<float>&, float*, float*, int64_t,
                                    int64_t);
template void softmax_cross_entropy(const double*, const Targets<double>&, double*, double*,
                                    int64_t, int64_t);
template void softmax_cross_entropy_backward(const float*, const float*, const Targets<float>&,
                                             float*, int64_t, int64_t);
template void softmax_cross_entropy_backward(const double*, const double*, const Targets<double>&,
                                             double*, int64_t, int64_t);

}  // namespace pyconv
