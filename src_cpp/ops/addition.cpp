// SPDX-License-Identifier: BSD-3-Clause
#include "ops/addition.hpp"

#include "dispatch.hpp"
#include "ops/pieces.hpp"

namespace pyconv {

template <class T>
void add(const T* a, const T* b, T* y, int64_t size) {
  for_each_piece<T>(size, 3, [&](int64_t first, int64_t count) {
    kernel_table_of<T>().add_pairs(a + first, b + first, y + first, count);
  });
}

template void add(const float*, const float*, float*, int64_t);
template void add(const double*, const double*, double*, int64_t);

}  // namespace pyconv
