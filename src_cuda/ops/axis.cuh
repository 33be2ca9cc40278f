// SPDX-License-Identifier: BSD-3-Clause
// An index that runs over up to three nested axes, as pixels run over (image, row, column) and taps
// over (row, column, channel), and the walk along it in equal steps without a division.
#pragma once

#include "ops/divisor.cuh"

namespace pyconv {

// Where an index stands: its offset in memory, and the indices of the nested axes.
struct Place3 {
  int64_t offset;
  int32_t outer, middle, inner;
};

struct Axis {
  int64_t count;
  Divisor middle, inner;                           // lengths; 1 where there is no such axis
  int64_t outer_pitch, middle_pitch, inner_pitch;  // elements
  int64_t first;                                   // offset of index 0
  // One pace of the walk, and what carrying from axis to axis adds.
  int32_t outer_pace, middle_pace, inner_pace;
  int64_t pace_offset, inner_carry, middle_carry;

  __device__ __forceinline__ Place3 at(int64_t i) const {
    const int64_t row = inner.divide(i);
    const int64_t outer = middle.divide(row);
    const int64_t b = middle.rest(row, outer), a = inner.rest(i, row);
    return {first + outer * outer_pitch + b * middle_pitch + a * inner_pitch,
            static_cast<int32_t>(outer), static_cast<int32_t>(b), static_cast<int32_t>(a)};
  }
  __device__ __forceinline__ int64_t offset(int64_t i) const { return at(i).offset; }

  // Beyond the end it goes on to places that nobody may read.
  __device__ __forceinline__ void advance(Place3& place) const {
    place.offset += pace_offset;
    place.outer += outer_pace;
    place.middle += middle_pace;
    place.inner += inner_pace;
    if (place.inner >= static_cast<int32_t>(inner.value)) {
      place.inner -= static_cast<int32_t>(inner.value);
      place.offset += inner_carry;
      ++place.middle;
    }
    if (place.middle >= static_cast<int32_t>(middle.value)) {
      place.middle -= static_cast<int32_t>(middle.value);
      place.offset += middle_carry;
      ++place.outer;
    }
  }

  // The host's: makes a pace of `steps` indices.
  void walk_by(int64_t steps) {
    inner_pace = static_cast<int32_t>(steps % inner.value);
    middle_pace = static_cast<int32_t>(steps / inner.value % middle.value);
    outer_pace = static_cast<int32_t>(steps / inner.value / middle.value);
    pace_offset = outer_pace * outer_pitch + middle_pace * middle_pitch + inner_pace * inner_pitch;
    inner_carry = middle_pitch - inner.value * inner_pitch;
    middle_carry = outer_pitch - middle.value * middle_pitch;
  }
  // From an index to its neighbour.
  int64_t neighbour_pitch() const {
    if (inner.value > 1) return inner_pitch;
    return middle.value > 1 ? middle_pitch : outer_pitch;
  }
};

}  // namespace pyconv
