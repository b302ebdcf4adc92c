// Turns activations into codes: a vector is cut into groups, each with a scale.
//
// The largest magnitude m of a group is found first; it becomes the code 127. Magnitudes are compared as unsigned
// integers, which puts NaN above infinity:
//
//   x       | x0 .. |  | x8 .. |  ..   the largest of each lane, then of all lanes: m
//   codes   | rint(x0 * 127 / m) .. |  narrowed to int8, 32 at a time, with their sum
#pragma once

#include <string.h>

#include "kernels/generic/hadamard.h"
#include "kernels/generic/vectors.h"
#include "kernels/kernels.h"

namespace tidbit {

template <QuantizingLanes L>
struct Quantization {
  using Floats = typename L::Floats;

  static float largest(const float *x, std::uint32_t n) {
    Floats best = L::set(0.0f);
    Vectors<L>::each_register(
        n, [&](std::size_t i) { best = L::larger(best, L::load(x + i)); },
        [&](std::size_t i, std::uint32_t rest) { best = L::larger(best, L::load_part(x + i, rest)); });
    float lanes[L::width];
    L::store(lanes, best);
    std::uint32_t highest = 0;
    for (const float lane : lanes) highest = float_bits(lane) > highest ? float_bits(lane) : highest;
    return bits_float(highest);
  }

  // One group of whole pairs of blocks. Below 2^-100 everything becomes 0. A value that is not finite, or so large that
  // a scale could overflow, gives a NaN scale, so that it shows up in the logits.
  static void quantize_group(const float *x, std::uint32_t n, std::int8_t *codes, float *scale, CodeSums *sums) {
    const float highest = largest(x, n);
    const bool sound = highest >= 0x1p-100f && highest <= 0x1p+120f;
    *scale = sound ? highest / 127.0f : highest < 0x1p-100f ? 0.0f : bits_float(0x7FC00000);
    const float inverse = sound ? 127.0f / highest : 0.0f;
    for (std::uint32_t i = 0; i < n; i += format::kPair) {
      CodeSums &pair = sums[i / format::kPair];
      for (std::uint32_t half = 0; half < 2; ++half) {
        const std::uint32_t at = i + half * format::kBlock;
        const std::uint32_t left = at < n ? n - at : 0, count = left < format::kBlock ? left : format::kBlock;
        if (!sound) memset(codes + at, 0, count);
        const std::int32_t sum = sound && count > 0 ? L::codes(x + at, count, inverse, codes + at) : 0;
        pair.sum[half] = static_cast<std::int16_t>(sum);
        pair.start[half] = -CodeSums::kZero * sum;
      }
    }
  }

  static void quantize(const float *x, std::uint32_t n, std::uint32_t group, std::int8_t *codes, float *scales,
                       CodeSums *sums) {
    std::uint32_t g = 0;
    for (std::uint32_t i = 0; i < n; i += group, ++g) {
      quantize_group(x + i, n - i < group ? n - i : group, codes + i, scales + g, sums + i / format::kPair);
    }
    memset(codes + n, 0, static_cast<std::size_t>(format::round_up(n, format::kPair) - n));
  }

  // The same for the Hadamard transform of x. The group divides its block, or is at least n.
  static void quantize_transformed(const float *x, std::uint32_t n, std::uint32_t group, std::int8_t *codes,
                                   float *scales, CodeSums *sums) {
    constexpr std::uint32_t kBlock = format::kHadamardBlock;
    for (std::uint32_t i = 0; i < n; i += kBlock) {
      alignas(64) float block[kBlock];
      const std::uint32_t count = n - i < kBlock ? n - i : kBlock;
      Hadamard<L>::transform(x + i, count, block);
      quantize(block, count, group, codes + i, scales + i / group, sums + i / format::kPair);
    }
  }
};

}  // namespace tidbit
