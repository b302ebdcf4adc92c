#include "quant/q4.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "format/tensor_layout.h"
#include "base/arith.h"

namespace tidbit::quant {
namespace {

using format::kBlock;

constexpr int kLargestScale = 15, kLeastShift = -8, kLargestShift = 7;
constexpr int kLargestHalf = 0x7BFF;

// One block's grid: points at shift + step * (-8 to 7).
struct Grid {
  float step, shift;
  std::uint8_t fine;

  Grid(float unit, int scale, int block_shift)
      : step(unit * static_cast<float>(scale)),
        shift(unit * static_cast<float>(format::kQ4Shift * block_shift)),
        fine(static_cast<std::uint8_t>(scale | (block_shift & 15) << 4)) {}

  // The nearest of the 16 points, as -8 to 7, for each of some floats. Adding 1.5 * 2^23 rounds to an integer.
  template <class Floats>
  Floats nearest(Floats x, float inverse) const {
    const Floats at = (x - shift) * inverse, least = Floats{} - 8.0f, largest = Floats{} + 7.0f;
    const Floats high = at < largest ? at : largest;
    return ((high > least ? high : least) + 0x1.8p23f) - 0x1.8p23f;
  }
};

struct Fit {
  float error = INFINITY;
  std::uint8_t fine = 0;
};

// Registers of most targets; loops of single floats stay scalar code.
using Floats [[gnu::vector_size(16)]] = float;

Floats squares(Floats values, const Grid &grid, float inverse) {
  const Floats errors = values - (grid.nearest(values, inverse) * grid.step + grid.shift);
  return errors * errors;
}

// Element i counts to partial sum i mod 16.
float squared_error(const float *x, std::uint32_t count, const Grid &grid) {
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

struct Range {
  float low = 0, high = 0;

  float step() const { return high / 15.0f - low / 15.0f; }
  float middle() const { return low * 0.5f + high * 0.5f; }
};

Range range_of(const float *x, std::uint32_t count) {
  const auto [low, high] = std::minmax_element(x, x + count);
  return {*low, *high};
}

int clamp_round(float x, int least, int largest) {
  return static_cast<int>(
      std::nearbyint(std::min(std::max(x, static_cast<float>(least)), static_cast<float>(largest))));
}

// Tries a block scale with three shifts around the middle.
void try_scale(const float *x, std::uint32_t count, const Range &range, float unit, int scale, Fit &best) {
  const float shift = range.middle() / unit + 0.5f * static_cast<float>(scale);
  const int middle = clamp_round(shift / format::kQ4Shift, kLeastShift, kLargestShift);
  for (int s = std::max(middle - 1, kLeastShift); s <= std::min(middle + 1, kLargestShift); ++s) {
    const Grid grid(unit, scale, s);
    const float error = squared_error(x, count, grid);
    if (error < best.error) best = {error, grid.fine};
  }
}

// The best scale and shift of a block in units of the group's scale: steps from the whole range down to most of it, and
// the step that reaches the ends where the largest shift alone does not.
Fit best_fit(const float *x, std::uint32_t count, const Range &range, float unit) {
  Fit best;
  int tried = 0;
  const auto attempt = [&](float scale) {
    const int rounded = clamp_round(scale, 1, kLargestScale);
    if (rounded != tried) try_scale(x, count, range, unit, rounded, best);
    tried = rounded;
  };
  for (const float part : {1.06f, 1.0f, 0.94f, 0.88f, 0.82f}) attempt(range.step() * part / unit);
  const float above = range.high / unit - format::kQ4Shift * kLargestShift;
  const float below = -range.low / unit + format::kQ4Shift * kLeastShift;
  const float reach = std::ceil(std::max(above / 7.0f, below / 8.0f));
  if (reach > static_cast<float>(tried)) attempt(reach);
  return best;
}

struct Blocks {
  const float *x;
  std::uint32_t count;

  template <class Body>
  void each(Body body) const {
    for (std::uint32_t i = 0; i < count; i += kBlock) body(i / kBlock, x + i, std::min(kBlock, count - i));
  }
};

// Fine bytes for one candidate of the group's scale, and the error with them.
float fit_group(const Blocks &blocks, const Range *ranges, float unit, std::uint8_t *fine) {
  float error = 0;
  blocks.each([&](std::uint32_t b, const float *x, std::uint32_t count) {
    const Fit fit = best_fit(x, count, ranges[b], unit);
    fine[b] = fit.fine;
    error += fit.error;
  });
  return error;
}

void write_codes(const Blocks &blocks, float unit, const std::uint8_t *fine, std::uint8_t *codes) {
  blocks.each([&](std::uint32_t b, const float *x, std::uint32_t count) {
    const Grid grid(unit, fine[b] & 15, static_cast<std::int8_t>(fine[b]) >> 4);
    const float inverse = 1.0f / grid.step;
    for (std::uint32_t i = 0; i < count; ++i) {
      codes[b * kBlock + i] =
          static_cast<std::uint8_t>(static_cast<int>(grid.nearest(x[i], inverse)) + format::kQ4Zero);
    }
  });
}

}  // namespace

std::uint16_t quantize_group_q4(const float *x, std::uint32_t count, std::uint8_t *codes, std::uint8_t *fine) {
  constexpr std::uint32_t kMost = format::kMaxGroup / kBlock;
  const Blocks blocks{x, count};
  const auto number = static_cast<std::uint32_t>(format::block_count(count));
  Range ranges[kMost];
  float unit = 0;
  blocks.each([&](std::uint32_t b, const float *at, std::uint32_t n) {
    ranges[b] = range_of(at, n);
    const float reach = std::max(-ranges[b].low, ranges[b].high) / 147.0f;
    unit = std::max({unit, ranges[b].step() / kLargestScale, reach});
  });
  std::fill_n(codes, count, std::uint8_t{0});
  std::fill_n(fine, number, std::uint8_t{0});
  if (unit == 0) return 0;

  float least = INFINITY;
  int best = 0;
  for (const float part : {1.08f, 1.04f, 1.0f, 0.97f, 0.94f, 0.91f, 0.88f, 0.85f}) {
    const int bits = std::min(std::max<int>(float_to_half(unit * part), 1), kLargestHalf);
    std::uint8_t candidate[kMost];
    const float error = fit_group(blocks, ranges, half_to_float(static_cast<std::uint16_t>(bits)), candidate);
    if (error >= least) continue;
    least = error;
    best = bits;
    std::copy_n(candidate, number, fine);
  }
  write_codes(blocks, half_to_float(static_cast<std::uint16_t>(best)), fine, codes);
  return static_cast<std::uint16_t>(best);
}

}  // namespace tidbit::quant
