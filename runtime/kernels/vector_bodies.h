// The float kernels, written once over a type of lanes: functions and vectors. The one-lane instance is the scalar
// reference; a wider one computes the same operations in the same order on several outputs (or several of the 16
// partial sums) at once.
//
// A lanes type L has: F, a vector of L::width floats (1, 2, 4, 8 or 16); load, store, and load_part and store_part for
// n < width elements (the others are 0 and are not touched in memory); set, add, sub, mul, div, fma(a, b, c) = a b + c;
// min(a, b) = a < b ? a : b and max(a, b) = a > b ? a : b, NaN and zeros included; less(a, b, yes, no) = a < b ? yes :
// no; abs; copy_sign(magnitude, sign); scale2(x, t), which adds the integer that kRoundMagic left in t to the exponent
// of x. What matrices and attention ask for beside it: matmul_bodies.h.
//
// Loops over arrays of registers are unrolled by pragma: only then do compilers keep the arrays in registers.
#pragma once

#include "format/features.h"
#include "base/arith.h"
#include "kernels/kernels.h"

namespace tidbit {

// Adding it to |x| < 2^22 leaves round-to-nearest-even of x in the low bits of the mantissa.
inline constexpr float kRoundMagic = 12582912.0f;  // 1.5 * 2^23
inline constexpr std::uint32_t kRoundMagicBits = 0x4B400000;

template <class L>
struct VectorBodies {
  using F = typename L::F;
  static constexpr std::uint32_t W = L::width;
  static constexpr std::uint32_t kParts = 16 / W;

  // ---- elementary functions ----

  // exp: 0 below -87, exp(88) above 88.
  static F exp(F x) {
    const F clamped = L::min(x, L::set(88.0f));
    const F t = L::fma(clamped, L::set(0x1.715476p+0f), L::set(kRoundMagic));
    const F n = L::sub(t, L::set(kRoundMagic));
    F r = L::fma(n, L::set(-0x1.62e400p-1f), clamped);
    r = L::fma(n, L::set(-0x1.7f7d1cp-20f), r);
    F p = L::set(0.0013950489f);
    p = L::fma(p, r, L::set(0.00836889f));
    p = L::fma(p, r, L::set(0.041666206f));
    p = L::fma(p, r, L::set(0.16666518f));
    p = L::fma(p, r, L::set(0.5f));
    p = L::fma(p, L::mul(r, r), r);
    p = L::add(p, L::set(1.0f));
    return L::less(x, L::set(-87.0f), L::set(0.0f), L::scale2(p, t));
  }

  static F erf(F x) {
    const F t = L::min(L::abs(x), L::set(4.0f));
    const F z = L::mul(t, t);
    F s = L::set(7.889119e-05f);
    s = L::fma(s, z, L::set(-0.0008020841f));
    s = L::fma(s, z, L::set(0.005189535f));
    s = L::fma(s, z, L::set(-0.026854444f));
    s = L::fma(s, z, L::set(0.112836f));
    s = L::fma(s, z, L::set(-0.37612626f));
    s = L::fma(s, z, L::set(1.1283791f));
    const F small = L::mul(s, t);
    F q = L::set(-0.0001855749f);
    q = L::fma(q, t, L::set(0.0029396156f));
    q = L::fma(q, t, L::set(-0.021805352f));
    q = L::fma(q, t, L::set(0.10303743f));
    q = L::fma(q, t, L::set(0.6382256f));
    q = L::fma(q, t, L::set(1.12704f));
    q = L::fma(q, t, L::set(0.00035370892f));
    const F large = L::sub(L::set(1.0f), exp(L::sub(L::set(0.0f), q)));
    return L::copy_sign(L::less(t, L::set(1.0f), small, large), x);
  }

  // x / (1 + exp(-u)): SiLU with u = x, and GELU's tanh form with u = 2 sqrt(2 / pi) (x + 0.044715 x^3).
  static F gate(F x, F u) { return L::div(x, L::add(L::set(1.0f), exp(L::sub(L::set(0.0f), u)))); }

