// The kinds of tokenizers in this build of the library; see base/features.h.
#pragma once

#include "base/features.h"
#include "text/tokenizer_format.h"

namespace tidbit::features {

using format::TokenizerKind;

// Kinds are numbered from 1.
static constexpr unsigned kind_bit(TokenizerKind k) { return 1u << (static_cast<unsigned>(k) - 1); }

static constexpr bool has(TokenizerKind k) { return (TIDBIT_FEATURE_TOKENIZERS & kind_bit(k)) != 0; }

// True if a checked blob's tokenizer is of this kind. A build with a single kind answers at compile time.
static constexpr bool is(TokenizerKind value, TokenizerKind kind) {
  return has(kind) && (TIDBIT_FEATURE_TOKENIZERS == kind_bit(kind) || value == kind);
}

// True if all texts of a checked blob's tokenizer have a space in front of them.
static constexpr bool kStoresBlanks = has(TokenizerKind::plain) || has(TokenizerKind::word_bpe);
static constexpr bool stores_blanks(TokenizerKind value) {
  return is(value, TokenizerKind::plain) || is(value, TokenizerKind::word_bpe);
}

// True if a checked blob's tokenizer writes spaces as U+2581.
static constexpr bool kBlanks = has(TokenizerKind::sentencepiece) || has(TokenizerKind::unigram);
static constexpr bool writes_blanks(TokenizerKind value) {
  return is(value, TokenizerKind::sentencepiece) || is(value, TokenizerKind::unigram);
}

}  // namespace tidbit::features
