// SPDX-License-Identifier: BSD-3-Clause
// The one-dimensional steps of Winograd's minimal filtering F(2, 3), F(4, 3) and F(2, 5), for a
// vector of channels, written as what each output is of the inputs.
#pragma once

#include <cstdint>

namespace {

template <class T, int M, int R>
struct Winograd;

template <class T>
struct Winograd<T, 2, 3> {
  using V = Vec<T>;
  using R = typename V::Reg;

  // B^T
  static void patch(const R (&d)[4], R (&v)[4]) {
    v[0] = V::sub(d[0], d[2]);
    v[1] = V::add(d[1], d[2]);
    v[2] = V::sub(d[2], d[1]);
    v[3] = V::sub(d[1], d[3]);
  }
  // G
  static void filter(const R (&g)[3], R (&u)[4]) {
    const R half = V::set(T(0.5));
    const R ends = V::add(g[0], g[2]);
    u[0] = g[0];
    u[1] = V::mul(half, V::add(ends, g[1]));
    u[2] = V::mul(half, V::sub(ends, g[1]));
    u[3] = g[2];
  }
  // A^T
  static void output(const R (&m)[4], R (&y)[2]) {
    y[0] = V::add(m[0], V::add(m[1], m[2]));
    y[1] = V::sub(V::sub(m[1], m[2]), m[3]);
  }
  // A
  static void gradient(const R (&dy)[2], R (&z)[4]) {
    z[0] = dy[0];
    z[1] = V::add(dy[0], dy[1]);
    z[2] = V::sub(dy[0], dy[1]);
    z[3] = V::sub(V::zero(), dy[1]);
  }
  // B
  static void spread(const R (&v)[4], R (&d)[4]) {
    d[0] = v[0];
    d[1] = V::add(V::sub(v[1], v[2]), v[3]);
    d[2] = V::sub(V::add(v[1], v[2]), v[0]);
    d[3] = V::sub(V::zero(), v[3]);
  }
  // G^T
  static void filter_gradient(const R (&u)[4], R (&g)[3]) {
    const R half = V::set(T(0.5));
    const R even = V::mul(half, V::add(u[1], u[2]));
    g[0] = V::add(u[0], even);
    g[1] = V::mul(half, V::sub(u[1], u[2]));
    g[2] = V::add(even, u[3]);
  }
};

// What F(4, 3) and F(2, 5) share: the points 0, 1, -1, 2, -2 and infinity.
template <class T>
struct WinogradOfSix {
  using V = Vec<T>;
  using R = typename V::Reg;

  static R times(double factor, R a) { return V::mul(V::set(T(factor)), a); }
  // a + factor * b
  static R plus(R a, double factor, R b) { return V::fma(V::set(T(factor)), b, a); }

  static void patch(const R (&d)[6], R (&v)[6]) {
    const R even = plus(d[4], -4, d[2]);
    const R odd = plus(d[3], -4, d[1]);
    const R even2 = V::sub(d[4], d[2]);
    const R odd2 = times(2, V::sub(d[3], d[1]));
    v[0] = plus(plus(d[4], -5, d[2]), 4, d[0]);
    v[1] = V::add(even, odd);
    v[2] = V::sub(even, odd);
    v[3] = V::add(even2, odd2);
    v[4] = V::sub(even2, odd2);
    v[5] = plus(plus(d[5], -5, d[3]), 4, d[1]);
  }
  static void spread(const R (&v)[6], R (&d)[6]) {
    const R even = V::add(v[1], v[2]), odd = V::sub(v[2], v[1]);
    const R even2 = V::add(v[3], v[4]), odd2 = V::sub(v[4], v[3]);
    d[0] = times(4, v[0]);
    d[1] = plus(times(4, V::add(odd, v[5])), 2, odd2);
    d[2] = V::sub(plus(times(-4, even), -5, v[0]), even2);
    d[3] = V::sub(times(-5, v[5]), plus(odd, 2, odd2));
    d[4] = V::add(v[0], V::add(even, even2));
    d[5] = v[5];
  }
};

template <class T>
struct Winograd<T, 4, 3> : WinogradOfSix<T> {
  using Six = WinogradOfSix<T>;
  using Six::plus;
  using Six::times;
  using typename Six::R;
  using typename Six::V;

