// The float kernels, written once over a type of lanes. The one-lane instance is the scalar reference; a wider one
// computes the same operations in the same order on several outputs (or several of the 16 partial sums) at once.
//
// A lanes type L has: F, a vector of L::width floats (1, 4, 8 or 16); load, store, load_f16 (widened exactly), load_i8
// (int8 as floats); load_part, load_f16_part, load_i8_part and store_part for n < width elements (the others are 0 and
// are not touched in memory); set, add, sub, mul, div, fma(a, b, c) = a b + c; min(a, b) = a < b ? a : b and
// max(a, b) = a > b ? a : b, NaN and zeros included; less(a, b, yes, no) = a < b ? yes : no; abs; copy_sign(magnitude,
// sign); perhaps fma_lane<i>(a, b, c) = a b[i] + c; perhaps load_line(p, all) of 16 f16; scale2(x, t), which adds the
// integer that kRoundMagic left in t to the exponent of x. `streams` is how many tiles of a matrix are walked in step
// for one token, so that memory is read in as many places at once; block_tiles and block_tokens are how many fill the
// registers for more tokens, block_queries and block_vectors the same of attention. They do not change a result, nor do
// widen_f16: whether f16 weights are widened once for many tokens, in 24 KB of stack; and prefetch_floats, prefetch_q8
// and prefetch_q4: whether what one vector is multiplied with is asked for ahead. For the q8 bodies: quant_bodies.h.
//
// Loops over arrays of registers are unrolled by pragma: only then do compilers keep the arrays in registers.
#pragma once

#include <type_traits>
#include <utility>

#include "format/features.h"
#include "kernels/arith.h"
#include "kernels/kernels.h"

namespace tidbit {

// Adding it to |x| < 2^22 leaves round-to-nearest-even of x in the low bits of the mantissa.
inline constexpr float kRoundMagic = 12582912.0f;  // 1.5 * 2^23
inline constexpr std::uint32_t kRoundMagicBits = 0x4B400000;

template <class L>
struct FloatBodies {
  using F = typename L::F;
  static constexpr std::uint32_t W = L::width;
  static constexpr std::uint32_t kParts = 16 / W;
  static constexpr bool kByLane = requires(F x) { L::template fma_lane<0>(x, x, x); };
  static constexpr std::make_integer_sequence<int, W> kLanes{};

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

  // ---- matrix and attention bodies for f32 and f16: lanes are rows, positions or channels ----

  struct LoadF32 {
    using T = float;
    static constexpr bool scaled = false;
    static F whole(const T *p) { return L::load(p); }
    static F part(const T *p, std::uint32_t n) { return L::load_part(p, n); }
  };
  struct LoadF16 {
    using T = std::uint16_t;
    static constexpr bool scaled = false;
    static F whole(const T *p) { return L::load_f16(p); }
    static F part(const T *p, std::uint32_t n) { return L::load_f16_part(p, n); }
  };
  struct LoadI8 {
    using T = std::int8_t;
    static constexpr bool scaled = true;
    static F whole(const T *p) { return L::load_i8(p); }
    static F part(const T *p, std::uint32_t n) { return L::load_i8_part(p, n); }
  };

  template <std::uint32_t kTiles, std::uint32_t kVectors>
  [[gnu::always_inline]] static void clear(F (&acc)[kTiles][kVectors][kParts]) {
#pragma GCC unroll 64
    for (std::uint32_t i = 0; i < kTiles * kVectors * kParts; ++i) {
      acc[i / kParts / kVectors][i / kParts % kVectors][i % kParts] = L::set(0.0f);
    }
  }

  // Asks for what lies `ahead` bytes of p, where each line is read once and the hardware does not follow all streams
  // from page to page. Past the end of the memory it does nothing.
  template <bool kWanted>
  [[gnu::always_inline]] static void prefetch(const void *p, std::size_t ahead) {
    if constexpr (kWanted) {
      __builtin_prefetch(reinterpret_cast<const void *>(reinterpret_cast<std::uintptr_t>(p) + ahead));
    }
  }

  template <class Load>
  static constexpr bool has_line = requires(const typename Load::T *p, F (&all)[kParts]) { L::load_line(p, all); };

