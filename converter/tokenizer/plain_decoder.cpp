// How the tokens of WordPiece and WordLevel, and of BPE over characters, decode behind other tokens.
#include <array>
#include <utility>

#include "converter/error.h"
#include "converter/tokenizer/vocabulary.h"

namespace tidbit::convert {
namespace {

namespace attribute = format::attribute;

void replace_all(std::string &text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// What the Hugging Face library's decoder does to each token, in its order.
std::string cleaned_up(std::string text) {
  constexpr std::array<std::pair<const char *, const char *>, 11> kRules = {{{" .", "."},
                                                                             {" ?", "?"},
                                                                             {" !", "!"},
                                                                             {" ,", ","},
                                                                             {" ' ", "'"},
                                                                             {" n't", "n't"},
                                                                             {" 'm", "'m"},
                                                                             {" do not", " don't"},
                                                                             {" 's", "'s"},
                                                                             {" 've", "'ve"},
                                                                             {" 're", "'re"}}};
  for (const auto &[from, to] : kRules) replace_all(text, from, to);
  return text;
}

}  // namespace

void set_plain_decoder(Vocabulary &vocabulary, const std::optional<JsonNode> &decoder, const std::string &source) {
  if (!decoder) return;
  const std::string &type = decoder->at("type").text();
  if (type != "WordPiece") {
    throw ConvertError(source + ": the decoder " + in_quotes(type) + " with " + vocabulary.description +
                       " is not supported");
  }
  const std::string prefix = decoder->text_or("prefix", "##");
  if (vocabulary.merge_by == format::MergeBy::whole) vocabulary.continuing = prefix;
  if (prefix != vocabulary.continuing) {
    decoder->refuse("has the prefix " + in_quotes(prefix) + ", but the model has " + in_quotes(vocabulary.continuing));
  }
  const bool cleans_up = decoder->flag_or("cleanup", true);
  for (Piece &piece : vocabulary.pieces) {
    const bool continues = piece.text.starts_with(prefix);
    const std::string behind = continues ? piece.text.substr(prefix.size()) : " " + piece.text;
    const std::string clean = cleans_up ? cleaned_up(behind) : behind;
    const bool joined = !continues && clean == piece.text;
    if ((clean != behind && !joined) || (cleans_up && cleaned_up(piece.text) != piece.text)) {
      decoder->refuse("changes the text of the token " + in_quotes(piece.text) + ", which is not supported");
    }
    piece.decoding = continues ? attribute::kContinues : joined ? attribute::kJoined : std::uint8_t{0};
  }
}

// The suffix becomes a space, at the end of the text nothing. ByteLevel leaves it in the text, and transformers, whose
// class for CLIP is the one with such a file, then does the same.
static void set_word_ends(Vocabulary &vocabulary, const JsonNode &decoder, bool byte_level) {
  const std::string suffix = byte_level ? vocabulary.word_end : decoder.text_or("suffix", "</w>");
  if (suffix != vocabulary.word_end) {
    decoder.refuse("has the suffix " + in_quotes(suffix) + ", but the model has the end_of_word_suffix " +
                   in_quotes(vocabulary.word_end));
  }
  for (Piece &piece : vocabulary.pieces) {
    const std::size_t at = piece.text.find(suffix);
    if (at == std::string::npos) continue;
    if (at + suffix.size() != piece.text.size()) {
      decoder.refuse("changes the token " + in_quotes(piece.text) + " in its middle, which is not supported");
    }
    piece.decoding = attribute::kEndsWord;
  }
}

// Fuse and ByteFallback, or a sequence of them: nothing stands between tokens.
static bool only_joins(const JsonNode &decoder, bool *bytes) {
  const std::string &type = decoder.at("type").text();
  if (type == "ByteFallback") *bytes = true;
  if (type != "Sequence") return type == "ByteFallback" || type == "Fuse";
  const JsonNode steps = decoder.at("decoders");
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!only_joins(steps.element(i), bytes)) return false;
  }
  return true;
}

void set_word_decoder(Vocabulary &vocabulary, const std::optional<JsonNode> &decoder, const std::string &source) {
  const std::string type = decoder ? decoder->at("type").text() : "";
  const bool has_bytes = (vocabulary.flags & format::flag::kByteFallback) != 0;
  const bool byte_level = (vocabulary.flags & format::flag::kByteUnits) != 0;
  const char *needed = byte_level ? "ByteLevel" : "BPEDecoder";
  if (type == needed && !vocabulary.word_end.empty()) return set_word_ends(vocabulary, *decoder, byte_level);
  if (!vocabulary.word_end.empty()) {
    throw ConvertError(source + ": the end_of_word_suffix " + in_quotes(vocabulary.word_end) +
                       " is supported only with the decoder " + needed);
  }
  bool bytes = false;
  if (decoder && (byte_level ? type == needed : only_joins(*decoder, &bytes))) {
    for (Piece &piece : vocabulary.pieces) piece.decoding = attribute::kJoined;
  } else {
    set_plain_decoder(vocabulary, decoder, source);
  }
  if (bytes != has_bytes) {
    throw ConvertError(source +
                       ": byte_fallback of the model and the decoder ByteFallback are supported only together");
  }
}

}  // namespace tidbit::convert
