// SPDX-License-Identifier: BSD-3-Clause
// Launcher of first_layer_conv2d_backward_kernel.cuh.
#include "ops/first_layer_conv2d_backward_kernel.cuh"

#include <algorithm>

#include "ops/first_layer_conv2d_backward_kernel.hpp"
#include "ops/first_layer_plan.hpp"

namespace pyconv {
namespace {

// A piece of the output, less where a block has no room for the image rows under it.
constexpr int64_t kPieceRows = 8, kPieceColumns = 64;
constexpr int64_t kPreferredColumns = 16;  // down to which rows are kept, since warps share them
constexpr int64_t kFewestColumns = 8;
constexpr int64_t kFewFilters = 32;
constexpr int64_t kBankBytes = 128;  // of shared memory, from a bank to the same one

// Whether lanes of a warp that read rows of the kernel at once would read two words of one bank.
bool meets_in_banks(const Window& w, int64_t pitch, int64_t element_bytes) {
  const int64_t last_bank = kBankBytes / element_bytes - 1;
  const int64_t lanes = kSumTapLanes * int64_t{sizeof(float)} / element_bytes;
  int64_t offsets[kSumTapLanes], lane = 0;
  for (int64_t r = 0; r < w.kh; ++r) {
    for (int64_t s = 0; s < w.kw; ++s) {
      for (int64_t c = 0; c < w.c; ++c) {
        const int64_t offset = r * w.dil_h * pitch + s * w.dil_w * w.c + c;
        for (int64_t i = 0; i < lane; ++i) {
          if (((offset - offsets[i]) & last_bank) == 0) return true;
        }
        offsets[lane] = offset;
        lane = (lane + 1) % lanes;
      }
    }
  }
  return false;
}

struct Piece {
  int64_t rows, columns;  // of the output; 0: there is none
  int64_t staged, pitch;  // rows of the image, and elements from one to the next
};

// The widest piece whose image rows fit a block and meet in no bank.
Piece piece_of(const Window& w, int64_t element_bytes) {
  Piece piece{std::min(kPieceRows, w.oh), std::min(kPieceColumns, w.ow), 0, 0};
  const int64_t banks = kBankBytes / element_bytes;
  while (piece.rows > 0) {
    piece.staged = covered(piece.rows, w.sh, w.kh, w.dil_h);
    const int64_t least = covered(piece.columns, w.sw, w.kw, w.dil_w) * w.c;
    if (piece.staged * least * element_bytes <= kStagedBytes) {
      piece.pitch = least;
      while (piece.pitch < least + banks && meets_in_banks(w, piece.pitch, element_bytes)) {
        ++piece.pitch;
      }
      if (piece.pitch == least + banks) return {};  // rows lie side by side in every pitch
      if (piece.staged * piece.pitch * element_bytes <= kStagedBytes) return piece;
    }
    if (piece.columns > kPreferredColumns || (piece.rows == 1 && piece.columns > kFewestColumns)) {
      piece.columns /= 2;
    } else {
      piece.rows /= 2;
    }
  }
  return {};
}

// How the sums are shared out: taps x kSumTapLanes slots a warp, some of which have no row.
struct SumTiles {
  int64_t taps, tiles, slots;    // slots of all tiles
  int64_t blocks, warps, parts;  // blocks for tiles, their warps with tiles of their own
};

SumTiles sum_tiles(const Window& w) {
  const int64_t rows = w.taps() * w.c + 1;
  const auto tiles = [&](int64_t taps) { return blocks(rows, taps * kSumTapLanes); };
  // A thread reads a pack of dy beside its taps of x.
  const auto cost = [&](int64_t taps) { return tiles(taps) * (taps + 1); };
  int64_t taps = 7;
  if (cost(5) < cost(taps)) taps = 5;
  if (cost(3) < cost(taps)) taps = 3;
  SumTiles found{taps, tiles(taps), tiles(taps) * taps * kSumTapLanes, 0, 0, 0};
  found.blocks = blocks(found.tiles, kSumWarps);
  found.warps = blocks(found.tiles, found.blocks);
  found.parts = kSumWarps / found.warps;
  return found;
}

// A thread's filters: sums of float64 fill the registers of four.
template <class T, class Body>
void with_sum_filters(int64_t filters, Body body) {
  if constexpr (std::is_same_v<T, float>) {
    if (filters > kFewFilters) return body(std::integral_constant<int, 8>{});
  }
  body(std::integral_constant<int, 4>{});
}
int64_t filters_of_block(const Window& w, int64_t element_bytes) {
  const bool many = element_bytes == sizeof(float) && w.f > kFewFilters;
  return kSumFilterLanes * (many ? 8 : 4);
}

template <class Body>
void with_taps(int64_t taps, Body body) {
  if (taps == 3) return body(std::integral_constant<int, 3>{});
  if (taps == 5) return body(std::integral_constant<int, 5>{});
  body(std::integral_constant<int, 7>{});
}

struct Slices {
  int64_t pieces, each, count;
};
Slices slices_of(const Window& w, const Piece& piece, int64_t element_bytes) {
  const int64_t pieces = w.n * blocks(w.oh, piece.rows) * blocks(w.ow, piece.columns);
  const int64_t beside = sum_tiles(w).blocks * blocks(w.f, filters_of_block(w, element_bytes));
  const int64_t most = forced_slices > 0 ? forced_slices : blocks(kWantedBlocks, beside);
  const int64_t each = std::max<int64_t>(1, blocks(pieces, std::max<int64_t>(1, most)));
  return {pieces, each, std::max<int64_t>(1, blocks(pieces, each))};
}

}  // namespace

bool is_first_layer_backward_kernel(const Window& w, int64_t element_bytes) {
  return has_few_channels(w) && piece_of(w, element_bytes).rows > 0;
}

int64_t first_layer_backward_kernel_workspace(const Window& w, int64_t element_bytes) {
  const Piece piece = piece_of(w, element_bytes);
  return slices_of(w, piece, element_bytes).count * (w.taps() * w.c + 1) * w.f;
}

template <class T>
void launch_first_layer_backward_kernel(Global<const T> x, Global<const T> dy, Global<T> dkernel,
                                        Global<T> dbias, const Window& w, Global<T> room,
                                        void* stream) {
  const Piece piece = piece_of(w, sizeof(T));
  const SumTiles tiles = sum_tiles(w);
  const Slices slices = slices_of(w, piece, sizeof(T));
  const int64_t blocks_f = blocks(w.f, filters_of_block(w, sizeof(T)));
  const FirstLayerSums<T> params{{x, divisor(piece.pitch), short_length(piece.staged)},
                                 dy,
                                 room,
                                 w,
                                 divisor(w.c),
                                 divisor(w.kw),
                                 divisor(blocks_f),
                                 divisor(tiles.blocks),
                                 divisor(blocks(w.ow, piece.columns)),
                                 divisor(blocks(w.oh, piece.rows)),
                                 divisor(tiles.warps),
                                 slices.pieces,
                                 slices.each,
                                 short_length(piece.rows),
                                 short_length(piece.columns),
                                 short_length(tiles.parts),
                                 short_length(tiles.slots)};
  const int64_t threads = tiles.warps * tiles.parts * kWarpLanes;
  const int64_t staged = piece.staged * piece.pitch, taps_of_thread = tiles.taps;
  const int64_t grid = slices.count * tiles.blocks * blocks_f;
  with_sum_filters<T>(w.f, [&](auto filters) {
    constexpr int kFilters = decltype(filters)::value;
    const int64_t bytes = std::max(staged, threads * kFilters) * static_cast<int64_t>(sizeof(T));
    with_taps(taps_of_thread, [&](auto taps) {
      with_width<T>(w.f % kPackOf<T> == 0 && all_aligned(dy), [&](auto width) {
        constexpr int kTaps = decltype(taps)::value, kWidth = decltype(width)::value;
        PYCONV_LAUNCH((first_layer_conv2d_backward_kernel_kernel<T, kTaps, kFilters, kWidth>), grid,
                      threads, bytes, stream, params);
      });
    });
  });
  const int64_t size = w.taps() * w.c * w.f;
  TileOutput<T> sums{};
  sums.columns = plain_axis(w.f, 1);
  sums.data = dkernel;
  launch_add_slices<T>(room, sums, size, size + w.f, w.f, slices.count, stream);
  if (dbias == nullptr) return;
  sums.data = dbias;
  launch_add_slices<T>(room + size, sums, w.f, size + w.f, w.f, slices.count, stream);
}

template void launch_first_layer_backward_kernel(Global<const float>, Global<const float>,
                                                 Global<float>, Global<float>, const Window&,
                                                 Global<float>, void*);
template void launch_first_layer_backward_kernel(Global<const double>, Global<const double>,
                                                 Global<double>, Global<double>, const Window&,
                                                 Global<double>, void*);

}  // namespace pyconv
