#include "converter/tokenizer/gguf_unigram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "converter/error.h"
#include "converter/tokenizer/normalizer/read.h"

namespace tidbit::convert {
namespace {

using format::normalizer::kMaxKey;
using Kind = NormalizerStep::Kind;
namespace flag = format::flag;

constexpr std::int32_t kUsualUnknown = 2;

bool has_space(const std::string &text) { return text.find(' ') != std::string::npos; }

// Pieces that are unused can be found, too. Those with a space cannot, because texts have U+2581 in its place.
Piece scored_piece(const std::string &name, PieceType type, float score) {
  Piece piece{with_blanks(name), PieceType::normal, static_cast<double>(score)};
  if (type == PieceType::user_defined) {
    piece.type = type;
    piece.score = has_space(name) ? std::numeric_limits<double>::quiet_NaN() : 0;
  } else if (has_space(name)) {
    piece.type = PieceType::unused;
  }
  return piece;
}

void place(Vocabulary &vocabulary, const GgufTokenizer &gguf, std::uint32_t id) {
  const std::string &name = gguf.tokens[id];
  const PieceType type = type_at(gguf, id);
  Piece piece{name, type, 0};
  if (type == PieceType::byte) {
    const int byte = byte_of_name(name);
    if (byte >= 0) piece.text = std::string(1, static_cast<char>(byte));
  } else if (type != PieceType::control && type != PieceType::unknown) {
    piece = scored_piece(name, type, gguf.scores[id]);
  }
  if (type == PieceType::control || type == PieceType::unknown || type == PieceType::user_defined) {
    vocabulary.added.push_back({id, type != PieceType::user_defined, false});
    if (piece.text != name) vocabulary.added.back().search = name;
  }
  vocabulary.pieces.push_back(std::move(piece));
}

float least_score(const GgufTokenizer &gguf) {
  float least = std::numeric_limits<float>::max();
  for (std::size_t id = 0; id < gguf.tokens.size(); ++id) {
    if (type_at(gguf, id) == PieceType::normal) least = std::min(least, gguf.scores[id]);
  }
  return least;
}

// The charsmap. Where a text has the first characters of a user-defined piece, as many as there are stay as they are.
NormalizerStep charsmap_step(const GgufTokenizer &gguf, const std::string &source) {
  CharMap map = read_charsmap(gguf.charsmap, false, source);
  std::set<std::u32string> starts;
  for (std::size_t id = 0; id < gguf.tokens.size(); ++id) {
    if (type_at(gguf, id) != PieceType::user_defined) continue;
    const std::u32string characters = code_points(gguf.tokens[id]);
    for (std::size_t n = 1; n <= std::min<std::size_t>(characters.size(), kMaxKey); ++n) {
      starts.insert(characters.substr(0, n));
    }
  }
  std::erase_if(map.sequences, [&](const auto &entry) { return starts.contains(entry.first.substr(0, 1)); });
  for (const std::u32string &start : starts) {
    std::string text;
    for (const char32_t character : start) text += utf8(character);
    if (start.size() == 1) {
      map.singles[start[0]] = text;
    } else {
      map.sequences[start] = text;
    }
  }
  return map_step(std::move(map));
}

NormalizerStep prepend_space() {
  NormalizerStep step{Kind::prepend};
  step.text = " ";
  return step;
}

NormalizerStep replace(const char *pattern, const char *text, const std::string &source) {
  NormalizerStep step{Kind::replace};
  step.text = text;
  step.expression = regex_stage(pattern, source);
  return step;
}

// Either each word has one space in front of it and none behind it, or a text gets one unless it is nothing but spaces.
void add_space_steps(std::vector<NormalizerStep> &steps, const GgufTokenizer &gguf, const std::string &source) {
  if (gguf.remove_extra_whitespaces == 1) {
    steps.push_back(prepend_space());
    steps.push_back(replace(" +", " ", source));
    steps.push_back(replace(" \\z", "", source));
  } else if (gguf.add_space_prefix == 1) {
    NormalizerStep skip{Kind::skip};
    skip.set = complement(set_of(' ', ' '));
    skip.count = 1;
    steps.push_back(skip);
    steps.push_back(prepend_space());
  }
}

}  // namespace

Vocabulary gguf_unigram(const GgufTokenizer &gguf, const std::string &source) {
  Vocabulary vocabulary;
  vocabulary.kind = format::TokenizerKind::unigram;
  vocabulary.merge_by = format::MergeBy::best;
  vocabulary.flags = flag::kFuseUnknown;
  if (gguf.add_space_prefix == 1) vocabulary.flags |= flag::kDropFirstBlank | flag::kKeepByteBlank;
  for (std::uint32_t id = 0; id < gguf.tokens.size(); ++id) {
    if (std::isnan(gguf.scores[id])) {
      throw ConvertError(source + ": the score of token " + std::to_string(id) + " is not a number");
    }
    place(vocabulary, gguf, id);
  }
  vocabulary.unknown = gguf.unknown >= 0 ? gguf.unknown : kUsualUnknown;
  if (static_cast<std::size_t>(vocabulary.unknown) >= gguf.tokens.size()) {
    throw ConvertError(source + ": there is no unknown token");
  }
  vocabulary.unknown_score = static_cast<double>(least_score(gguf) - kUnknownPenalty);
  if (!gguf.charsmap.empty()) vocabulary.normalizer.push_back(charsmap_step(gguf, source));
  add_space_steps(vocabulary.normalizer, gguf, source);
  vocabulary.description = "Unigram";
  return vocabulary;
}

}  // namespace tidbit::convert