  static F relu(F x) { return L::max(x, L::set(0.0f)); }
  static F silu(F x) { return gate(x, x); }
  static F gelu_tanh(F x) {
    const F inner = L::fma(L::mul(x, x), L::set(0.071354814f), L::set(1.5957691f));
    return gate(x, L::mul(x, inner));
  }
  static F gelu_erf(F x) {
    const F half = L::mul(x, L::set(0.5f));
    return L::fma(half, erf(L::mul(x, L::set(0.70710677f))), half);
  }

  // ---- loops ----

  // f(i, n) for blocks of W elements and then for the rest, n < W.
  template <class Whole, class Part>
  static void blocks(std::uint32_t n, Whole whole, Part part) {
    std::size_t i = 0;
    for (; i + W <= n; i += W) whole(i);
    if (i < n) part(i, static_cast<std::uint32_t>(n - i));
  }

  // Sum of f over x: element i goes into partial i mod 16. f(0) in place of what is missing must add 0.
  template <class Step>
  static float reduce(const float *x, std::uint32_t n, Step step) {
    F parts[kParts];
    for (F &p : parts) p = L::set(0.0f);
    std::size_t i = 0;
    for (; i + 16 <= n; i += 16) {
#pragma GCC unroll 16
      for (std::uint32_t j = 0; j < kParts; ++j) parts[j] = step(parts[j], L::load(x + i + j * W));
    }
    for (std::uint32_t j = 0; i < n; ++j, i += W) {
      if (n - i >= W) {
        parts[j] = step(parts[j], L::load(x + i));
      } else {  // lanes past the end must keep their sum
        float lanes[16] = {};
        const auto rest = static_cast<std::uint32_t>(n - i);
        L::store(lanes, step(parts[j], L::load_part(x + i, rest)));
        float before[16] = {};
        L::store(before, parts[j]);
        for (std::uint32_t k = rest; k < W; ++k) lanes[k] = before[k];
        parts[j] = L::load(lanes);
      }
    }
    float partial[16];
    for (std::uint32_t j = 0; j < kParts; ++j) L::store(partial + j * W, parts[j]);
    return tree_sum(partial);
  }

  template <class Map>
  static void map(float *y, const float *x, std::uint32_t n, Map f) {
    blocks(
        n, [&](std::size_t i) { L::store(y + i, f(L::load(x + i))); },
        [&](std::size_t i, std::uint32_t rest) { L::store_part(y + i, f(L::load_part(x + i, rest)), rest); });
  }

  template <class Map>
  static void map2(float *y, const float *a, const float *b, std::uint32_t n, Map f) {
    blocks(
        n, [&](std::size_t i) { L::store(y + i, f(L::load(a + i), L::load(b + i))); },
        [&](std::size_t i, std::uint32_t rest) {
          L::store_part(y + i, f(L::load_part(a + i, rest), L::load_part(b + i, rest)), rest);
        });
  }

  // ---- vectors ----

  // NaN is passed over: with it the order would matter.
  static float max_of(const float *x, std::uint32_t n) {
    const float lowest = -__builtin_inff();
    F best = L::set(lowest);
    std::size_t i = 0;
    for (; i + W <= n; i += W) best = L::max(L::load(x + i), best);
    float lanes[W];
    L::store(lanes, best);
    float highest = lowest;
    for (const float lane : lanes) highest = lane > highest ? lane : highest;
    for (; i < n; ++i) highest = x[i] > highest ? x[i] : highest;
    return highest;
  }

  static float softmax(float *x, std::uint32_t n) {
    const F highest = L::set(max_of(x, n));
    map(x, x, n, [&](F v) { return exp(L::sub(v, highest)); });
    return reduce(x, n, [](F sum, F v) { return L::add(sum, v); });
  }

  static void rms_norm(const float *x, const float *weight, std::uint32_t n, float epsilon, float *y) {
    const float squares = reduce(x, n, [](F sum, F v) { return L::fma(v, v, sum); });
    const float root = square_root(squares / static_cast<float>(n) + epsilon);
    const F scale = L::set(1.0f / root);
    map2(y, x, weight, n, [&](F v, F w) { return L::mul(L::mul(v, scale), w); });
  }

