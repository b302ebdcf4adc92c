// Text to tokens: cut out the added tokens, normalize spaces, split into words, merge.
#include "base/assert.h"
#include "format/model.h"
#include "text/characters.h"
#include "text/lattice.h"
#include "text/merge.h"
#include "text/normalizer.h"
#include "text/split.h"
#include "text/split_program.h"
#include "text/tokenizer_features.h"
#include "text/utf8.h"
#include "text/word_pieces.h"

namespace tidbit {
namespace {

using namespace format;

constexpr std::uint64_t kMaxText = 1u << 30;
constexpr std::uint32_t kFlags =
    TIDBIT_TEXT_SPECIAL | TIDBIT_TEXT_BOS | TIDBIT_TEXT_PARSE | (features::kChat ? TIDBIT_TEXT_CONTINUE : 0);

constexpr std::uint64_t units_of(std::uint64_t text_bytes) { return text_bytes + 1; }  // plus the prefix space
// With a normalizer the workspace decides how long the normalized text may be.
std::uint64_t units_in(std::uint64_t workspace_bytes) {
  const std::uint64_t units = workspace_bytes / kWorkspacePerUnit;
  return units < kMaxText ? units : kMaxText;
}
static_assert(TIDBIT_TOKENIZE_BYTES(7) == units_of(7) * kWorkspacePerUnit);

struct Span {
  const char *data;
  std::uint32_t size;
};

// To a place in front of the text, or apart from it.
void copy(char *to, Span text) {
  if constexpr (features::kNormalizer) {
    __builtin_memmove(to, text.data, text.size);
  } else {
    __builtin_memcpy(to, text.data, text.size);
  }
}

bool is_blank_symbol(const char *data, std::uint32_t size) {  // U+2581
  return size >= 3 && data[0] == '\xE2' && data[1] == '\x96' && data[2] == '\x81';
}

class Encoder {
 public:
  Encoder(const Tables &tables, const Workspace &workspace, Steps &steps, std::int32_t *tokens, std::uint32_t capacity)
      : tables_(tables),
        header_(tables.header()),
        work_(workspace),
        steps_(steps),
        merger_(tables, workspace, steps),
        tokens_(tokens),
        capacity_(capacity) {}

  void encode(Span text, std::uint32_t flags);
  std::uint32_t count() const { return count_; }
  void limit_text(std::uint32_t units) { text_capacity_ = units - 1; }
  bool full() const { return text_capacity_ == kFull; }  // the workspace is too small for the normalized text

 private:
  void emit(std::uint32_t token) {
    if (count_ < capacity_) tokens_[count_] = static_cast<std::int32_t>(token);
    ++count_;
    after_unknown_ = false;
  }
  void emit_all(const std::int32_t *tokens, std::uint32_t count);
  void emit_unknown();
  void emit_fallback(Span character);

  Tables::Match next_added(Span text, std::uint32_t *at, std::uint32_t want);
  bool stands_alone(Span text, std::uint32_t begin, std::uint32_t end) const;
  void take_blanks(Span text, std::uint32_t options, std::uint32_t from, std::uint32_t *begin, std::uint32_t *end);
  template <typename Between>
  void cut_added(Span text, std::uint32_t want, Between between);
  void segment(Span text);
  Span programmed(Span text);
  Span normalize(Span text);
  bool is(TokenizerKind kind) const { return features::is(header_.kind, kind); }
  bool writes_blanks() const { return features::writes_blanks(header_.kind); }
  bool wants_prefix(Span text) const;
  void piece(Span text);
  void words(Span text);
  void programmed_words(Span text);
  void word(Span text);
  void best_pieces(Span text);
  void plain_word(Span text);
  void load_bytes(Span text);
  void load_characters(Span text);
  void load_marked(Span text);
  void load_unknown(Span character);
  std::uint32_t marked_token(Span character, bool first, bool last) const;
  void characters(Span text);
  std::uint32_t character_token(Span character) const;

