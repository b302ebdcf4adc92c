// Makes a vocabulary from scored pieces, as in SentencePiece, llama2.c and GGUF files.
#include <algorithm>
#include <cmath>
#include <limits>

#include "converter/error.h"
#include "converter/tokenizer/readers.h"

namespace tidbit::convert {

namespace {

void place_byte(Vocabulary &vocabulary, std::size_t id, const std::string &source) {
  Piece &piece = vocabulary.pieces[id];
  const int byte = byte_of_name(piece.text);
  if (byte < 0)
    throw ConvertError(source + ": the byte token " + in_quotes(piece.text) + " should be named like <0x0A>");
  piece.text = std::string(1, static_cast<char>(byte));
  vocabulary.byte_tokens[static_cast<std::size_t>(byte)] = static_cast<std::int32_t>(id);
}

// Normalized text contains no spaces (only U+2581), so a piece with a space can never occur. With kKeepSymbol it does.
void place_piece(Vocabulary &vocabulary, std::size_t id) {
  Piece &piece = vocabulary.pieces[id];
  const bool keeps = (vocabulary.flags & format::flag::kKeepSymbol) != 0;
  if (!keeps && piece.text.find(' ') != std::string::npos) {
    piece.type = PieceType::unused;
  } else if (piece.type == PieceType::user_defined) {
    vocabulary.added.push_back({static_cast<std::uint32_t>(id), false, true});
  }
  piece.text = with_blanks(piece.text);
}

}  // namespace

Vocabulary sentencepiece_vocabulary(std::vector<Piece> pieces, std::uint32_t flags, bool byte_fallback,
                                    const std::string &source) {
  Vocabulary vocabulary;
  vocabulary.kind = format::TokenizerKind::sentencepiece;
  vocabulary.merge_by = format::MergeBy::text;
  vocabulary.flags = flags;
  vocabulary.pieces = std::move(pieces);
  bool has_blank = false;
  for (std::size_t id = 0; id < vocabulary.pieces.size(); ++id) {
    Piece &piece = vocabulary.pieces[id];
    if (std::isnan(piece.score)) {
      throw ConvertError(source + ": the score of token " + std::to_string(id) + " is not a number");
    }
    if (piece.type == PieceType::byte) {
      place_byte(vocabulary, id, source);
    } else if (piece.type == PieceType::control || piece.type == PieceType::unknown) {
      vocabulary.added.push_back({static_cast<std::uint32_t>(id), true, false});
      if (piece.type == PieceType::unknown) vocabulary.unknown = static_cast<std::int32_t>(id);
    } else {
      place_piece(vocabulary, id);
      has_blank = has_blank || piece.text == " ";
    }
  }
  const bool keeps = (flags & format::flag::kKeepSymbol) != 0;
  if (!has_blank && !keeps && byte_fallback) throw ConvertError(source + ": there is no piece for the space (U+2581)");
  if (byte_fallback) require_all_bytes(vocabulary, source);
  return vocabulary;
}

// SentencePiece computes in f32. A user-defined piece wins over all others, by a score for each of its bytes as the
// file has them, where U+2581 has three, and a space with kKeepSymbol one.
void make_unigram(Vocabulary &vocabulary, const std::string &source) {
  if (vocabulary.unknown < 0) throw ConvertError(source + ": there is no unknown token");
  const bool keeps = (vocabulary.flags & format::flag::kKeepSymbol) != 0;
  float least = std::numeric_limits<float>::max();
  float most = std::numeric_limits<float>::min();  // the library's start, so usually this small positive number
  for (const Piece &piece : vocabulary.pieces) {
    if (piece.type != PieceType::normal) continue;
    least = std::min(least, static_cast<float>(piece.score));
    most = std::max(most, static_cast<float>(piece.score));
  }
  for (Piece &piece : vocabulary.pieces) {
    if (piece.type != PieceType::user_defined) continue;
    const auto blanks = std::count(piece.text.begin(), piece.text.end(), ' ');
    const auto bytes = static_cast<float>(piece.text.size() + (keeps ? 0 : 2) * static_cast<std::size_t>(blanks));
    piece.score = static_cast<double>(bytes * most) - 0.1;
  }
  vocabulary.kind = format::TokenizerKind::unigram;
  vocabulary.merge_by = format::MergeBy::best;
  vocabulary.flags |= format::flag::kRoundSums;
  vocabulary.unknown_score = static_cast<double>(least - kUnknownPenalty);
  std::erase_if(vocabulary.added, [](const AddedPiece &added) { return added.late; });
}

void require_all_bytes(Vocabulary &vocabulary, const std::string &source) {
  for (const std::int32_t token : vocabulary.byte_tokens) {
    if (token < 0) throw ConvertError(source + ": uses byte fallback, but not every byte has a token");
  }
  vocabulary.flags |= format::flag::kByteFallback;
}

}  // namespace tidbit::convert
