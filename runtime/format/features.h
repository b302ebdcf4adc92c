// What this build of the library holds, as constants: code for anything else is not compiled. features.cmake passes one
// set of bits for each of its options, bit i for the enumerator i. Without definitions it is everything. Tokenizers:
// text/tokenizer_features.h.
#pragma once

#include "format/blob_format.h"

#include "base/features.h"
namespace tidbit::features {

using format::Activation;
using format::Dtype;
using format::Norm;


template <class Enum>
static constexpr unsigned bit_of(Enum e) {
  return 1u << static_cast<unsigned>(e);
}

static constexpr bool has_weights(Dtype d) { return (TIDBIT_FEATURE_WEIGHTS & bit_of(d)) != 0; }
static constexpr bool has_kv(Dtype d) { return (TIDBIT_FEATURE_KV_FORMATS & bit_of(d)) != 0; }
static constexpr bool has(Norm n) { return (TIDBIT_FEATURE_NORMS & bit_of(n)) != 0; }
static constexpr bool has(Activation a) { return (TIDBIT_FEATURE_ACTIVATIONS & bit_of(a)) != 0; }

// The second layout of q8 matrices, for Helium (format/tensor_layout.h).
inline constexpr bool kTile16x16 = (TIDBIT_FEATURE_WEIGHTS >> 4 & 1) != 0;

// Activations become codes for weights or for a KV cache in groups.
inline constexpr bool kQuantize = has_weights(Dtype::q8) || has_weights(Dtype::q4) || has_kv(Dtype::q8);

}  // namespace tidbit::features
