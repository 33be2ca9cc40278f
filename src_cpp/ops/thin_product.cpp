// SPDX-License-Identifier: BSD-3-Clause
#include "ops/thin_product.hpp"

#include <algorithm>

#include "arena.hpp"
#include "dispatch.hpp"
#include "parallel.hpp"

namespace pyconv {
namespace {

constexpr int64_t kThinRows = 8;
constexpr int64_t kThinBytes = int64_t(32) << 20;
// Columns of a task: the sums of the rows fit the second cache.
constexpr int64_t kThinColumns = 2048;

template <class T>
struct ThinProducts {
  const KernelTable<T>& table;
  Matrix<T> a, b;
  T* c;
  int64_t ldc, m, k;
  TileEnd<T> end;

  void run(int64_t column, int64_t cols) const {
    Scratch<T> sums(m * cols);
    const T* rows[kThinRows];
    for (int64_t first = 0; first < k; first += kBlockK) {
      const int64_t count = std::min(kBlockK, k - first);
      for (int64_t r = 0; r < m; ++r) rows[r] = a.data + r * a.pitch + first;
      std::fill_n(sums.data(), m * cols, T(0));
      table.thin_product(m, count, rows, b.data + first * b.pitch + column, b.pitch, sums.data(),
                         cols, cols);
      for (int64_t r = 0; r < m; ++r) {
        finish(sums.data() + r * cols, c + r * ldc + column, column, cols, first > 0,
               first + count == k);
      }
      keep_going();
    }
  }

  // A NaN is neither below nor above: it stays.
  void finish(const T* sums, T* to, int64_t column, int64_t cols, bool more, bool last) const {
    for (int64_t j = 0; j < cols; ++j) {
      T value = more ? to[j] + sums[j] : sums[j];
      if (last && end.bias) value += end.bias[column + j];
      if (last && end.residual) value += to[end.residual + j];
      if (last && end.clamp) {
        value = value < end.lower ? end.lower : value;
        value = value > end.upper ? end.upper : value;
      }
      to[j] = value;
    }
  }
};

}  // namespace

template <class T>
bool is_thin(const Matrix<T>& a, const Matrix<T>& b, int64_t m, int64_t n, int64_t k) {
  const bool in_place = !a.transposed && !b.transposed;
  return in_place && m <= kThinRows && k * n * int64_t(sizeof(T)) > kThinBytes;
}

template <class T>
void thin_product(const Matrix<T>& a, const Matrix<T>& b, T* c, int64_t ldc, int64_t m, int64_t n,
                  int64_t k, const TileEnd<T>& end) {
  const ThinProducts<T> products{kernel_table_of<T>(), a, b, c, ldc, m, k, end};
  const int64_t step = std::min(ceil_div(n, num_threads()), kThinColumns);
  parallel_for(ceil_div(n, step), 2 * m * n * k,
               [&](int64_t task) { products.run(task * step, std::min(step, n - task * step)); });
}

template bool is_thin(const Matrix<float>&, const Matrix<float>&, int64_t, int64_t, int64_t);
template bool is_thin(const Matrix<double>&, const Matrix<double>&, int64_t, int64_t, int64_t);
template void thin_product(const Matrix<float>&, const Matrix<float>&, float*, int64_t, int64_t,
                           int64_t, int64_t, const TileEnd<float>&);
template void thin_product(const Matrix<double>&, const Matrix<double>&, double*, int64_t, int64_t,
                           int64_t, int64_t, const TileEnd<double>&);

}  // namespace pyconv