  // One column: acc[tile][vector][r] = times(w[r], vector, acc).
  template <class Load, std::uint32_t kTiles, std::uint32_t kVectors, class Times>
  [[gnu::always_inline]] static void dot_column(const typename Load::T *w, std::size_t tile_stride,
                                                F (&acc)[kTiles][kVectors][kParts], Times times) {
#pragma GCC unroll 16
    for (std::uint32_t tile = 0; tile < kTiles; ++tile) {
      const auto *line = w + tile * tile_stride;
      F weights[kParts];
      if constexpr (has_line<Load>) L::load_line(line, weights);
#pragma GCC unroll 16
      for (std::uint32_t part = 0; part < kParts; ++part) {
        if constexpr (!has_line<Load>) weights[part] = Load::whole(line + part * W);
#pragma GCC unroll 16
        for (std::uint32_t v = 0; v < kVectors; ++v) acc[tile][v][part] = times(weights[part], v, acc[tile][v][part]);
      }
    }
  }

  // Columns k to k + W - 1, of which x holds W elements of each vector.
  template <class Load, std::uint32_t kTiles, std::uint32_t kVectors, int... i>
  [[gnu::always_inline]] static void dot_lanes(const typename Load::T *w, std::size_t tile_stride,
                                               const F (&x)[kVectors], F (&acc)[kTiles][kVectors][kParts],
                                               std::integer_sequence<int, i...>) {
    (dot_column<Load>(w + i * 16, tile_stride, acc,
                      [&](F weights, std::uint32_t v, F sum) { return L::template fma_lane<i>(weights, x[v], sum); }),
     ...);
  }

  // acc[tile][vector][r] = fma(w[r][k], x[k], acc), k ascending, for 16 rows r of each tile. `ahead` is how many bytes
  // after a line of a tile the one lies to ask for.
  template <class Load, bool kAhead, std::uint32_t kTiles, std::uint32_t kVectors>
  [[gnu::always_inline]] static void dot(const typename Load::T *w, std::size_t tile_stride, const float *x,
                                         std::size_t x_stride, std::uint32_t cols, std::size_t ahead,
                                         F (&acc)[kTiles][kVectors][kParts]) {
    constexpr std::uint32_t kLine = kAhead ? 64 / (16 * sizeof(*w)) : 1;  // columns
    if constexpr (kByLane) {
      for (; cols >= W; cols -= W, w += W * 16, x += W) {
        F some[kVectors];
#pragma GCC unroll 16
        for (std::uint32_t v = 0; v < kVectors; ++v) some[v] = L::load(x + v * x_stride);
        dot_lanes<Load>(w, tile_stride, some, acc, kLanes);
      }
    }
    const auto next_column = [&] {
      dot_column<Load>(w, tile_stride, acc, [&](F weights, std::uint32_t v, F sum) {
        return L::fma(weights, L::set(x[v * x_stride]), sum);
      });
      w += 16;
      x += 1;
    };
    for (; cols >= kLine; cols -= kLine) {
      for (std::uint32_t tile = 0; tile < kTiles; ++tile) prefetch<kAhead>(w + tile * tile_stride, ahead);
#pragma GCC unroll 2
      for (std::uint32_t i = 0; i < kLine; ++i) next_column();
    }
    if (kLine == 2 && cols != 0) next_column();
  }

  // Where a block of sums is worked on: rows of the tiles from `tile` on, tokens from `token` on, columns [begin, end).
  struct Place {
    std::uint32_t tile, token, begin, end;
  };

  template <class Load>
  struct FloatBlock {
    using T = typename Load::T;
    static constexpr std::uint32_t kColumns = 192;
    static std::uint32_t column_step(const Matmul &) { return kColumns; }
    static std::uint64_t tile_bytes(const Matmul &m) { return std::uint64_t{m.cols} * 16 * sizeof(T); }
    static std::uint64_t row_bytes(const Matmul &m) { return std::uint64_t{m.cols} * sizeof(float); }
    static const T *weights(const Matmul &m, Place at) {
      return reinterpret_cast<const T *>(m.weights) + (std::size_t{at.tile} * m.cols + at.begin) * 16;
    }

