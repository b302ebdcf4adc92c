// Which tokenizers this build of the library holds (format/features.h).
#pragma once

#include "format/features.h"
#include "text/tokenizer_format.h"

namespace tidbit::features {

using format::TokenizerKind;

// Kinds count from 1.
static constexpr unsigned kind_bit(TokenizerKind k) { return 1u << (static_cast<unsigned>(k) - 1); }

static constexpr bool has(TokenizerKind k) { return (TIDBIT_FEATURE_TOKENIZERS & kind_bit(k)) != 0; }

// Whether a checked blob's tokenizer is `kind`: with a single kind there is no question.
static constexpr bool is(TokenizerKind value, TokenizerKind kind) {
  return has(kind) && (TIDBIT_FEATURE_TOKENIZERS == kind_bit(kind) || value == kind);
}

}  // namespace tidbit::features
