// SPDX-License-Identifier: BSD-3-Clause
// Vec without instructions beyond the platform's baseline: 4 floats or 2 doubles in plain arrays
// of the compiler's vector extension; runs everywhere, rounds after every multiplication.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "simd/unroll.hpp"

namespace {

constexpr int kRegisters = 16;
constexpr int kMaskRegisters = 1;

template <class T, class Int, int Width>
struct BaselineVec {
  static constexpr int width = Width;
  typedef T Reg __attribute__((vector_size(16)));
  typedef Int Mask __attribute__((vector_size(16)));  // all bits of a chosen lane

  static Mask tail(int64_t count) {
    Mask m;
    for (int i = 0; i < width; ++i) m[i] = i < count ? Int(-1) : Int(0);
    return m;
  }
  static Reg zero() { return Reg{}; }
  static Reg set(T value) { return value - Reg{}; }
  static Reg load(const T* p) {
    Reg a;
    std::memcpy(&a, p, sizeof a);
    return a;
  }
  static Reg load(const T* p, Mask m) {
    if (m[width - 1]) return load(p);
    Reg a{};
    for (int i = 0; i < width; ++i) {
      if (m[i]) a[i] = p[i];
    }
    return a;
  }
  // p[0], p[step], p[2 * step], ...: `count` of them.
  static Reg load_step(const T* p, int64_t step, int64_t count) {
    Reg a{};
    for (int i = 0; i < width && i < count; ++i) a[i] = p[i * step];
    return a;
  }
  static Reg load_even(const T* p, int64_t count) { return load_step(p, 2, count); }
  static void store(T* p, Reg a) { std::memcpy(p, &a, sizeof a); }
  static void store(T* p, Reg a, Mask m) {
    if (m[width - 1]) return store(p, a);
    for (int i = 0; i < width; ++i) {
      if (m[i]) p[i] = a[i];
    }
  }
  static void stream(T* p, Reg a) { store(p, a); }
  static void fence() {}
  static Reg keep(Reg a) { return a; }
  static Reg fma(Reg a, Reg b, Reg c) { return a * b + c; }
  static void add_product(Reg& sum, Reg a, Reg b) { sum = fma(a, b, sum); }
  static Reg add(Reg a, Reg b) { return a + b; }
  static Reg sub(Reg a, Reg b) { return a - b; }
  static Reg mul(Reg a, Reg b) { return a * b; }
  static Reg div(Reg a, Reg b) { return a / b; }
  static Reg max(Reg a, Reg b) { return a > b ? a : b; }
  static Reg min(Reg a, Reg b) { return a < b ? a : b; }
  static Reg sqrt(Reg a) {
    for (int i = 0; i < width; ++i) a[i] = std::sqrt(a[i]);
    return a;
  }
  static Reg round(Reg a) {
    for (int i = 0; i < width; ++i) a[i] = std::nearbyint(a[i]);
    return a;
  }
  // 2^n for an integral n within the exponent's range of normal numbers.
  static Reg pow2(Reg n) {
    constexpr int mantissa = sizeof(T) == 4 ? 23 : 52;
    constexpr Int bias = sizeof(T) == 4 ? 127 : 1023;
    Reg a;
    for (int i = 0; i < width; ++i) {
      Int bits = (static_cast<Int>(n[i]) + bias) << mantissa;
      T value;
      std::memcpy(&value, &bits, sizeof value);
      a[i] = value;
    }
    return a;
  }
  static Mask greater(Reg a, Reg b) { return a > b; }
  static Mask not_at_most(Reg a, Reg b) { return ~(a <= b); }
  static Mask equal(Reg a, Reg b) { return a == b; }
  static Mask is_nan(Reg a) { return a != a; }
  static Mask both(Mask a, Mask b) { return a & b; }
  static Mask either(Mask a, Mask b) { return a | b; }
  static Mask and_not(Mask a, Mask b) { return a & ~b; }
  // where m is set a, else b
  static Reg select(Mask m, Reg a, Reg b) { return m ? a : b; }
  // r[i][j] and r[j][i] change places.
  static void transpose(Reg (&r)[width]) {
    PYCONV_UNROLL
    for (int i = 0; i < width; ++i) {
      PYCONV_UNROLL
      for (int j = 0; j < i; ++j) {
        const T lane = r[i][j];
        r[i][j] = r[j][i];
        r[j][i] = lane;
      }
    }
  }
  // Lanes hold whole numbers; the first `count` become bytes or 32-bit integers, and back.
  static void store_bytes(uint8_t* p, Reg a, int64_t count) {
    for (int i = 0; i < width && i < count; ++i) p[i] = static_cast<uint8_t>(a[i]);
  }
  static void store_ints(int32_t* p, Reg a, int64_t count) {
    for (int i = 0; i < width && i < count; ++i) p[i] = static_cast<int32_t>(a[i]);
  }
  static Reg load_bytes(const uint8_t* p, int64_t count) {
    Reg a{};
    for (int i = 0; i < width && i < count; ++i) a[i] = static_cast<T>(p[i]);
    return a;
  }
  // Which of the first `count` bytes are `value`; lanes beyond them may be either.
  static Mask bytes_equal(const uint8_t* p, uint8_t value, int64_t count) {
    return equal(load_bytes(p, count), set(value));
  }
  static Reg load_ints(const int32_t* p, int64_t count) {
    Reg a{};
    for (int i = 0; i < width && i < count; ++i) a[i] = static_cast<T>(p[i]);
    return a;
  }
};

template <class T>
struct Vec;
template <>
struct Vec<float> : BaselineVec<float, int32_t, 4> {
  // Eight elements from a place: the first four, and the second ones.
  static void load_octets(const float* p, const int64_t* places, Reg& first, Reg& second) {
    first = load(p + places[0]);
    second = load(p + places[0] + width);
  }
  // The first three of four lanes are at the front.
  static Reg triples(Reg a) { return a; }
  static void store_triples(float* p, Reg a) { std::memcpy(p, &a, 3 * sizeof(float)); }
};
template <>
struct Vec<double> : BaselineVec<double, int64_t, 2> {};

}  // namespace
