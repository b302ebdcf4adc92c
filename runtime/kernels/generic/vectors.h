// Operations on vectors: softmax, norms, activations, addition, rotation.
//
// Element i is in lane i mod width; the last register may be partly used. A sum over a vector has 16 partial sums, in
// one or several registers, so that every width adds the same numbers in the same order (ARITHMETIC.md):
//
//   width 4   x[0..3]   x[4..7]   x[8..11]  x[12..15]   then x[16..19] ...
//             | | | |   | | | |   | | | |   | | | |
//            partials 0..3  4..7      8..11     12..15    then added as a tree: 8, 4, 2, 1
//
// Pragmas unroll the loops over arrays of registers, because otherwise compilers keep the arrays in memory.
#pragma once

#include "base/features.h"
#include "format/enums.h"
#include "kernels/generic/exp.h"

namespace tidbit {

template <ArithmeticLanes L>
struct Vectors {
  using Floats = typename L::Floats;
  using E = Elementary<L>;
  static constexpr std::uint32_t kPartialSums = 16;
  static constexpr std::uint32_t kPartialRegisters = kPartialSums / L::width;

  // Calls whole(i) for each full register, which starts at element i, then part(i, n) for the n elements left, if any.
  template <class Whole, class Part>
  static void each_register(std::uint32_t n, Whole whole, Part part) {
    std::size_t i = 0;
    for (; i + L::width <= n; i += L::width) whole(i);
    if (i < n) part(i, static_cast<std::uint32_t>(n - i));
  }

  // Sum over x: step adds element i to partial sum i mod 16.
  template <class Step>
  static float reduce(const float *x, std::uint32_t n, Step step) {
    Floats parts[kPartialRegisters];
    for (Floats &p : parts) p = L::set(0.0f);
    std::size_t i = 0;
    for (; i + kPartialSums <= n; i += kPartialSums) {
#pragma GCC unroll 16
      for (std::uint32_t j = 0; j < kPartialRegisters; ++j) parts[j] = step(parts[j], L::load(x + i + j * L::width));
    }
    for (std::uint32_t j = 0; i < n; ++j, i += L::width) {
      if (n - i >= L::width) {
        parts[j] = step(parts[j], L::load(x + i));
      } else {  // lanes past the end must keep their sum
        float lanes[kPartialSums] = {};
        const auto rest = static_cast<std::uint32_t>(n - i);
        L::store(lanes, step(parts[j], L::load_part(x + i, rest)));
        float before[kPartialSums] = {};
        L::store(before, parts[j]);
        for (std::uint32_t k = rest; k < L::width; ++k) lanes[k] = before[k];
        parts[j] = L::load(lanes);
      }
    }
    float partial[kPartialSums];
    for (std::uint32_t j = 0; j < kPartialRegisters; ++j) L::store(partial + j * L::width, parts[j]);
    return tree_sum(partial);
  }

  template <class Map>
  static void map(float *y, const float *x, std::uint32_t n, Map f) {
    each_register(
        n, [&](std::size_t i) { L::store(y + i, f(L::load(x + i))); },
        [&](std::size_t i, std::uint32_t rest) { L::store_part(y + i, f(L::load_part(x + i, rest)), rest); });
  }

  template <class Map>
  static void map2(float *y, const float *a, const float *b, std::uint32_t n, Map f) {
    each_register(
        n, [&](std::size_t i) { L::store(y + i, f(L::load(a + i), L::load(b + i))); },
        [&](std::size_t i, std::uint32_t rest) {
          L::store_part(y + i, f(L::load_part(a + i, rest), L::load_part(b + i, rest)), rest);
        });
  }

  // ---- vectors ----

  // Skips NaN, because otherwise the order would matter.
  static float max_of(const float *x, std::uint32_t n) {
    const float lowest = -__builtin_inff();
    Floats best = L::set(lowest);
    std::size_t i = 0;
    for (; i + L::width <= n; i += L::width) best = L::max(L::load(x + i), best);
    float lanes[L::width];
    L::store(lanes, best);
    float highest = lowest;
    for (const float lane : lanes) highest = lane > highest ? lane : highest;
    for (; i < n; ++i) highest = x[i] > highest ? x[i] : highest;
    return highest;
  }

  static float softmax(float *x, std::uint32_t n) {
    const Floats highest = L::set(max_of(x, n));
    map(x, x, n, [&](Floats v) { return E::exp(L::sub(v, highest)); });
    return reduce(x, n, [](Floats sum, Floats v) { return L::add(sum, v); });
  }

  static void rms_norm(const float *x, const float *weight, std::uint32_t n, float epsilon, float *y) {
    const float squares = reduce(x, n, [](Floats sum, Floats v) { return L::fma(v, v, sum); });
    const float root = square_root(squares / static_cast<float>(n) + epsilon);
    const Floats scale = L::set(1.0f / root);
    if constexpr (features::has_norm(format::Norm::rms_weightless)) {
      if (weight == nullptr) return map(y, x, n, [&](Floats v) { return L::mul(v, scale); });
    }
    map2(y, x, weight, n, [&](Floats v, Floats w) { return L::mul(L::mul(v, scale), w); });
  }

