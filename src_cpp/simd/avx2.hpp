// SPDX-License-Identifier: BSD-3-Clause
// Vec over AVX2 + FMA: 8 floats or 4 doubles, tails loaded by vmaskmov.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "simd/unroll.hpp"

namespace {

constexpr int kRegisters = 16;
constexpr int kMaskRegisters = 1;

// Fewer than eight bytes in one register, the first lowest; the array holds no more than `count`.
inline void store_first_bytes(uint8_t* p, uint64_t bytes, int64_t count) {
  if (count & 4) {
    __builtin_memcpy(p, &bytes, 4);
    p += 4;
    bytes >>= 32;
  }
  if (count & 2) {
    __builtin_memcpy(p, &bytes, 2);
    p += 2;
    bytes >>= 16;
  }
  if (count & 1) *p = static_cast<uint8_t>(bytes);
}

inline uint64_t load_first_bytes(const uint8_t* p, int64_t count) {
  uint64_t bytes = 0;
  int64_t loaded = 0;
  if (count & 4) {
    __builtin_memcpy(&bytes, p, 4);
    loaded = 4;
  }
  if (count & 2) {
    uint16_t two;
    __builtin_memcpy(&two, p + loaded, 2);
    bytes |= static_cast<uint64_t>(two) << (8 * loaded);
    loaded += 2;
  }
  if (count & 1) bytes |= static_cast<uint64_t>(p[loaded]) << (8 * loaded);
  return bytes;
}

template <class T>
struct Vec;

template <>
struct Vec<float> {
  static constexpr int width = 8;
  using Reg = __m256;
  using Mask = __m256;  // all bits of a chosen lane

