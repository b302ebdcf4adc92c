// The blob as it is stored: little-endian structs without pointers, used in place. FORMAT.md is the specification. The
// library, the converter and the tests all use this transcription of it.
//
//   Header            256 bytes, with the numbers of the model and its stacks
//   Section[]         32 bytes each
//   LayerKind[]       192 bytes each: those of the first stack, then those of the second
//   Tensor[]          32 bytes each
//   layers            one byte per layer: the index of its kind in its stack; zeros up to a multiple of 64
//   sections          each at a multiple of 64 bytes, in ascending order, with zeros between them
#pragma once

#include "base/types.h"
#include "format/enums.h"
#include "format/format.h"
#include "format/hadamard.h"

namespace tidbit::format {

static constexpr unsigned char kMagic[8] = {'T', 'I', 'D', 'B', 'I', 'T', 0x1A, '\n'};
inline constexpr std::uint32_t kVersion = 2;

// The bits of Header::required_features that this library knows; none is defined yet. A reader refuses all others.
inline constexpr std::uint64_t kKnownFeatures = 0;

// With these limits, no product of two of these numbers comes close to overflow.
inline constexpr std::uint32_t kMaxVocab = 1u << 20;
inline constexpr std::uint32_t kMaxLayers = 1024;  // of a stack
inline constexpr std::uint32_t kMaxKinds = 255;    // of a stack
inline constexpr std::uint32_t kMaxWidth = 1u << 16;
inline constexpr std::uint32_t kMaxFfn = 1u << 18;
inline constexpr std::uint32_t kMaxExperts = 1024;
inline constexpr std::uint32_t kMaxTaps = 64;
inline constexpr std::uint32_t kMaxHeads = 1024;
inline constexpr std::uint32_t kMaxHeadDim = 256;
inline constexpr std::uint32_t kMaxContext = 1u << 20;
inline constexpr std::uint32_t kMaxSegments = 256;
inline constexpr std::uint32_t kMaxRotaryTables = 16;
inline constexpr std::uint32_t kMaxTensors = 1u << 16;
inline constexpr std::uint32_t kMaxEndTokens = 8;
inline constexpr std::uint32_t kMaxPieceBytes = 256;
inline constexpr std::uint32_t kMaxProvenanceBytes = 4096;
inline constexpr std::uint32_t kMaxSections = 16;
inline constexpr std::uint32_t kMaxStacks = 2;

// The index of a role's tensor in the tensor table, relative to its layer; kAbsent if there is none.
using Slot = std::uint8_t;
inline constexpr Slot kAbsent = 0xFF;
inline constexpr std::uint32_t kGlobalSlots = 32;
inline constexpr std::uint32_t kLayerSlots = 64;

// The numbers of the whole model. fields.h has the name and the range of each.
struct Config {
  char family[16];  // for display, padded with zeros; the last byte is zero
  std::uint32_t vocab_size;
  std::uint32_t width;        // channels of the residual stream
  std::uint32_t max_context;  // positions that the model can address
  std::uint32_t default_context;
  std::uint32_t segments;         // rows of the segment embedding; 0: none
  std::uint32_t rotary_pairs;     // columns of the table of rotary frequencies: the largest rotary_dim / 2 of any kind
  std::uint32_t classes;          // of a classifier; reserved
  std::uint32_t layer_embedding;  // channels of the per-layer embedding table; reserved
  float embedding_scale;          // multiplies the token embedding
  float logit_scale;              // multiplies the logits
  float logit_cap;                // cap * tanh(logit / cap); 0: none
  float final_norm_epsilon;       // also of the embedding norm
  Norm final_norm;
  Position position;
  std::uint8_t tied;  // 1: the head is the token embedding
  Head head;
  Format weights;                // of the matrices, for display
  Format kv;                     // of the KV cache
  std::uint8_t rotary_tables;    // rows of the table of rotary frequencies; 0: none
  std::uint8_t end_token_count;  // entries of end_tokens that are used
  std::int32_t bos_token;        // -1: none
  std::int32_t end_tokens[kMaxEndTokens];
  Norm embedding_norm;       // of the residual stream before the first layer
  Pooling pooling;           // of an encoder
  std::uint8_t unit_length;  // 1: a text's vector is divided by its length
  std::uint8_t reserved[17];
};
static_assert(sizeof(Config) == 128);

constexpr bool is_end(const Config &c, std::int32_t token) {
  for (std::uint32_t i = 0; i < c.end_token_count; ++i) {
    if (c.end_tokens[i] == token && token >= 0) return true;
  }
  return false;
}

struct Stack {
  StackType type;
  std::uint8_t kinds;           // 1 to 255
  std::uint16_t layers;         // 1 to 1024
  std::uint32_t first_tensor;   // of layer 0 in the tensor table
  std::uint32_t layer_tensors;  // entries per layer: as many as the kind with the most tensors needs
  std::uint32_t reserved;
};
static_assert(sizeof(Stack) == 16);

// At offset 0.
struct Header {
  unsigned char magic[8];
  std::uint32_t version;
  std::uint32_t header_bytes;     // this struct and the tables after it, a multiple of 64
  std::uint64_t blob_bytes;       // of the whole blob, a multiple of 64
  std::uint64_t header_checksum;  // XXH64 of header_bytes bytes, with this field set to 0
  std::uint64_t required_features;
  std::uint32_t section_count;
  std::uint32_t tensor_count;
  std::uint32_t stack_count;  // 1; reserved: 2, an encoder and a decoder
  std::uint32_t revision;     // for the application's updates: the newest of two blobs has the highest
  std::uint32_t reserved[2];
  Config config;
  Stack stacks[kMaxStacks];         // those beyond stack_count are zeros
  Slot global_slots[kGlobalSlots];  // by GlobalRole: the place in the tensor table
};
static_assert(sizeof(Header) == 256);

enum class SectionKind : std::uint32_t {
  weights = 1,           // all tensors but those of layer_embeddings
  tokenizer = 2,         // TOKENIZER_FORMAT.md; absent with --tokenizer none
  provenance = 3,        // zero-terminated UTF-8 strings: source, converter
  self_test = 4,         // SelfTest
  chat_template = 5,     // records: ChatTexts and ChatPiece
  grammars = 6,          // records: kAnswerGrammar
  adapters = 7,          // records; reserved
  signature = 8,         // Signature
  layer_embeddings = 9,  // the per-layer embedding table, separate so that it can be in slower memory; reserved
};

struct Section {
  SectionKind kind;
  std::uint32_t reserved;  // 0
  std::uint64_t offset;    // from the start of the blob, multiple of 64
  std::uint64_t bytes;
  std::uint64_t checksum;  // XXH64 of the bytes
};
static_assert(sizeof(Section) == 32);

// Everything that may differ between layers. fields.h has the name and the range of each number, and says which values
// are reserved.
struct LayerKind {
  // Mixer
  std::uint32_t heads;       // query heads
  std::uint32_t kv_heads;    // divides heads
  std::uint32_t head_dim;    // channels of a query and a key
  std::uint32_t value_dim;   // channels of a value
  std::uint32_t window;      // positions that a query sees; 0: all
  std::uint32_t rotary_dim;  // leading channels of a head that rotate, i with i + rotary_dim / 2; 0: none
  std::uint32_t kv_layer;    // 1 + the layer whose keys and values are used; 0: its own
  std::uint32_t taps;        // of a short convolution
  std::uint32_t state_dim;   // of a recurrent mixer
  float attention_scale;     // multiplies q . k
  float score_cap;           // cap * tanh(score / cap); 0: none
  float residual_scale;      // multiplies what is added to the residual stream
  float norm_epsilon;
  // Feed-forward
  std::uint32_t ffn_width;
  std::uint32_t experts;         // 0: one feed-forward
  std::uint32_t experts_used;    // per token
  std::uint32_t shared_experts;  // 1: a feed-forward of ffn_width in addition, for every token
  std::uint32_t expert_width;
  float router_scale;  // reserved

