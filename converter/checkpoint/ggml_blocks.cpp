// Blocks of scales and integer codes. "Low half" and "high half" are the two nibbles of a byte: byte i has elements i
// and i + n / 2 of n. Products are rounded in the order of ggml's own dequantization.
#include <cstring>

#include "base/arith.h"
#include "converter/checkpoint/ggml_types.h"

namespace tidbit::convert {
namespace {

float half_at(const std::uint8_t *bytes) {
  std::uint16_t bits;
  std::memcpy(&bits, bytes, sizeof bits);
  return half_to_float(bits);
}

std::uint32_t word_at(const std::uint8_t *bytes) {
  std::uint32_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

constexpr int kSmall = 32;   // elements of a small block
constexpr int kLarge = 256;  // and of a large one

int nibble(const std::uint8_t *codes, int i) { return i < kSmall / 2 ? codes[i] & 15 : codes[i - kSmall / 2] >> 4; }

// Six-bit scales and minima of 8 parts of a block, in 12 bytes.
//
//   bytes 0 to 3    scale 0 to 3, and above them the upper two bits of scale 4 to 7
//   bytes 4 to 7    the same of the minima
//   bytes 8 to 11   the lower four bits of scale 4 to 7, and above them those of the minima
struct ScaleMin {
  int scale, min;
};
ScaleMin scale_min(const std::uint8_t *packed, int part) {
  if (part < 4) return {packed[part] & 63, packed[part + 4] & 63};
  const int low = packed[part + 4];
  return {(low & 15) | (packed[part - 4] >> 6) << 4, low >> 4 | (packed[part] >> 6) << 4};
}

}  // namespace

void decode_q4_0(const std::uint8_t *block, float *out) {
  const float d = half_at(block);
  for (int i = 0; i < kSmall; ++i) out[i] = d * static_cast<float>(nibble(block + 2, i) - 8);
}

void decode_q4_1(const std::uint8_t *block, float *out) {
  const float d = half_at(block), m = half_at(block + 2);
  for (int i = 0; i < kSmall; ++i) out[i] = d * static_cast<float>(nibble(block + 4, i)) + m;
}

void decode_q5_0(const std::uint8_t *block, float *out) {
  const float d = half_at(block);
  const std::uint32_t high = word_at(block + 2);
  for (int i = 0; i < kSmall; ++i) {
    const int code = nibble(block + 6, i) | static_cast<int>(high >> i & 1) << 4;
    out[i] = d * static_cast<float>(code - 16);
  }
}

void decode_q5_1(const std::uint8_t *block, float *out) {
  const float d = half_at(block), m = half_at(block + 2);
  const std::uint32_t high = word_at(block + 4);
  for (int i = 0; i < kSmall; ++i) {
    const int code = nibble(block + 8, i) | static_cast<int>(high >> i & 1) << 4;
    out[i] = d * static_cast<float>(code) + m;
  }
}

void decode_q8_0(const std::uint8_t *block, float *out) {
  const float d = half_at(block);
  for (int i = 0; i < kSmall; ++i) out[i] = d * static_cast<float>(static_cast<std::int8_t>(block[2 + i]));
}

// Scales and minima of four bits [16], codes [64], d, dmin. A byte has elements i, i + 32, i + 64, i + 96 of 128.
void decode_q2_k(const std::uint8_t *block, float *out) {
  const std::uint8_t *codes = block + 16;
  const float d = half_at(block + 80), dmin = half_at(block + 82);
  for (int i = 0; i < kLarge; ++i) {
    const std::uint8_t part = block[i / 16];
    const int code = codes[i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2) & 3;
    out[i] = d * static_cast<float>(part & 15) * static_cast<float>(code) - dmin * static_cast<float>(part >> 4);
  }
}

// Upper bits [32], codes [64], six-bit scales [12], d. The upper bit is set if nothing is subtracted.
void decode_q3_k(const std::uint8_t *block, float *out) {
  const std::uint8_t *codes = block + 32, *scales = block + 96;
  const float d = half_at(block + 108);
  for (int i = 0; i < kLarge; ++i) {
    const int part = i / 16;
    const int low = part < 8 ? scales[part] & 15 : scales[part - 8] >> 4;
    const int scale = low | (scales[8 + part % 4] >> (part / 4 * 2) & 3) << 4;
    const int code = codes[i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2) & 3;
    const int above = block[i % 32] >> (i / 32) & 1;
    out[i] = d * static_cast<float>(scale - 32) * static_cast<float>(code - (above != 0 ? 0 : 4));
  }
}

// d, dmin, scales and minima [12], codes [128]. A byte has elements i and i + 32 of 64.
void decode_q4_k(const std::uint8_t *block, float *out) {
  const float d = half_at(block), dmin = half_at(block + 2);
  for (int i = 0; i < kLarge; ++i) {
    const ScaleMin part = scale_min(block + 4, i / 32);
    const int code = block[16 + i / 64 * 32 + i % 32] >> (i % 64 / 32 * 4) & 15;
    out[i] = d * static_cast<float>(part.scale) * static_cast<float>(code) - dmin * static_cast<float>(part.min);
  }
}

// The same with an upper bit for each code [32] in front of the codes.
void decode_q5_k(const std::uint8_t *block, float *out) {
  const float d = half_at(block), dmin = half_at(block + 2);
  for (int i = 0; i < kLarge; ++i) {
    const ScaleMin part = scale_min(block + 4, i / 32);
    const int low = block[48 + i / 64 * 32 + i % 32] >> (i % 64 / 32 * 4) & 15;
    const int code = low | (block[16 + i % 32] >> (i / 32) & 1) << 4;
    out[i] = d * static_cast<float>(part.scale) * static_cast<float>(code) - dmin * static_cast<float>(part.min);
  }
}

// Lower four bits [128], upper two bits [64], int8 scales [16], d.
void decode_q6_k(const std::uint8_t *block, float *out) {
  const float d = half_at(block + 208);
  for (int i = 0; i < kLarge; ++i) {
    const int low = block[i / 128 * 64 + i % 64] >> (i % 128 / 64 * 4) & 15;
    const int high = block[128 + i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2) & 3;
    const auto scale = static_cast<std::int8_t>(block[192 + i / 16]);
    out[i] = d * static_cast<float>(scale) * static_cast<float>((low | high << 4) - 32);
  }
}

// d as f32, codes [256], sums [16], which are not needed.
void decode_q8_k(const std::uint8_t *block, float *out) {
  const float d = bits_float(word_at(block));
  for (int i = 0; i < kLarge; ++i) out[i] = d * static_cast<float>(static_cast<std::int8_t>(block[4 + i]));
}

// Five ternary digits in a byte, as a fraction of 256: [32] for 160 elements, [16] for 80, [4] with four digits for 16;
// then d. Digit k of the bytes belongs to consecutive elements.
void decode_tq1_0(const std::uint8_t *block, float *out) {
  constexpr std::uint8_t kPowers[] = {1, 3, 9, 27, 81};
  struct Run {
    int first, bytes, digits;
  };
  constexpr Run kRuns[] = {{0, 32, 5}, {32, 16, 5}, {48, 4, 4}};
  const float d = half_at(block + 52);
  for (const Run &run : kRuns) {
    for (int digit = 0; digit < run.digits; ++digit) {
      for (int i = 0; i < run.bytes; ++i) {
        const auto rest = static_cast<std::uint8_t>(block[run.first + i] * kPowers[digit]);
        *out++ = d * static_cast<float>((rest * 3 >> 8) - 1);
      }
    }
  }
}

void decode_tq2_0(const std::uint8_t *block, float *out) {
  const float d = half_at(block + 64);
  for (int i = 0; i < kLarge; ++i) {
    const int code = block[i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2) & 3;
    out[i] = d * static_cast<float>(code - 1);
  }
}

// d, then two bits for each of 64 elements: -1 to 2.
void decode_q2_0(const std::uint8_t *block, float *out) {
  const float d = half_at(block);
  for (int i = 0; i < 64; ++i) out[i] = static_cast<float>((block[2 + i / 4] >> (i % 4 * 2) & 3) - 1) * d;
}

// d, then a bit for each of 128 elements: 1 stands for d, 0 for -d.
void decode_q1_0(const std::uint8_t *block, float *out) {
  const float d = half_at(block);
  for (int i = 0; i < 128; ++i) out[i] = (block[2 + i / 8] >> (i % 8) & 1) != 0 ? d : -d;
}

}  // namespace tidbit::convert
