// SPDX-License-Identifier: BSD-3-Clause
// Means and variances of groups of channels. Distances are taken from a block's first row, which
// lies as near to the mean as any, and then moved to the mean itself. Of floats a quick reading is
// mostly enough, and one in double always, which keeps their squares; of doubles a second begins at
// the mean of the first.
#pragma once

#include "arena.hpp"
#include "dispatch.hpp"
#include "ops/norm_blocks.hpp"
#include "ops/rows.hpp"

namespace pyconv {

// The mean and the squared distances from it of so many elements.
struct Moments {
  double count, mean, squares;
};

// Those of `parts` together, given by at(part).
template <class At>
Moments merged(int64_t parts, At&& at) {
  const Moments first = at(0);
  double count = first.count, apart = 0;
  for (int64_t p = 1; p < parts; ++p) {
    const Moments part = at(p);
    count += part.count;
    apart += part.count * (part.mean - first.mean);
  }
  const double mean = first.mean + apart / count;
  double squares = 0;
  for (int64_t p = 0; p < parts; ++p) {
    const Moments part = at(p);
    squares += part.squares + part.count * (part.mean - mean) * (part.mean - mean);
  }
  return {count, mean, squares};
}

// Scratch of a task.
class BlockMoments {
 public:
  explicit BlockMoments(const NormBlocks& blocks)
      : blocks_(blocks),
        memory_(3 * blocks.columns()),
        centre_(memory_.data()),
        sums_(centre_ + blocks.columns()),
        squares_(sums_ + blocks.columns()) {}

  // Writes the means of a block's groups and their squared distances.
  template <class T>
  void find(const T* x, int64_t block, double* mean, double* squares) {
    const int64_t c = blocks_.shape.c, pixels = blocks_.count(block);
    const int64_t parts = std::min(blocks_.fold, pixels);
    const T* const first = x + blocks_.offset(block);
    if (pixels == 1 && blocks_.group_channels() > 1) return find_in_pixel(first, mean, squares);
    constexpr bool kWide = sizeof(T) == sizeof(double);
    set_centres(first, parts * c);
    if (kWide || !read_quickly(x, block, parts)) {
      for (int reading = 0; reading < (kWide ? 2 : 1); ++reading) read(x, block, parts);
    }
    if (parts > 1) join_parts(block, parts);
    join_channels(pixels, mean, squares);
  }

 private:
  // Of the square of the first row's distance from the mean and the variance.
  static constexpr double kNear = 64;
  static constexpr double kSmallest = 1e-24, kLargest = 1e30;  // of sums of squares

  template <class T>
  void find_in_pixel(const T* x, double* mean, double* squares) {
    const int64_t c = blocks_.shape.c, channels = blocks_.group_channels();
    for (int64_t j = 0; j < c; j += channels) {
      mean[j / channels] = interleaved_sum(x + j, channels) / double(channels);
      std::fill_n(centre_ + j, channels, mean[j / channels]);
    }
    std::fill_n(sums_, 2 * c, 0.0);
    kernel_table_of<T>().add_moments_to_columns(x, 1, c, centre_, sums_, squares_);
    for (int64_t j = 0; j < c; j += channels) {
      squares[j / channels] = interleaved_sum(squares_ + j, channels);
    }
  }

  template <class T>
  void set_centres(const T* first, int64_t columns) {
    for (int64_t j = 0; j < columns; ++j) centre_[j] = double(first[j]);
  }

  // The same as `read`; false, and the centres stay, where the first row lies far from the others,
  // or squares are so large or small that they are not exact.
  template <class T>
  bool read_quickly(const T* x, int64_t block, int64_t parts) {
    const int64_t columns = parts * blocks_.shape.c;
    const T* const first = x + blocks_.offset(block);
    std::fill_n(sums_, 2 * blocks_.columns(), 0.0);
    blocks_.for_rows(block, [&](int64_t offset, int64_t count, int64_t width) {
      kernel_table_of<T>().add_quick_moments_to_columns(x + offset, count, width, first, sums_,
                                                        squares_);
    });
    const double count = pixels_of(block, 0);
    bool exact = true;
    for (int64_t j = 0; j < columns; ++j) {
      const double own = squares_[j] * count, shifted = sums_[j] * sums_[j];
      const bool near = shifted <= kNear * (own - shifted);
      const bool ranges = squares_[j] > kSmallest && squares_[j] < kLargest;
      exact &= (near && ranges) || (sums_[j] == 0 && squares_[j] == 0);
    }
    if (exact) move_centres(block, parts);
    return exact;
  }