    template <std::uint32_t kTiles, std::uint32_t kTokens>
    static void run(const Matmul &m, Place at) {
      run_on<kTiles, kTokens>(weights(m, at), std::size_t{m.cols} * 16, m, at);
    }

    // With weights of the block's tiles and columns that lie elsewhere.
    template <std::uint32_t kTiles, std::uint32_t kTokens>
    [[gnu::always_inline]] static void run_on(const T *w, std::size_t tile_stride, const Matmul &m, Place at) {
      constexpr std::size_t kAhead = 1024;  // bytes
      F acc[kTiles][kTokens][kParts];
      get_rows(m, at, acc);
      dot<Load, L::prefetch_floats && kTokens == 1>(w, tile_stride, m.x + at.token * m.x_stride + at.begin, m.x_stride,
                                                    at.end - at.begin, kAhead, acc);
      put_rows(m, at, acc);
    }
  };

  // body(y, acc) for each vector of a block's sums, which belongs at y.
  template <std::uint32_t kTiles, std::uint32_t kTokens, class Body>
  [[gnu::always_inline]] static void each_vector(const Matmul &m, Place at, F (&acc)[kTiles][kTokens][kParts],
                                                 Body body) {
    const std::size_t stride = m.y_stride;
    float *y = m.y + at.token * stride + std::size_t{at.tile} * 16;
#pragma GCC unroll 16
    for (std::uint32_t token = 0; token < kTokens; ++token, y += stride) {
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kTiles * kParts; ++i) body(y + i * W, i, acc[i / kParts][token][i % kParts]);
    }
  }

  // Rows of the block that a vector of sums, the i-th of a token, has from its own on.
  static std::uint32_t rows_left(const Matmul &m, Place at, std::uint32_t i) {
    const std::uint32_t row = at.tile * 16 + i * W;
    return row >= m.rows ? 0 : m.rows - row;
  }

  // Asks for the rows of y that a block of some tokens will write, those of tokens i, i + step, ...: a few at a time,
  // so that the loads of weights do not wait behind them.
  template <std::uint32_t kTiles, std::uint32_t kTokens>
  static void prefetch_rows(const Matmul &m, Place at, std::uint32_t i, std::uint32_t step) {
    if (kTokens == 1 || at.begin != 0) return;
    for (std::uint32_t t = i; t < kTokens; t += step) {
      const float *y = m.y + (at.token + t) * m.y_stride + at.tile * 16;
      for (std::uint32_t tile = 0; tile < kTiles; ++tile) __builtin_prefetch(y + tile * 16, 1);
    }
  }

  // The sums over the columns before at.begin, which an earlier block left in y.
  template <std::uint32_t kTiles, std::uint32_t kTokens>
  [[gnu::always_inline]] static void get_rows(const Matmul &m, Place at, F (&acc)[kTiles][kTokens][kParts]) {
    if (at.begin == 0) return clear(acc);
    if ((at.tile + kTiles) * 16 <= m.rows) {
      return each_vector(m, at, acc, [](const float *y, std::uint32_t, F &a) { a = L::load(y); });
    }
    each_vector(m, at, acc, [&](const float *y, std::uint32_t i, F &a) {
      const std::uint32_t n = rows_left(m, at, i);
      a = n >= W ? L::load(y) : n > 0 ? L::load_part(y, n) : L::set(0.0f);
    });
  }

  template <std::uint32_t kTiles, std::uint32_t kTokens>
  [[gnu::always_inline]] static void put_rows(const Matmul &m, Place at, F (&acc)[kTiles][kTokens][kParts]) {
    if ((at.tile + kTiles) * 16 <= m.rows) {
      return each_vector(m, at, acc, [](float *y, std::uint32_t, F &a) { L::store(y, a); });
    }
    each_vector(m, at, acc, [&](float *y, std::uint32_t i, F &a) {
      const std::uint32_t n = rows_left(m, at, i);
      if (n >= W) {
        L::store(y, a);
      } else if (n > 0) {
        L::store_part(y, a, n);
      }
    });
  }

