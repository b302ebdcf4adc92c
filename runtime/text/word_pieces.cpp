#include "text/word_pieces.h"

#include "text/starts.h"
#include "text/tokenizer_features.h"

#if TIDBIT_FEATURE_TOKENIZERS & 8

namespace tidbit {

using namespace format;

static_assert(features::has(TokenizerKind::plain));

WordPieces::WordPieces(const Tables &tables, const Workspace &workspace, Steps &steps, const char *text,
                       std::uint32_t size)
    : tables_(tables), steps_(steps), token_(workspace.token) {
  if (tables.header().merge_by == MergeBy::longest) {
    if (!is_short(text, size) || !split(text, size)) count_ = 0;
    return;
  }
  const std::uint32_t token = tables.find(text, size);
  if (token == kNoToken || (tables.attributes(token) & attribute::kWhole) == 0) return;
  token_[count_++] = token;
}

// False if the word has more characters than a word may have.
bool WordPieces::is_short(const char *text, std::uint32_t size) {
  std::uint32_t characters = 0;
  for (std::uint32_t at = 0; at < size;) {
    if (characters++ == tables_.header().most_characters || !steps_.take()) return false;
    at += utf8_decode(text + at, size - at).bytes;
  }
  return true;
}

// False if there is no piece at some place.
bool WordPieces::split(const char *text, std::uint32_t size) {
  for (std::uint32_t at = 0; at < size; ++count_) {
    const Bytes lead{tables_.continuing().data, at == 0 ? 0 : tables_.continuing().size};
    const std::uint32_t bytes = longest(lead, text + at, size - at, &token_[count_]);
    if (bytes == 0) return false;
    at += bytes;
  }
  return true;
}

// The bytes of the longest text of whole characters that is a piece behind `lead`; 0 if there is none.
std::uint32_t WordPieces::longest(Bytes lead, const char *text, std::uint32_t size, std::uint32_t *token) {
  if (lead.size > tables_.header().longest_piece || !steps_.take()) return 0;
  const std::uint32_t room = tables_.header().longest_piece - lead.size;
  Starts starts(text, size, room < size ? room : size, fnv(kFnvStart, lead.data, lead.size), steps_);
  std::uint32_t found = 0;
  while (starts.next()) {
    const std::uint32_t piece = tables_.find_behind(lead, text, starts.bytes(), starts.hash());
    if (piece == kNoToken || (tables_.attributes(piece) & attribute::kWhole) == 0) continue;
    *token = piece;
    found = starts.bytes();
  }
  return found;
}

}  // namespace tidbit

#endif
