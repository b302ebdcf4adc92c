// Finds the pieces whose text encodes to the piece itself; the library need not merge a word with such a text. Merges
// with a queue, as the library does, but shares nothing with it.
#include <algorithm>
#include <limits>
#include <queue>
#include <string_view>
#include <tuple>

#include "converter/tokenizer/vocabulary.h"

namespace tidbit::convert {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// What two neighbors become.
struct Joined {
  double rank;  // lowest first
  std::uint32_t token;
};

// A part of a text. Symbols form a list, by their indices.
struct Symbol {
  std::string_view text;
  std::uint32_t token;
  std::size_t next;
  std::size_t previous;
  unsigned changes = 0;  // of the symbol or its right neighbor
};

struct Candidate {
  Joined joined;
  std::size_t left;
  unsigned changes;  // of the symbol at `left` when it was queued; it may have changed since

  bool operator<(const Candidate &other) const {  // for a queue that gives the lowest rank, then the leftmost
    return std::tuple(joined.rank, left) > std::tuple(other.joined.rank, other.left);
  }
};

class Reference {
 public:
  explicit Reference(const Vocabulary &vocabulary) : by_text_(vocabulary.merge_by == format::MergeBy::text) {
    for (std::uint32_t id = 0; id < vocabulary.pieces.size(); ++id) {
      const Piece &piece = vocabulary.pieces[id];
      if (piece.type != PieceType::normal && piece.type != PieceType::user_defined) continue;
      pieces_.push_back({piece.text, {-piece.score, id}});
    }
    for (std::uint32_t rank = 0; rank < vocabulary.merges.size(); ++rank) {
      const Merge &merge = vocabulary.merges[rank];
      pairs_.push_back({std::uint64_t{merge.left} << 32 | merge.right, {static_cast<double>(rank), merge.result}});
    }
    std::sort(pieces_.begin(), pieces_.end(), [](const auto &a, const auto &b) {
      return std::tuple(a.first, a.second.token) < std::tuple(b.first, b.second.token);
    });
    std::sort(pairs_.begin(), pairs_.end(), [](const auto &a, const auto &b) {
      return std::tuple(a.first, a.second.rank) < std::tuple(b.first, b.second.rank);
    });
  }

  bool gives(const std::vector<std::string_view> &units, std::uint32_t token) const {
    std::vector<Symbol> symbols;
    for (std::size_t i = 0; i < units.size(); ++i) {
      const Joined *found = first_of(pieces_, units[i]);
      if (found == nullptr && !by_text_) return false;
      symbols.push_back({units[i], found == nullptr ? kNone : found->token, i + 1, i - 1});
    }
    merge(symbols);
    return symbols[0].next == symbols.size() && symbols[0].token == token;
  }

 private:
  template <class Key>
  using Sorted = std::vector<std::pair<Key, Joined>>;

  // The lowest id of a text; the last merge of a pair, as in the library.
  template <class Key>
  static const Joined *first_of(const Sorted<Key> &all, Key key) {
    const auto at = std::lower_bound(all.begin(), all.end(), key, [](const auto &a, Key k) { return a.first < k; });
    return at == all.end() || at->first != key ? nullptr : &at->second;
  }
  template <class Key>
  static const Joined *last_of(const Sorted<Key> &all, Key key) {
    const auto at = std::upper_bound(all.begin(), all.end(), key, [](Key k, const auto &a) { return k < a.first; });
    return at == all.begin() || (at - 1)->first != key ? nullptr : &(at - 1)->second;
  }
  static std::string_view both(const Symbol &left, const Symbol &right) {
    return {left.text.data(), left.text.size() + right.text.size()};
  }
  const Joined *look_up(const Symbol &left, const Symbol &right) const {
    if (by_text_) return first_of(pieces_, both(left, right));
    return last_of(pairs_, std::uint64_t{left.token} << 32 | right.token);
  }

