// The walk over a q8 product for instructions that multiply several columns of several rows with several tokens at
// once, and so need their operands in a special order. (Arm's i8mm: 8 columns of 2 rows and 2 tokens. AMX: 64
// columns of 16 and 16.)
//
// Activations are quantized in that order, batch by batch; tokens that do not fill a batch are stored as usual. The
// weights of some rows and columns of a tile are rearranged once, into a panel, for all batches:
//
//   batch    codes   [cols / run][tokens][run]           panel   as defined by P::Panel
//            scales  [groups][tokens]
//
//   token 0 | run of codes | token 1 | run | ..         then the next run of token 0, ...
//
// The sums of a panel's rows with a batch are in registers, as in a micro-kernel (walk.h). Between panels, y has
// them.
//
// P describes the instruction (PanelLanes):
//   P::Lanes           the lanes type for everything else: quantization, and tokens that do not fill a batch
//   P::run             number of consecutive codes of a token, a divisor of 64
//   P::rows            rows of a tile in a panel: 16 or a divisor of 16
//   P::columns         the most columns in a panel; whole groups
//   P::most, P::least  tokens in a batch; batches of `least` follow when fewer than `most` tokens remain
//   P::Panel(m, at)    rearranges the weights of a place
//   P::multiply<tokens>(m, at, token, panel, y, y_stride)   multiplies the panel with the batch that starts at `token`
#pragma once

#include "kernels/generic/integer_products.h"
#include "kernels/generic/quantization.h"

namespace tidbit {

// Where a panel comes from: rows of a tile, starting at `row`, and columns [begin, end).
struct PanelPlace {
  std::uint32_t tile, row, begin, end;
};

template <class P>
concept PanelLanes = CodeLanes<typename P::Lanes> && QuantizingLanes<typename P::Lanes> &&
    requires(const Matmul &m, PanelPlace at, const typename P::Panel &panel, float *y) {
  requires format::kTileRows % P::rows == 0 && format::kPair % P::run == 0;
  { typename P::Panel(m, at) } -> SameAs<typename P::Panel>;
  P::template multiply<P::most>(m, at, 0u, panel, y, std::size_t{});
  P::template multiply<P::least>(m, at, 0u, panel, y, std::size_t{});
};

template <PanelLanes P>
struct PanelWalk {
  using L = typename P::Lanes;

  // Calls body.template operator()<kTokens>(t) for each batch, which starts at token t. Returns the number of tokens in
  // all batches.
  template <class Body>
  [[gnu::always_inline]] static std::uint32_t each_batch(std::uint32_t tokens, Body body) {
    std::uint32_t t = 0;
    for (; t + P::most <= tokens; t += P::most) body.template operator()<P::most>(t);
    for (; t + P::least <= tokens; t += P::least) body.template operator()<P::least>(t);
    return t;
  }

  // ---- activations ----

  // Quantizes one of the `tokens` tokens of a batch. Its runs and scales are interleaved with those of the others.
  static void quantize_into_batch(const float *x, std::uint32_t n, std::uint32_t group, bool transformed,
                                  std::uint32_t tokens, std::int8_t *codes, float *scales, CodeSums *sums) {
    const std::size_t step = std::size_t{tokens} * P::run;
    alignas(64) float block[format::kHadamardBlock];
    for (std::uint32_t i = 0; i < n; i += group, scales += tokens) {
      alignas(64) std::int8_t together[format::kMaxGroup];
      const std::uint32_t count = n - i < group ? n - i : group;
      const float *from = transformed ? transformed_group(x, n, i, block) : x + i;
      Quantization<L>::quantize(from, count, group, together, scales, sums + i / format::kPair);
      for (std::uint32_t k = 0; k < count; k += format::kPair) {
#pragma GCC unroll 8
        for (std::uint32_t j = 0; j < format::kPair; j += P::run, codes += step) {
          __builtin_memcpy(codes, together + k + j, P::run);
        }
      }
    }
  }