  const Tables &tables_;
  const TokenizerHeader &header_;
  const Workspace &work_;
  Steps &steps_;
  Merger merger_;
  static constexpr std::uint32_t kFull = 0xFFFFFFFF;
  std::uint32_t text_capacity_ = 0;  // what is left for all normalized text; a byte in front of it stays free
  std::int32_t *tokens_;
  std::uint32_t capacity_;
  std::uint32_t count_ = 0;
  std::uint32_t ignored_ = 0;  // added tokens with these bits stay text: kSpecial unless TIDBIT_TEXT_PARSE is set
  bool at_start_ = true;       // nothing of the text is encoded yet, so a prefix space may be due
  bool after_unknown_ = false;
};

void Encoder::emit_all(const std::int32_t *tokens, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) emit(static_cast<std::uint32_t>(tokens[i]));
}

void Encoder::emit_unknown() {
  if (header_.unknown_token < 0) return;
  if (after_unknown_ && tables_.has(flag::kFuseUnknown)) return;
  emit(static_cast<std::uint32_t>(header_.unknown_token));
  after_unknown_ = true;
}

// For a character without a token: emits its bytes, the unknown token or nothing.
void Encoder::emit_fallback(Span character) {
  if (!tables_.has(flag::kByteFallback)) return emit_unknown();
  for (std::uint32_t i = 0; i < character.size; ++i) {
    const std::uint32_t token = tables_.byte_token(static_cast<unsigned char>(character.data[i]));
    if (token == kNoToken) {
      emit_unknown();
    } else {
      emit(token);
    }
  }
}

void Encoder::encode(Span text, std::uint32_t flags) {
  ignored_ = (flags & TIDBIT_TEXT_PARSE) != 0 ? 0 : added::kSpecial;
  if constexpr (features::kChat) at_start_ = (flags & TIDBIT_TEXT_CONTINUE) == 0;
  if ((flags & (TIDBIT_TEXT_SPECIAL | TIDBIT_TEXT_BOS)) != 0) {
    emit_all(header_.prefix, header_.prefix_count);
  }
  cut_added(text, 0, [this](Span between) { segment(between); });
  if ((flags & TIDBIT_TEXT_SPECIAL) != 0) emit_all(header_.suffix, header_.suffix_count);
}

// The next early (`want` is 0) or late (added::kLate) added token at or behind *at, which becomes its place, or the end
// of the text if there is none.
Tables::Match Encoder::next_added(Span text, std::uint32_t *at, std::uint32_t want) {
  for (; header_.added.count != 0 && *at < text.size && steps_.take(); ++*at) {
    if (!tables_.begins_added(text.data + *at, text.size - *at)) continue;
    const auto match = tables_.added_at(text.data + *at, text.size - *at, added::kLate | ignored_, want);
    if (match.bytes == 0) continue;
    if (!features::kNormalizer || (match.options & added_text::kSingleWord) == 0) return match;
    if (stands_alone(text, *at, *at + match.bytes)) return match;
    *at += match.bytes - 1;
  }
  *at = text.size;
  return {kNoToken, 0};
}

// The character that ends just in front of `end`.
Character last_character(const char *text, std::uint32_t end) {
  std::uint32_t begin = end - 1;
  while (begin > 0 && end - begin < 4 && is_continuation(text[begin])) --begin;
  const Character character = utf8_decode(text + begin, end - begin);
  return character.bytes == end - begin ? character : Character{kInvalid, 1};
}

// True if there is no character of a word in front of `begin` and behind `end`.
bool Encoder::stands_alone(Span text, std::uint32_t begin, std::uint32_t end) const {
  if (begin > 0 && tables_.in_word(last_character(text.data, begin).code_point)) return false;
  return end == text.size || !tables_.in_word(utf8_decode(text.data + end, text.size - end).code_point);
}

// Extends an added token by the white space around it, but not in front of `from`.
void Encoder::take_blanks(Span text, std::uint32_t options, std::uint32_t from, std::uint32_t *begin,
                          std::uint32_t *end) {
  while ((options & added_text::kStripLeft) != 0 && *begin > from && steps_.take()) {
    const Character character = last_character(text.data, *begin);
    if (!is_white_space(character.code_point)) break;
    *begin -= character.bytes;
  }
  while ((options & added_text::kStripRight) != 0 && *end < text.size && steps_.take()) {
    const Character character = utf8_decode(text.data + *end, text.size - *end);
    if (!is_white_space(character.code_point)) break;
    *end += character.bytes;
  }
}

// Emits the early or late added tokens, and calls between() for the text between them.
template <typename Between>
void Encoder::cut_added(Span text, std::uint32_t want, Between between) {
  for (std::uint32_t begin = 0; begin < text.size;) {
    std::uint32_t at = begin;
    const Tables::Match match = next_added(text, &at, want);
    std::uint32_t end = at + match.bytes;
    if constexpr (features::kNormalizer) take_blanks(text, match.options, begin, &at, &end);
    if (begin < at) between(Span{text.data + begin, at - begin});
    if (match.bytes != 0) {
      emit(match.token);
      at_start_ = false;
    }
    begin = end;
  }
}

bool Encoder::wants_prefix(Span text) const {
  if (!tables_.has(flag::kPrefixBlank)) return false;
  if (!at_start_ && !tables_.has(flag::kPrefixEverySegment)) return false;
  if (!tables_.has(flag::kPrefixUnlessBlank)) return true;
  const bool symbol = writes_blanks() && is_blank_symbol(text.data, text.size);
  return text.data[0] != ' ' && !symbol;
}

// Encodes the text between two early added tokens.
void Encoder::segment(Span text) {
  if (features::kNormalizer && header_.normalizer.count != 0) text = programmed(text);
  const bool late = features::kNormalizer && tables_.has(flag::kPrefixLate);
  const bool normalized = writes_blanks() && !late;
  if (normalized) {
    text = normalize(text);
    at_start_ = false;
  }
  cut_added(text, added::kLate, [this, normalized](Span between) { normalized ? words(between) : piece(between); });
}

// The text as the normalizer of the section leaves it. One byte in front of it is free, for a space.
Span Encoder::programmed(Span text) {
  Span result{work_.text + 1, 0};
  if constexpr (features::kNormalizer) {
    if (tables_.normalizer()[normalizer::kSteps] == 0) return text;
    Normalizer program(tables_, work_, steps_);
    if (full()) return result;
    const bool fits = program.run(text.data, text.size, work_.text + 1, text_capacity_, &result.size);
    text_capacity_ = fits ? text_capacity_ - result.size : kFull;
  }
  return result;
}

// SentencePiece writes each space as U+2581; here it is the other way round, U+2581 becomes a space. Then, as the flags
// say, spaces are trimmed and one is put in front, or behind. With kKeepSymbol the pieces have spaces.
Span Encoder::normalize(Span text) {
  const bool trim = tables_.has(flag::kTrimBlanks);
  std::uint32_t at = 0;
  while (trim && at < text.size && text.data[at] == ' ' && steps_.take()) ++at;
  if (at == text.size) return {work_.text, 0};
  std::uint32_t size = 0;
  const bool adds_blank = wants_prefix(text);
  const bool behind = features::kNormalizer && tables_.has(flag::kBlankBehind);
  const bool keeps = features::kNormalizer && tables_.has(flag::kKeepSymbol);
  if (adds_blank && !behind) work_.text[size++] = ' ';
  bool after_blank = false;
  while (at < text.size && steps_.take()) {
    const bool blank = text.data[at] == ' ';
    const bool symbol = !keeps && is_blank_symbol(text.data + at, text.size - at);
    if (!(trim && blank && after_blank)) work_.text[size++] = symbol ? ' ' : text.data[at];
    after_blank = blank;
    at += symbol ? 3 : 1;
  }
  TIDBIT_ASSERT(size <= units_of(text.size));
  while (trim && size > 0 && work_.text[size - 1] == ' ' && steps_.take()) --size;
  if (adds_blank && behind) work_.text[size++] = ' ';
  return {work_.text, size};
}

// Encodes the text between two added tokens. A text that the normalizer has written is moved towards the front.
void Encoder::piece(Span text) {
  if (is(TokenizerKind::character)) return characters(text);
  if (features::kNormalizer && writes_blanks()) {
    text = normalize(text);
  } else if (wants_prefix(text)) {
    if (!features::kNormalizer || text.data != work_.text + 1) copy(work_.text + 1, text);
    work_.text[0] = ' ';
    text = {work_.text, text.size + 1};
  }
  at_start_ = false;
  words(text);
}

void Encoder::words(Span text) {
  if (features::kSplitProgram && header_.split == Split::program) return programmed_words(text);
  for (std::uint32_t at = 0; at < text.size;) {
    const std::uint32_t end = word_end(tables_, steps_, text.data, at, text.size);
    if (!steps_.take()) return;
    TIDBIT_ASSERT(end > at && end <= text.size);
    word({text.data + at, end - at});
    at = end;
  }
}

void Encoder::programmed_words(Span text) {
  if constexpr (features::kSplitProgram) {
    SplitProgram program(tables_, steps_, text.data, text.size);
    for (SplitProgram::Piece piece; program.next(&piece) && steps_.take();) {
      word({text.data + piece.begin, piece.end - piece.begin});
    }
  }
}

void Encoder::word(Span text) {
  if (is(TokenizerKind::plain)) return plain_word(text);
  const std::uint32_t token = tables_.find(text.data, text.size);
  if (token != kNoToken && (tables_.attributes(token) & attribute::kWhole) != 0) return emit(token);
  if (is(TokenizerKind::unigram)) return best_pieces(text);
  merger_.clear(text.data);
  if (is(TokenizerKind::byte_level)) {
    load_bytes(text);
  } else if (is(TokenizerKind::word_bpe)) {
    load_marked(text);
  } else {
    load_characters(text);
  }
  merger_.merge();
  for (std::uint32_t at = 0; at < merger_.units() && steps_.take(); at += merger_.span(at)) {
    const std::uint32_t left = merger_.token(at);
    if (left == kNoToken) {
      emit_fallback({text.data + at, merger_.span(at)});
    } else if (std::int64_t{left} == header_.unknown_token) {
      emit_unknown();
    } else {
      emit(left);
    }
  }
}

// WordPiece or WordLevel: the whole word is unknown if a part of it is.
void Encoder::plain_word(Span text) {
  if constexpr (features::has(TokenizerKind::plain)) {
    const WordPieces pieces(tables_, work_, steps_, text.data, text.size);
    if (pieces.count() == 0) return emit_unknown();
    for (std::uint32_t i = 0; i < pieces.count() && steps_.take(); ++i) emit(pieces.token(i));
  }
}

// The pieces with the highest sum of scores. A run of unknown characters ends with its word.
void Encoder::best_pieces(Span text) {
  if constexpr (features::has(TokenizerKind::unigram)) {
    after_unknown_ = false;
    const Lattice lattice(tables_, work_, steps_, text.data, text.size);
    for (std::uint32_t at = 0; at < text.size && steps_.take(); at += lattice.span(at)) {
      const std::uint32_t token = lattice.token(at);
      if (std::int64_t{token} == header_.unknown_token) {
        emit_fallback({text.data + at, lattice.span(at)});
      } else {
        emit(token);
      }
    }
  }
}

void Encoder::load_bytes(Span text) {
  for (std::uint32_t i = 0; i < text.size && steps_.take(); ++i) {
    const std::uint32_t token = tables_.byte_token(static_cast<unsigned char>(text.data[i]));
    if (token != kNoToken) {
      merger_.append(1, token);
    } else if (header_.unknown_token >= 0) {
      merger_.append(1, static_cast<std::uint32_t>(header_.unknown_token));
    }
  }
}

std::uint32_t Encoder::character_token(Span character) const {
  const std::uint32_t token = tables_.find(character.data, character.size);
  if (token == kNoToken) return kNoToken;
  return (tables_.attributes(token) & (attribute::kSpecial | attribute::kByte)) == 0 ? token : kNoToken;
}

// MergeBy::pair: a character without a token.
void Encoder::load_unknown(Span character) {
  if (tables_.has(flag::kByteFallback)) return load_bytes(character);
  if (header_.unknown_token >= 0) merger_.append(character.size, static_cast<std::uint32_t>(header_.unknown_token));
}

// The token of a character at its place in a word: its text may have `continuing` in front and `word_end` behind.
std::uint32_t Encoder::marked_token(Span character, bool first, bool last) const {
  const Bytes lead = first ? Bytes{character.data, 0} : tables_.continuing();
  const Bytes end = last ? tables_.word_end() : Bytes{character.data, 0};
  char text[2 * kMaxMark + 4];
  __builtin_memcpy(text, lead.data, lead.size);
  __builtin_memcpy(text + lead.size, character.data, character.size);
  __builtin_memcpy(text + lead.size + character.size, end.data, end.size);
  return character_token({text, lead.size + character.size + end.size});
}

// A run of unknown characters ends with its word.
void Encoder::load_marked(Span text) {
  if constexpr (features::has(TokenizerKind::word_bpe)) {
    after_unknown_ = false;
    for (std::uint32_t at = 0; at < text.size && steps_.take();) {
      const bool byte = tables_.has(flag::kByteUnits);
      const std::uint32_t size = byte ? 1 : utf8_decode(text.data + at, text.size - at).bytes;
      const Span character{text.data + at, size};
      const std::uint32_t token = marked_token(character, at == 0, at + size == text.size);
      if (token == kNoToken) {
        load_unknown(character);
      } else {
        merger_.append(size, token);
      }
      at += size;
    }
  }
}

// With MergeBy::text a character without a token may still be part of a longer piece, so it is loaded all the same.
// With MergeBy::pair it cannot, so it falls back at once.
void Encoder::load_characters(Span text) {
  const bool by_pair = header_.merge_by == MergeBy::pair;
  for (std::uint32_t at = 0; at < text.size && steps_.take();) {
    const std::uint32_t size = utf8_decode(text.data + at, text.size - at).bytes;
    const std::uint32_t token = character_token({text.data + at, size});
    if (token == kNoToken && by_pair) {
      load_unknown({text.data + at, size});
    } else {
      merger_.append(size, token);
    }
    at += size;
  }
}

void Encoder::characters(Span text) {
  for (std::uint32_t at = 0; at < text.size && steps_.take();) {
    const Span character{text.data + at, utf8_decode(text.data + at, text.size - at).bytes};
    const std::uint32_t token = character_token(character);
    if (token == kNoToken) {
      emit_fallback(character);
    } else {
      emit(token);
    }
    at += character.size;
  }
}

// The most bytes that a text has when it is normalized.
std::uint64_t normalized_bytes(const Tables &tables, std::uint64_t text_bytes) {
  if (!features::kNormalizer || tables.header().normalizer.count == 0) return text_bytes;
  return text_bytes * tables.normalizer()[normalizer::kGrowth];
}

}  // namespace
}  // namespace tidbit