  // Blocks of tokens from at.token to `end` on kTiles tiles.
  template <class Block, std::uint32_t kTiles>
  static void times_blocks(const Matmul &m, Place at, std::uint32_t end) {
    for (; at.token < end; at.token += L::block_tokens) Block::template run<kTiles, L::block_tokens>(m, at);
  }

  // The same with f16 weights: to widen them is a fifth of the multipliers' work in each block.
  template <std::uint32_t kTiles>
  [[gnu::noinline]] static void times_blocks_widened(const Matmul &m, Place at, std::uint32_t end) {
    using Block = FloatBlock<LoadF32>;
    alignas(64) float widened[kTiles][Block::kColumns * 16];
    const std::uint16_t *halves = FloatBlock<LoadF16>::weights(m, at);
    for (std::uint32_t tile = 0; tile < kTiles; ++tile, halves += std::size_t{m.cols} * 16) {
      for (std::uint32_t i = 0; i < (at.end - at.begin) * 16; i += W)
        L::store(widened[tile] + i, L::load_f16(halves + i));
    }
    for (; at.token < end; at.token += L::block_tokens) {
      Block::template run_on<kTiles, L::block_tokens>(widened[0], Block::kColumns * 16, m, at);
    }
  }

  // Tiles [tile, tile + kTiles), tokens [begin, end): blocks of tokens on a few tiles, whose sums fill the registers,
  // column_step columns at a time, so that the weights stay in the first cache for all tokens; the tokens that remain
  // on all of the tiles, which keeps as many streams from memory going.
  template <class Block, std::uint32_t kTiles>
  static void times_tokens(const Matmul &m, std::uint32_t tile, std::uint32_t begin, std::uint32_t end) {
    constexpr std::uint32_t kBlockTiles = kTiles < L::block_tiles ? kTiles : L::block_tiles;
    constexpr bool kWiden = L::widen_f16 && std::is_same_v<Block, FloatBlock<LoadF16>>;
    const std::uint32_t whole = L::block_tokens == 1 ? begin : end - (end - begin) % L::block_tokens;
    const std::uint32_t step = Block::column_step(m);
    for (std::uint32_t i = 0; whole != begin && i < kTiles; i += kBlockTiles) {
      for (std::uint32_t k = 0; k < m.cols; k += step) {
        const Place at = {tile + i, begin, k, m.cols - k < step ? m.cols : k + step};
        if (kWiden && whole - begin >= 4 * L::block_tokens) {
          times_blocks_widened<kBlockTiles>(m, at, whole);
        } else {
          times_blocks<Block, kBlockTiles>(m, at, whole);
        }
      }
    }
    for (std::uint32_t t = whole; t < end; ++t) Block::template run<kTiles, 1>(m, Place{tile, t, 0, m.cols});
  }

  // Tiles [tile, end), tokens [first, last).
  template <class Block>
  static void times_tiles(const Matmul &m, std::uint32_t tile, std::uint32_t end, std::uint32_t first,
                          std::uint32_t last) {
    for (; tile + L::streams <= end; tile += L::streams) times_tokens<Block, L::streams>(m, tile, first, last);
    for (; tile < end; ++tile) times_tokens<Block, 1>(m, tile, first, last);
  }

  // How many of `bytes` each, a multiple of `unit`, are worked on at a time, so that tiles and tokens both stay in a
  // second cache of 512 KB.
  static constexpr std::uint32_t fitting(std::uint64_t bytes, std::uint32_t unit) {
    const auto units = static_cast<std::uint32_t>((std::uint64_t{128} << 10) / (bytes * unit));
    return units == 0 ? unit : units * unit;
  }

  // Tiles [begin, end), all tokens.
  template <class Block>
  static void matmul(const Matmul &m, std::uint32_t begin, std::uint32_t end) {
    if (L::block_tokens == 1 || m.tokens <= 4 * L::block_tokens) return times_tiles<Block>(m, begin, end, 0, m.tokens);
    const std::uint32_t tiles = fitting(Block::tile_bytes(m), L::streams);
    const std::uint32_t tokens = fitting(Block::row_bytes(m), 4 * L::block_tokens);
    for (std::uint32_t tile = begin; tile < end; tile += tiles) {
      const std::uint32_t last = end - tile < tiles ? end : tile + tiles;
      for (std::uint32_t t = 0; t < m.tokens; t += tokens) {
        times_tiles<Block>(m, tile, last, t, m.tokens - t < tokens ? m.tokens : t + tokens);
      }
    }
  }