  void merge(std::vector<Symbol> &symbols) const {
    std::priority_queue<Candidate> queue;
    const auto consider = [&](std::size_t left) {
      if (left >= symbols.size() || symbols[left].next >= symbols.size()) return;
      const Joined *found = look_up(symbols[left], symbols[symbols[left].next]);
      ++symbols[left].changes;
      if (found != nullptr) queue.push({*found, left, symbols[left].changes});
    };
    for (std::size_t i = 0; i < symbols.size(); ++i) consider(i);
    while (!queue.empty()) {
      const Candidate best = queue.top();
      queue.pop();
      Symbol &left = symbols[best.left];
      if (left.changes != best.changes) continue;
      Symbol &right = symbols[left.next];
      left.text = both(left, right);
      left.token = best.joined.token;
      left.next = right.next;
      ++left.changes;
      ++right.changes;
      if (left.next < symbols.size()) symbols[left.next].previous = best.left;
      consider(best.left);
      consider(left.previous);
    }
  }

  bool by_text_;
  Sorted<std::string_view> pieces_;
  Sorted<std::uint64_t> pairs_;
};

std::vector<std::string_view> units_of(const Vocabulary &vocabulary, const std::string &text) {
  if (vocabulary.kind != format::TokenizerKind::byte_level) return characters_of(text);
  std::vector<std::string_view> bytes;
  for (const char &c : text) bytes.emplace_back(&c, 1);
  return bytes;
}

constexpr std::size_t kMostWhole = 32;  // bytes; the time for a text grows with the square

// MergeBy::best: whether the best sequence of pieces of a text is the text itself.
class BestSequence {
 public:
  explicit BestSequence(const Vocabulary &vocabulary)
      : rounds_((vocabulary.flags & format::flag::kRoundSums) != 0), unknown_(vocabulary.unknown_score) {
    for (const Piece &piece : vocabulary.pieces) {
      if (has_score(piece)) scores_.emplace(piece.text, piece.score);
    }
  }

  bool is_one(const std::string &text) const {
    const std::vector<std::string_view> characters = characters_of(text);
    std::vector<Node> nodes(text.size() + 1);
    std::size_t at = 0;
    for (std::size_t i = 0; i < characters.size(); at += characters[i++].size()) {
      std::size_t end = at;
      bool single = false;
      for (std::size_t last = i; last < characters.size(); ++last) {
        end += characters[last].size();
        const auto found = scores_.find(std::string_view(text).substr(at, end - at));
        if (found == scores_.end()) continue;
        consider(nodes[end], found->second + nodes[at].sum, at);
        single = single || last == i;
      }
      if (!single) consider(nodes[at + characters[i].size()], unknown_ + nodes[at].sum, at);
    }
    return nodes[text.size()].reached && nodes[text.size()].begin == 0;
  }

 private:
  struct Node {
    double sum = 0;
    std::size_t begin = 0;
    bool reached = false;
  };

  void consider(Node &node, double sum, std::size_t begin) const {
    if (rounds_) sum = static_cast<double>(static_cast<float>(sum));
    if (!node.reached || sum > node.sum) node = {sum, begin, true};
  }

  bool rounds_;
  double unknown_;
  std::unordered_map<std::string_view, double> scores_;
};

}  // namespace

std::vector<bool> whole_pieces(const Vocabulary &vocabulary) {
  if (vocabulary.merge_by == format::MergeBy::best) {
    const BestSequence best(vocabulary);
    std::vector<bool> whole;
    whole.reserve(vocabulary.pieces.size());
    for (const Piece &piece : vocabulary.pieces) {
      whole.push_back(has_score(piece) && !piece.text.empty() && piece.text.size() <= kMostWhole &&
                      best.is_one(piece.text));
    }
    return whole;
  }
  if (vocabulary.kind == format::TokenizerKind::plain) {
    std::vector<bool> in_words;
    in_words.reserve(vocabulary.pieces.size());
    for (const Piece &piece : vocabulary.pieces) in_words.push_back(has_score(piece));
    return in_words;
  }
  // The text of a piece that says where in its word it stands is not the text of a word.
  const bool marked = vocabulary.kind == format::TokenizerKind::word_bpe &&
                      !(vocabulary.continuing.empty() && vocabulary.word_end.empty());
  const Reference reference(vocabulary);
  std::vector<bool> whole(vocabulary.pieces.size());
  for (std::uint32_t id = 0; id < vocabulary.pieces.size(); ++id) {
    const Piece &piece = vocabulary.pieces[id];
    if (piece.type != PieceType::normal || piece.text.empty()) continue;
    whole[id] = vocabulary.ignore_merges || (!marked && reference.gives(units_of(vocabulary, piece.text), id));
  }
  return whole;
}

}  // namespace tidbit::convert
