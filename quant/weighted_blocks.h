// Scales for a format with blocks (format/blocks.h) when each weight's error counts by its importance. Used with error
// feedback; plain rounding is in blocks.h.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/arith.h"
#include "format/blocks.h"

namespace tidbit::quant {

template <class Width>
struct BlockCoder {
  static constexpr std::uint32_t kMaxBlocks = format::kMaxGroup / format::kBlock;
  static constexpr int kLeastCode = -Width::zero, kLargestCode = Width::zero - 1;
  static constexpr int kLargestScale = 15, kLeastShift = -8, kLargestShift = 7, kLargestHalf = 0x7BFF;
  static constexpr int kReach = kLargestCode * kLargestScale + Width::shift_unit * kLargestShift;

  struct Group {
    std::uint16_t bits = 0;  // f16
    std::uint32_t blocks = 0;
    std::uint8_t fine[kMaxBlocks] = {};
    float step[kMaxBlocks] = {}, inverse[kMaxBlocks] = {}, shift[kMaxBlocks] = {};  // a weight is shift + step * code
  };

  static Group fit(const float *x, const float *importance, std::uint32_t count) {
    Group best;
    best.blocks = format::block_count(count);
    float unit = 0;
    for (std::uint32_t b = 0; b < best.blocks; ++b) {
      const Range range = range_of(x + b * format::kBlock, block_size(count, b));
      const float reach = std::max(-range.low, range.high) / static_cast<float>(kReach);
      unit = std::max({unit, range.step() / kLargestScale, reach});
    }
    if (unit == 0) return best;
    float least = INFINITY;
    for (const float part : {1.08f, 1.04f, 1.0f, 0.97f, 0.94f, 0.91f, 0.88f, 0.85f, 0.81f, 0.77f}) {
      const int bits = std::min(std::max<int>(float_to_half(unit * part), 1), kLargestHalf);
      Group candidate;
      candidate.bits = static_cast<std::uint16_t>(bits);
      candidate.blocks = best.blocks;
      const float error = fit_blocks(x, importance, count, candidate);
      if (error >= least) continue;
      least = error;
      best = candidate;
    }
    set_grids(best);
    return best;
  }

  // Adding 1.5 * 2^23 rounds to an integer.
  static float round(const Group &group, std::uint32_t i, float x, int *code) {
    const std::uint32_t b = i / format::kBlock;
    *code = static_cast<int>(nearest_code((x - group.shift[b]) * group.inverse[b])) - kLeastCode;
    return value(group, i, *code);
  }

  static float value(const Group &group, std::uint32_t i, int code) {
    const std::uint32_t b = i / format::kBlock;
    return group.shift[b] + group.step[b] * static_cast<float>(code + kLeastCode);
  }

  static Group rescaled(const Group &group, float factor) {
    Group result = group;
    const float unit = half_to_float(group.bits) * factor;
    result.bits = static_cast<std::uint16_t>(std::min(std::max<int>(float_to_half(unit), 1), kLargestHalf));
    set_grids(result);
    return result;
  }

  // The neighbors of a group: those in which one block has the next scale or shift. False if there are no more.
  static bool neighbor(const Group &group, std::uint32_t index, Group *result, std::uint32_t *first) {
    const std::uint32_t b = index / 4;
    if (b >= group.blocks) return false;
    const int step = index % 2 == 0 ? 1 : -1;
    int scale = Width::block_scale(group.fine[b]), shift = Width::block_shift(group.fine[b]);
    int &changed = index % 4 < 2 ? scale : shift;
    changed =
        std::clamp(changed + step, index % 4 < 2 ? 1 : kLeastShift, index % 4 < 2 ? kLargestScale : kLargestShift);
    *result = group;
    result->fine[b] = static_cast<std::uint8_t>(scale | (shift & 15) << 4);
    set_grids(*result);
    *first = b * format::kBlock;
    return true;
  }
  static constexpr std::uint32_t kNeighborWidth = format::kBlock;  // columns that a neighbor differs in

  static void store(const Group &group, std::uint32_t first, std::uint32_t row, std::uint32_t cols,
                    std::uint32_t group_size, std::byte *tile) {
    std::memcpy(tile + format::tile_element(row, first / group_size) * 2, &group.bits, 2);
    std::byte *fine = tile + format::group_scale_bytes(cols, group_size);
    for (std::uint32_t b = 0; b < group.blocks; ++b) {
      fine[format::tile_element(row, first / format::kBlock + b)] = static_cast<std::byte>(group.fine[b]);
    }
  }

