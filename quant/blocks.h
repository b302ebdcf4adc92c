// Quantizes weights to a format with blocks (format/blocks.h). `Width` is the format: it defines the bits per code, the
// zero, and the unit of a block's shift.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/arith.h"
#include "format/blocks.h"

namespace tidbit::quant {

template <class Width>
class BlockQuantizer {
 public:
  // Relative to the zero: -8 to 7 for 4 bits.
  static constexpr int kLeastCode = -Width::zero, kLargestCode = Width::zero - 1;
  static constexpr int kLargestScale = 15, kLeastShift = -8, kLargestShift = 7;
  // The largest weight that a block can represent on either side of 0, in units of the group's scale.
  static constexpr int kReach = kLargestCode * kLargestScale + Width::shift_unit * kLargestShift;
  static constexpr float kLargest = 65504.0f * static_cast<float>(kReach);

  // Fills codes[count] (from 0 on) and fine[ceil(count / 32)], and returns the bits of the group's f16 scale, so that
  // scale * Width::weight(fine, code) comes close to x in the mean square. x must be finite and within +-kLargest.
  static std::uint16_t quantize_group(const float *x, std::uint32_t count, std::uint8_t *codes, std::uint8_t *fine) {
    const Span group{x, count};
    const auto blocks = format::block_count(count);
    Range ranges[kMaxBlocks];
    float unit = 0;
    group.each_block([&](std::uint32_t b, const float *at, std::uint32_t n) {
      ranges[b] = range_of(at, n);
      const float reach = std::max(-ranges[b].low, ranges[b].high) / static_cast<float>(kReach);
      unit = std::max({unit, ranges[b].step() / kLargestScale, reach});
    });
    std::fill_n(codes, count, std::uint8_t{0});
    std::fill_n(fine, blocks, std::uint8_t{0});
    if (unit == 0) return 0;

    float least = INFINITY;
    int best = 0;
    for (const float part : {1.08f, 1.04f, 1.0f, 0.97f, 0.94f, 0.91f, 0.88f, 0.85f}) {
      const int bits = std::min(std::max<int>(float_to_half(unit * part), 1), kLargestHalf);
      std::uint8_t candidate[kMaxBlocks];
      const float error = fit_group(group, ranges, half_to_float(static_cast<std::uint16_t>(bits)), candidate);
      if (error >= least) continue;
      least = error;
      best = bits;
      std::copy_n(candidate, blocks, fine);
    }
    write_codes(group, half_to_float(static_cast<std::uint16_t>(best)), fine, codes);
    return static_cast<std::uint16_t>(best);
  }

 private:
  static constexpr std::uint32_t kMaxBlocks = format::kMaxGroup / format::kBlock;
  static constexpr int kLargestHalf = 0x7BFF;

  // Most targets have registers of this size. Compilers do not vectorize the loops over single floats.
  using Floats [[gnu::vector_size(16)]] = float;

  // The numbers that a block can represent: shift + step * code.
  struct Grid {
    float step, shift;
    std::uint8_t fine;

    Grid(float unit, int scale, int block_shift)
        : step(unit * static_cast<float>(scale)),
          shift(unit * static_cast<float>(Width::shift_unit * block_shift)),
          fine(static_cast<std::uint8_t>(scale | (block_shift & 15) << 4)) {}

    // The nearest code for each float. Adding 1.5 * 2^23 rounds to an integer.
    template <class T>
    T nearest(T x, float inverse) const {
      const T at = (x - shift) * inverse;
      const T least = T{} + static_cast<float>(kLeastCode), largest = T{} + static_cast<float>(kLargestCode);
      const T high = at < largest ? at : largest;
      return ((high > least ? high : least) + 0x1.8p23f) - 0x1.8p23f;
    }
  };

  struct Fit {
    float error = INFINITY;
    std::uint8_t fine = 0;
  };

  struct Range {
    float low = 0, high = 0;

    float step() const {
      constexpr auto kSteps = static_cast<float>(kLargestCode - kLeastCode);
      return high / kSteps - low / kSteps;
    }
    float middle() const { return low * 0.5f + high * 0.5f; }
  };

  struct Span {
    const float *x;
    std::uint32_t count;

    template <class Body>
    void each_block(Body body) const {
      for (std::uint32_t i = 0; i < count; i += format::kBlock) {
        body(i / format::kBlock, x + i, std::min(format::kBlock, count - i));
      }
    }
  };

  static Range range_of(const float *x, std::uint32_t count) {
    const auto [low, high] = std::minmax_element(x, x + count);
    return {*low, *high};
  }

  static int clamp_round(float x, int least, int largest) {
    return static_cast<int>(
        std::nearbyint(std::min(std::max(x, static_cast<float>(least)), static_cast<float>(largest))));
  }