  // body(first) for queries in blocks that share what is loaded of K or V: body.template operator()<kQueries>(first).
  template <class Body>
  static void query_blocks(std::uint32_t queries, Body body) {
    std::uint32_t i = 0;
    for (; i + L::block_queries <= queries; i += L::block_queries) body.template operator()<L::block_queries>(i);
    for (; i < queries; ++i) body.template operator()<1>(i);
  }

  // body.template operator()<kTiles>(first) for tiles of 16 positions; more than one at a time only where every one of
  // them holds a position.
  template <std::uint32_t kTiles, class Body>
  static void position_tiles(std::uint32_t positions, Body body) {
    std::uint32_t p = 0;
    for (; p + (kTiles - 1) * 16 < positions; p += kTiles * 16) body.template operator()<kTiles>(p);
    for (; p < positions; p += 16) body.template operator()<1>(p);
  }

  template <std::uint32_t kQueries>
  static constexpr std::uint32_t score_tiles = kQueries == 1 ? L::streams : L::block_tiles;

  template <class Load>
  static void scores(const Scores &s) {
    query_blocks(s.queries, [&]<std::uint32_t kQueries>(std::uint32_t query) {
      position_tiles<score_tiles<kQueries>>(s.positions, [&]<std::uint32_t kTiles>(std::uint32_t first) {
        const auto *k = static_cast<const typename Load::T *>(s.k) + std::size_t{first} * s.head_dim;
        F acc[kTiles][kQueries][kParts];
        clear(acc);
        dot<Load, L::prefetch_floats && kQueries == 1>(k, std::size_t{s.head_dim} * 16, s.q + query * s.q_stride,
                                                       s.q_stride, s.head_dim,
                                                       kTiles * s.head_dim * 16 * sizeof(typename Load::T), acc);
#pragma GCC unroll 16
        for (std::uint32_t i = 0; i < kTiles * kParts; ++i) {
#pragma GCC unroll 16
          for (std::uint32_t v = 0; v < kQueries; ++v) {
            float *out = s.scores + (query + v) * s.score_stride + first + i * W;
            L::store(out, L::mul(acc[i / kParts][v][i % kParts], L::set(s.scale)));
          }
        }
      });
    });
  }

