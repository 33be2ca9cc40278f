// SPDX-License-Identifier: BSD-3-Clause
// The instructions of ptx.cuh on the host. Sources: PTX ISA, "Warp-level matrix load instruction:
// ldmatrix", "Multiply-and-accumulate instruction: mma" with "Matrix Fragments for mma.m16n8k8" and
// "mma.m16n8k16", "Data Movement and Conversion Instructions: cvt", "cp.async",
// "cp.async.commit_group", "cp.async.wait_group". What it leaves open is said at each model.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "simt_host/copies.hpp"
#include "simt_host/simt_host.hpp"

#include "element.hpp"
#include "rounding.cuh"

namespace pyconv::simt {

// Fill `matrices` of every lane once the warp has met; `words` are the rows' first words.
void load_matrices(uint32_t* matrices, int count, bool transposed, int64_t first_byte,
                   int64_t words, int word, const char* file, int line);

enum class Multiplicand { kFloat16, kBfloat16, kTf32 };
// d += a b over `words` words of each row of A (4 or 8).
void multiply_fragments(float* d, const uint32_t* a, const uint32_t* b, Multiplicand type,
                        int words, const char* file, int line);

inline uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
inline float number_of(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace pyconv::simt

namespace pyconv::ptx {

inline uint32_t pack_float16(float low, float high) {
  return round_to_float16(simt::bits_of(low)) | round_to_float16(simt::bits_of(high)) << 16;
}
inline uint32_t pack_bfloat16(float low, float high) {
  return round_to_bfloat16(simt::bits_of(low)) | round_to_bfloat16(simt::bits_of(high)) << 16;
}
inline float unpack_float16(uint16_t bits) { return simt::number_of(float16_to_float32(bits)); }
inline float unpack_bfloat16(uint16_t bits) {
  return simt::number_of(static_cast<uint32_t>(bits) << 16);
}
inline uint32_t to_tf32(uint32_t bits) { return round_to_tf32(bits); }

template <int kCount, bool kTransposed>
void ldmatrix(uint32_t (&matrices)[kCount], Shared<uint32_t> memory, int word,
              const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  static_assert(kCount == 1 || kCount == 2 || kCount == 4, "one, two or four matrices");
  simt::load_matrices(matrices, kCount, kTransposed, memory.first_byte(), memory.count(), word,
                      file, line);
}

inline void mma_m16n8k8(float (&d)[4], const uint32_t (&a)[2], uint32_t b,
                        const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  simt::multiply_fragments(d, a, &b, simt::Multiplicand::kFloat16, 4, file, line);
}

template <class T>
void mma(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
         const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  const auto type = std::is_same_v<T, Float16>    ? simt::Multiplicand::kFloat16
                    : std::is_same_v<T, Bfloat16> ? simt::Multiplicand::kBfloat16
                                                  : simt::Multiplicand::kTf32;
  simt::multiply_fragments(d, a, b, type, 8, file, line);
}

template <int kBytes, class T>
void cp_async(Shared<uint32_t> memory, int word, Global<const T> from, int64_t index, bool inside) {
  static_assert(kBytes == 4 || kBytes == 8 || kBytes == 16, "cp.async moves 4, 8 or 16 bytes");
  simt::issue_copy({from.buffer_, inside ? from.index_ + index : -1, memory.first_byte(),
                    memory.count(), word, kBytes});
}
inline void cp_async_commit_group() { simt::commit_copies(); }
template <int kPending>
void cp_async_wait_group() {
  simt::wait_for_copies(kPending);
}

}  // namespace pyconv::ptx
