// Looks up the text of a token, and the token of a text.
#include "format/model.h"
#include "text/tables.h"
#include "text/tokenizer_features.h"

namespace {

using tidbit::Bytes;
using tidbit::Tables;
namespace attribute = tidbit::format::attribute;
namespace features = tidbit::features;
namespace flag = tidbit::format::flag;

// The first text of a decoded text, without the spaces that its encoder added. *first says whether the next one is the
// first as well.
Bytes without_added_blanks(const Tables &tables, std::uint8_t attributes, Bytes text, int *first) {
  std::uint32_t dropped = 0;
  bool drop =
      tables.has(flag::kDropFirstBlank) && !(tables.has(flag::kKeepByteBlank) && (attributes & attribute::kByte) != 0);
  while (drop && dropped < text.size && text.data[dropped] == ' ') {
    ++dropped;
    drop = tables.has(flag::kDropAllBlanks);
  }
  *first = dropped == text.size && tables.has(flag::kDropEachBlank) ? 1 : 0;
  return {text.data + dropped, text.size - dropped};
}

// The text of a token without the space in front of it, unless one belongs there.
Bytes between_words(const Tables &tables, std::uint8_t attributes, Bytes text, bool first) {
  const bool continues = !first && (attributes & attribute::kContinues) != 0;
  if (!first && !continues && (attributes & attribute::kJoined) == 0) return text;
  const std::uint32_t dropped = 1 + (continues ? tables.continuing().size : 0);
  const std::uint32_t most = dropped < text.size ? dropped : text.size;
  return {text.data + most, text.size - most};
}

// word_bpe with `word_end`: a space belongs in front of a token only behind the end of a word. *first says whether
// there is none in front of the next one.
Bytes without_word_end(const Tables &tables, std::uint8_t attributes, Bytes text, int *first) {
  const bool joined = first != nullptr && *first != 0;
  const bool ends = (attributes & attribute::kEndsWord) != 0;
  if (first != nullptr) *first = ends ? 0 : 1;
  if (joined) text = {text.data + 1, text.size - 1};
  const std::uint32_t dropped = ends ? tables.word_end().size : 0;
  return {text.data, text.size - (dropped < text.size ? dropped : text.size)};
}

}  // namespace

extern "C" tidbit_status tidbit_token_text(const tidbit_model *model, int32_t token, int *first, int special,
                                           char small[8], const char **text, uint32_t *bytes) {
  if (!tidbit::is_open(model) || small == nullptr || text == nullptr || bytes == nullptr) return TIDBIT_ERR_ARGUMENT;
  small[0] = 0;
  *text = small;
  *bytes = 0;
  const auto &view = tidbit::model_of(model);
  if (view.tokenizer == nullptr) return TIDBIT_ERR_NO_TOKENIZER;
  if (token < 0 || static_cast<std::uint32_t>(token) >= view.config().vocab_size) return TIDBIT_ERR_TOKEN;
  const Tables tables(view.tokenizer);
  const std::uint32_t id = static_cast<std::uint32_t>(token);
  if (id >= tables.header().token_count) return TIDBIT_OK;
  const std::uint8_t attributes = tables.attributes(id);
  if ((attributes & attribute::kSpecial) != 0 && special == 0) return TIDBIT_OK;
  Bytes piece = tables.text(id);
  if (piece.size == 0) return TIDBIT_OK;
  if (features::is(tables.header().kind, features::TokenizerKind::word_bpe) && tables.word_end().size != 0) {
    piece = without_word_end(tables, attributes, piece, first);
  } else if (features::stores_blanks(tables.header().kind)) {
    piece = between_words(tables, attributes, piece, first != nullptr && *first != 0);
    if (first != nullptr) *first = 0;
  } else if (first != nullptr && *first != 0) {
    *first = 0;
    if constexpr (features::kBlanks) {
      piece = without_added_blanks(tables, attributes, piece, first);
    }
  }
  *text = piece.data;
  *bytes = piece.size;
  return TIDBIT_OK;
}

extern "C" int32_t tidbit_find_token(const tidbit_model *model, const char *text, size_t text_bytes) {
  if (model == nullptr || text == nullptr || tidbit::model_of(model).tokenizer == nullptr) return -1;
  const Tables tables(tidbit::model_of(model).tokenizer);
  if (text_bytes == 0 || text_bytes > tables.header().longest_piece) return -1;
  return static_cast<std::int32_t>(tables.find(text, static_cast<std::uint32_t>(text_bytes)));
}
