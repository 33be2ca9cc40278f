// SPDX-License-Identifier: BSD-3-Clause
// The rung of plain C++: a convolution as its definition says, one loop for each index.
//
// y[n, i, j, f] = sum over r, s, c of x[n, i + r - 1, j + s - 1, c] kernel[r, s, c, f]
//
// A 3 x 3 layer with padding 1 on (4, 56, 56, 64) with 64 filters, the layer of
// `pyconv bench --ladder`. Prints GF/s for three orders of the same loops:
//
//   c++ -O2 -std=c++17 plain_conv2d.cpp -o plain_conv2d && ./plain_conv2d
//   c++ -O3 -march=native -std=c++17 plain_conv2d.cpp -o plain_conv2d && ./plain_conv2d

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>
#include <vector>

namespace {

constexpr int64_t kImages = 4, kSize = 56, kChannels = 64, kFilters = 64;
constexpr int64_t kPadded = kSize + 2;
constexpr double kFlop = 2.0 * kImages * kSize * kSize * 9 * kChannels * kFilters;

using Array = std::vector<float>;

const float* pixel(const Array& x, int64_t n, int64_t row, int64_t column) {
  return x.data() + ((n * kPadded + row) * kPadded + column) * kChannels;
}

// One output number at a time: the filter is read with a stride of kFilters.
void filter_outside(const Array& x, const Array& kernel, Array& y) {
  float* out = y.data();
  for (int64_t n = 0; n < kImages; ++n)
    for (int64_t i = 0; i < kSize; ++i)
      for (int64_t j = 0; j < kSize; ++j)
        for (int64_t f = 0; f < kFilters; ++f) {
          float sum = 0;
          for (int64_t r = 0; r < 3; ++r)
            for (int64_t s = 0; s < 3; ++s)
              for (int64_t c = 0; c < kChannels; ++c)
                sum += pixel(x, n, i + r, j + s)[c] *
                       kernel[((r * 3 + s) * kChannels + c) * kFilters + f];
          *out++ = sum;
        }
}

// The filters of one pixel together: their row of the kernel is read in order and vectorises.
void filters_inside(const Array& x, const Array& kernel, Array& y) {
  float* out = y.data();
  for (int64_t n = 0; n < kImages; ++n)
    for (int64_t i = 0; i < kSize; ++i)
      for (int64_t j = 0; j < kSize; ++j, out += kFilters) {
        std::fill(out, out + kFilters, 0.0f);
        for (int64_t r = 0; r < 3; ++r)
          for (int64_t s = 0; s < 3; ++s)
            for (int64_t c = 0; c < kChannels; ++c) {
              const float value = pixel(x, n, i + r, j + s)[c];
              const float* row = &kernel[((r * 3 + s) * kChannels + c) * kFilters];
              for (int64_t f = 0; f < kFilters; ++f) out[f] += value * row[f];
            }
      }
}

// The same with sums in an array of their own, which the compiler may keep in registers.
void sums_in_registers(const Array& x, const Array& kernel, Array& y) {
  float* out = y.data();
  for (int64_t n = 0; n < kImages; ++n)
    for (int64_t i = 0; i < kSize; ++i)
      for (int64_t j = 0; j < kSize; ++j, out += kFilters) {
        float sums[kFilters] = {};
        for (int64_t r = 0; r < 3; ++r)
          for (int64_t s = 0; s < 3; ++s) {
            const float* values = pixel(x, n, i + r, j + s);
            const float* row = &kernel[(r * 3 + s) * kChannels * kFilters];
            for (int64_t c = 0; c < kChannels; ++c, row += kFilters)
              for (int64_t f = 0; f < kFilters; ++f) sums[f] += values[c] * row[f];
          }
        std::copy(sums, sums + kFilters, out);
      }
}

double seconds_of(void (*compute)(const Array&, const Array&, Array&), const Array& x,
                  const Array& kernel, Array& y) {
  double best = 1e30;
  for (int repeat = 0; repeat < 3; ++repeat) {
    const auto begin = std::chrono::steady_clock::now();
    compute(x, kernel, y);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    best = std::min(best, taken.count());
  }
  return best;
}

}  // namespace

int main() {
  std::mt19937 generator(0);
  std::normal_distribution<float> normal;
  Array x(kImages * kPadded * kPadded * kChannels), kernel(9 * kChannels * kFilters);
  for (int64_t n = 0; n < kImages; ++n)
    for (int64_t i = 1; i <= kSize; ++i)
      for (int64_t j = 1; j <= kSize; ++j)
        for (int64_t c = 0; c < kChannels; ++c)
          x[((n * kPadded + i) * kPadded + j) * kChannels + c] = normal(generator);
  for (float& weight : kernel) weight = normal(generator);

  Array expected(kImages * kSize * kSize * kFilters), y(expected.size());
  const struct {
    const char* name;
    void (*compute)(const Array&, const Array&, Array&);
  } ways[] = {{"filter outside", filter_outside},
              {"filters inside", filters_inside},
              {"sums in registers", sums_in_registers}};
  bool right = true;
  for (const auto& way : ways) {
    std::fill(y.begin(), y.end(), NAN);
    const double seconds = seconds_of(way.compute, x, kernel, y);
    if (way.compute == filter_outside) expected = y;
    double error = 0, size = 0;
    for (size_t k = 0; k < y.size(); ++k) {
      error += std::pow(double(y[k]) - expected[k], 2);
      size += std::pow(double(expected[k]), 2);
    }
    right = right && error <= 1e-12 * size;
    std::printf("%-18s %7.2f GF/s  differs by %.1e\n", way.name, kFlop / seconds * 1e-9,
                std::sqrt(error / size));
  }
  return right ? 0 : 1;
}
