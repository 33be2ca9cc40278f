// SPDX-License-Identifier: BSD-3-Clause
// Vec over AVX-512 (f, bw, dq, vl): 16 floats or 8 doubles, tails by mask registers.
#pragma once

// gcc 12 warns of its own undefined registers (gcc bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop

#include <cstdint>

#include "simd/unroll.hpp"

namespace {

constexpr int kRegisters = 32;
constexpr int kMaskRegisters = 0;  // masks have registers of their own

template <class T>
struct Vec;

template <>
struct Vec<float> {
  static constexpr int width = 16;
  using Reg = __m512;
  using Mask = __mmask16;

  static Mask tail(int64_t count) {
    return count >= width ? Mask(0xFFFF) : Mask((1u << (count < 0 ? 0 : count)) - 1u);
  }
  static Reg zero() { return _mm512_setzero_ps(); }
  static Reg set(float value) { return _mm512_set1_ps(value); }
  static Reg load(const float* p) { return _mm512_loadu_ps(p); }
  static Reg load(const float* p, Mask m) { return _mm512_maskz_loadu_ps(m, p); }
  // p[0], p[2], p[4], ...: `count` of them.
  static Reg load_even(const float* p, int64_t count) {
    const __m512i lane =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const Reg a = load(p, tail(2 * count - 1));
    return _mm512_permutex2var_ps(a, lane, load(p + width, tail(2 * count - 1 - width)));
  }
  // p[0], p[step], p[2 * step], ...: `count` of them, step below 2^24.
  static Reg load_step(const float* p, int64_t step, int64_t count) {
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i index = _mm512_mullo_epi32(lane, _mm512_set1_epi32(static_cast<int>(step)));
    return _mm512_mask_i32gather_ps(zero(), tail(count), index, p, sizeof(float));
  }
  static void store(float* p, Reg a) { _mm512_storeu_ps(p, a); }
  static void store(float* p, Reg a, Mask m) { _mm512_mask_storeu_ps(p, m, a); }
  // p aligned to the vector; past the caches, ordered by fence().
  static void stream(float* p, Reg a) { _mm512_stream_ps(p, a); }
  static void fence() { _mm_sfence(); }
  // Loaded once: compilers would rather read memory again for every use.
  static Reg keep(Reg a) {
    asm("" : "+v"(a));
    return a;
  }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm512_fmadd_ps(a, b, c); }
  // sum += a * b where the sum stays in its register: with many of them compilers begin to move
  // them about.
  static void add_product(Reg& sum, Reg a, Reg b) {
    asm("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
  }
  static Reg add(Reg a, Reg b) { return _mm512_add_ps(a, b); }
  static Reg sub(Reg a, Reg b) { return _mm512_sub_ps(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm512_mul_ps(a, b); }
  static Reg div(Reg a, Reg b) { return _mm512_div_ps(a, b); }
  static Reg max(Reg a, Reg b) { return _mm512_max_ps(a, b); }
  static Reg min(Reg a, Reg b) { return _mm512_min_ps(a, b); }
  static Reg sqrt(Reg a) { return _mm512_sqrt_ps(a); }
  static Reg round(Reg a) { return _mm512_roundscale_ps(a, 0x08); }
  // 2^n for an integral n in [-126, 127].
  static Reg pow2(Reg n) {
    __m512i bits = _mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127));
    return _mm512_castsi512_ps(_mm512_slli_epi32(bits, 23));
  }
  static Mask greater(Reg a, Reg b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
  static Mask not_at_most(Reg a, Reg b) { return _mm512_cmp_ps_mask(a, b, _CMP_NLE_UQ); }
  static Mask equal(Reg a, Reg b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
  static Mask is_nan(Reg a) { return _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q); }
  static Mask both(Mask a, Mask b) { return a & b; }
  static Mask either(Mask a, Mask b) { return a | b; }
  static Mask and_not(Mask a, Mask b) { return a & Mask(~b); }
  // where m is set a, else b
  static Reg select(Mask m, Reg a, Reg b) { return _mm512_mask_blend_ps(m, b, a); }
  // r[i][j] and r[j][i] change places.
  static void transpose(Reg (&r)[width]) {
    Reg t[width];
    PYCONV_UNROLL
    for (int i = 0; i < width; i += 2) {
      t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
      t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
    // Lane quarter q of r[i + k] becomes column 4 q + k of rows i to i + 3.
    PYCONV_UNROLL
    for (int i = 0; i < width; i += 4) {
      PYCONV_UNROLL
      for (int k = 0; k < 2; ++k) {
        const __m512d a = _mm512_castps_pd(t[i + k]), b = _mm512_castps_pd(t[i + k + 2]);
        r[i + 2 * k] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
        r[i + 2 * k + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
      }
    }
    PYCONV_UNROLL
    for (int k = 0; k < 4; ++k) {
      const Reg a = _mm512_shuffle_f32x4(r[k], r[k + 4], 0x88);
      const Reg b = _mm512_shuffle_f32x4(r[k], r[k + 4], 0xDD);
      const Reg c = _mm512_shuffle_f32x4(r[k + 8], r[k + 12], 0x88);
      const Reg d = _mm512_shuffle_f32x4(r[k + 8], r[k + 12], 0xDD);
      r[k] = _mm512_shuffle_f32x4(a, c, 0x88);
      r[k + 4] = _mm512_shuffle_f32x4(b, d, 0x88);
      r[k + 8] = _mm512_shuffle_f32x4(a, c, 0xDD);
      r[k + 12] = _mm512_shuffle_f32x4(b, d, 0xDD);
    }
  }
  // Lanes hold whole numbers; the first `count` become bytes or 32-bit integers, and back.
  static void store_bytes(uint8_t* p, Reg a, int64_t count) {
    const __m128i bytes = _mm512_cvtepi32_epi8(_mm512_cvttps_epi32(a));
    if (count >= width) return _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes);
    _mm_mask_storeu_epi8(p, tail(count), bytes);
  }
  static void store_ints(int32_t* p, Reg a, int64_t count) {
    _mm512_mask_storeu_epi32(p, tail(count), _mm512_cvttps_epi32(a));
  }
  static Reg load_bytes(const uint8_t* p, int64_t count) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(tail(count), p)));
  }
  // Which of the first `count` bytes are `value`; lanes beyond them may be either.
  static Mask bytes_equal(const uint8_t* p, uint8_t value, int64_t count) {
    const __m128i wanted = _mm_set1_epi8(static_cast<char>(value));
    if (count >= width) {
      return _mm_cmpeq_epi8_mask(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)), wanted);
    }
    return _mm_cmpeq_epi8_mask(_mm_maskz_loadu_epi8(tail(count), p), wanted);
  }
  // Eight elements from each of the next places: all their first fours, and their second ones.
  static void load_octets(const float* p, const int64_t* places, Reg& first, Reg& second) {
    const Reg low = _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(p + places[0])),
                                       _mm256_loadu_ps(p + places[1]), 1);
    const Reg high = _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(p + places[2])),
                                        _mm256_loadu_ps(p + places[3]), 1);
    first = _mm512_shuffle_f32x4(low, high, 0x88);
    second = _mm512_shuffle_f32x4(low, high, 0xDD);
  }
  // Of every four lanes the first three, side by side at the front.
  static Reg triples(Reg a) {
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 15, 15, 15);
    return _mm512_permutexvar_ps(lane, a);
  }
  static void store_triples(float* p, Reg a) { _mm512_mask_storeu_ps(p, Mask(0x0FFF), triples(a)); }
  static Reg load_ints(const int32_t* p, int64_t count) {
    return _mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(tail(count), p));
  }
};