  static Mask tail(int64_t count) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const int clipped = count > width ? width : (count < 0 ? 0 : static_cast<int>(count));
    return _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(clipped), lane));
  }
  static Reg zero() { return _mm256_setzero_ps(); }
  static Reg set(float value) { return _mm256_set1_ps(value); }
  static Reg load(const float* p) { return _mm256_loadu_ps(p); }
  static Reg load(const float* p, Mask m) { return _mm256_maskload_ps(p, _mm256_castps_si256(m)); }
  // p[0], p[2], p[4], ...: `count` of them.
  static Reg load_even(const float* p, int64_t count) {
    const Reg a = load(p, tail(2 * count - 1));
    const Reg b = load(p + width, tail(2 * count - 1 - width));
    const __m256d pairs = _mm256_castps_pd(_mm256_shuffle_ps(a, b, 0x88));
    return _mm256_castpd_ps(_mm256_permute4x64_pd(pairs, 0xD8));
  }
  // p[0], p[step], p[2 * step], ...: `count` of them, step below 2^24.
  static Reg load_step(const float* p, int64_t step, int64_t count) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i index = _mm256_mullo_epi32(lane, _mm256_set1_epi32(static_cast<int>(step)));
    return _mm256_mask_i32gather_ps(zero(), p, index, tail(count), sizeof(float));
  }
  static void store(float* p, Reg a) { _mm256_storeu_ps(p, a); }
  // The first lanes, as many as a tail has. A masked store takes over ten cycles on some
  // processors.
  static void store(float* p, Reg a, Mask m) {
    int lanes = _mm256_movemask_ps(m);
    if (lanes == 0xFF) return store(p, a);
    __m128 part = _mm256_castps256_ps128(a);
    if (lanes & 0x8) {
      _mm_storeu_ps(p, part);
      p += 4;
      lanes >>= 4;
      part = _mm256_extractf128_ps(a, 1);
    }
    if (lanes & 0x2) {
      _mm_storel_pi(reinterpret_cast<__m64*>(p), part);
      p += 2;
      lanes >>= 2;
      part = _mm_movehl_ps(part, part);
    }
    if (lanes & 0x1) _mm_store_ss(p, part);
  }
  // p aligned to the vector; past the caches, ordered by fence().
  static void stream(float* p, Reg a) { _mm256_stream_ps(p, a); }
  static void fence() { _mm_sfence(); }
  // Loaded once: compilers would rather read memory again for every use.
  static Reg keep(Reg a) {
    asm("" : "+x"(a));
    return a;
  }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm256_fmadd_ps(a, b, c); }
  // sum += a * b where the sum stays in its register: with many of them compilers begin to move
  // them about.
  static void add_product(Reg& sum, Reg a, Reg b) {
    asm("vfmadd231ps %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
  }
  static Reg add(Reg a, Reg b) { return _mm256_add_ps(a, b); }
  static Reg sub(Reg a, Reg b) { return _mm256_sub_ps(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm256_mul_ps(a, b); }
  static Reg div(Reg a, Reg b) { return _mm256_div_ps(a, b); }
  static Reg max(Reg a, Reg b) { return _mm256_max_ps(a, b); }
  static Reg min(Reg a, Reg b) { return _mm256_min_ps(a, b); }
  static Reg sqrt(Reg a) { return _mm256_sqrt_ps(a); }
  static Reg round(Reg a) { return _mm256_round_ps(a, 0x08); }
  // 2^n for an integral n in [-126, 127].
  static Reg pow2(Reg n) {
    __m256i bits = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(bits, 23));
  }
  static Mask greater(Reg a, Reg b) { return _mm256_cmp_ps(a, b, _CMP_GT_OQ); }
  static Mask not_at_most(Reg a, Reg b) { return _mm256_cmp_ps(a, b, _CMP_NLE_UQ); }
  static Mask equal(Reg a, Reg b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
  static Mask is_nan(Reg a) { return _mm256_cmp_ps(a, a, _CMP_UNORD_Q); }
  static Mask both(Mask a, Mask b) { return _mm256_and_ps(a, b); }
  static Mask either(Mask a, Mask b) { return _mm256_or_ps(a, b); }
  static Mask and_not(Mask a, Mask b) { return _mm256_andnot_ps(b, a); }
  // where m is set a, else b
  static Reg select(Mask m, Reg a, Reg b) { return _mm256_blendv_ps(b, a, m); }
  // r[i][j] and r[j][i] change places.
  static void transpose(Reg (&r)[width]) {
    Reg t[width];
    PYCONV_UNROLL
    for (int i = 0; i < width; i += 2) {
      t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
      t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    // Lane half q of r[i + k] becomes column 4 q + k of rows i to i + 3.
    PYCONV_UNROLL
    for (int i = 0; i < width; i += 4) {
      PYCONV_UNROLL
      for (int k = 0; k < 2; ++k) {
        const __m256d a = _mm256_castps_pd(t[i + k]), b = _mm256_castps_pd(t[i + k + 2]);
        r[i + 2 * k] = _mm256_castpd_ps(_mm256_unpacklo_pd(a, b));
        r[i + 2 * k + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(a, b));
      }
    }
    PYCONV_UNROLL
    for (int k = 0; k < 4; ++k) {
      const Reg a = r[k], b = r[k + 4];
      r[k] = _mm256_permute2f128_ps(a, b, 0x20);
      r[k + 4] = _mm256_permute2f128_ps(a, b, 0x31);
    }
  }
  // Lanes hold whole numbers; the first `count` become bytes or 32-bit integers, and back.
  static void store_bytes(uint8_t* p, Reg a, int64_t count) {
    const __m256i ints = _mm256_cvttps_epi32(a);
    const __m128i words =
        _mm_packus_epi32(_mm256_castsi256_si128(ints), _mm256_extracti128_si256(ints, 1));
    const __m128i bytes = _mm_packus_epi16(words, words);
    if (count >= width) {
      _mm_storel_epi64(reinterpret_cast<__m128i*>(p), bytes);
    } else {
      store_first_bytes(p, static_cast<uint64_t>(_mm_cvtsi128_si64(bytes)), count);
    }
  }
  static void store_ints(int32_t* p, Reg a, int64_t count) {
    _mm256_maskstore_epi32(p, _mm256_castps_si256(tail(count)), _mm256_cvttps_epi32(a));
  }
  static Reg load_bytes(const uint8_t* p, int64_t count) {
    const __m128i bytes = count >= width
                              ? _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))
                              : _mm_cvtsi64_si128(static_cast<int64_t>(load_first_bytes(p, count)));
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
  }
  // Which of the first `count` bytes are `value`; lanes beyond them may be either.
  static Mask bytes_equal(const uint8_t* p, uint8_t value, int64_t count) {
    return equal(load_bytes(p, count), set(value));
  }
  // Eight elements from each of the next places: all their first fours, and their second ones.
  static void load_octets(const float* p, const int64_t* places, Reg& first, Reg& second) {
    const Reg low = load(p + places[0]), high = load(p + places[1]);
    first = _mm256_permute2f128_ps(low, high, 0x20);
    second = _mm256_permute2f128_ps(low, high, 0x31);
  }
  // Of every four lanes the first three, side by side at the front.
  static Reg triples(Reg a) {
    return _mm256_permutevar8x32_ps(a, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
  }
  // Them alone; two elements more may be written.
  static void store_triples(float* p, Reg a) { store(p, triples(a)); }
  static Reg load_ints(const int32_t* p, int64_t count) {
    return _mm256_cvtepi32_ps(_mm256_maskload_epi32(p, _mm256_castps_si256(tail(count))));
  }
};

template <>
struct Vec<double> {
  static constexpr int width = 4;
  using Reg = __m256d;
  using Mask = __m256d;

  static Mask tail(int64_t count) {
    const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
    const int64_t clipped = count > width ? width : (count < 0 ? 0 : count);
    return _mm256_castsi256_pd(_mm256_cmpgt_epi64(_mm256_set1_epi64x(clipped), lane));
  }
  static __m128i int_tail(int64_t count) {
    const int clipped = count > width ? width : static_cast<int>(count);
    return _mm_cmpgt_epi32(_mm_set1_epi32(clipped), _mm_setr_epi32(0, 1, 2, 3));
  }
  static Reg zero() { return _mm256_setzero_pd(); }
  static Reg set(double value) { return _mm256_set1_pd(value); }
  static Reg load(const double* p) { return _mm256_loadu_pd(p); }
  static Reg load(const double* p, Mask m) { return _mm256_maskload_pd(p, _mm256_castpd_si256(m)); }
  static Reg load_even(const double* p, int64_t count) {
    const Reg a = load(p, tail(2 * count - 1));
    const Reg b = load(p + width, tail(2 * count - 1 - width));
    return _mm256_permute4x64_pd(_mm256_unpacklo_pd(a, b), 0xD8);
  }
  static Reg load_step(const double* p, int64_t step, int64_t count) {
    const __m128i lane = _mm_setr_epi32(0, 1, 2, 3);
    const __m128i index = _mm_mullo_epi32(lane, _mm_set1_epi32(static_cast<int>(step)));
    return _mm256_mask_i32gather_pd(zero(), p, index, tail(count), sizeof(double));
  }
  static void store(double* p, Reg a) { _mm256_storeu_pd(p, a); }
  static void store(double* p, Reg a, Mask m) {
    int lanes = _mm256_movemask_pd(m);
    if (lanes == 0xF) return store(p, a);
    __m128d part = _mm256_castpd256_pd128(a);
    if (lanes & 0x2) {
      _mm_storeu_pd(p, part);
      p += 2;
      lanes >>= 2;
      part = _mm256_extractf128_pd(a, 1);
    }
    if (lanes & 0x1) _mm_store_sd(p, part);
  }
  static void stream(double* p, Reg a) { _mm256_stream_pd(p, a); }
  static void fence() { _mm_sfence(); }
  // Loaded once: compilers would rather read memory again for every use.
  static Reg keep(Reg a) {
    asm("" : "+x"(a));
    return a;
  }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm256_fmadd_pd(a, b, c); }
  static void add_product(Reg& sum, Reg a, Reg b) {
    asm("vfmadd231pd %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
  }
  static Reg add(Reg a, Reg b) { return _mm256_add_pd(a, b); }
  static Reg sub(Reg a, Reg b) { return _mm256_sub_pd(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm256_mul_pd(a, b); }
  static Reg div(Reg a, Reg b) { return _mm256_div_pd(a, b); }
  static Reg max(Reg a, Reg b) { return _mm256_max_pd(a, b); }
  static Reg min(Reg a, Reg b) { return _mm256_min_pd(a, b); }
  static Reg sqrt(Reg a) { return _mm256_sqrt_pd(a); }
  static Reg round(Reg a) { return _mm256_round_pd(a, 0x08); }
  // 2^n for an integral n in [-1022, 1023].
  static Reg pow2(Reg n) {
    __m256i wide = _mm256_cvtepi32_epi64(_mm256_cvtpd_epi32(n));
    return _mm256_castsi256_pd(
        _mm256_slli_epi64(_mm256_add_epi64(wide, _mm256_set1_epi64x(1023)), 52));
  }
  static Mask greater(Reg a, Reg b) { return _mm256_cmp_pd(a, b, _CMP_GT_OQ); }
  static Mask not_at_most(Reg a, Reg b) { return _mm256_cmp_pd(a, b, _CMP_NLE_UQ); }
  static Mask equal(Reg a, Reg b) { return _mm256_cmp_pd(a, b, _CMP_EQ_OQ); }
  static Mask is_nan(Reg a) { return _mm256_cmp_pd(a, a, _CMP_UNORD_Q); }
  static Mask both(Mask a, Mask b) { return _mm256_and_pd(a, b); }
  static Mask either(Mask a, Mask b) { return _mm256_or_pd(a, b); }
  static Mask and_not(Mask a, Mask b) { return _mm256_andnot_pd(b, a); }
  static Reg select(Mask m, Reg a, Reg b) { return _mm256_blendv_pd(b, a, m); }
  static void transpose(Reg (&r)[width]) {
    PYCONV_UNROLL
    for (int i = 0; i < width; i += 2) {
      const Reg a = r[i], b = r[i + 1];
      r[i] = _mm256_unpacklo_pd(a, b);
      r[i + 1] = _mm256_unpackhi_pd(a, b);
    }
    PYCONV_UNROLL
    for (int k = 0; k < 2; ++k) {
      const Reg a = r[k], b = r[k + 2];
      r[k] = _mm256_permute2f128_pd(a, b, 0x20);
      r[k + 2] = _mm256_permute2f128_pd(a, b, 0x31);
    }
  }
  static void store_bytes(uint8_t* p, Reg a, int64_t count) {
    const __m128i words = _mm_packus_epi32(_mm256_cvttpd_epi32(a), _mm_setzero_si128());
    const __m128i bytes = _mm_packus_epi16(words, words);
    store_first_bytes(p, static_cast<uint64_t>(_mm_cvtsi128_si64(bytes)),
                      count < width ? count : width);
  }
  static void store_ints(int32_t* p, Reg a, int64_t count) {
    _mm_maskstore_epi32(p, int_tail(count), _mm256_cvttpd_epi32(a));
  }
  static Reg load_bytes(const uint8_t* p, int64_t count) {
    const uint64_t bytes = load_first_bytes(p, count < width ? count : width);
    return _mm256_cvtepi32_pd(_mm_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<int64_t>(bytes))));
  }
  // Which of the first `count` bytes are `value`; lanes beyond them may be either.
  static Mask bytes_equal(const uint8_t* p, uint8_t value, int64_t count) {
    return equal(load_bytes(p, count), set(value));
  }
  static Reg load_ints(const int32_t* p, int64_t count) {
    return _mm256_cvtepi32_pd(_mm_maskload_epi32(p, int_tail(count)));
  }
};

}  // namespace
