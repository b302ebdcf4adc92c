// Elementary functions over a lanes type: exp, erf, and the activations that use them.
//
// exp(x) is 2^n times a polynomial in r. n = rint(x / ln 2) comes from one addition of kRoundMagic, which leaves n in
// the low bits of t. r = x - n ln 2, computed in two steps, is at most half of ln 2. Adding n to the exponent field of
// the polynomial multiplies it by 2^n.
//
//   x                t = x / ln 2 + magic          p = polynomial(r)
//   | lane 0 .. |    | 0x4B400000 + n .. |         | p .. |   + (t << 23)  =  | p 2^n .. |
#pragma once

#include "kernels/lanes.h"

namespace tidbit {

template <ArithmeticLanes L>
struct Elementary {
  using Floats = typename L::Floats;

  // 0 below -87, exp(88) above 88.
  static Floats exp(Floats x) {
    const Floats clamped = L::min(x, L::set(88.0f));
    const Floats t = L::fma(clamped, L::set(0x1.715476p+0f), L::set(kRoundMagic));
    const Floats n = L::sub(t, L::set(kRoundMagic));
    Floats r = L::fma(n, L::set(-0x1.62e400p-1f), clamped);
    r = L::fma(n, L::set(-0x1.7f7d1cp-20f), r);
    Floats p = L::set(0.0013950489f);
    p = L::fma(p, r, L::set(0.00836889f));
    p = L::fma(p, r, L::set(0.041666206f));
    p = L::fma(p, r, L::set(0.16666518f));
    p = L::fma(p, r, L::set(0.5f));
    p = L::fma(p, L::mul(r, r), r);
    p = L::add(p, L::set(1.0f));
    return L::less(x, L::set(-87.0f), L::set(0.0f), L::add_to_exponent(p, t));
  }

  static Floats erf(Floats x) {
    const Floats t = L::min(L::abs(x), L::set(4.0f));
    const Floats z = L::mul(t, t);
    Floats s = L::set(7.889119e-05f);
    s = L::fma(s, z, L::set(-0.0008020841f));
    s = L::fma(s, z, L::set(0.005189535f));
    s = L::fma(s, z, L::set(-0.026854444f));
    s = L::fma(s, z, L::set(0.112836f));
    s = L::fma(s, z, L::set(-0.37612626f));
    s = L::fma(s, z, L::set(1.1283791f));
    const Floats small = L::mul(s, t);
    Floats q = L::set(-0.0001855749f);
    q = L::fma(q, t, L::set(0.0029396156f));
    q = L::fma(q, t, L::set(-0.021805352f));
    q = L::fma(q, t, L::set(0.10303743f));
    q = L::fma(q, t, L::set(0.6382256f));
    q = L::fma(q, t, L::set(1.12704f));
    q = L::fma(q, t, L::set(0.00035370892f));
    const Floats large = L::sub(L::set(1.0f), exp(L::sub(L::set(0.0f), q)));
    return L::copy_sign(L::less(t, L::set(1.0f), small, large), x);
  }

  // x / (1 + exp(-u)): SiLU with u = x, and GELU's tanh form with u = 2 sqrt(2 / pi) (x + 0.044715 x^3).
  static Floats gate(Floats x, Floats u) { return L::div(x, L::add(L::set(1.0f), exp(L::sub(L::set(0.0f), u)))); }

  // From t = exp(-2 |x|): (1 - t) / (1 + t), with the sign of x. From 64 on it is 1, and exp(NaN) is a number: the
  // reciprocal makes tanh(NaN) NaN without making that of infinity one.
  static Floats tanh(Floats x) {
    const Floats one = L::set(1.0f), m = L::abs(x), t = exp(L::mul(m, L::set(-2.0f)));
    const Floats quotient = L::div(L::sub(one, t), L::add(one, t));
    const Floats limit = L::fma(L::div(one, m), L::set(0.0f), one);
    return L::copy_sign(L::less(m, L::set(64.0f), quotient, limit), x);
  }

  static Floats relu(Floats x) { return L::max(x, L::set(0.0f)); }
  static Floats relu_squared(Floats x) {
    const Floats positive = relu(x);
    return L::mul(positive, positive);
  }
  static Floats silu(Floats x) { return gate(x, x); }
  static Floats gelu_tanh(Floats x) {
    const Floats inner = L::fma(L::mul(x, x), L::set(0.071354814f), L::set(1.5957691f));
    return gate(x, L::mul(x, inner));
  }
  static Floats gelu_erf(Floats x) {
    const Floats half = L::mul(x, L::set(0.5f));
    return L::fma(half, erf(L::mul(x, L::set(0.70710677f))), half);
  }

  // xIELU (Huang and Schlag 2024) with beta = 1 / 2: p x^2 + x / 2 for x > 0, n (exp(min(x, -1e-6)) - 1 - x) + x / 2
  // otherwise.
  static Floats xielu(Floats x, Floats p, Floats n) {
    const Floats half = L::mul(x, L::set(0.5f));
    const Floats positive = L::add(L::mul(L::mul(p, x), x), half);
    const Floats minus_one = L::sub(exp(L::min(x, L::set(-1e-6f))), L::set(1.0f));
    const Floats negative = L::add(L::mul(L::sub(minus_one, x), n), half);
    return L::less(L::set(0.0f), x, positive, negative);
  }

  // (u + 1) * g / (1 + exp(-a g)) with g = min(gate, limit) and u between -limit and limit.
  static Floats clamped_silu(Floats gate_in, Floats up, Floats a, Floats limit) {
    const Floats g = L::min(gate_in, limit), u = L::min(L::max(up, L::sub(L::set(0.0f), limit)), limit);
    return L::mul(L::add(u, L::set(1.0f)), gate(g, L::mul(a, g)));
  }
};

}  // namespace tidbit
