// SPDX-License-Identifier: BSD-3-Clause
// The function table that each instruction set fills, and the plain structs its kernels take.
// Plain data only: isa/*.cpp include this header under -m flags, so nothing here may emit code.
#pragma once

#include <cstdint>

#include "geometry.hpp"
#include "tile_kernels.hpp"

namespace pyconv {

// sums[rows x cols] += A[rows x k] * B[k x cols]; rows of sums are `pitch` apart.
template <class T>
using ThinProduct = void (*)(int64_t rows, int64_t k, const T* const* a, const T* b, int64_t ldb,
                             T* sums, int64_t pitch, int64_t cols);

// A piece of one window that is contiguous in memory: `taps` neighbouring taps of `length`
// elements each, the first at (off_h, off_w) from the window's origin.
struct Run {
  int64_t off_h, off_w;  // pixels
  int64_t taps;
  int64_t length;   // elements per tap; taps > 1 only where taps touch (length = pixel pitch)
  int64_t channel;  // first channel
};

// Where windows lie: output pixel (i, j) of image n has its origin at source pixel
// (i * step_h + off_h, j * step_w + off_w).
template <class T>
struct Gather {
  const T* source;
  int64_t h, w;         // source pixels
  int64_t image_pitch;  // elements between images
  int64_t row_pitch;    // elements between rows
  int64_t pixel_pitch;  // elements between pixels
  int64_t grid_h, grid_w;
  int64_t step_h, step_w;
  int64_t off_h, off_w;
};

// Copies the runs of `count` consecutive output pixels from `first` on into rows of `ld` elements;
// what lies outside the source is zero.
template <class T>
using GatherRows = void (*)(const Gather<T>& gather, const Run* runs, int64_t run_count,
                            int64_t first, int64_t count, T* rows, int64_t ld);

// The adjoint: adds rows of `ld` elements to the pixels that GatherRows copies them from; `target`
// stands for the source. What lies outside the target is dropped.
template <class T>
using ScatterRows = void (*)(const Gather<T>& gather, const Run* runs, int64_t run_count,
                             int64_t first, int64_t count, const T* rows, int64_t ld, T* target);
constexpr int kPoolKinds = 2;
// Which pixel wins a window.
enum class PoolKind : int { kMax = 0, kMin = 1 };

// One row of pooling windows of a channels_last image, or of one plane (c = 1).
template <class T>
struct PoolRow {
  const T* x;    // the image
  T* y;          // (ow, c)
  void* argmax;  // (ow, c), or null
  bool bytes;    // uint8 offsets, else int32
  int64_t h, w, c;
  int64_t row_pitch, pixel_pitch;
  int64_t kh, kw, sw, left;
  int64_t origin_h;  // the windows' first row, may be negative
  int64_t ow;
  int64_t counted_rows;                 // of a window that an average divides by
  int64_t counted_left, counted_right;  // the columns that it counts
};

// What windows whose first row is `dy` send to pixels: to the row `dx`, or, where windows lie side
// by side, to `rows` rows from there on.
template <class T>
struct BestGradient {
  const T* dy;         // (ow, c), rows without gaps
  const void* argmax;  // the same
  bool bytes;          // uint8 offsets, else int32
  T* dx;               // (w, c)
  int64_t w, c;
  int64_t kw, sh, sw, left;
  int64_t ow;
  int64_t rows;      // of windows that reach the pixels; of pixels that they reach
  int64_t tap_row;   // which row of the first windows `dx` is
  int64_t from, to;  // the pixels of the row that are written
};

// What the windows of one output row send to one row of pixels, a share to each.
template <class T>
struct PoolRowGradient {
  const T* dy;  // (ow, c)
  T* dx;        // (w, c)
  bool assign;
  int64_t w, c;
  int64_t kw, sw, left;
  int64_t ow;
  int64_t counted_rows, counted_left, counted_right;  // as in PoolRow
};

template <class T>
using PoolRowOf = void (*)(const PoolRow<T>& row);
template <class T>
using PoolRowGradientOf = void (*)(const PoolRowGradient<T>& row);

// An output pixel as a sum of up to four input pixels, each by a weight.
template <class T>
struct SampledPixel {
  int64_t from[4];  // pixels of the image
  T weight[4];
  int count;
  T constant;  // what the pixels beyond the image add
};

// A place on an axis: between two neighbours, whose weights are `rest` and `fraction`. On a pixel
// both are this one.
template <class T>
struct Blend {
  int64_t lower, upper;
  T rest, fraction;
};

template <class T>
struct StepRates {
  T rate, decay, a, b, c, epsilon;
};

template <class T>
struct StepPiece {
  T* param;
  const T* grad;
  T* state[kStepStates];
  int64_t count;
};

template <class T>
using OptimizerStep = void (*)(const StepPiece<T>& piece, const StepRates<T>& rates);

template <class T>
using Move = void (*)(T* to, const T* from, int64_t count);

// to[j * to_pitch + i] = from[i * from_pitch + j] for i below rows and j below columns.
template <class T>
using Transpose = void (*)(const T* from, int64_t from_pitch, T* to, int64_t to_pitch, int64_t rows,
                           int64_t columns);

// sums[j] = sum over i, in order, of rows[i * pitch + j].
template <class T>
using SumRows = void (*)(const T* rows, int64_t pitch, int64_t count, int64_t columns, T* sums);

// to[i] += the sum over t below terms, in order, of from[t * pitch + i].
template <class T>
using AddTerms = void (*)(T* to, int64_t count, const T* from, int64_t pitch, int64_t terms);

template <class T>
using Activate = void (*)(const T* x, T* y, int64_t count, const ActivationOptions& options);
// From y up to kTanh, from x beyond.
template <class T>
using ActivateBackward = void (*)(const T* dy, const T* kept, T* dx, int64_t count,
                                  const ActivationOptions& options);

// A normalisation can end with the activations up to kRelu6.
constexpr int64_t kNormCurves = 3;

// Of each column of rows that are normalised; the centre is the sum of the first two, the last two
// are of the gradient alone.
template <class T>
struct NormColumns {
  const T *centre, *rest, *scale, *shift, *offset, *slope;
  bool far;  // the rows come from memory
};

// Which elements are dropped: those whose random word is below `limit`; the others are scaled.
struct DropoutMask {
  uint64_t seed;
  uint32_t limit;
  double scale;
};

// A row of windows whose channels stay apart: window j meets, by tap (r, s), pixel
// origin + j * step + s * apart of rows[r]; beyond the row there are zeros. The tap's weights are
// kernel[(r * kw + s) * channels + ch]. Two lines are of 3 x 3 windows without gaps between taps,
// step 1 or 2, four at least, and as many channels as lanes: the second one meets rows[step + r].
template <class T>
struct DepthwiseRow {
  const T* const* rows;  // of w pixels each
  int64_t w;
  int64_t kh, kw;
  int64_t origin, step, apart;
  const T* kernel;
  int64_t channels;
  T* out;
  int64_t out_step;  // elements
  int64_t count;
  TileEnd<T> end;
  int64_t lines;     // of windows, at most depthwise_lines of the table
  int64_t out_line;  // elements between them
};

// sums[t * channels + ch] = or += the sum over the row's pixels of source times dy.
template <class T>
struct DepthwiseKernelRow {
  const T* source;
  int64_t step;
  const int64_t* offset;
  int64_t taps;
  const T* dy;
  int64_t dy_step;
  int64_t channels;
  int64_t count;
  T* sums;
  bool assign;
};

// The same of 3 x 3 neighbouring taps, from rows as DepthwiseRow has them.
template <class T>
struct DepthwiseKernelWindows {
  const T* const* rows;
  int64_t w;
  int64_t origin, step;  // step 1 or 2
  const T* dy;           // (count, channels)
  int64_t channels;
  int64_t count;
  T* sums;
  bool assign;
};

// The gradient of filters of one-channel images: sums over pixels of results whose windows lie side
// by side in each span of x, which says where the first begins and how many there are.
template <class T>
struct SlideGradient {
  const Span* spans;
  int64_t count;      // of spans
  const T* x;         // padded
  int64_t row_pitch;  // from one row of taps to the next
  int64_t kh, kw;     // kw: 3 or 5
  const T* dy;        // `cols` gradients of each pixel, at most a vector
  int64_t dy_pitch, cols;
  T* sums;  // (kh * kw, cols)
  int64_t sums_pitch;
  bool accumulate;
};

// A square of pixels under a Winograd tile, of which those in [top, bottom) x [left, right) are in
// the image.
template <class T>
struct WinogradSquare {
  const T* pixels;  // of its first row and column, may lie outside
  int64_t row_pitch, pixel_pitch;
  int64_t top, bottom, left, right;
};

// The transforms of F(m x m, r x r): frequencies are `pitch` elements apart.
template <class T>
struct WinogradKernels {
  int m, r;
  int64_t side() const { return m + r - 1; }
  int64_t frequencies() const { return side() * side(); }
  void (*patch)(const WinogradSquare<T>& square, int64_t channels, T* to, int64_t pitch);
  void (*gradient)(const WinogradSquare<T>& square, int64_t channels, T* to, int64_t pitch);
  void (*filter)(const T* g, int64_t tap_pitch, int64_t count, T* to, int64_t pitch);
  void (*output)(const T* m, int64_t pitch, const WinogradSquare<T>& square, T* pixels,
                 int64_t count, const TileEnd<T>& end);
  // Of tiles of m x m that spread over a square of `side` pixels: adds to those that the tiles
  // above and beside have written, the first two rows or columns, and writes the others. r = 3
  // alone.
  void (*spread)(const T* m, int64_t pitch, const WinogradSquare<T>& square, T* pixels,
                 int64_t count, bool above, bool beside);
  void (*filter_gradient)(const T* u, int64_t pitch, int64_t part_pitch, int64_t parts,
                          int64_t count, T* dkernel, int64_t tap_pitch);
};

template <class T>
struct KernelTable {
  int width;                    // lanes of a vector
  int max_vecs;                 // widest tile
  int row_tile_rows[kMaxVecs];  // the tallest row tile for 1, 2, ... vectors
  int indexed_tile_rows[kMaxVecs];
  int column_tile_rows[kMaxVecs];
  int strided_tile_rows[kMaxVecs];
  int window_tile_rows[kMaxWindowVecs];
  RowTile<T> row_tile[kMaxVecs][kMaxRows];  // [vectors - 1][rows - 1]
  IndexedTile<T> indexed_tile[kMaxVecs][kMaxRows];
  ColumnTile<T> column_tile[kMaxVecs][kMaxRows];
  StridedTile<T> strided_tile[kMaxVecs][kMaxRows];  // float32 alone
  SpanTile<T> span_tile[kMaxVecs][kMaxRows];        // as tall as column tiles, as are the next
  PlaneTile<T> plane_tile[kMaxVecs][kMaxRows];
  WindowTile<T> window_tile[kMaxWindowVecs][kMaxRows];
  ThinProduct<T> thin_product;
  WinogradKernels<T> winograd2, winograd4, winograd_of5;  // float32 alone
  GatherRows<T> gather_rows;
  ScatterRows<T> scatter_rows;
  AddTerms<T> add_terms;
  int depthwise_lines;  // that depthwise_row can take
  void (*depthwise_row)(const DepthwiseRow<T>& row);
  void (*depthwise_kernel_row)(const DepthwiseKernelRow<T>& row);
  void (*add_pairs)(const T* a, const T* b, T* y, int64_t count);
  void (*depthwise_kernel_windows)(const DepthwiseKernelWindows<T>& row);
  int slide_taps;  // the most of a row that slide_gradient can take
  void (*slide_gradient)(const SlideGradient<T>& gradient);
  Move<T> stream;  // copies past the caches; the caller orders it by `fence`
  // to[i] = from[i * step]
  void (*copy_every)(T* to, const T* from, int64_t step, int64_t count);
  // `rows` rows of `columns` elements; whether all of them are finite.
  bool (*copy_rows)(const T* from, int64_t from_pitch, T* to, int64_t to_pitch, int64_t rows,
                    int64_t columns);
  // The windows that begin at from + origin[pixel], cut into tiles that begin with their elements
  // first[tile]; first[tiles] ends the last. A tile's pixels follow each other, `height` apart.
  void (*pack_windows)(const T* from, const int64_t* origin, int64_t pixels, const int64_t* first,
                       int64_t tiles, int64_t height, T* to, int64_t pitch);
  void (*fence)();
  Transpose<T> transpose;
  SumRows<T> sum_rows;
  Activate<T> activation[kActivations];
  ActivateBackward<T> activation_backward[kActivations];
  PoolRowOf<T> pool_row[kPoolKinds], pool_row_with_offsets[kPoolKinds];
  PoolRowOf<T> pool_plane_row[kPoolKinds], pool_plane_row_with_offsets[kPoolKinds];
  PoolRowOf<T> average_row, average_plane_row;
  void (*best_tiles_backward)(const BestGradient<T>& gradient);
  void (*best_row_backward)(const BestGradient<T>& gradient);
  PoolRowGradientOf<T> average_row_backward, average_plane_row_backward;
  // Of pixels `pitch` elements apart the first `c` elements; `backward` adds to dx.
  void (*sample_pixels)(const T* image, const SampledPixel<T>* pixels, int64_t count, T* y,
                        int64_t pitch, int64_t c);
  void (*sample_pixels_backward)(const T* dy, const SampledPixel<T>* pixels, int64_t count, T* dx,
                                 int64_t pitch, int64_t c);
  // y = lower * rest + upper * fraction, never beyond the two.
  void (*blend_rows)(const T* lower, const T* upper, T rest, T fraction, T* y, int64_t count);
  // The same along a row of pixels of `c` elements: y (count, c).
  void (*blend_pixels)(const T* row, const Blend<T>* places, int64_t count, int64_t c, T* y);
  T (*row_max)(const T* x, int64_t count);
  void (*exp_row)(const T* x, T shift, T* y, int64_t count);
  void (*divide_row)(T* x, T divisor, int64_t count);
  OptimizerStep<T> optimizer_step[kStepRules];
  // Rows (count, c) with one coefficient per column; those with a curve by its ActivationKind.
  // What each column of `count` rows adds to its sums: quickly, or all in double.
  void (*add_quick_moments_to_columns)(const T* x, int64_t count, int64_t c, const T* centre,
                                       double* sums, double* squares);
  void (*add_moments_to_columns)(const T* x, int64_t count, int64_t c, const double* centre,
                                 double* sums, double* squares);
  void (*normalize_rows[kNormCurves])(const T* x, const T* residual, T* y, int64_t count, int64_t c,
                                      const NormColumns<T>& columns);
  void (*add_gradients_to_columns[kNormCurves])(const T* dy, const T* x, int64_t count, int64_t c,
                                                const NormColumns<T>& columns, double* sums,
                                                double* products);
  void (*add_passing_gradients_to_columns[kNormCurves])(const T* dy, const T* y, const T* x, T* dz,
                                                        int64_t count, int64_t c,
                                                        const NormColumns<T>& columns, double* sums,
                                                        double* products);
  void (*normalize_rows_backward[kNormCurves])(const T* dy, const T* x, T* dx, int64_t count,
                                               int64_t c, const NormColumns<T>& columns);
  // y = x masked; element i of x has the random word first + i.
  void (*dropout)(const T* x, T* y, int64_t first, int64_t count, const DropoutMask& mask);
  void (*sigmoid_cross_entropy)(const T* logits, const T* targets, T* loss, int64_t count,
                                double label_smoothing);
  void (*sigmoid_cross_entropy_backward)(const T* dloss, const T* logits, const T* targets,
                                         T* dlogits, int64_t count, double label_smoothing);
  T (*probe_fma)(int64_t steps);
  int probe_flops;  // per step
};

constexpr int64_t kMostQuads = 4;  // pixels of four floats in the widest vector

// For each of a row's pixels: where the first of the two begins that it lies between, counted in
// elements, and their weights, each four times. The second follows it, also the last one, where
// its weight is zero. All three arrays go on to a multiple of kMostQuads pixels.
struct Quads {
  const int64_t* places;
  const float *rest, *fraction;
};

// Rows of a decoded picture; blended as by blend_rows and blend_pixels, to the bit.
struct PixelKernels {
  void (*blend_bytes)(const uint8_t* lower, const uint8_t* upper, float rest, float fraction,
                      float* y, int64_t count);
  // From pixels of four floats: y (count, 3) or (count, 4).
  void (*blend_triples)(const float* row, const Quads& places, int64_t count, float* y);
  void (*blend_quads)(const float* row, const Quads& places, int64_t count, float* y);
};

struct Kernels {
  const char* name;
  KernelTable<float> f32;
  KernelTable<double> f64;
  PixelKernels pixels;
};

extern const Kernels scalar_kernels;
extern const Kernels avx2_kernels;
extern const Kernels avx512_kernels;

}  // namespace pyconv
