// SPDX-License-Identifier: BSD-3-Clause
// Column sums: the bias gradients.
#pragma once

#include <cstdint>

namespace pyconv {

// sums[j] = sum over i of rows[i, j], in blocks of 256 rows added left to right.
template <class T>
void sum_rows(const T* rows, int64_t count, int64_t columns, T* sums);

// The same sums, to the bit, of channels_first images: rows are pixels, columns are channels.
template <class T>
void sum_pixels(const T* images, int64_t n, int64_t c, int64_t pixels, T* sums);

}  // namespace pyconv
