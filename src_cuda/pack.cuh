// SPDX-License-Identifier: BSD-3-Clause
// Neighbours in memory that travel as one access of up to 16 bytes.
#pragma once

#include "vocabulary.cuh"

namespace pyconv {

template <class T, int kCount>
struct alignas(sizeof(T) * kCount) Pack {
  static_assert(sizeof(T) * kCount <= 16, "the longest access of a thread");
  T values[kCount];

  __device__ __forceinline__ T& operator[](int i) { return values[i]; }
  __device__ __forceinline__ const T& operator[](int i) const { return values[i]; }
};

// What fills 16 bytes.
template <class T>
constexpr int kPackOf = 16 / static_cast<int>(sizeof(T));

#ifdef PYCONV_SIMT_HOST

template <class T>
void check_pack(const Global<T>& array, int64_t first, size_t bytes) {
  if (array == nullptr) simt::fail_absent(array.index_ + first);
  const auto begin = reinterpret_cast<uintptr_t>(array.buffer_->begin);
  const auto at = begin + static_cast<uintptr_t>(array.index_ + first) * sizeof(T);
  if (at % bytes != 0) {
    simt::fail("misaligned access of " + std::to_string(bytes) + " bytes to " +
               array.buffer_->name + "[" + std::to_string(array.index_ + first) + "]");
  }
}
template <int kCount, class T>
auto read_pack(const Global<T>& from, int64_t first) {
  Pack<std::remove_const_t<T>, kCount> pack;
  check_pack(from, first, sizeof pack);
  for (int i = 0; i < kCount; ++i) pack[i] = from.read(first + i);
  return pack;
}
template <int kCount, class T>
void write_pack(const Global<T>& to, int64_t first, const Pack<T, kCount>& pack) {
  check_pack(to, first, sizeof pack);
  for (int i = 0; i < kCount; ++i) to.write(first + i, pack[i]);
}
template <int kCount, class T>
Pack<T, kCount> read_pack(const Shared<T>& from, int first) {
  return Shared<Pack<T, kCount>>(from.first_byte() + first * static_cast<int>(sizeof(T)), 1)[0];
}
template <int kCount, class T>
void write_pack(const Shared<T>& to, int first, const Pack<T, kCount>& pack) {
  Shared<Pack<T, kCount>>(to.first_byte() + first * static_cast<int>(sizeof(T)), 1)[0] = pack;
}

#else

template <int kCount, class T>
__device__ __forceinline__ Pack<T, kCount> read_pack(const T* from, int64_t first) {
  return *reinterpret_cast<const Pack<T, kCount>*>(from + first);
}
template <int kCount, class T>
__device__ __forceinline__ void write_pack(T* to, int64_t first, const Pack<T, kCount>& pack) {
  *reinterpret_cast<Pack<T, kCount>*>(to + first) = pack;
}

#endif

// Whether the array begins where an access of `bytes` may; for the host.
#ifdef PYCONV_SIMT_HOST
template <class T>
bool is_aligned(const Global<T>& array, size_t bytes) {
  if (array == nullptr) return true;
  const auto begin = reinterpret_cast<uintptr_t>(array.buffer_->begin);
  return (begin + static_cast<uintptr_t>(array.index_) * sizeof(T)) % bytes == 0;
}
#else
template <class T>
bool is_aligned(const T* array, size_t bytes) {
  return reinterpret_cast<uintptr_t>(array) % bytes == 0;
}
#endif

}  // namespace pyconv
