// SPDX-License-Identifier: BSD-3-Clause
// A matrix in memory as an operand of a product. An operand says where element (line, step) lies,
// where a line is a row of A or a column of B and a step is an index of the sum, and reads
// `width` neighbours along its fastest index at once.
#pragma once

#include "ops/axis.cuh"
#include "pack.cuh"

namespace pyconv {

// kStepFastest says which index runs along memory, so that neighbouring threads read neighbouring
// elements.
template <class T, bool kStepFastest, int kWidth>
struct Matrix {
  static constexpr bool step_fastest = kStepFastest;
  static constexpr int width = kWidth;
  static constexpr bool walks_windows = false;

  Global<const T> data;
  Axis lines, steps;
  int64_t group_pitch;

  void walk_by(int64_t steps_of_pace) { steps.walk_by(steps_of_pace); }  // the host's

  __device__ __forceinline__ Place3 line(int64_t i) const { return lines.at(i); }
  __device__ __forceinline__ Place3 step(int64_t k) const { return steps.at(k); }
  __device__ __forceinline__ void advance(Place3& step) const { steps.advance(step); }
  __device__ __forceinline__ int64_t group_offset(int64_t group) const {
    return group * group_pitch;
  }
  // `inside` is false for lines and steps beyond the matrix, which are zeros.
  __device__ __forceinline__ Pack<T, kWidth> read(const Place3& line, const Place3& step,
                                                  bool inside) const {
    if (!inside) return {};
    return read_pack<kWidth>(data, line.offset + step.offset);
  }
};

// The same operand with lines and steps exchanged.
template <class M>
struct Transposed {
  static constexpr bool step_fastest = !M::step_fastest;
  static constexpr int width = M::width;
  static constexpr bool walks_windows = M::walks_windows;

  M matrix;

  void walk_by(int64_t steps_of_pace) { matrix.walk_by(steps_of_pace); }  // the host's

  __device__ __forceinline__ Place3 line(int64_t i) const { return matrix.step(i); }
  __device__ __forceinline__ Place3 step(int64_t k) const { return matrix.line(k); }
  __device__ __forceinline__ void advance(Place3& step) const { matrix.advance_line(step); }
  __device__ __forceinline__ int64_t group_offset(int64_t group) const {
    return matrix.group_offset(group);
  }
  __device__ __forceinline__ auto read(const Place3& line, const Place3& step, bool inside) const {
    return matrix.read(step, line, inside);
  }
};

}  // namespace pyconv