  static void store_code(int code, std::uint32_t col, std::uint32_t row, std::uint32_t cols, std::uint32_t group,
                         std::byte *tile) {
    Width::Packing::write(tile + Width::head_bytes(cols, group), row, col, static_cast<std::uint32_t>(code));
  }

 private:
  struct Range {
    float low = 0, high = 0;

    float step() const {
      constexpr auto kSteps = static_cast<float>(kLargestCode - kLeastCode);
      return high / kSteps - low / kSteps;
    }
    float middle() const { return low * 0.5f + high * 0.5f; }
  };

  struct Fit {
    float error = INFINITY;
    std::uint8_t fine = 0;
  };

  static std::uint32_t block_size(std::uint32_t count, std::uint32_t b) {
    return std::min(format::kBlock, count - b * format::kBlock);
  }

  static float nearest_code(float at) {
    const float high = std::min(at, static_cast<float>(kLargestCode));
    return (std::max(high, static_cast<float>(kLeastCode)) + 0x1.8p23f) - 0x1.8p23f;
  }

  static Range range_of(const float *x, std::uint32_t count) {
    const auto [low, high] = std::minmax_element(x, x + count);
    return {*low, *high};
  }

  static int clamp_round(float x, int least, int largest) {
    return static_cast<int>(
        std::nearbyint(std::min(std::max(x, static_cast<float>(least)), static_cast<float>(largest))));
  }

  // Element i is added to partial sum i mod 16.
  static float weighted_error(const float *x, const float *importance, std::uint32_t count, float step, float shift) {
    const float inverse = 1.0f / step;
    float partial[16] = {};
    std::uint32_t at = 0;
    const auto error_of = [&](std::uint32_t i) {
      const float error = x[i] - (shift + step * nearest_code((x[i] - shift) * inverse));
      return importance[i] * (error * error);
    };
    for (; at + 16 <= count; at += 16) {
      for (std::uint32_t i = 0; i < 16; ++i) partial[i] += error_of(at + i);
    }
    for (std::uint32_t i = 0; at + i < count; ++i) partial[i] += error_of(at + i);
    return tree_sum(partial);
  }

  static void try_scale(const float *x, const float *importance, std::uint32_t count, const Range &range, float unit,
                        int scale, Fit &best) {
    const float shift = range.middle() / unit + 0.5f * static_cast<float>(scale);
    const int middle = clamp_round(shift / Width::shift_unit, kLeastShift, kLargestShift);
    for (int s = std::max(middle - 1, kLeastShift); s <= std::min(middle + 1, kLargestShift); ++s) {
      const float error = weighted_error(x, importance, count, unit * static_cast<float>(scale),
                                         unit * static_cast<float>(Width::shift_unit * s));
      if (error < best.error) best = {error, static_cast<std::uint8_t>(scale | (s & 15) << 4)};
    }
  }

  static Fit fit_block(const float *x, const float *importance, std::uint32_t count, float unit) {
    const Range range = range_of(x, count);
    Fit best;
    int tried = 0;
    const auto attempt = [&](float scale) {
      const int rounded = clamp_round(scale, 1, kLargestScale);
      if (rounded != tried) try_scale(x, importance, count, range, unit, rounded, best);
      tried = rounded;
    };
    for (const float part : {1.06f, 1.0f, 0.94f, 0.88f, 0.82f, 0.76f}) attempt(range.step() * part / unit);
    const float above = range.high / unit - Width::shift_unit * kLargestShift;
    const float below = -range.low / unit + Width::shift_unit * kLeastShift;
    const float reach = std::ceil(std::max(above / kLargestCode, below / -kLeastCode));
    if (reach > static_cast<float>(tried)) attempt(reach);
    return best;
  }

  static float fit_blocks(const float *x, const float *importance, std::uint32_t count, Group &group) {
    const float unit = half_to_float(group.bits);
    float error = 0;
    for (std::uint32_t b = 0; b < group.blocks; ++b) {
      const std::uint32_t at = b * format::kBlock;
      const Fit fit = fit_block(x + at, importance + at, block_size(count, b), unit);
      group.fine[b] = fit.fine;
      error += fit.error;
    }
    return error;
  }

  static void set_grids(Group &group) {
    const float unit = half_to_float(group.bits);
    for (std::uint32_t b = 0; b < group.blocks; ++b) {
      group.step[b] = unit * static_cast<float>(Width::block_scale(group.fine[b]));
      group.inverse[b] = group.step[b] == 0 ? 0 : 1.0f / group.step[b];
      group.shift[b] = unit * static_cast<float>(Width::shift_unit * Width::block_shift(group.fine[b]));
    }
  }
};

}  // namespace tidbit::quant
