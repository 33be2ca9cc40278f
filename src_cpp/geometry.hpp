// SPDX-License-Identifier: BSD-3-Clause
// The checked geometry of a window operation, as pyconv/geometry.py packs it. Letters:
//   image n h w c; filter kh kw; stride sh sw; padding top bottom left right; dilation dil_h dil_w;
//   output oh ow with f channels. A "pixel" is one (h, w) position, a "window" its kh x kw patch.
#pragma once

#include <cstdint>

namespace pyconv {

// Field order is the record's: pyconv/geometry.py lists the same names.
struct Window {
  int64_t n, h, w, c;
  int64_t kh, kw;
  int64_t sh, sw;
  int64_t top, bottom, left, right;
  int64_t dil_h, dil_w;
  int64_t oh, ow, f;
  int64_t groups;
  int64_t channels_first;

  int64_t input_pixels() const { return n * h * w; }
  int64_t output_pixels() const { return n * oh * ow; }
  int64_t group_inputs() const { return c / groups; }
  int64_t group_filters() const { return f / groups; }
  int64_t taps() const { return kh * kw; }
};
static_assert(sizeof(Window) == 19 * sizeof(int64_t), "the packed record has 19 fields");

// How arrays are told to native functions. Those after kFloat64 are the GPU's: kTf32 are float32
// arrays that products round to tf32 when they read them.
enum class Dtype : int { kFloat32 = 0, kFloat64 = 1, kFloat16 = 2, kBfloat16 = 3, kTf32 = 4 };

// The last one cannot be asked for.
enum class Algorithm : int64_t {
  kAuto = 0,
  kDirect = 1,
  kIm2col = 2,
  kWinograd = 3,
  kDepthwise = 4,
};
constexpr int64_t kAlgorithms = 4;
// Convolutions and dense products can end with those up to kTanh.
enum class ActivationKind : int64_t {
  kLinear,
  kRelu,
  kRelu6,
  kSigmoid,
  kTanh,
  kLeakyRelu,
  kElu,
  kSelu,
  kGelu,
  kGeluTanh,
  kSwish,
  kHardSigmoid,
  kHardSwish,
  kSoftplus,
};
constexpr int64_t kFusedActivations = 5;
constexpr int64_t kActivations = 14;

// What leaky_relu and elu take; `slope` is elu's alpha.
struct ActivationOptions {
  double slope, upper, threshold;
};
enum class Interpolation : int64_t { kNearest = 0, kBilinear = 1 };
// What lies beyond an image: one value, its last pixel, its mirror image, or the image again.
enum class FillMode : int64_t { kConstant = 0, kNearest = 1, kReflect = 2, kWrap = 3 };

// How an optimizer moves weights w by gradients g and states s; rate, a, b, c, epsilon: options.
enum class StepRule : int64_t {
  kSgd,               // w -= rate g
  kMomentum,          // s0 = a s0 - rate g;  w += s0
  kNesterov,          // the same s0;  w += a s0 - rate g
  kRmsprop,           // s0 += a (g g - s0);  w -= rate g / sqrt(s0 + epsilon)
  kRmspropMomentum,   // s1 = b s1 + that step;  w -= s1
  kCentered,          // s1 += a (g - s1);  the root of s0 - s1 s1 + epsilon
  kCenteredMomentum,  // both; the momentum is s2
  kAdam,              // s0 += a (g - s0), s1 += b (g g - s1);  w -= rate s0 / (sqrt(s1) + epsilon)
  kAmsgrad,           // s2 = max(s2, s1) under the root
  kAdagrad,           // s0 += g g;  w -= rate g / sqrt(s0 + epsilon)
  kAdadelta,          // s0 += a (g g - s0);  d = g sqrt(s1 + epsilon) / sqrt(s0 + epsilon);
                      // s1 += a (d d - s1);  w -= rate d
  kAdamax,            // s0 += a (g - s0), s1 = max(b s1, |g|);  w -= rate s0 / (s1 + epsilon)
  kNadam,             // s0 and s1 of kAdam;  w -= (rate s0 + c g) / (sqrt(s1) + epsilon)
};
constexpr int64_t kStepRules = 13;
constexpr int kStepStates = 3;

struct StepOptions {
  double rate, decay, a, b, c, epsilon;  // before the rule, w -= decay w
};

// A record of the table that Python packs: addresses, 0 for states that the rule lacks.
struct StepTensor {
  uint64_t param, grad, state[kStepStates];
  int64_t size;
};

}  // namespace pyconv