  // Moves the centres to the means.
  template <class T>
  void read(const T* x, int64_t block, int64_t parts) {
    const int64_t c = blocks_.shape.c;
    std::fill_n(sums_, parts * c, 0.0);
    std::fill_n(squares_, parts * c, 0.0);
    blocks_.for_rows(block, [&](int64_t offset, int64_t count, int64_t columns) {
      kernel_table_of<T>().add_moments_to_columns(x + offset, count, columns, centre_, sums_,
                                                  squares_);
    });
    move_centres(block, parts);
  }

  void move_centres(int64_t block, int64_t parts) {
    const int64_t c = blocks_.shape.c;
    for (int64_t p = 0; p < parts; ++p) {
      const double count = pixels_of(block, p);
      for (int64_t j = p * c; j < (p + 1) * c; ++j) {
        const double shift = sums_[j] / count, distance = squares_[j] - sums_[j] * shift;
        centre_[j] += shift;
        squares_[j] = distance < 0 ? 0 : distance;
      }
    }
  }

  // Pixels of one part of the columns.
  double pixels_of(int64_t block, int64_t part) const {
    return double(ceil_div(blocks_.count(block) - part, blocks_.fold));
  }

  void join_parts(int64_t block, int64_t parts) {
    const int64_t c = blocks_.shape.c;
    for (int64_t j = 0; j < c; ++j) {
      const Moments whole = merged(parts, [&](int64_t p) {
        return Moments{pixels_of(block, p), centre_[p * c + j], squares_[p * c + j]};
      });
      centre_[j] = whole.mean;
      squares_[j] = whole.squares;
    }
  }

  void join_channels(int64_t pixels, double* mean, double* squares) {
    const int64_t channels = blocks_.group_channels();
    if (channels == 1) {
      std::copy_n(centre_, blocks_.shape.c, mean);
      std::copy_n(squares_, blocks_.shape.c, squares);
      return;
    }
    for (int64_t g = 0; g < blocks_.shape.groups; ++g) {
      const double* const means = centre_ + g * channels;
      mean[g] = interleaved_sum(means, channels) / double(channels);
      for (int64_t j = g * channels; j < (g + 1) * channels; ++j) {
        const double apart = centre_[j] - mean[g];
        squares_[j] += double(pixels) * apart * apart;
      }
      squares[g] = interleaved_sum(squares_ + g * channels, channels);
    }
  }

  const NormBlocks& blocks_;
  Scratch<double> memory_;
  double *centre_, *sums_, *squares_;
};

// Writes mean and biased variance (n, groups) of images of several blocks.
template <class T>
void moments_of_images(const NormBlocks& blocks, const T* x, double* mean, double* variance) {
  constexpr int64_t kGroups = 64;  // of a task that merges
  const int64_t groups = blocks.shape.groups, stretches = ceil_div(groups, kGroups);
  Scratch<double> means(blocks.blocks() * groups), squares(blocks.blocks() * groups);
  blocks.for_each_task(1, sizeof(T), [&](int64_t, int64_t first, int64_t last) {
    BlockMoments moments(blocks);
    for (int64_t b = first; b < last; ++b) {
      moments.find(x, b, &means[b * groups], &squares[b * groups]);
    }
  });
  const int64_t work = 8 * blocks.blocks() * groups;
  parallel_for(blocks.shape.n * stretches, work, [&](int64_t task) {
    const int64_t image = task / stretches, from = task % stretches * kGroups;
    const int64_t first = image * blocks.per_image, channels = blocks.group_channels();
    for (int64_t g = from; g < std::min(groups, from + kGroups); ++g) {
      const Moments whole = merged(blocks.per_image, [&](int64_t b) {
        const int64_t at = (first + b) * groups + g;
        return Moments{double(blocks.count(first + b) * channels), means[at], squares[at]};
      });
      mean[image * groups + g] = whole.mean;
      variance[image * groups + g] = whole.squares / blocks.group_size();
    }
  });
}

}  // namespace pyconv
