// The blob as it lies in memory: plain structs, little-endian, no pointers. FORMAT.md is the specification;
// this file is its one transcription, shared by the library, the quantizers and the converter.
#pragma once

#include <cstddef>
#include <cstdint>

#include "format/format.h"

namespace tidbit::format {

static constexpr unsigned char kMagic[8] = {'T', 'I', 'D', 'B', 'I', 'T', 0x1A, '\n'};
inline constexpr std::uint16_t kVersionMajor = 1;  // readers refuse another one
inline constexpr std::uint16_t kVersionMinor = 0;  // readers accept any

// Limits that keep every product of two of these far from overflow.
inline constexpr std::uint32_t kMaxVocab = 1u << 20;
inline constexpr std::uint32_t kMaxLayers = 1024;
inline constexpr std::uint32_t kMaxWidth = 1u << 16;
inline constexpr std::uint32_t kMaxFfn = 1u << 18;
inline constexpr std::uint32_t kMaxHeads = 1024;
inline constexpr std::uint32_t kMaxHeadDim = 256;
inline constexpr std::uint32_t kMaxContext = 1u << 20;
inline constexpr std::uint32_t kMaxTensors = 1u << 16;
inline constexpr std::uint32_t kMaxEndTokens = 8;
inline constexpr std::uint32_t kMaxPieceBytes = 256;
inline constexpr std::uint32_t kMaxProvenanceBytes = 4096;

enum class Dtype : std::uint8_t { f32 = 0, f16 = 1, q8 = 2, q4 = 3 };

// Codes in groups along a row, each group with a scale.
static constexpr bool in_groups(Dtype dtype) { return dtype == Dtype::q8 || dtype == Dtype::q4; }

// How the elements of a tensor are arranged (tensor_layout.h).
enum class Layout : std::uint8_t {
  plain = 0,      // row after row, no padding; f32 and f16 only
  tile16 = 1,     // tiles of 16 rows, padded with zeros to whole tiles
  tile16x16 = 2,  // q8 only: the same with 16 consecutive codes of a row
};

enum class Family : std::uint32_t { llama = 1, gpt2 = 2, openai_gpt = 3, marian = 4 };
enum class Norm : std::uint8_t { layer_norm = 0, rms_norm = 1 };
enum class NormPlace : std::uint8_t { pre = 0, post = 1 };
// Learned and sinusoidal positions are both a table that is added to the embedding.
enum class Position : std::uint8_t { none = 0, table = 1, rotary = 2 };
enum class Activation : std::uint8_t { relu = 0, gelu_erf = 1, gelu_tanh = 2, silu = 3 };

// The model as numbers. Which tensors exist says the rest: biases, final norm, untied head, segments.
struct Config {
  Family family;
  std::uint32_t vocab_size;
  std::uint32_t layers;
  std::uint32_t width;
  std::uint32_t heads;
  std::uint32_t kv_heads;
  std::uint32_t head_dim;
  std::uint32_t ffn_width;
  std::uint32_t max_context;
  std::uint32_t default_context;
  std::uint32_t rotary_dim;  // first channels of a head that turn, i with i + rotary_dim / 2; 0 unless Position::rotary
  float norm_epsilon;
  float embedding_scale;  // multiplies the token embedding
  float attention_scale;  // multiplies q . k
  float logit_scale;      // multiplies the logits
  Norm norm;
  NormPlace norm_place;
  Position position;
  Activation activation;
  std::uint8_t gated;      // 1: act(gate) * up, 0: act(up)
  std::uint8_t reserved0;  // 0
  Dtype weights;           // of the matrices, for display
  Dtype kv;                // of the KV cache
  std::int32_t bos_token;  // -1: none
  std::uint32_t end_token_count;
  std::int32_t end_tokens[kMaxEndTokens];
  std::uint32_t reserved[5];  // 0
};
static_assert(sizeof(Config) == 128);

enum class SectionKind : std::uint32_t {
  weights = 1,     // every tensor lies in it
  tokenizer = 2,   // tokenizer_format.h; absent under --tokenizer none
  provenance = 3,  // zero-terminated UTF-8 strings: source, converter
};

struct Section {
  SectionKind kind;
  std::uint32_t reserved;  // 0
  std::uint64_t offset;    // from the start of the blob, multiple of 64
  std::uint64_t bytes;
  std::uint64_t checksum;  // XXH64 of the bytes
};
static_assert(sizeof(Section) == 32);
inline constexpr std::uint32_t kMaxSections = 8;

// At offset 0. Sections follow it at once, tensors follow them; header_bytes ends after the tensors.
struct Header {
  unsigned char magic[8];
  std::uint16_t version_major;
  std::uint16_t version_minor;
  std::uint32_t header_bytes;     // this struct + sections + tensors
  std::uint64_t blob_bytes;       // of the whole blob, multiple of 64
  std::uint64_t header_checksum;  // XXH64 of header_bytes bytes with this field as 0
  std::uint32_t section_count;
  std::uint32_t tensor_count;
  std::uint64_t reserved[3];  // 0
  Config config;
};
static_assert(sizeof(Header) == 192);

// Tensors are addressed by (layer, role). In the table the global ones come first, then those of layer 0, layer 1, ...;
// within each by ascending role; every layer has the same roles.
enum class Role : std::uint16_t {
  token_embedding = 0,     // [vocab][width]; also the head where there is no head
  position_embedding = 1,  // [max_context][width], plain
  segment_embedding = 2,   // [segments][width], plain
  rotary_frequencies = 3,  // [1][rotary_dim / 2], radians per position
  final_norm = 4,          // [1][width]
  final_norm_bias = 5,     // [1][width]
  head = 6,                // [vocab][width]
  head_bias = 7,           // [1][vocab]
  global_count = 8,

  attention_norm = 16,       // [1][width]
  attention_norm_bias = 17,  // [1][width]
  qkv = 18,                  // [(heads + 2 kv_heads) * head_dim][width]: all of q, then k, then v
  qkv_bias = 19,             // [1][rows of qkv]
  attention_out = 20,        // [width][heads * head_dim]
  attention_out_bias = 21,   // [1][width]
  ffn_norm = 22,             // [1][width]
  ffn_norm_bias = 23,        // [1][width]
  ffn_up = 24,               // [ffn_width][width], or where gated [2 ffn_width][width]: gate, then up
  ffn_up_bias = 25,          // [1][rows of ffn_up]
  ffn_down = 26,             // [width][ffn_width]
  ffn_down_bias = 27,        // [1][width]
  layer_end = 28,
};
inline constexpr std::uint16_t kFirstLayerRole = 16;
inline constexpr std::uint16_t kGlobal = 0xFFFF;

struct Tensor {
  Role role;
  std::uint16_t layer;  // kGlobal for global tensors
  Dtype dtype;
  Layout layout;
  std::uint16_t group;  // q8, q4: codes per scale along a row, a multiple of 64; else 0
  std::uint32_t rows;
  std::uint32_t cols;
  std::uint64_t offset;  // from the start of the blob, multiple of 64, inside the weights section
  std::uint64_t bytes;   // exactly tensor_bytes(...) of tensor_layout.h
};
static_assert(sizeof(Tensor) == 32);

}  // namespace tidbit::format