using tidbit::Tables;

extern "C" uint64_t tidbit_tokenize_bytes(const tidbit_model *model, size_t text_bytes) {
  if (model == nullptr || tidbit::model_of(model).tokenizer == nullptr) return 0;
  return TIDBIT_TOKENIZE_BYTES(tidbit::normalized_bytes(Tables(tidbit::model_of(model).tokenizer), text_bytes));
}

extern "C" uint64_t tidbit_tokenize_most(const tidbit_model *model, size_t text_bytes) {
  if (model == nullptr || tidbit::model_of(model).tokenizer == nullptr) return 0;
  const Tables tables(tidbit::model_of(model).tokenizer);
  const auto &header = tables.header();
  std::uint64_t segments = text_bytes == 0 ? 0 : 1;  // each may get a prefix space
  if (tables.has(tidbit::format::flag::kPrefixEverySegment) && header.added.count != 0) segments = (text_bytes + 1) / 2;
  std::uint64_t bytes = text_bytes;
  if constexpr (tidbit::features::kNormalizer) {
    bytes = tidbit::normalized_bytes(tables, text_bytes);
    if (segments > 1) segments = (bytes + 1) / 2;
  }
  const std::uint64_t blanks = tables.has(tidbit::format::flag::kPrefixBlank) ? segments : 0;
  return bytes + blanks + header.prefix_count + header.suffix_count;
}

