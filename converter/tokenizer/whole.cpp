// Finds the pieces whose text encodes to the piece itself; the library need not merge a word with such a text. Uses
// simple quadratic merging, independent of the library's.
#include <map>
#include <optional>

#include "converter/tokenizer/vocabulary.h"

namespace tidbit::convert {
namespace {

struct Candidate {
  double rank;  // lowest first
  std::string text;
  std::uint32_t token;
};

struct Symbol {
  std::string text;
  std::uint32_t token;
};

class Reference {
 public:
  explicit Reference(const Vocabulary &vocabulary) : by_text_(vocabulary.merge_by == format::MergeBy::text) {
    for (std::uint32_t id = 0; id < vocabulary.pieces.size(); ++id) {
      const Piece &piece = vocabulary.pieces[id];
      if (piece.type != PieceType::normal && piece.type != PieceType::user_defined) continue;
      pieces_.emplace(piece.text, std::pair{-static_cast<double>(piece.score), id});
    }
    for (std::uint32_t rank = 0; rank < vocabulary.merges.size(); ++rank) {
      const Merge &merge = vocabulary.merges[rank];
      pairs_[std::uint64_t{merge.left} << 32 | merge.right] = {rank, merge.result};
    }
  }

  bool gives(const std::vector<std::string> &units, std::uint32_t token) const {
    std::vector<Symbol> symbols;
    for (const std::string &unit : units) {
      const auto found = pieces_.find(unit);
      if (found == pieces_.end() && !by_text_) return false;
      symbols.push_back({unit, found == pieces_.end() ? ~0u : found->second.second});
    }
    while (symbols.size() > 1 && merge_best(symbols)) {
    }
    return symbols.size() == 1 && symbols[0].token == token;
  }

 private:
  std::optional<std::pair<double, std::uint32_t>> look_up(const Symbol &left, const Symbol &right) const {
    if (by_text_) {
      const auto found = pieces_.find(left.text + right.text);
      return found == pieces_.end() ? std::nullopt : std::optional(found->second);
    }
    const auto found = pairs_.find(std::uint64_t{left.token} << 32 | right.token);
    return found == pairs_.end() ? std::nullopt : std::optional(std::pair<double, std::uint32_t>(found->second));
  }
  bool merge_best(std::vector<Symbol> &symbols) const {
    std::optional<std::pair<double, std::uint32_t>> best;
    std::size_t where = 0;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const auto found = look_up(symbols[i], symbols[i + 1]);
      if (!found || (best && found->first >= best->first)) continue;
      best = found;
      where = i;
    }
    if (!best) return false;
    symbols[where] = {symbols[where].text + symbols[where + 1].text, best->second};
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(where) + 1);
    return true;
  }

  bool by_text_;
  std::unordered_map<std::string, std::pair<double, std::uint32_t>> pieces_;
  std::unordered_map<std::uint64_t, std::pair<std::uint32_t, std::uint32_t>> pairs_;
};

std::vector<std::string> units_of(const Vocabulary &vocabulary, const std::string &text) {
  if (vocabulary.kind != format::TokenizerKind::byte_level) return characters_of(text);
  std::vector<std::string> bytes;
  for (const char c : text) bytes.emplace_back(1, c);
  return bytes;
}

}  // namespace

std::vector<bool> whole_pieces(const Vocabulary &vocabulary) {
  const Reference reference(vocabulary);
  std::vector<bool> whole(vocabulary.pieces.size());
  for (std::uint32_t id = 0; id < vocabulary.pieces.size(); ++id) {
    const Piece &piece = vocabulary.pieces[id];
    if (piece.type != PieceType::normal || piece.text.empty()) continue;
    whole[id] = vocabulary.ignore_merges || reference.gives(units_of(vocabulary, piece.text), id);
  }
  return whole;
}

}  // namespace tidbit::convert