  // The transform of the group at i, in the block that holds it: block[128] is filled when its first group comes.
  static const float *transformed_group(const float *x, std::uint32_t n, std::uint32_t i, float *block) {
    const std::uint32_t inside = i % format::kHadamardBlock, left = n - i;
    if (features::kHadamard && inside == 0) {
      Hadamard<L>::transform(x + i, left < format::kHadamardBlock ? left : format::kHadamardBlock, block);
    }
    return block + inside;
  }

  static void quantize_rows(const float *x, std::size_t x_stride, std::uint32_t tokens, std::uint32_t n,
                            std::uint32_t group, format::InputTransform transform, const QuantizedRows &q) {
    const bool transformed = features::kHadamard && transform == format::InputTransform::hadamard;
    const std::uint32_t whole = each_batch(tokens, [&]<std::uint32_t kTokens>(std::uint32_t first) {
      std::int8_t *codes = q.codes + first * q.code_stride;
      float *scales = q.scales + first * q.group_stride;
      for (std::uint32_t i = 0; i < kTokens; ++i) {
        quantize_into_batch(x + (first + i) * x_stride, n, group, transformed, kTokens, codes + i * P::run, scales + i,
                            q.sums + (first + i) * q.sum_stride());
      }
    });
    for (std::uint32_t t = whole; t < tokens; ++t) {
      const QuantizedRows row = q.from(t);
      const auto quantize = transformed ? Quantization<L>::quantize_transformed : Quantization<L>::quantize;
      quantize(x + t * x_stride, n, group, row.codes, row.scales, row.sums);
    }
  }

  // ---- products ----

  // For the end of y: computes the rows of a panel in a buffer, of which only `rows` belong to y.
  template <std::uint32_t kTokens>
  static void multiply_part(const Matmul &m, PanelPlace at, std::uint32_t token, const typename P::Panel &panel,
                            std::uint32_t rows) {
    float part[kTokens][P::rows] = {};
    float *y = m.y + token * m.y_stride + at.tile * format::kTileRows + at.row;
    for (std::uint32_t t = 0; t < kTokens && at.begin != 0; ++t) {
      for (std::uint32_t r = 0; r < rows; ++r) part[t][r] = y[t * m.y_stride + r];
    }
    P::template multiply<kTokens>(m, at, token, panel, part[0], P::rows);
    for (std::uint32_t t = 0; t < kTokens; ++t) {
      for (std::uint32_t r = 0; r < rows; ++r) y[t * m.y_stride + r] = part[t][r];
    }
  }

  static void multiply_panel(const Matmul &m, PanelPlace at) {
    const typename P::Panel panel(m, at);
    const std::uint32_t row = at.tile * format::kTileRows + at.row, rows = m.rows - row;
    each_batch(m.tokens, [&]<std::uint32_t kTokens>(std::uint32_t token) {
      if (rows < P::rows) return multiply_part<kTokens>(m, at, token, panel, rows);
      P::template multiply<kTokens>(m, at, token, panel, m.y + token * m.y_stride + row, m.y_stride);
    });
  }

  static void matmul(const Matmul &m, std::uint32_t begin, std::uint32_t end) {
    constexpr std::uint32_t kPanels = format::kTileRows / P::rows;  // of a tile
    const std::uint32_t step = Groups<L>::whole(m, P::columns);
    for (std::uint32_t i = kPanels * begin; m.tokens >= P::least && i < kPanels * end && i * P::rows < m.rows; ++i) {
      for (std::uint32_t k = 0; k < m.cols; k += step) {
        multiply_panel(m, {i / kPanels, i % kPanels * P::rows, k, m.cols - k < step ? m.cols : k + step});
      }
    }
    const std::uint32_t rest = m.tokens % P::least;
    if (rest == 0) return;
    Matmul last = m;
    const std::uint32_t t = m.tokens - rest;
    last.tokens = rest;
    last.q = m.q.from(t);
    last.y = m.y + t * m.y_stride;
    Walk<L, IntegerProduct<L>>::matmul(last, begin, end);
  }
};

}  // namespace tidbit
