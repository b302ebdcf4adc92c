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
#define TIDBIT_FEATURE_NORMS 0x3
#endif
#ifndef TIDBIT_FEATURE_ACTIVATIONS
#define TIDBIT_FEATURE_ACTIVATIONS 0xF
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
#ifndef TIDBIT_FEATURE_INSPECT
#define TIDBIT_FEATURE_INSPECT 1
#define TIDBIT_FEATURE_TRUST 1
#endif

namespace tidbit::features {

inline constexpr bool kStatusStrings = TIDBIT_FEATURE_STATUS_STRINGS != 0;
inline constexpr bool kInspect = TIDBIT_FEATURE_INSPECT != 0;
inline constexpr bool kTrust = TIDBIT_FEATURE_TRUST != 0;

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

}  // namespace tidbit::features
