// llama2.c's tokenizer.bin: u32 length of the longest token, then for each token f32 score, i32 length, bytes. The
// contents are SentencePiece with spaces in place of U+2581. Ids 0 to 2 are unknown, begin and end; 3 to 258 are bytes,
// unless the tokens are characters.
#include <cstring>
#include <optional>

#include "converter/error.h"
#include "converter/tokenizer/readers.h"

namespace tidbit::convert {
namespace {

constexpr std::uint32_t kBegin = 1;
constexpr std::uint32_t kEnd = 2;

std::optional<std::vector<Piece>> parse(const std::string &bytes) {
  std::vector<Piece> pieces;
  std::uint32_t longest = 0;
  if (bytes.size() < 12) return std::nullopt;
  std::memcpy(&longest, bytes.data(), 4);
  for (std::size_t at = 4; at < bytes.size();) {
    std::uint32_t size = 0;
    Piece piece;
    if (bytes.size() - at < 8) return std::nullopt;
    float score = 0;
    std::memcpy(&score, bytes.data() + at, sizeof score);
    piece.score = static_cast<double>(score);
    std::memcpy(&size, bytes.data() + at + 4, 4);
    at += 8;
    if (size > longest || size > bytes.size() - at || pieces.size() > format::kMaxTokens) return std::nullopt;
    piece.text = bytes.substr(at, size);
    at += size;
    pieces.push_back(std::move(piece));
  }
  if (pieces.size() <= kEnd) return std::nullopt;
  return pieces;
}

std::string restore_blanks(const std::string &text) {
  std::string result;
  for (const char c : text) {
    if (c == ' ') {
      result += "\xE2\x96\x81";
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

bool looks_like_llama2c(const std::string &bytes) { return parse(bytes).has_value(); }

Vocabulary read_llama2c(const std::string &bytes, const std::string &source) {
  std::optional<std::vector<Piece>> parsed = parse(bytes);
  if (!parsed) throw ConvertError(source + ": is not a llama2.c tokenizer");
  std::vector<Piece> pieces = std::move(*parsed);
  bool has_bytes = false;
  for (std::size_t id = 0; id < pieces.size(); ++id) {
    Piece &piece = pieces[id];
    has_bytes = has_bytes || byte_of_name(piece.text) >= 0;
    piece.type = byte_of_name(piece.text) >= 0 ? PieceType::byte : PieceType::normal;
    if (id == 0) piece.type = PieceType::unknown;
    if (id == kBegin || id == kEnd) piece.type = PieceType::control;
    if (piece.type == PieceType::normal) piece.text = restore_blanks(piece.text);
  }
  pieces[kBegin].text = "<s>";  // the file has "\n<s>\n" and "\n</s>\n", for printing
  pieces[kEnd].text = "</s>";
  const std::uint32_t flags = format::flag::kPrefixBlank | format::flag::kPrefixEverySegment |
                              format::flag::kDropFirstBlank | format::flag::kKeepByteBlank;
  Vocabulary vocabulary = sentencepiece_vocabulary(std::move(pieces), flags, has_bytes, source);
  vocabulary.description = "SentencePiece BPE of llama2.c";
  vocabulary.bos = static_cast<std::int32_t>(kBegin);
  vocabulary.ends = {static_cast<std::int32_t>(kEnd)};
  vocabulary.prefix = {vocabulary.bos};
  return vocabulary;
}

}  // namespace tidbit::convert