  // acc[q][i] = fma(weight of query q, v[i], acc[q][i]) at position p, with v some vectors of its channels.
  template <class Load, std::uint32_t kQueries, std::uint32_t kVectors>
  [[gnu::always_inline]] static void mix_position(const float *scales, const float *const *weights, std::uint32_t p,
                                                  const F (&v)[kVectors], F (*acc)[kVectors]) {
#pragma GCC unroll 16
    for (std::uint32_t q = 0; q < kQueries; ++q) {
      const F weight = L::set(Load::scaled ? weights[q][p] * scales[p] : weights[q][p]);
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kVectors; ++i) acc[q][i] = L::fma(weight, v[i], acc[q][i]);
    }
  }

  // The same for positions p to p + W - 1, of which load_next(v) reads one after the other.
  template <class Load, std::uint32_t kQueries, std::uint32_t kVectors, class LoadNext, int... lane>
  [[gnu::always_inline]] static void mix_lanes(const float *scales, const float *const *weights, std::uint32_t p,
                                               LoadNext load_next, F (&acc)[kQueries][kVectors],
                                               std::integer_sequence<int, lane...>) {
    F w[kQueries];
#pragma GCC unroll 16
    for (std::uint32_t q = 0; q < kQueries; ++q) {
      w[q] = L::load(weights[q] + p);
      if constexpr (Load::scaled) w[q] = L::mul(w[q], L::load(scales + p));
    }
    const auto add = [&]<int i>(std::integral_constant<int, i>) {
      F v[kVectors];
      load_next(v);
#pragma GCC unroll 16
      for (std::uint32_t j = 0; j < kQueries * kVectors; ++j) {
        F &sum = acc[j / kVectors][j % kVectors];
        sum = L::template fma_lane<i>(v[j % kVectors], w[j / kVectors], sum);
      }
    };
    (add(std::integral_constant<int, lane>{}), ...);
  }

  // kVectors vectors of channels, of which load(row, v) reads those of a position and store(row, i, x) writes the i-th:
  // positions ascending; first those that all of the queries see, then what each sees beyond.
  template <class Load, std::uint32_t kQueries, std::uint32_t kVectors, class LoadV, class StoreOut>
  static void mix_channels(const Mix &m, std::uint32_t query, LoadV load, StoreOut store) {
    F acc[kQueries][kVectors];
#pragma GCC unroll 16
    for (std::uint32_t i = 0; i < kQueries * kVectors; ++i) acc[i / kVectors][i % kVectors] = L::set(0.0f);
    const auto *row = static_cast<const typename Load::T *>(m.v);
    const float *weights[kQueries];
#pragma GCC unroll 16
    for (std::uint32_t q = 0; q < kQueries; ++q) weights[q] = m.weights + (query + q) * m.weight_stride;
    const float *scales = m.v_scales;
    const std::uint32_t common = m.positions + query * m.step;
    const auto load_next = [&](F(&v)[kVectors]) {
      for (std::size_t at = 0; at < kVectors * W * sizeof(*row); at += 64) {
        prefetch<L::prefetch_floats && kQueries == 1>(row, 2048 + at);
      }
      load(row, v);
      row += m.head_dim;
    };
    std::uint32_t p = 0;
    if constexpr (kByLane) {
      for (; p + W <= common; p += W) mix_lanes<Load, kQueries>(scales, weights, p, load_next, acc, kLanes);
    }
    F v[kVectors];
    for (; p < common; ++p) {
      load_next(v);
      mix_position<Load, kQueries>(scales, weights, p, v, acc);
    }
#pragma GCC unroll 16
    for (std::uint32_t q = 0; q < kQueries; ++q) {
      const auto *beyond = row;
      for (p = common; p < common + q * m.step; ++p, beyond += m.head_dim) {
        load(beyond, v);
        mix_position<Load, 1>(scales, weights + q, p, v, acc + q);
      }
      const F inverse = L::set(m.inverse_sums[query + q]);
#pragma GCC unroll 16
      for (std::uint32_t i = 0; i < kVectors; ++i) {
        store(m.out + (query + q) * m.out_stride, i, L::mul(acc[q][i], inverse));
      }
    }
  }

  template <class Load>
  static void mix(const Mix &m) {
    query_blocks(m.queries, [&]<std::uint32_t kQueries>(std::uint32_t query) {
      std::uint32_t d = 0;
      using T = typename Load::T;
      const auto load = [&]<std::uint32_t n>(const T *row, F(&v)[n]) {
        if constexpr (n == kParts && has_line<Load>) return L::load_line(row + d, v);
#pragma GCC unroll 16
        for (std::uint32_t i = 0; i < n; ++i) v[i] = Load::whole(row + d + i * W);
      };
      const auto store = [&](float *row, std::uint32_t i, F x) { L::store(row + d + i * W, x); };
      constexpr std::uint32_t kVectors = kQueries == 1 ? 4 : L::block_vectors;
      for (; d + kVectors * W <= m.head_dim; d += kVectors * W) {
        mix_channels<Load, kQueries, kVectors>(m, query, load, store);
      }
      for (; d + 2 * W <= m.head_dim; d += 2 * W) mix_channels<Load, kQueries, 2>(m, query, load, store);
      for (; d + W <= m.head_dim; d += W) mix_channels<Load, kQueries, 1>(m, query, load, store);
      if (d == m.head_dim) return;
      const std::uint32_t rest = m.head_dim - d;
      mix_channels<Load, kQueries, 1>(
          m, query, [&](const T *row, F(&v)[1]) { v[0] = Load::part(row + d, rest); },
          [&](float *row, std::uint32_t, F x) { L::store_part(row + d, x, rest); });
    });
  }
};

}  // namespace tidbit
