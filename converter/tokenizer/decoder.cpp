// How tokens decode: compares what the decoder makes of each token with what a section can say of it.
#include <algorithm>

#include "converter/error.h"
#include "converter/tokenizer/decoder_chain.h"
#include "converter/tokenizer/readers.h"
#include "format/blob_format.h"

namespace tidbit::convert {
namespace {

namespace attribute = format::attribute;
namespace flag = format::flag;

// What a token adds to a text: at its start, behind other tokens, and at its end.
struct Texts {
  std::string first, behind, last;
};

// The suffix becomes a space, at the end of the text nothing.
bool fit_word_end(const Vocabulary &vocabulary, Piece &piece, const Texts &texts) {
  const bool ends = piece.text.ends_with(vocabulary.word_end);
  const std::string stem = piece.text.substr(0, piece.text.size() - (ends ? vocabulary.word_end.size() : 0));
  piece.decoding = ends ? attribute::kEndsWord : std::uint8_t{0};
  return texts.first == stem + (ends ? " " : "") && texts.behind == texts.first && texts.last == stem;
}

// A space stands in front of the token, or not.
bool fit_between_words(const Vocabulary &vocabulary, Piece &piece, const Texts &texts) {
  const std::string &prefix = vocabulary.continuing;
  const bool continues =
      !prefix.empty() && piece.text.starts_with(prefix) && texts.behind == piece.text.substr(prefix.size());
  const bool joined = texts.behind == piece.text;
  piece.decoding = continues ? attribute::kContinues : joined ? attribute::kJoined : std::uint8_t{0};
  return texts.first == piece.text && (continues || joined || texts.behind == " " + piece.text);
}

std::string without(char c, std::string text) {
  std::erase(text, c);
  return text;
}

// At the start the flags of the section say which spaces are dropped. Metaspace also drops those inside such a token.
bool fit_text(const Vocabulary &vocabulary, const Piece &piece, const Texts &texts) {
  if (texts.behind != piece.text) return false;
  if ((vocabulary.flags & flag::kDropAllBlanks) != 0) return texts.first == without(' ', piece.text);
  const bool drops = (vocabulary.flags & flag::kDropFirstBlank) != 0 && piece.text.starts_with(' ');
  return texts.first == piece.text.substr(drops ? 1 : 0);
}

// False if the section cannot say how the token decodes.
bool fit(const Vocabulary &vocabulary, Piece &piece, const Texts &texts) {
  if (!vocabulary.word_end.empty()) return fit_word_end(vocabulary, piece, texts);
  if (texts.last != texts.behind) return false;
  if (format::stores_blanks(vocabulary.kind)) return fit_between_words(vocabulary, piece, texts);
  return fit_text(vocabulary, piece, texts);
}

// The names of tokens in the file; null if there is none. An added token has its own text.
std::vector<const std::string *> names_of(const Vocabulary &vocabulary, const NamedTokens *names) {
  std::vector<const std::string *> list(vocabulary.pieces.size());
  for (std::size_t id = 0; id < list.size(); ++id) {
    list[id] = names == nullptr ? &vocabulary.pieces[id].text : id < names->texts.size() ? names->texts[id] : nullptr;
  }
  for (const AddedPiece &added : vocabulary.added) list[added.id] = &vocabulary.pieces[added.id].text;
  return list;
}

// Special tokens decode to nothing. Apart from words, added tokens and bytes decode to themselves.
bool must_fit(const Vocabulary &vocabulary, const Piece &piece) {
  const bool words = format::stores_blanks(vocabulary.kind);
  if (piece.type == PieceType::byte || piece.type == PieceType::user_defined) return words;
  return piece.type == PieceType::normal || (piece.type == PieceType::unknown && vocabulary.unknown_is_text);
}

void set_flags(Vocabulary &vocabulary, const DecoderChain &chain) {
  if (vocabulary.merge_by == format::MergeBy::whole && chain.word_prefix().size() < format::kMaxPieceBytes) {
    vocabulary.continuing = chain.word_prefix();
  }
  if (!writes_blanks(vocabulary.kind)) return;
  if (chain.drops_first() || chain.drops_blanks()) vocabulary.flags |= flag::kDropFirstBlank;
  if (chain.drops_blanks()) vocabulary.flags |= flag::kDropAllBlanks;
}

}  // namespace

void set_decoder(Vocabulary &vocabulary, const std::optional<JsonNode> &decoder, const NamedTokens *names,
                 const std::string &source) {
  if (!decoder && !format::stores_blanks(vocabulary.kind)) return;
  DecoderChain chain(decoder, source);
  // ByteLevel leaves the ends of words in the text, and transformers, whose class for CLIP has such a file, then does
  // as BPEDecoder.
  if ((vocabulary.flags & flag::kByteUnits) != 0 && !vocabulary.word_end.empty()) chain.end_words(vocabulary.word_end);
  set_flags(vocabulary, chain);
  const std::vector<const std::string *> list = names_of(vocabulary, names);
  for (std::size_t id = 0; id < list.size(); ++id) {
    if (list[id] == nullptr || list[id]->empty()) continue;
    const std::string &name = *list[id];
    const Texts texts = {chain.decoded(name, {true, false}), chain.decoded(name, {}),
                         chain.decoded(name, {false, true})};
    Piece &piece = vocabulary.pieces[id];
    if (fit(vocabulary, piece, texts) || !must_fit(vocabulary, piece)) continue;
    throw ConvertError(source + ": " + (decoder ? "the decoder" : "without a decoder the library") + " makes " +
                       in_quotes(texts.first) + " of the token " + in_quotes(name) + ", " + in_quotes(texts.behind) +
                       " behind others and " + in_quotes(texts.last) + " at the end, which is not supported for " +
                       vocabulary.description);
  }
}

}  // namespace tidbit::convert