  static void layer_norm(const float *x, const float *weight, const float *bias, std::uint32_t n, float epsilon,
                         float *y) {
    const float count = static_cast<float>(n);
    const Floats mean = L::set(reduce(x, n, [](Floats sum, Floats v) { return L::add(sum, v); }) / count);
    const float squares = reduce(x, n, [&](Floats sum, Floats v) {
      const Floats centred = L::sub(v, mean);
      return L::fma(centred, centred, sum);
    });
    const Floats scale = L::set(1.0f / square_root(squares / count + epsilon));
    if constexpr (features::has_norm(format::Norm::layer_weightless)) {
      if (weight == nullptr) return map(y, x, n, [&](Floats v) { return L::mul(L::sub(v, mean), scale); });
    }
    if (bias == nullptr) {
      map2(y, x, weight, n, [&](Floats v, Floats w) { return L::mul(L::mul(L::sub(v, mean), scale), w); });
      return;
    }
    const auto affine = [&](Floats v, Floats w, Floats b) { return L::fma(L::mul(L::sub(v, mean), scale), w, b); };
    each_register(
        n, [&](std::size_t i) { L::store(y + i, affine(L::load(x + i), L::load(weight + i), L::load(bias + i))); },
        [&](std::size_t i, std::uint32_t rest) {
          const Floats b = L::load_part(bias + i, rest);
          L::store_part(y + i, affine(L::load_part(x + i, rest), L::load_part(weight + i, rest), b), rest);
        });
  }

  // One loop with and without `up`, because the code of an activation is long.
  template <class Act>
  static void activate_with(float *x, const float *up, std::uint32_t n, Act act) {
    for (; n >= L::width; n -= L::width, x += L::width) {
      Floats v = act(L::load(x));
      if (up != nullptr) {
        v = L::mul(v, L::load(up));
        up += L::width;
      }
      L::store(x, v);
    }
    if (n == 0) return;
    const Floats v = act(L::load_part(x, n));
    L::store_part(x, up == nullptr ? v : L::mul(v, L::load_part(up, n)), n);
  }

  static void activate(format::Activation activation, float *x, const float *up, std::uint32_t n) {
    switch (activation) {
      case format::Activation::relu:
        if constexpr (features::has_activation(format::Activation::relu))
          activate_with(x, up, n, [](Floats v) { return E::relu(v); });
        return;
      case format::Activation::gelu_erf:
        if constexpr (features::has_activation(format::Activation::gelu_erf))
          activate_with(x, up, n, [](Floats v) { return E::gelu_erf(v); });
        return;
      case format::Activation::gelu_tanh:
        if constexpr (features::has_activation(format::Activation::gelu_tanh))
          activate_with(x, up, n, [](Floats v) { return E::gelu_tanh(v); });
        return;
      case format::Activation::silu:
        if constexpr (features::has_activation(format::Activation::silu))
          activate_with(x, up, n, [](Floats v) { return E::silu(v); });
        return;
      case format::Activation::relu_squared:
        if constexpr (features::has_activation(format::Activation::relu_squared))
          activate_with(x, up, n, [](Floats v) { return E::relu_squared(v); });
        return;
      case format::Activation::xielu:
      case format::Activation::clamped_silu:
        return;  // activate_by
    }
  }

  static void activate_by(const float *parameters, format::Activation activation, float *x, const float *up,
                          std::uint32_t n) {
    const Floats first = L::set(parameters[0]), second = L::set(parameters[1]);
    if (features::has_activation(format::Activation::clamped_silu) && activation == format::Activation::clamped_silu) {
      map2(x, x, up, n, [&](Floats g, Floats u) { return E::clamped_silu(g, u, first, second); });
    } else if constexpr (features::has_activation(format::Activation::xielu)) {
      activate_with(x, up, n, [&](Floats v) { return E::xielu(v, first, second); });
    }
  }

  static void soft_cap(float *x, std::uint32_t n, float cap) {
    const Floats c = L::set(cap);
    map(x, x, n, [&](Floats v) { return L::mul(c, E::tanh(L::div(v, c))); });
  }

  static void add(float *x, const float *y, std::uint32_t n) {
    map2(x, x, y, n, [](Floats a, Floats b) { return L::add(a, b); });
  }

  // (a, b) -> (a cos - b sin, a sin + b cos). The products with cos are rounded first.
  static void rotate_halves(float *x, const float *cos, const float *sin, std::uint32_t heads, std::uint32_t head_dim,
                            std::uint32_t half) {
    const auto turn = [](Floats &a, Floats &b, Floats c, Floats s) {
      const Floats first = L::fma(L::sub(L::set(0.0f), b), s, L::mul(a, c));
      b = L::fma(a, s, L::mul(b, c));
      a = first;
    };
    for (std::uint32_t h = 0; h < heads; ++h) {
      float *lo = x + std::size_t{h} * head_dim;
      float *hi = lo + half;
      each_register(
          half,
          [&](std::size_t i) {
            Floats a = L::load(lo + i), b = L::load(hi + i);
            turn(a, b, L::load(cos + i), L::load(sin + i));
            L::store(lo + i, a);
            L::store(hi + i, b);
          },
          [&](std::size_t i, std::uint32_t rest) {
            Floats a = L::load_part(lo + i, rest), b = L::load_part(hi + i, rest);
            turn(a, b, L::load_part(cos + i, rest), L::load_part(sin + i, rest));
            L::store_part(lo + i, a, rest);
            L::store_part(hi + i, b, rest);
          });
    }
  }
};

}  // namespace tidbit
