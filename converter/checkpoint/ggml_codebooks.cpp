// Blocks whose codes stand for values that are no multiples of each other, or for points of a grid: 4 or 8 values at
// once, often with the signs apart.
#include <bit>
#include <cmath>
#include <cstring>

#include "base/arith.h"
#include "converter/checkpoint/ggml_types.h"

namespace tidbit::convert {
namespace {

#include "converter/checkpoint/ggml_grids.inc"

constexpr std::int8_t kIq2Values[] = {8, 25, 43, 0};
constexpr std::int8_t kIq3XxsValues[] = {4, 12, 20, 28, 36, 44, 52, 62};
constexpr std::int8_t kIq3SValues[] = {1, 3, 5, 7, 9, 11, 13, 15};
constexpr std::int8_t kIq1Values[] = {-1, 0, 1, 0};
constexpr std::int8_t kIq4Values[] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
constexpr std::int8_t kFp4Values[] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};  // e2m1, doubled

template <class T>
T at(const std::uint8_t *bytes, int index = 0) {
  T value;
  std::memcpy(&value, bytes + static_cast<std::size_t>(index) * sizeof value, sizeof value);
  return value;
}
float half_at(const std::uint8_t *bytes) { return half_to_float(at<std::uint16_t>(bytes)); }

// The signs of 8 values from 7 bits: an even number of them is negative.
std::uint32_t even_signs(std::uint32_t bits) {
  bits &= 127;
  return bits | (static_cast<std::uint32_t>(std::popcount(bits)) & 1) << 7;
}

// scale * value, with a sign, for the eight or four values of a point.
void eight(std::uint16_t point, std::uint32_t signs, float scale, float *out) {
  for (int i = 0; i < 8; ++i) {
    const float value = scale * static_cast<float>(kIq2Values[point >> (2 * i) & 3]);
    out[i] = (signs >> i & 1) != 0 ? -value : value;
  }
}
void four(std::uint16_t point, const std::int8_t *values, std::uint32_t signs, float scale, float *out) {
  for (int i = 0; i < 4; ++i) {
    const float value = scale * static_cast<float>(values[point >> (4 * i) & 7]);
    out[i] = (signs >> i & 1) != 0 ? -value : value;
  }
}
void eight_near(std::uint16_t point, float delta, float scale, float *out) {
  for (int i = 0; i < 8; ++i) out[i] = scale * (static_cast<float>(kIq1Values[point >> (2 * i) & 3]) + delta);
}

float quarter_scale(float d, std::uint32_t scale) { return d * (0.5f + static_cast<float>(scale)) * 0.25f; }

// A byte has the values i and i + 8 of 16, or i and i + 16 of 32.
void lookup(const std::uint8_t *codes, int half, const std::int8_t *values, float scale, float *out) {
  for (int i = 0; i < half; ++i) {
    out[i] = scale * static_cast<float>(values[codes[i] & 15]);
    out[half + i] = scale * static_cast<float>(values[codes[i] >> 4]);
  }
}

}  // namespace

void decode_iq4_nl(const std::uint8_t *block, float *out) { lookup(block + 2, 16, kIq4Values, half_at(block), out); }

// d, upper two bits of 8 scales, their lower four bits [4], codes [128].
void decode_iq4_xs(const std::uint8_t *block, float *out) {
  const float d = half_at(block);
  const auto high = at<std::uint16_t>(block + 2);
  for (int part = 0; part < 8; ++part) {
    const int low = block[4 + part / 2] >> (part % 2 * 4) & 15;
    const int scale = (low | (high >> (2 * part) & 3) << 4) - 32;
    lookup(block + 8 + 16 * part, 16, kIq4Values, d * static_cast<float>(scale), out + 32 * part);
  }
}

// An exponent, then codes of e2m1 values.
void decode_mxfp4(const std::uint8_t *block, float *out) {
  const std::uint32_t exponent = block[0];
  const float half = bits_float(exponent < 2 ? 0x00200000u << exponent : (exponent - 1) << 23);
  lookup(block + 1, 16, kFp4Values, half, out);
}

// Four scales as e4m3 without a sign, then 8 bytes of codes for each.
void decode_nvfp4(const std::uint8_t *block, float *out) {
  for (int part = 0; part < 4; ++part) {
    const int bits = block[part], exponent = bits >> 3 & 15, mantissa = bits & 7;
    const double scale = exponent == 0 ? std::ldexp(mantissa, -9) : std::ldexp(8 + mantissa, exponent - 10);
    const float half = bits == 0 || bits == 0x7F ? 0.0f : static_cast<float>(scale / 2);
    lookup(block + 4 + 8 * part, 8, kFp4Values, half, out + 16 * part);
  }
}

