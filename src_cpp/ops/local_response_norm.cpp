// SPDX-License-Identifier: BSD-3-Clause
#include "ops/local_response_norm.hpp"

#include <cmath>

#include "arena.hpp"
#include "ops/rows.hpp"

namespace pyconv {
namespace {

// base^-beta; two roots stand for the usual 3/4.
double inverse_power(double base, double beta) {
  if (beta == 0.75) return 1 / (std::sqrt(base) * std::sqrt(std::sqrt(base)));
  return std::pow(base, -beta);
}

// The sum of terms[i - before] to terms[i + after], as far as there are c of them.
double near_sum(const double* terms, int64_t i, int64_t before, int64_t after, int64_t c) {
  const int64_t last = std::min(c - 1, i + after);
  double sum = 0;
  for (int64_t j = std::max<int64_t>(0, i - before); j <= last; ++j) sum += terms[j];
  return sum;
}

// bases[i] = k + alpha sum x_j^2; squares is scratch.
template <class T>
void write_bases(const T* x, double* squares, double* bases, int64_t c,
                 const ResponseOptions& options) {
  for (int64_t i = 0; i < c; ++i) squares[i] = double(x[i]) * double(x[i]);
  const int64_t before = (options.size - 1) / 2, after = options.size / 2;
  for (int64_t i = 0; i < c; ++i) {
    bases[i] = options.k + options.alpha * near_sum(squares, i, before, after, c);
  }
}

// Calls body(row, scratch) with 2 c doubles of scratch.
template <class Body>
void for_each_response(int64_t n, int64_t c, Body&& body) {
  parallel_for(ceil_div(n, kRows), n * c * kRowCost, [&](int64_t block) {
    Scratch<double> scratch(2 * c);
    const int64_t last = std::min(n, (block + 1) * kRows);
    for (int64_t i = block * kRows; i < last; ++i) body(i, scratch.data());
  });
}

}  // namespace

template <class T>
void local_response_norm(const T* x, T* y, int64_t n, int64_t c, const ResponseOptions& options) {
  for_each_response(n, c, [&](int64_t row, double* scratch) {
    const T* from = x + row * c;
    T* to = y + row * c;
    double* const bases = scratch + c;
    write_bases(from, scratch, bases, c, options);
    for (int64_t i = 0; i < c; ++i) {
      to[i] = T(double(from[i]) * inverse_power(bases[i], options.beta));
    }
  });
}

// dx_j = dy_j s_j^-beta - 2 alpha beta x_j sum dy_i x_i s_i^(-beta - 1) over the i that j is near.
template <class T>
void local_response_norm_backward(const T* dy, const T* x, T* dx, int64_t n, int64_t c,
                                  const ResponseOptions& options) {
  const double factor = 2 * options.alpha * options.beta;
  const int64_t before = options.size / 2, after = (options.size - 1) / 2;
  for_each_response(n, c, [&](int64_t row, double* terms) {
    const T *from = x + row * c, *gradient = dy + row * c;
    T* to = dx + row * c;
    double* const powers = terms + c;
    write_bases(from, terms, powers, c, options);
    for (int64_t i = 0; i < c; ++i) {
      const double base = powers[i];
      powers[i] = inverse_power(base, options.beta);
      terms[i] = double(gradient[i]) * double(from[i]) * powers[i] / base;
    }
    for (int64_t j = 0; j < c; ++j) {
      to[j] = T(double(gradient[j]) * powers[j] -
                factor * double(from[j]) * near_sum(terms, j, before, after, c));
    }
  });
}

template void local_response_norm(const float*, float*, int64_t, int64_t, const ResponseOptions&);
template void local_response_norm(const double*, double*, int64_t, int64_t, const ResponseOptions&);
template void local_response_norm_backward(const float*, const float*, float*, int64_t, int64_t,
                                           const ResponseOptions&);
template void local_response_norm_backward(const double*, const double*, double*, int64_t, int64_t,
                                           const ResponseOptions&);

}  // namespace pyconv