  static Floats squares(Floats values, const Grid &grid, float inverse) {
    const Floats errors = values - (grid.nearest(values, inverse) * grid.step + grid.shift);
    return errors * errors;
  }

  // Element i is added to partial sum i mod 16.
  static float squared_error(const float *x, std::uint32_t count, const Grid &grid) {
    const float inverse = 1.0f / grid.step;
    Floats sums[4] = {};
    std::uint32_t at = 0;
    for (; at + 16 <= count; at += 16) {
      for (std::uint32_t i = 0; i < 4; ++i) {
        Floats values;
        std::memcpy(&values, x + at + i * 4, sizeof values);
        sums[i] += squares(values, grid, inverse);
      }
    }
    float partial[16];
    std::memcpy(partial, sums, sizeof partial);
    for (std::uint32_t i = 0; at + i < count; ++i) partial[i] += squares(Floats{} + x[at + i], grid, inverse)[0];
    return tree_sum(partial);
  }

  // Tries a block scale with three shifts around the middle.
  static void try_scale(const float *x, std::uint32_t count, const Range &range, float unit, int scale, Fit &best) {
    const float shift = range.middle() / unit + 0.5f * static_cast<float>(scale);
    const int middle = clamp_round(shift / Width::shift_unit, kLeastShift, kLargestShift);
    for (int s = std::max(middle - 1, kLeastShift); s <= std::min(middle + 1, kLargestShift); ++s) {
      const Grid grid(unit, scale, s);
      const float error = squared_error(x, count, grid);
      if (error < best.error) best = {error, grid.fine};
    }
  }

  // The best scale and shift of a block in units of the group's scale. Tries steps that cover the whole range or most
  // of it, and the step that reaches the ends if the largest shift alone does not.
  static Fit best_fit(const float *x, std::uint32_t count, const Range &range, float unit) {
    Fit best;
    int tried = 0;
    const auto attempt = [&](float scale) {
      const int rounded = clamp_round(scale, 1, kLargestScale);
      if (rounded != tried) try_scale(x, count, range, unit, rounded, best);
      tried = rounded;
    };
    for (const float part : {1.06f, 1.0f, 0.94f, 0.88f, 0.82f}) attempt(range.step() * part / unit);
    const float above = range.high / unit - Width::shift_unit * kLargestShift;
    const float below = -range.low / unit + Width::shift_unit * kLeastShift;
    const float reach = std::ceil(std::max(above / kLargestCode, below / -kLeastCode));
    if (reach > static_cast<float>(tried)) attempt(reach);
    return best;
  }

  // Finds the fine bytes for one candidate of the group's scale, and returns the error.
  static float fit_group(const Span &group, const Range *ranges, float unit, std::uint8_t *fine) {
    float error = 0;
    group.each_block([&](std::uint32_t b, const float *x, std::uint32_t count) {
      const Fit fit = best_fit(x, count, ranges[b], unit);
      fine[b] = fit.fine;
      error += fit.error;
    });
    return error;
  }

  static void write_codes(const Span &group, float unit, const std::uint8_t *fine, std::uint8_t *codes) {
    group.each_block([&](std::uint32_t b, const float *x, std::uint32_t count) {
      const Grid grid(unit, Width::block_scale(fine[b]), Width::block_shift(fine[b]));
      const float inverse = 1.0f / grid.step;
      for (std::uint32_t i = 0; i < count; ++i) {
        const int code = static_cast<int>(grid.nearest(x[i], inverse)) - kLeastCode;
        codes[b * format::kBlock + i] = static_cast<std::uint8_t>(code);
      }
    });
  }
};

// Packs one row into a zeroed tile.
template <class Width>
void pack_block_row(const float *x, std::uint32_t row, std::uint32_t cols, std::uint32_t group, std::byte *tile) {
  std::uint8_t codes[format::kMaxGroup], fine[format::kMaxGroup / format::kBlock];
  std::byte *fine_bytes = tile + format::group_scale_bytes(cols, group);
  std::byte *code_bytes = tile + Width::head_bytes(cols, group);
  for (std::uint32_t first = 0; first < cols; first += group) {
    const std::uint32_t count = std::min(group, cols - first);
    const std::uint16_t scale = BlockQuantizer<Width>::quantize_group(x + first, count, codes, fine);
    std::memcpy(tile + format::tile_element(row, first / group) * 2, &scale, 2);
    for (std::uint32_t b = 0; b < format::block_count(count); ++b) {
      fine_bytes[format::tile_element(row, first / format::kBlock + b)] = static_cast<std::byte>(fine[b]);
    }
    for (std::uint32_t i = 0; i < count; ++i) Width::Packing::write(code_bytes, row, first + i, codes[i]);
  }
}

}  // namespace tidbit::quant