template <>
struct Vec<double> {
  static constexpr int width = 8;
  using Reg = __m512d;
  using Mask = __mmask8;

  static Mask tail(int64_t count) {
    return count >= width ? Mask(0xFF) : Mask((1u << (count < 0 ? 0 : count)) - 1u);
  }
  static Reg zero() { return _mm512_setzero_pd(); }
  static Reg set(double value) { return _mm512_set1_pd(value); }
  static Reg load(const double* p) { return _mm512_loadu_pd(p); }
  static Reg load(const double* p, Mask m) { return _mm512_maskz_loadu_pd(m, p); }
  static Reg load_even(const double* p, int64_t count) {
    const __m512i lane = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
    const Reg a = load(p, tail(2 * count - 1));
    return _mm512_permutex2var_pd(a, lane, load(p + width, tail(2 * count - 1 - width)));
  }
  static Reg load_step(const double* p, int64_t step, int64_t count) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i index = _mm256_mullo_epi32(lane, _mm256_set1_epi32(static_cast<int>(step)));
    return _mm512_mask_i32gather_pd(zero(), tail(count), index, p, sizeof(double));
  }
  static void store(double* p, Reg a) { _mm512_storeu_pd(p, a); }
  static void store(double* p, Reg a, Mask m) { _mm512_mask_storeu_pd(p, m, a); }
  static void stream(double* p, Reg a) { _mm512_stream_pd(p, a); }
  static void fence() { _mm_sfence(); }
  // Loaded once: compilers would rather read memory again for every use.
  static Reg keep(Reg a) {
    asm("" : "+v"(a));
    return a;
  }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm512_fmadd_pd(a, b, c); }
  static void add_product(Reg& sum, Reg a, Reg b) {
    asm("vfmadd231pd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
  }
  static Reg add(Reg a, Reg b) { return _mm512_add_pd(a, b); }
  static Reg sub(Reg a, Reg b) { return _mm512_sub_pd(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm512_mul_pd(a, b); }
  static Reg div(Reg a, Reg b) { return _mm512_div_pd(a, b); }
  static Reg max(Reg a, Reg b) { return _mm512_max_pd(a, b); }
  static Reg min(Reg a, Reg b) { return _mm512_min_pd(a, b); }
  static Reg sqrt(Reg a) { return _mm512_sqrt_pd(a); }
  static Reg round(Reg a) { return _mm512_roundscale_pd(a, 0x08); }
  static Reg pow2(Reg n) {
    __m512i bits = _mm512_add_epi64(_mm512_cvtpd_epi64(n), _mm512_set1_epi64(1023));
    return _mm512_castsi512_pd(_mm512_slli_epi64(bits, 52));
  }
  static Mask greater(Reg a, Reg b) { return _mm512_cmp_pd_mask(a, b, _CMP_GT_OQ); }
  static Mask not_at_most(Reg a, Reg b) { return _mm512_cmp_pd_mask(a, b, _CMP_NLE_UQ); }
  static Mask equal(Reg a, Reg b) { return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ); }
  static Mask is_nan(Reg a) { return _mm512_cmp_pd_mask(a, a, _CMP_UNORD_Q); }
  static Mask both(Mask a, Mask b) { return a & b; }
  static Mask either(Mask a, Mask b) { return a | b; }
  static Mask and_not(Mask a, Mask b) { return a & Mask(~b); }
  static Reg select(Mask m, Reg a, Reg b) { return _mm512_mask_blend_pd(m, b, a); }
  static void transpose(Reg (&r)[width]) {
    PYCONV_UNROLL
    for (int i = 0; i < width; i += 2) {
      const Reg a = r[i], b = r[i + 1];
      r[i] = _mm512_unpacklo_pd(a, b);
      r[i + 1] = _mm512_unpackhi_pd(a, b);
    }
    PYCONV_UNROLL
    for (int k = 0; k < 2; ++k) {
      const Reg a = _mm512_shuffle_f64x2(r[k], r[k + 2], 0x88);
      const Reg b = _mm512_shuffle_f64x2(r[k], r[k + 2], 0xDD);
      const Reg c = _mm512_shuffle_f64x2(r[k + 4], r[k + 6], 0x88);
      const Reg d = _mm512_shuffle_f64x2(r[k + 4], r[k + 6], 0xDD);
      r[k] = _mm512_shuffle_f64x2(a, c, 0x88);
      r[k + 2] = _mm512_shuffle_f64x2(b, d, 0x88);
      r[k + 4] = _mm512_shuffle_f64x2(a, c, 0xDD);
      r[k + 6] = _mm512_shuffle_f64x2(b, d, 0xDD);
    }
  }
  static void store_bytes(uint8_t* p, Reg a, int64_t count) {
    __m128i bytes = _mm512_cvtepi64_epi8(_mm512_cvttpd_epi64(a));
    _mm_mask_storeu_epi8(p, tail(count), bytes);
  }
  static void store_ints(int32_t* p, Reg a, int64_t count) {
    _mm256_mask_storeu_epi32(p, tail(count), _mm512_cvttpd_epi32(a));
  }
  static Reg load_bytes(const uint8_t* p, int64_t count) {
    return _mm512_cvtepi32_pd(_mm256_cvtepu8_epi32(_mm_maskz_loadu_epi8(tail(count), p)));
  }
  // Which of the first `count` bytes are `value`; lanes beyond them may be either.
  static Mask bytes_equal(const uint8_t* p, uint8_t value, int64_t count) {
    return equal(load_bytes(p, count), set(value));
  }
  static Reg load_ints(const int32_t* p, int64_t count) {
    return _mm512_cvtepi32_pd(_mm256_maskz_loadu_epi32(tail(count), p));
  }
};

}  // namespace