  static void layer_norm(const float *x, const float *weight, const float *bias, std::uint32_t n, float epsilon,
                         float *y) {
    const float count = static_cast<float>(n);
    const F mean = L::set(reduce(x, n, [](F sum, F v) { return L::add(sum, v); }) / count);
    const float squares = reduce(x, n, [&](F sum, F v) {
      const F centred = L::sub(v, mean);
      return L::fma(centred, centred, sum);
    });
    const F scale = L::set(1.0f / square_root(squares / count + epsilon));
    if (bias == nullptr) {
      map2(y, x, weight, n, [&](F v, F w) { return L::mul(L::mul(L::sub(v, mean), scale), w); });
      return;
    }
    const auto affine = [&](F v, F w, F b) { return L::fma(L::mul(L::sub(v, mean), scale), w, b); };
    blocks(
        n, [&](std::size_t i) { L::store(y + i, affine(L::load(x + i), L::load(weight + i), L::load(bias + i))); },
        [&](std::size_t i, std::uint32_t rest) {
          const F b = L::load_part(bias + i, rest);
          L::store_part(y + i, affine(L::load_part(x + i, rest), L::load_part(weight + i, rest), b), rest);
        });
  }

  // With and without `up` in one loop: an activation is long code.
  template <class Act>
  static void activate_with(float *x, const float *up, std::uint32_t n, Act act) {
    for (; n >= W; n -= W, x += W) {
      F v = act(L::load(x));
      if (up != nullptr) {
        v = L::mul(v, L::load(up));
        up += W;
      }
      L::store(x, v);
    }
    if (n == 0) return;
    const F v = act(L::load_part(x, n));
    L::store_part(x, up == nullptr ? v : L::mul(v, L::load_part(up, n)), n);
  }

  static void activate(format::Activation activation, float *x, const float *up, std::uint32_t n) {
    switch (activation) {
      case format::Activation::relu:
        if constexpr (features::has(format::Activation::relu)) activate_with(x, up, n, [](F v) { return relu(v); });
        return;
      case format::Activation::gelu_erf:
        if constexpr (features::has(format::Activation::gelu_erf))
          activate_with(x, up, n, [](F v) { return gelu_erf(v); });
        return;
      case format::Activation::gelu_tanh:
        if constexpr (features::has(format::Activation::gelu_tanh))
          activate_with(x, up, n, [](F v) { return gelu_tanh(v); });
        return;
      case format::Activation::silu:
        if constexpr (features::has(format::Activation::silu)) activate_with(x, up, n, [](F v) { return silu(v); });
        return;
    }
  }

  static void add(float *x, const float *y, std::uint32_t n) {
    map2(x, x, y, n, [](F a, F b) { return L::add(a, b); });
  }

  // (a, b) -> (a cos - b sin, a sin + b cos), the products of b and of a first.
  static void rotate_halves(float *x, const float *cos, const float *sin, std::uint32_t heads, std::uint32_t head_dim,
                            std::uint32_t half) {
    const auto turn = [](F &a, F &b, F c, F s) {
      const F first = L::fma(L::sub(L::set(0.0f), b), s, L::mul(a, c));
      b = L::fma(a, s, L::mul(b, c));
      a = first;
    };
    for (std::uint32_t h = 0; h < heads; ++h) {
      float *lo = x + std::size_t{h} * head_dim;
      float *hi = lo + half;
      blocks(
          half,
          [&](std::size_t i) {
            F a = L::load(lo + i), b = L::load(hi + i);
            turn(a, b, L::load(cos + i), L::load(sin + i));
            L::store(lo + i, a);
            L::store(hi + i, b);
          },
          [&](std::size_t i, std::uint32_t rest) {
            F a = L::load_part(lo + i, rest), b = L::load_part(hi + i, rest);
            turn(a, b, L::load_part(cos + i, rest), L::load_part(sin + i, rest));
            L::store_part(lo + i, a, rest);
            L::store_part(hi + i, b, rest);
          });
    }
  }
};

}  // namespace tidbit