// What a call must have; a text that its normalizer makes longer needs more.
static std::uint64_t least_workspace(const tidbit_model *model, std::size_t text_bytes) {
  if constexpr (tidbit::features::kNormalizer) return TIDBIT_TOKENIZE_BYTES(static_cast<std::uint64_t>(text_bytes));
  return tidbit_tokenize_bytes(model, text_bytes);
}

extern "C" tidbit_status tidbit_tokenize(const tidbit_model *model, const char *text, size_t text_bytes,
                                         const tidbit_tokenize_options *options, void *workspace,
                                         size_t workspace_bytes, int32_t *tokens, uint32_t capacity, uint32_t *count) {
  static constexpr tidbit_tokenize_options kDefaults{};
  if (options == nullptr) options = &kDefaults;
  if (!tidbit::is_open(model) || count == nullptr || (text == nullptr && text_bytes != 0)) return TIDBIT_ERR_ARGUMENT;
  *count = 0;
  if (workspace == nullptr || (tokens == nullptr && capacity != 0)) return TIDBIT_ERR_ARGUMENT;
  if (text_bytes > tidbit::kMaxText || (options->flags & ~tidbit::kFlags) != 0) return TIDBIT_ERR_ARGUMENT;
  const std::byte *section = tidbit::model_of(model).tokenizer;
  if (section == nullptr) return TIDBIT_ERR_NO_TOKENIZER;
  if (reinterpret_cast<std::uintptr_t>(workspace) % 8 != 0) return TIDBIT_ERR_ALIGNMENT;
  if (workspace_bytes < least_workspace(model, text_bytes)) return TIDBIT_ERR_MEMORY;

  const Tables tables(section);
  tidbit::Steps steps(*options);
  const bool normalizes = tidbit::features::kNormalizer && tables.header().normalizer.count != 0;
  const std::uint64_t units = normalizes ? tidbit::units_in(workspace_bytes) : tidbit::units_of(text_bytes);
  const auto memory = tidbit::cut_workspace(workspace, units);
  tidbit::Encoder encoder(tables, memory, steps, tokens, capacity);
  if constexpr (tidbit::features::kNormalizer) encoder.limit_text(static_cast<std::uint32_t>(units));
  encoder.encode({text, static_cast<std::uint32_t>(text_bytes)}, options->flags);
  if (steps.ended()) return TIDBIT_CANCELED;
  if (tidbit::features::kNormalizer && encoder.full()) return TIDBIT_ERR_MEMORY;
  *count = encoder.count();
  return *count > capacity ? TIDBIT_ERR_MEMORY : TIDBIT_OK;
}