  Mixer mixer;
  Mask mask;
  std::uint8_t cross;         // 1: attention over an encoder's output follows
  std::uint8_t rotary_table;  // row of the frequency table
  Norm qk_norm;
  QkNormScope qk_norm_scope;
  std::uint8_t qk_norm_after;  // 1: after the rotation
  Alibi alibi;
  std::uint8_t sinks;
  std::uint8_t output_gate;
  // x = sum_norm(x + out_norm(f(in_norm(x)))): where the mixer and the feed-forward can have a norm
  Norm mixer_in_norm;
  Norm mixer_out_norm;
  Norm mixer_sum_norm;
  Norm ffn_in_norm;
  Norm ffn_out_norm;
  Norm ffn_sum_norm;
  Norm projection_norm;  // in front of the output projections
  Residual residual;
  Activation activation;
  std::uint8_t gated;  // 1: act(gate) * up, 0: act(up)
  Router router;
  std::uint8_t router_normalized;
  std::uint8_t reserved[26];
  float qkv_clip;           // q, k and v are limited to this absolute value; 0: no limit
  Slot slots[kLayerSlots];  // by LayerRole: the place among the layer's tensors; ascending, without gaps
};
static_assert(sizeof(LayerKind) == 192);

// How to find the tensor of a role:
//   global: tensors[global_slots[role]]
//   layer:  tensors[stack.first_tensor + layer * stack.layer_tensors + kind.slots[role]]
// A layer whose kind has fewer tensors leaves its last entries as zeros.
struct Tensor {
  Format format;
  InputTransform transform;
  std::uint16_t group;  // codes per scale along a row, a multiple of 64; 0 for f32 and f16
  std::uint32_t rows;
  std::uint32_t cols;
  std::uint32_t reserved1;
  std::uint64_t offset;  // from the start of the blob, multiple of 64, inside its section
  std::uint64_t bytes;   // exactly what the format says
};
static_assert(sizeof(Tensor) == 32);

// ---- sections that the library reads or checks ----

// What the scalar kernels computed when the blob was made.
struct SelfTest {
  std::uint32_t token_count;  // 1 to 16, at most default_context
  std::uint32_t reserved;
  std::uint64_t hash;       // XXH64 of the f32 logits after each token, row after row
  std::int32_t tokens[16];  // zeros beyond token_count
};
static_assert(sizeof(SelfTest) == 80);
inline constexpr std::uint32_t kMaxSelfTestTokens = 16;

// The start of a section of records. `count` Records follow, then the data that they point to.
struct Records {
  std::uint32_t count;  // at most kMaxRecords
  std::uint32_t reserved;
};
struct Record {
  std::uint32_t kind;    // its meaning depends on the section
  std::uint32_t offset;  // from the start of the section
  std::uint32_t bytes;
  std::uint32_t reserved;
};
static_assert(sizeof(Records) == 8 && sizeof(Record) == 16);
inline constexpr std::uint32_t kMaxRecords = 4096;

// ---- record of the section grammars ----

// Kind 1: the form of the model's answers, as in grammar_format.h.
inline constexpr std::uint32_t kAnswerGrammar = 1;

// ---- records of the section chat_template ----

// `none` is the start of a conversation in front of a message, and the answer to be generated behind one.
enum class ChatRole : std::uint32_t { none = 0, system = 1, user = 2, assistant = 3, tool = 4 };
inline constexpr std::uint32_t kChatRoles = 5;

// Kind 1: how the texts of each role are trimmed, by ChatRole.
struct ChatTexts {
  std::uint8_t trim[8];  // bits of chat_trim
};
namespace chat_trim {
inline constexpr std::uint8_t kStart = 1, kEnd = 2;  // remove white space there
}
inline constexpr std::uint32_t kChatTexts = 1;

// Kind chat_piece(from, to): what stands between the texts of two messages. `token_count` i32 tokens follow, then the
// text in front of them and the text behind them. Without tokens there is no text behind.
struct ChatPiece {
  std::uint32_t token_count;
  std::uint16_t head_bytes;
  std::uint16_t tail_bytes;
};
static_assert(sizeof(ChatTexts) == 8 && sizeof(ChatPiece) == 8);
constexpr std::uint32_t chat_piece(ChatRole from, ChatRole to) {
  return 16 + 8 * static_cast<std::uint32_t>(from) + static_cast<std::uint32_t>(to);
}

// Signs the whole blob but for its own 64 bytes. It is in the last section.
struct Signature {
  std::uint32_t algorithm;  // 1: Ed25519 of a SignedMessage
  std::uint32_t reserved;
  std::uint8_t key_id[8];  // the first bytes of the public key
  std::uint8_t signature[64];
};
static_assert(sizeof(Signature) == 80);

// What is signed instead of the blob. Ed25519 reads its message twice, and a blob is read only once.
struct SignedMessage {
  char domain[32];          // kSignatureDomain, so that the key's signatures of other things are not taken for this
  std::uint8_t digest[64];  // SHA-512 of the blob without Signature::signature
};
static_assert(sizeof(SignedMessage) == 96);
static constexpr char kSignatureDomain[33] = "tidbit blob signature, version 1";

}  // namespace tidbit::format