// d, then for each 32 values four points and a word: four sets of signs, and a scale in its upper four bits.
void decode_iq2_xxs(const std::uint8_t *block, float *out) {
  const float d = half_at(block);
  for (int part = 0; part < 8; ++part) {
    const std::uint8_t *points = block + 2 + 8 * part;
    const auto word = at<std::uint32_t>(points + 4);
    const float scale = quarter_scale(d, word >> 28);
    for (int i = 0; i < 4; ++i) {
      eight(kIq2XxsGrid[points[i]], even_signs(word >> (7 * i)), scale, out + 32 * part + 8 * i);
    }
  }
}

// d, 32 points of 9 bits with signs in the upper 7, a scale of four bits for each 16 values.
void decode_iq2_xs(const std::uint8_t *block, float *out) {
  const float d = half_at(block);
  for (int i = 0; i < 32; ++i) {
    const auto word = at<std::uint16_t>(block + 2, i);
    const std::uint32_t scale = block[66 + i / 4] >> (i / 2 % 2 * 4) & 15;
    eight(kIq2XsGrid[word & 511], even_signs(word >> 9), quarter_scale(d, scale), out + 8 * i);
  }
}

// d, points [32], signs [32], upper two bits of the points [8], scales [8].
void decode_iq2_s(const std::uint8_t *block, float *out) {
  const float d = half_at(block);
  for (int i = 0; i < 32; ++i) {
    const int point = block[2 + i] | (block[66 + i / 4] >> (i % 4 * 2) & 3) << 8;
    const std::uint32_t scale = block[74 + i / 4] >> (i / 2 % 2 * 4) & 15;
    eight(kIq2SGrid[point], block[34 + i], quarter_scale(d, scale), out + 8 * i);
  }
}

// d, points [64], then for each 32 values a word like that of iq2_xxs.
void decode_iq3_xxs(const std::uint8_t *block, float *out) {
  const float d = half_at(block);
  for (int i = 0; i < 64; ++i) {
    const auto word = at<std::uint32_t>(block + 66, i / 8);
    const float scale = d * (0.5f + static_cast<float>(word >> 28)) * 0.5f;
    const std::uint32_t signs = even_signs(word >> (i % 8 / 2 * 7)) >> (i % 2 * 4);
    four(kIq3XxsGrid[block[2 + i]], kIq3XxsValues, signs, scale, out + 4 * i);
  }
}

// d, points [64], their upper bit [8], signs [32], a scale of four bits for each 32 values.
void decode_iq3_s(const std::uint8_t *block, float *out) {
  const float d = half_at(block);
  for (int i = 0; i < 64; ++i) {
    const int point = block[2 + i] | (block[66 + i / 8] >> (i % 8) & 1) << 8;
    const int scale = block[106 + i / 16] >> (i / 8 % 2 * 4) & 15;
    const std::uint32_t signs = block[74 + i / 2] >> (i % 2 * 4);
    four(kIq3SGrid[point], kIq3SValues, signs, d * static_cast<float>(1 + 2 * scale), out + 4 * i);
  }
}

// d, points [32], then for each 32 values: three upper bits of four points, a scale of three bits, the sign of the
// delta.
void decode_iq1_s(const std::uint8_t *block, float *out) {
  const float d = half_at(block);
  for (int i = 0; i < 32; ++i) {
    const auto word = at<std::uint16_t>(block + 34, i / 4);
    const int point = block[2 + i] | (word >> (i % 4 * 3) & 7) << 8;
    const float scale = d * static_cast<float>(2 * (word >> 12 & 7) + 1);
    eight_near(kIq1Grid[point], (word & 0x8000) != 0 ? -0.125f : 0.125f, scale, out + 8 * i);
  }
}

// Points [32], their upper three bits and the sign of the delta [16], scales of three bits with d in the upper bits of
// the four words.
void decode_iq1_m(const std::uint8_t *block, float *out) {
  const std::uint8_t *words = block + 48;
  std::uint32_t d_bits = 0;
  for (int i = 0; i < 4; ++i) d_bits |= (at<std::uint16_t>(words, i) & 0xF000u) >> (12 - 4 * i);
  const float d = half_to_float(static_cast<std::uint16_t>(d_bits));
  for (int i = 0; i < 32; ++i) {
    const int high = block[32 + i / 2] >> (i % 2 * 4) & 15;
    const int scale = at<std::uint16_t>(words, i / 8) >> (i / 2 % 4 * 3) & 7;
    eight_near(kIq1Grid[block[i] | (high & 7) << 8], (high & 8) != 0 ? -0.125f : 0.125f,
               d * static_cast<float>(2 * scale + 1), out + 8 * i);
  }
}

}  // namespace tidbit::convert
