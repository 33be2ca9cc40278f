// SPDX-License-Identifier: BSD-3-Clause
#include "ops/softmax.hpp"

#include <cmath>

#include "dispatch.hpp"
#include "ops/rows.hpp"

namespace pyconv {
namespace {

template <class T>
double interleaved_product(const T* a, const T* b, int64_t count) {
  constexpr int64_t kChains = 16;
  double chains[kChains] = {};
  int64_t j = 0;
  for (; j + kChains <= count; j += kChains) {
    for (int64_t k = 0; k < kChains; ++k) chains[k] += double(a[j + k]) * double(b[j + k]);
  }
  for (int64_t k = 0; j + k < count; ++k) chains[k] += double(a[j + k]) * double(b[j + k]);
  return interleaved_sum(chains, kChains);
}

}  // namespace

template <class T>
void softmax(const T* x, T* y, int64_t n, int64_t classes, bool logarithm) {
  const KernelTable<T>& table = kernel_table_of<T>();
  for_each_row(n, classes, [&](int64_t i) {
    const T* from = x + i * classes;
    T* to = y + i * classes;
    const T largest = table.row_max(from, classes);
    table.exp_row(from, largest, to, classes);
    const double sum = interleaved_sum(to, classes);
    if (!logarithm) {
      table.divide_row(to, T(sum), classes);
      return;
    }
    const double log_sum = std::log(sum);
    for (int64_t j = 0; j < classes; ++j) to[j] = T((double(from[j]) - double(largest)) - log_sum);
  });
}

template <class T>
void softmax_backward(const T* dy, const T* y, T* dx, int64_t n, int64_t classes, bool logarithm) {
  const KernelTable<T>& table = kernel_table_of<T>();
  for_each_row(n, classes, [&](int64_t i) {
    const T* from = dy + i * classes;
    const T* row = y + i * classes;
    T* to = dx + i * classes;
    if (logarithm) {
      table.exp_row(row, T(0), to, classes);
      const double sum = interleaved_sum(from, classes);
      for (int64_t j = 0; j < classes; ++j) to[j] = T(double(from[j]) - double(to[j]) * sum);
    } else {
      const double mean = interleaved_product(from, row, classes);
      for (int64_t j = 0; j < classes; ++j) to[j] = T(double(row[j]) * (double(from[j]) - mean));
    }
  });
}

template void softmax(const float*, float*, int64_t, int64_t, bool);
template void softmax(const double*, double*, int64_t, int64_t, bool);
template void softmax_backward(const float*, const float*, float*, int64_t, int64_t, bool);
template void softmax_backward(const double*, const double*, double*, int64_t, int64_t, bool);

}  // namespace pyconv
