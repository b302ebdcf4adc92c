// The number formats of GGUF files. Each is a sequence of blocks along a row; ggml-common.h of llama.cpp is the
// reference for their layouts. To add one, add a row to the table in ggml_types.cpp.
#pragma once

#include <cstdint>

#include "converter/checkpoint/checkpoint.h"

namespace tidbit::convert {

inline constexpr std::uint32_t kGgmlMostBlock = 256;  // elements of the largest block

// A block of bytes as floats.
using GgmlDecode = void (*)(const std::uint8_t *block, float *out);

struct GgmlType {
  std::uint32_t id;     // in the file
  StoredType stored;    // its name; `bytes` are those of a block
  std::uint32_t block;  // elements
  GgmlDecode decode;    // null for plain numbers
};

// Null if there is no such type.
const GgmlType *ggml_type(std::uint32_t id);

// ggml_blocks.cpp: scales and integer codes.
void decode_q4_0(const std::uint8_t *block, float *out);
void decode_q4_1(const std::uint8_t *block, float *out);
void decode_q5_0(const std::uint8_t *block, float *out);
void decode_q5_1(const std::uint8_t *block, float *out);
void decode_q8_0(const std::uint8_t *block, float *out);
void decode_q2_k(const std::uint8_t *block, float *out);
void decode_q3_k(const std::uint8_t *block, float *out);
void decode_q4_k(const std::uint8_t *block, float *out);
void decode_q5_k(const std::uint8_t *block, float *out);
void decode_q6_k(const std::uint8_t *block, float *out);
void decode_q8_k(const std::uint8_t *block, float *out);
void decode_tq1_0(const std::uint8_t *block, float *out);
void decode_tq2_0(const std::uint8_t *block, float *out);
void decode_q2_0(const std::uint8_t *block, float *out);
void decode_q1_0(const std::uint8_t *block, float *out);

// ggml_codebooks.cpp: codes that stand for values, or for groups of 4 or 8 values.
void decode_iq4_nl(const std::uint8_t *block, float *out);
void decode_iq4_xs(const std::uint8_t *block, float *out);
void decode_mxfp4(const std::uint8_t *block, float *out);
void decode_nvfp4(const std::uint8_t *block, float *out);
void decode_iq2_xxs(const std::uint8_t *block, float *out);
void decode_iq2_xs(const std::uint8_t *block, float *out);
void decode_iq2_s(const std::uint8_t *block, float *out);
void decode_iq3_xxs(const std::uint8_t *block, float *out);
void decode_iq3_s(const std::uint8_t *block, float *out);
void decode_iq1_s(const std::uint8_t *block, float *out);
void decode_iq1_m(const std::uint8_t *block, float *out);

}  // namespace tidbit::convert
