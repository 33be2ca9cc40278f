// SPDX-License-Identifier: BSD-3-Clause
// One pass over a piece of a parameter: weights and states read and written once.
#pragma once

#include "kernels.hpp"
#include "micro/move.hpp"

namespace {

// The options of a step in every lane.
template <class T>
struct LaneRates {
  using Reg = typename Vec<T>::Reg;
  Reg rate, a, b, c, epsilon;

  explicit LaneRates(const pyconv::StepRates<T>& rates)
      : rate(Vec<T>::set(rates.rate)),
        a(Vec<T>::set(rates.a)),
        b(Vec<T>::set(rates.b)),
        c(Vec<T>::set(rates.c)),
        epsilon(Vec<T>::set(rates.epsilon)) {}
};

template <class T>
using Lanes = typename Vec<T>::Reg;

// mean += a (value - mean)
template <class T>
inline void decay_to(Lanes<T>& mean, Lanes<T> value, Lanes<T> a) {
  mean = Vec<T>::fma(Vec<T>::sub(value, mean), a, mean);
}

// mean += a (g g - mean)
template <class T>
inline void decay_to_square(Lanes<T>& mean, Lanes<T> g, Lanes<T> a) {
  using V = Vec<T>;
  mean = V::fma(V::fma(g, g, V::sub(V::zero(), mean)), a, mean);
}

// A rule returns what the weights lose, and updates its states s.
template <class T>
struct SgdRule {
  static constexpr int states = 0;
  static Lanes<T> step(Lanes<T> g, Lanes<T>*, const LaneRates<T>& r) {
    return Vec<T>::mul(r.rate, g);
  }
};

template <class T, bool nesterov>
struct MomentumRule {
  static constexpr int states = 1;
  static Lanes<T> step(Lanes<T> g, Lanes<T>* s, const LaneRates<T>& r) {
    using V = Vec<T>;
    const Lanes<T> plain = V::mul(r.rate, g);
    s[0] = V::fma(r.a, s[0], V::sub(V::zero(), plain));
    const Lanes<T> back = V::sub(V::zero(), s[0]);
    return nesterov ? V::fma(r.a, back, plain) : back;
  }
};

template <class T, bool centered, bool momentum>
struct RmspropRule {
  static constexpr int states = 1 + centered + momentum;
  static Lanes<T> step(Lanes<T> g, Lanes<T>* s, const LaneRates<T>& r) {
    using V = Vec<T>;
    decay_to_square<T>(s[0], g, r.a);
    Lanes<T> square = s[0];
    if constexpr (centered) {
      decay_to<T>(s[1], g, r.a);
      square = V::fma(V::sub(V::zero(), s[1]), s[1], square);
    }
    const Lanes<T> plain = V::div(V::mul(r.rate, g), V::sqrt(V::add(square, r.epsilon)));
    if constexpr (momentum) {
      s[states - 1] = V::fma(r.b, s[states - 1], plain);
      return s[states - 1];
    }
    return plain;
  }
};

template <class T, bool amsgrad>
struct AdamRule {
  static constexpr int states = 2 + amsgrad;
  static Lanes<T> step(Lanes<T> g, Lanes<T>* s, const LaneRates<T>& r) {
    using V = Vec<T>;
    decay_to<T>(s[0], g, r.a);
    decay_to_square<T>(s[1], g, r.b);
    if constexpr (amsgrad) s[2] = V::max(s[2], s[1]);
    return V::div(V::mul(s[0], r.rate), V::add(V::sqrt(s[states - 1]), r.epsilon));
  }
};

template <class T>
struct AdagradRule {
  static constexpr int states = 1;
  static Lanes<T> step(Lanes<T> g, Lanes<T>* s, const LaneRates<T>& r) {
    using V = Vec<T>;
    s[0] = V::fma(g, g, s[0]);
    return V::div(V::mul(r.rate, g), V::sqrt(V::add(s[0], r.epsilon)));
  }
};

template <class T>
struct AdadeltaRule {
  static constexpr int states = 2;
  static Lanes<T> step(Lanes<T> g, Lanes<T>* s, const LaneRates<T>& r) {
    using V = Vec<T>;
    decay_to_square<T>(s[0], g, r.a);
    const Lanes<T> root = V::sqrt(V::add(s[1], r.epsilon));
    const Lanes<T> move = V::div(V::mul(g, root), V::sqrt(V::add(s[0], r.epsilon)));
    decay_to_square<T>(s[1], move, r.a);
    return V::mul(r.rate, move);
  }
};

template <class T>
struct AdamaxRule {
  static constexpr int states = 2;
  static Lanes<T> step(Lanes<T> g, Lanes<T>* s, const LaneRates<T>& r) {
    using V = Vec<T>;
    decay_to<T>(s[0], g, r.a);
    s[1] = V::max(V::mul(r.b, s[1]), V::max(g, V::sub(V::zero(), g)));
    return V::div(V::mul(s[0], r.rate), V::add(s[1], r.epsilon));
  }
};

template <class T>
struct NadamRule {
  static constexpr int states = 2;
  static Lanes<T> step(Lanes<T> g, Lanes<T>* s, const LaneRates<T>& r) {
    using V = Vec<T>;
    decay_to<T>(s[0], g, r.a);
    decay_to_square<T>(s[1], g, r.b);
    const Lanes<T> ahead = V::fma(r.c, g, V::mul(s[0], r.rate));
    return V::div(ahead, V::add(V::sqrt(s[1]), r.epsilon));
  }
};

template <class T, class Rule>
void optimizer_step(const pyconv::StepPiece<T>& piece, const pyconv::StepRates<T>& rates) {
  using V = Vec<T>;
  const LaneRates<T> lanes(rates);
  const Lanes<T> decay = V::set(rates.decay);
  const bool decays = rates.decay != T(0);
  for (int64_t i = 0; i < piece.count; i += V::width) {
    const int64_t here = piece.count - i;
    Lanes<T> s[Rule::states + 1];
    for (int k = 0; k < Rule::states; ++k) s[k] = load_first<T>(piece.state[k] + i, here);
    Lanes<T> w = load_first<T>(piece.param + i, here);
    if (decays) w = V::fma(V::sub(V::zero(), decay), w, w);
    w = V::sub(w, Rule::step(load_first(piece.grad + i, here), s, lanes));
    for (int k = 0; k < Rule::states; ++k) store_first(piece.state[k] + i, s[k], here);
    store_first(piece.param + i, w, here);
  }
}

template <class T>
constexpr void fill_optimizer_steps(pyconv::KernelTable<T>& table) {
  const auto fill = [&table](pyconv::StepRule rule, pyconv::OptimizerStep<T> step) {
    table.optimizer_step[static_cast<int>(rule)] = step;
  };
  using pyconv::StepRule;
  fill(StepRule::kSgd, &optimizer_step<T, SgdRule<T>>);
  fill(StepRule::kMomentum, &optimizer_step<T, MomentumRule<T, false>>);
  fill(StepRule::kNesterov, &optimizer_step<T, MomentumRule<T, true>>);
  fill(StepRule::kRmsprop, &optimizer_step<T, RmspropRule<T, false, false>>);
  fill(StepRule::kRmspropMomentum, &optimizer_step<T, RmspropRule<T, false, true>>);
  fill(StepRule::kCentered, &optimizer_step<T, RmspropRule<T, true, false>>);
  fill(StepRule::kCenteredMomentum, &optimizer_step<T, RmspropRule<T, true, true>>);
  fill(StepRule::kAdam, &optimizer_step<T, AdamRule<T, false>>);
  fill(StepRule::kAmsgrad, &optimizer_step<T, AdamRule<T, true>>);
  fill(StepRule::kAdagrad, &optimizer_step<T, AdagradRule<T>>);
  fill(StepRule::kAdadelta, &optimizer_step<T, AdadeltaRule<T>>);
  fill(StepRule::kAdamax, &optimizer_step<T, AdamaxRule<T>>);
  fill(StepRule::kNadam, &optimizer_step<T, NadamRule<T>>);
}

}  // namespace