  static void filter(const R (&g)[3], R (&u)[6]) {
    const R ends = times(-1.0 / 6, V::add(g[0], g[2]));
    const R far = plus(times(1.0 / 24, g[0]), 1.0 / 6, g[2]);
    u[0] = times(0.25, g[0]);
    u[1] = plus(ends, -1.0 / 6, g[1]);
    u[2] = plus(ends, 1.0 / 6, g[1]);
    u[3] = plus(far, 1.0 / 12, g[1]);
    u[4] = plus(far, -1.0 / 12, g[1]);
    u[5] = g[2];
  }
  static void output(const R (&m)[6], R (&y)[4]) {
    const R even = V::add(m[1], m[2]), odd = V::sub(m[1], m[2]);
    const R even2 = V::add(m[3], m[4]), odd2 = V::sub(m[3], m[4]);
    y[0] = V::add(V::add(m[0], even), even2);
    y[1] = plus(odd, 2, odd2);
    y[2] = plus(even, 4, even2);
    y[3] = V::add(plus(odd, 8, odd2), m[5]);
  }
  static void gradient(const R (&dy)[4], R (&z)[6]) {
    const R even = V::add(dy[0], dy[2]), odd = V::add(dy[1], dy[3]);
    const R even2 = plus(dy[0], 4, dy[2]);
    const R odd2 = times(2, plus(dy[1], 4, dy[3]));
    z[0] = dy[0];
    z[1] = V::add(even, odd);
    z[2] = V::sub(even, odd);
    z[3] = V::add(even2, odd2);
    z[4] = V::sub(even2, odd2);
    z[5] = dy[3];
  }
  static void filter_gradient(const R (&u)[6], R (&g)[3]) {
    const R even = times(-1.0 / 6, V::add(u[1], u[2]));
    const R odd = times(1.0 / 6, V::sub(u[2], u[1]));
    const R even2 = V::add(u[3], u[4]), odd2 = V::sub(u[3], u[4]);
    g[0] = V::add(plus(even, 1.0 / 24, even2), times(0.25, u[0]));
    g[1] = plus(odd, 1.0 / 12, odd2);
    g[2] = V::add(plus(even, 1.0 / 6, even2), u[5]);
  }
};

template <class T>
struct Winograd<T, 2, 5> : WinogradOfSix<T> {
  using Six = WinogradOfSix<T>;
  using Six::plus;
  using Six::times;
  using typename Six::R;
  using typename Six::V;

  static void filter(const R (&g)[5], R (&u)[6]) {
    const R even = times(-1.0 / 6, V::add(V::add(g[0], g[2]), g[4]));
    const R odd = times(1.0 / 6, V::add(g[1], g[3]));
    const R even2 = plus(plus(times(1.0 / 24, g[0]), 1.0 / 6, g[2]), 2.0 / 3, g[4]);
    const R odd2 = plus(times(1.0 / 12, g[1]), 1.0 / 3, g[3]);
    u[0] = times(0.25, g[0]);
    u[1] = V::sub(even, odd);
    u[2] = V::add(even, odd);
    u[3] = V::add(even2, odd2);
    u[4] = V::sub(even2, odd2);
    u[5] = g[4];
  }
  static void output(const R (&m)[6], R (&y)[2]) {
    y[0] = V::add(V::add(m[0], V::add(m[1], m[2])), V::add(m[3], m[4]));
    y[1] = V::add(plus(V::sub(m[1], m[2]), 2, V::sub(m[3], m[4])), m[5]);
  }
  static void gradient(const R (&dy)[2], R (&z)[6]) {
    z[0] = dy[0];
    z[1] = V::add(dy[0], dy[1]);
    z[2] = V::sub(dy[0], dy[1]);
    z[3] = plus(dy[0], 2, dy[1]);
    z[4] = plus(dy[0], -2, dy[1]);
    z[5] = dy[1];
  }
  static void filter_gradient(const R (&u)[6], R (&g)[5]) {
    const R even = times(-1.0 / 6, V::add(u[1], u[2]));
    const R odd = times(1.0 / 6, V::sub(u[2], u[1]));
    const R even2 = V::add(u[3], u[4]), odd2 = V::sub(u[3], u[4]);
    g[0] = V::add(plus(even, 1.0 / 24, even2), times(0.25, u[0]));
    g[1] = plus(odd, 1.0 / 12, odd2);
    g[2] = plus(even, 1.0 / 6, even2);
    g[3] = plus(odd, 1.0 / 3, odd2);
    g[4] = V::add(plus(even, 2.0 / 3, even2), u[5]);
  }
};

}  // namespace
