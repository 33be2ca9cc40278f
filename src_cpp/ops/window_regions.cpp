// SPDX-License-Identifier: BSD-3-Clause
#include "ops/window_regions.hpp"

#include <algorithm>

namespace pyconv {

std::vector<LinePart> line_parts(int64_t lines, int64_t step, int64_t offset, int64_t size,
                                 std::vector<int64_t> taps) {
  std::sort(taps.begin(), taps.end());
  std::vector<LinePart> parts;
  for (int64_t i = 0; i < lines; ++i) {
    const int64_t origin = i * step + offset;
    const auto low = std::lower_bound(taps.begin(), taps.end(), -origin);
    const auto high = std::lower_bound(low, taps.end(), size - origin);
    const LinePart part =
        low == high ? LinePart{i, i + 1, 1, 0} : LinePart{i, i + 1, *low, *(high - 1)};
    if (parts.empty() || parts.back().low != part.low || parts.back().high != part.high) {
      parts.push_back(part);
    } else {
      ++parts.back().last;
    }
  }
  return parts;
}

void append_stretches(const BlockK& block, const Region& region, std::vector<Stretch>& stretches) {
  const size_t begin = stretches.size();
  int64_t element = 0;
  for (const Run& run : block.runs) {
    const int64_t first = std::max<int64_t>(0, region.columns.low - run.off_w);
    const int64_t last = std::min(run.taps, region.columns.high - run.off_w + 1);
    if (run.off_h >= region.rows.low && run.off_h <= region.rows.high && first < last) {
      const Stretch found{element + first * run.length, (last - first) * run.length};
      if (stretches.size() > begin &&
          stretches.back().first + stretches.back().count == found.first) {
        stretches.back().count += found.count;
      } else {
        stretches.push_back(found);
      }
    }
    element += run.taps * run.length;
  }
}

}  // namespace pyconv
