// What this build of the library contains, as constants: code for anything else is not compiled. features.cmake passes
// one set of bits for each of its options; bit i stands for enumerator i. Without definitions the build has everything.
#pragma once

#ifndef TIDBIT_FEATURE_WEIGHTS
#define TIDBIT_FEATURE_WEIGHTS 0x1F
#define TIDBIT_FEATURE_KV_FORMATS 0x7
#define TIDBIT_FEATURE_NORMS 0x3
#define TIDBIT_FEATURE_ACTIVATIONS 0xF
#define TIDBIT_FEATURE_TOKENIZERS 0x7
#define TIDBIT_FEATURE_STATUS_STRINGS 1
#define TIDBIT_FEATURE_SCALAR_KERNELS 1
#define TIDBIT_FEATURE_OBSERVE 1
#endif

namespace tidbit::features {

inline constexpr bool kStatusStrings = TIDBIT_FEATURE_STATUS_STRINGS != 0;
inline constexpr bool kScalarKernels = TIDBIT_FEATURE_SCALAR_KERNELS != 0;
inline constexpr bool kObserve = TIDBIT_FEATURE_OBSERVE != 0;

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
  return contains(TIDBIT_FEATURE_NORMS, n);
}
template <class Activation>
static constexpr bool has_activation(Activation a) {
  return contains(TIDBIT_FEATURE_ACTIVATIONS, a);
}
template <class Tokenizer>
static constexpr bool has_tokenizer(Tokenizer t) {
  return contains(TIDBIT_FEATURE_TOKENIZERS, t);
}

}  // namespace tidbit::features
