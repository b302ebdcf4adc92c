// What this build of the library contains, as constants. Code for anything else is not compiled. features.cmake defines
// one bit set per option, in which bit i stands for enumerator i. What is not defined is everything.
#pragma once

#ifndef TIDBIT_FEATURE_WEIGHTS
#define TIDBIT_FEATURE_WEIGHTS (~0u)
#endif
#ifndef TIDBIT_FEATURE_KV_FORMATS
#define TIDBIT_FEATURE_KV_FORMATS 0x7
#endif
#ifndef TIDBIT_FEATURE_NORMS
#define TIDBIT_FEATURE_NORMS 0xF
#endif
#ifndef TIDBIT_FEATURE_ACTIVATIONS
#define TIDBIT_FEATURE_ACTIVATIONS 0x7F
#endif
#ifndef TIDBIT_FEATURE_LAYER_PARTS
#define TIDBIT_FEATURE_LAYER_PARTS 0xFFFF
#endif
#ifndef TIDBIT_FEATURE_TOKENIZERS
#define TIDBIT_FEATURE_TOKENIZERS 0x7
#endif
#ifndef TIDBIT_FEATURE_SCALAR_KERNELS
#define TIDBIT_FEATURE_SCALAR_KERNELS 1
#endif
#ifndef TIDBIT_FEATURE_STATUS_STRINGS
#define TIDBIT_FEATURE_STATUS_STRINGS 1
#endif
#ifndef TIDBIT_FEATURE_SPLIT_PROGRAM
#define TIDBIT_FEATURE_SPLIT_PROGRAM 1
#endif
#ifndef TIDBIT_FEATURE_NORMALIZER
#define TIDBIT_FEATURE_NORMALIZER 1
#endif
#ifndef TIDBIT_FEATURE_HADAMARD
#define TIDBIT_FEATURE_HADAMARD 1
#endif
#ifndef TIDBIT_FEATURE_INSPECT
#define TIDBIT_FEATURE_INSPECT 1
#define TIDBIT_FEATURE_TRUST 1
#define TIDBIT_FEATURE_CHAT 1
#endif

// For files that are empty without a part: bit i of TIDBIT_FEATURE_LAYER_PARTS, in the order of LayerPart.
#define TIDBIT_HAS_QKV_STEPS ((TIDBIT_FEATURE_LAYER_PARTS & (1u << 2 | 1u << 6)) != 0)
#define TIDBIT_HAS_EXPERTS ((TIDBIT_FEATURE_LAYER_PARTS & 1u << 12) != 0)
#define TIDBIT_HAS_SHORT_CONVOLUTION ((TIDBIT_FEATURE_LAYER_PARTS & 1u << 13) != 0)
#define TIDBIT_HAS_ENCODER ((TIDBIT_FEATURE_LAYER_PARTS & 1u << 15) != 0)

namespace tidbit::features {

inline constexpr bool kStatusStrings = TIDBIT_FEATURE_STATUS_STRINGS != 0;
inline constexpr bool kInspect = TIDBIT_FEATURE_INSPECT != 0;
inline constexpr bool kSplitProgram = TIDBIT_FEATURE_SPLIT_PROGRAM != 0;
inline constexpr bool kNormalizer = TIDBIT_FEATURE_NORMALIZER != 0;
inline constexpr bool kHadamard = TIDBIT_FEATURE_HADAMARD != 0;
inline constexpr bool kTrust = TIDBIT_FEATURE_TRUST != 0;
inline constexpr bool kChat = TIDBIT_FEATURE_CHAT != 0;

template <class Enum>
static constexpr bool contains(unsigned set, Enum e) {
  return (set >> static_cast<unsigned>(e) & 1) != 0;
}

template <class Format>
static constexpr bool has_weights(Format f) {
  return contains(TIDBIT_FEATURE_WEIGHTS, f);
}
template <class Format>
static constexpr bool has_kv(Format f) {
  return contains(TIDBIT_FEATURE_KV_FORMATS, f);
}
template <class Norm>
static constexpr bool has_norm(Norm n) {
  return contains(TIDBIT_FEATURE_NORMS, static_cast<unsigned>(n) - 1);  // norms count from 1
}
template <class Activation>
static constexpr bool has_activation(Activation a) {
  return contains(TIDBIT_FEATURE_ACTIVATIONS, a);
}

// What models may have beyond Llama and GPT-2.
enum class LayerPart : unsigned char {
  window,
  rotary_tables,  // more than one, or scaled
  qk_norm,
  soft_cap,  // of scores and logits
  alibi,
  sinks,
  qkv_clip,
  out_norm,
  projection_norm,
  parallel,
  residual_scale,
  embedding_norm,
  experts,
  short_convolution,
  shared_kv,  // keys and values of another layer
  encoder,    // tokens that see all of their text
};
// Also true with the activations from relu_squared on, two of which have parameters.
inline constexpr bool kAnyLayerPart = TIDBIT_FEATURE_LAYER_PARTS != 0 || TIDBIT_FEATURE_ACTIVATIONS >> 4 != 0;

static constexpr bool has(LayerPart part) { return contains(TIDBIT_FEATURE_LAYER_PARTS, part); }

}  // namespace tidbit::features
