#include "converter/tokenizer/normalizer/program.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "converter/error.h"
#include "converter/tokenizer/split_program/automaton.h"
#include "text/normalizer.h"

namespace tidbit::convert {
namespace {

namespace layout = format::normalizer;
using layout::Op;
using layout::RangeKind;
using Kind = NormalizerStep::Kind;

constexpr std::size_t kMostSearched = 1u << 16;  // bytes in which a text is looked for

struct Range {
  RangeKind kind;
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t argument;
};

// All texts, each of them once, also if it is a part of another.
class Texts {
 public:
  void collect(const std::string &text) { texts_.insert(text); }
  void finish() {
    std::vector<std::string> longest_first(texts_.begin(), texts_.end());
    std::sort(longest_first.begin(), longest_first.end(), [](const std::string &a, const std::string &b) {
      return a.size() != b.size() ? a.size() > b.size() : a < b;
    });
    for (const std::string &text : longest_first) {
      std::size_t at = pool_.size() < kMostSearched ? pool_.find(text) : std::string::npos;
      if (at == std::string::npos) {
        at = pool_.size();
        pool_ += text;
      }
      places_[text] = at;
    }
    pool_.resize((pool_.size() + 3) / 4 * 4);
  }
  const std::string &pool() const { return pool_; }
  std::size_t place(const std::string &text) const { return places_.at(text); }

 private:
  std::unordered_set<std::string> texts_;
  std::string pool_;
  std::unordered_map<std::string, std::size_t> places_;
};

class Builder {
 public:
  explicit Builder(const std::string &source) : source_(source) {}

  NormalizerProgram build(const std::vector<NormalizerStep> &steps, const std::vector<AddedSearch> &added) {
    if (steps.size() > layout::kMaxSteps) {
      throw ConvertError(source_ + ": more than " + std::to_string(layout::kMaxSteps) +
                         " normalizers after one another are not supported");
    }
    collect(steps, added);
    NormalizerProgram program;
    std::vector<std::uint32_t> &table = program.table;
    table.resize(layout::kHead);
    table[layout::kSteps] = static_cast<std::uint32_t>(steps.size());
    for (const NormalizerStep &step : steps) add(step, table);
    table[layout::kGrowth] = static_cast<std::uint32_t>(std::min(std::ceil(growth_), double{layout::kMaxGrowth}));
    add_added(added, table);
    program.data = std::move(data_);
    if (program.data.empty()) program.data.push_back(0);
    return program;
  }

 private:
  void collect(const std::vector<NormalizerStep> &steps, const std::vector<AddedSearch> &added) {
    texts_.collect(" ");
    for (const NormalizerStep &step : steps) {
      if (!step.map.dropped.empty()) texts_.collect("");
      for (const auto &[character, text] : step.map.singles) texts_.collect(text);
      for (const auto &[key, text] : step.map.sequences) texts_.collect(text);
      texts_.collect(step.text);
    }
    for (const AddedSearch &token : added) {
      if (!token.own_text) texts_.collect(token.text);
    }
    texts_.finish();
    data_.resize(texts_.pool().size() / 4);
    if (!data_.empty()) std::memcpy(data_.data(), texts_.pool().data(), texts_.pool().size());
  }

  std::uint32_t text(const std::string &text) const {
    const std::size_t place = texts_.place(text);
    if (text.size() > layout::kMaxTextBytes || place >= 1u << (32 - layout::kTextShift)) {
      throw ConvertError(source_ + ": a normalizer puts " + in_quotes(text) + ", which is longer than " +
                         std::to_string(layout::kMaxTextBytes) + " bytes; this is not supported");
    }
    return static_cast<std::uint32_t>(place << layout::kTextShift | text.size());
  }
  std::uint32_t here() const {
    if (data_.size() > 0xFFFFFFF) throw ConvertError(source_ + ": the normalizer is too large");
    return static_cast<std::uint32_t>(data_.size());
  }
  std::uint32_t append(const std::vector<std::uint32_t> &words) {
    const std::uint32_t offset = here();
    data_.insert(data_.end(), words.begin(), words.end());
    return offset;
  }
  // A table that several steps may use.
  std::uint32_t append_once(const std::vector<std::uint32_t> &words) {
    for (const auto &[known, offset] : known_) {
      if (known == words) return offset;
    }
    known_.emplace_back(words, append(words));
    return known_.back().second;
  }

  void add(const NormalizerStep &step, std::vector<std::uint32_t> &table) {
    std::vector<std::uint32_t> numbers;
    switch (step.kind) {
      case Kind::map:
      case Kind::clusters:
        numbers = map(step);
        break;
      case Kind::order:
        numbers = order(step.composes);
        break;
      case Kind::skip: {
        const std::vector<std::uint32_t> borders = borders_of(step.set);
        numbers = {number(Op::skip), append(borders), static_cast<std::uint32_t>(borders.size()), step.count};
        break;
      }
      case Kind::strip:
        numbers = {number(Op::strip), (step.left ? 1u : 0u) | (step.right ? 2u : 0u)};
        break;
      case Kind::prepend:
        numbers = {number(Op::prepend), text(step.text)};
        growth_ += static_cast<double>(step.text.size());
        break;
      case Kind::replace:
        if (step.expression) numbers = replace(*step.expression, step.text);
        break;
    }
    numbers.resize(layout::kStep);
    table.insert(table.end(), numbers.begin(), numbers.end());
  }
  static std::uint32_t number(Op op) { return static_cast<std::uint32_t>(op); }

  static std::vector<std::uint32_t> borders_of(const CharSet &set) {
    std::vector<std::uint32_t> borders;
    for (const CharRange range : set) {
      borders.push_back(range.first);
      borders.push_back(range.last + 1);
    }
    return borders;
  }

  std::vector<std::uint32_t> order(bool composes) {
    const std::vector<std::uint32_t> classes = combining_classes();
    std::vector<std::uint32_t> pairs;
    for (const Composition &pair : compositions()) {
      if (!composes) break;
      const std::uint64_t bits = std::uint64_t{pair.first} << 42 | std::uint64_t{pair.second} << 21 | pair.result;
      pairs.push_back(static_cast<std::uint32_t>(bits));
      pairs.push_back(static_cast<std::uint32_t>(bits >> 32));
    }
    const auto size = [](const auto &list) { return static_cast<std::uint32_t>(list.size()); };
    return {number(Op::order), append_once(classes), size(classes), append_once(pairs), size(pairs) / 2};
  }

  std::vector<std::uint32_t> map(const NormalizerStep &step) {
    std::vector<Range> ranges = ranges_of(step.map);
    grow(step.map);
    std::vector<std::uint32_t> words;
    std::uint32_t ascii = 0;
    for (const Range &range : ranges) {
      words.push_back(static_cast<std::uint32_t>(range.kind) << layout::kKindShift | range.first);
      words.push_back(range.last);
      words.push_back(range.argument);
      ascii += range.first < 0x80 ? 1 : 0;
    }
    std::vector<std::uint32_t> numbers = {number(Op::map), append_once(words),
                                          static_cast<std::uint32_t>(ranges.size()), ascii};
    if (step.kind == Kind::clusters) {
      const std::vector<std::uint32_t> classes = grapheme_classes();
      numbers.insert(numbers.end(), {1, append_once(classes), static_cast<std::uint32_t>(classes.size())});
    }
    return numbers;
  }

  // The difference to the only character that a character becomes.
  static std::optional<std::uint32_t> shift_of(std::uint32_t character, const std::string &text) {
    const std::u32string becomes = code_points(text);
    if (becomes.size() != 1) return std::nullopt;
    return becomes[0] - character;
  }

  std::vector<Range> ranges_of(const CharMap &map) {
    std::vector<Range> ranges;
    for (const CharRange range : map.dropped) ranges.push_back({RangeKind::text, range.first, range.last, text("")});
    for (const CharRange range : map.surrounded) {
      ranges.push_back({RangeKind::surround, range.first, range.last, text(" ")});
    }
    chained_.clear();
    for (const auto &[key, text] : map.sequences) chained_.insert(key[0]);
    if (map.splits_hangul) ranges.push_back({RangeKind::hangul, 0xAC00, 0xD7A3, 0});
    add_sequences(map, ranges);
    std::vector<std::pair<std::uint32_t, std::string>> singles;
    for (const auto &[character, text] : map.singles) {
      const auto sequence = map.sequences.lower_bound(std::u32string(1, character));
      if (sequence == map.sequences.end() || sequence->first[0] != character) singles.emplace_back(character, text);
    }
    for (std::size_t at = 0; at < singles.size();) at = add_singles(singles, at, ranges);
    std::sort(ranges.begin(), ranges.end(), [](const Range &a, const Range &b) { return a.first < b.first; });
    return ranges;
  }

  using Singles = std::vector<std::pair<std::uint32_t, std::string>>;

  // How many characters from `at` on, each `step` behind the one before, give the same.
  template <class Same>
  std::size_t run_of(const Singles &singles, std::size_t at, std::uint32_t step, Same same) const {
    std::size_t end = at + 1;
    while (end < singles.size() && singles[end].first == singles[end - 1].first + step && same(singles[end])) {
      if (step == 2 && chained_.contains(singles[end].first - 1)) break;
      ++end;
    }
    return end - at;
  }

  // The longest range that begins with this character; returns the place of the next one.
  std::size_t add_singles(const Singles &singles, std::size_t at, std::vector<Range> &ranges) {
    const std::uint32_t first = singles[at].first;
    const std::string &becomes = singles[at].second;
    const auto delta = shift_of(first, becomes);
    const auto shifted = [&](const auto &entry) { return delta && shift_of(entry.first, entry.second) == delta; };
    const std::size_t equal = run_of(singles, at, 1, [&](const auto &entry) { return entry.second == becomes; });
    const std::size_t beside = run_of(singles, at, 1, shifted);
    const std::size_t apart = run_of(singles, at, 2, shifted);
    if (equal >= beside && equal >= apart) {
      const bool alone = equal == 1;
      if (alone) return add_texts(singles, at, ranges);
      ranges.push_back({RangeKind::text, first, singles[at + equal - 1].first, text(becomes)});
      return at + equal;
    }
    const std::size_t count = std::max(beside, apart);
    const RangeKind kind = beside >= apart ? RangeKind::shift : RangeKind::shift_by_two;
    ranges.push_back({kind, first, singles[at + count - 1].first, delta.value_or(0)});
    return at + count;
  }

  // Characters side by side, each with a text of its own, until a shift of some length begins.
  std::size_t add_texts(const Singles &singles, std::size_t at, std::vector<Range> &ranges) {
    constexpr std::size_t kWorthwhile = 5;
    std::size_t end = at + 1;
    for (; end < singles.size() && singles[end].first == singles[end - 1].first + 1; ++end) {
      const auto delta = shift_of(singles[end].first, singles[end].second);
      const auto shifted = [&](const auto &entry) { return delta && shift_of(entry.first, entry.second) == delta; };
      if (run_of(singles, end, 1, shifted) >= kWorthwhile) break;
    }
    if (end == at + 1) {
      ranges.push_back({RangeKind::text, singles[at].first, singles[at].first, text(singles[at].second)});
      return end;
    }
    std::vector<std::uint32_t> words;
    for (std::size_t i = at; i < end; ++i) words.push_back(text(singles[i].second));
    ranges.push_back({RangeKind::texts, singles[at].first, singles[end - 1].first, append(words)});
    return end;
  }

  // One chain for each first character of sequences.
  void add_sequences(const CharMap &map, std::vector<Range> &ranges) {
    for (auto at = map.sequences.begin(); at != map.sequences.end();) {
      const char32_t first = at->first[0];
      auto end = at;
      std::vector<std::pair<std::u32string, std::string>> keys;
      if (const auto single = map.singles.find(first); single != map.singles.end()) {
        keys.emplace_back(std::u32string(1, first), single->second);
      }
      for (; end != map.sequences.end() && end->first[0] == first; ++end) keys.emplace_back(end->first, end->second);
      ranges.push_back({RangeKind::chain, first, first, add_node(keys, 0, keys.size(), 1)});
      at = end;
    }
  }

  // The node of the keys [begin, end), which have the first `length` characters in common. Its children come first.
  std::uint32_t add_node(const std::vector<std::pair<std::u32string, std::string>> &keys, std::size_t begin,
                         std::size_t end, std::size_t length) {
    if (length > layout::kMaxKey) {
      throw ConvertError(source_ + ": a normalizer replaces more than " + std::to_string(layout::kMaxKey) +
                         " characters at once, which is not supported");
    }
    std::vector<std::uint32_t> node(layout::kNode);
    if (keys[begin].first.size() == length) {
      node[1] = 1;
      node[2] = text(keys[begin].second);
      ++begin;
    }
    while (begin < end) {
      const char32_t next = keys[begin].first[length];
      std::size_t stop = begin;
      while (stop < end && keys[stop].first[length] == next) ++stop;
      node.push_back(next);
      node.push_back(add_node(keys, begin, stop, length + 1));
      ++node[0];
      begin = stop;
    }
    return append_node(node);
  }
  std::uint32_t append_node(const std::vector<std::uint32_t> &node) {
    const std::string key(reinterpret_cast<const char *>(node.data()), node.size() * 4);
    const auto [found, is_new] = nodes_.emplace(key, here());
    return is_new ? append(node) : found->second;
  }

  static double ratio(const std::string &text, std::size_t bytes) {
    return static_cast<double>(text.size()) / static_cast<double>(bytes);
  }
  void grow(const CharMap &map) {
    double most = map.splits_hangul ? 3 : 1;
    for (const auto &[character, text] : map.singles) most = std::max(most, ratio(text, utf8(character).size()));
    for (const auto &[key, text] : map.sequences) {
      std::size_t bytes = 0;
      for (const char32_t character : key) bytes += utf8(character).size();
      most = std::max(most, ratio(text, bytes));
    }
    if (!map.surrounded.empty()) {
      const std::string shortest = utf8(map.surrounded[0].first);
      most = std::max(most, ratio(" " + shortest + " ", shortest.size()));
    }
    growth_ *= most;
  }

  // The fewest bytes of a match.
  static std::size_t least_bytes(const RegexNode &node) {
    using NodeKind = RegexNode::Kind;
    std::size_t bytes = 0;
    switch (node.kind) {
      case NodeKind::sequence:
        for (const RegexNode &child : node.children) bytes += least_bytes(child);
        return bytes;
      case NodeKind::alternatives:
        bytes = node.children.empty() ? 0 : least_bytes(node.children[0]);
        for (const RegexNode &child : node.children) bytes = std::min(bytes, least_bytes(child));
        return bytes;
      case NodeKind::repeat:
        return node.least == 0 ? 0 : least_bytes(node.children[0]) * node.least;
      case NodeKind::character:
        return node.set.empty() ? 1 : utf8(node.set[0].first).size();
      case NodeKind::look:
        return 0;
    }
    return 0;
  }

  std::vector<std::uint32_t> replace(const SplitStage &stage, const std::string &with) {
    std::vector<CharSet> sets;
    collect_sets(stage.expression, sets);
    const Alphabet alphabet(std::move(sets), source_);
    const Automaton automaton = compile(stage.expression, alphabet, stage.what);
    std::vector<std::uint32_t> classes;
    for (const Alphabet::Range &range : alphabet.ranges()) {
      classes.push_back(range.first << format::split_program::kSymbolBits | range.symbol);
    }
    std::vector<std::uint32_t> states((automaton.entries.size() + 1) / 2);
    std::memcpy(states.data(), automaton.entries.data(), automaton.entries.size() * sizeof(std::uint16_t));
    const std::size_t least = least_bytes(stage.expression);
    const double size = static_cast<double>(with.size());
    growth_ *= least == 0 ? 1 + 2 * size : std::max(1.0, size / static_cast<double>(least));
    return {number(Op::replace), append(classes), static_cast<std::uint32_t>(classes.size()),
            alphabet.size() + 1, append(states),  automaton.states,
            text(with)};
  }

  void add_added(const std::vector<AddedSearch> &added, std::vector<std::uint32_t> &table) {
    const auto any = [&added](bool AddedSearch::*option) {
      return std::any_of(added.begin(), added.end(), [option](const AddedSearch &token) { return token.*option; });
    };
    if (any(&AddedSearch::single_word)) {
      const std::vector<std::uint32_t> borders = borders_of(pre_tokenizer_set(PreTokenizerSet::word));
      table[layout::kWordSet] = append(borders);
      table[layout::kWordSet + 1] = static_cast<std::uint32_t>(borders.size());
    }
    const auto own = [](const AddedSearch &token) {
      return token.own_text && !token.single_word && !token.strip_left && !token.strip_right;
    };
    if (std::all_of(added.begin(), added.end(), own)) return;
    std::vector<std::uint32_t> words;
    for (const AddedSearch &token : added) {
      words.push_back(token.own_text ? format::added_text::kOwn : static_cast<std::uint32_t>(texts_.place(token.text)));
      words.push_back((token.single_word ? format::added_text::kSingleWord : 0) |
                      (token.strip_left ? format::added_text::kStripLeft : 0) |
                      (token.strip_right ? format::added_text::kStripRight : 0));
    }
    table[layout::kAddedTexts] = append(words);
  }

  const std::string &source_;
  Texts texts_;
  std::vector<std::uint32_t> data_;
  std::vector<std::pair<std::vector<std::uint32_t>, std::uint32_t>> known_;
  std::unordered_map<std::string, std::uint32_t> nodes_;
  std::set<std::uint32_t> chained_;  // first characters of sequences, which have ranges of their own
  double growth_ = 1;
};

}  // namespace

NormalizerProgram make_normalizer_program(const std::vector<NormalizerStep> &steps,
                                          const std::vector<AddedSearch> &added, const std::string &source) {
  return Builder(source).build(steps, added);
}

NormalizerRun::NormalizerRun(const NormalizerProgram &program) : growth_(program.table[layout::kGrowth]) {
  format::TokenizerHeader header{};
  const auto count = [](const std::vector<std::uint32_t> &table) { return static_cast<std::uint32_t>(table.size()); };
  header.normalizer = {sizeof header, count(program.table)};
  header.normalizer_data = {static_cast<std::uint32_t>(sizeof header + program.table.size() * 4), count(program.data)};
  section_.resize(sizeof header / 4);
  std::memcpy(section_.data(), &header, sizeof header);
  section_.insert(section_.end(), program.table.begin(), program.table.end());
  section_.insert(section_.end(), program.data.begin(), program.data.end());
}

std::string NormalizerRun::operator()(std::string_view text) const {
  const std::size_t units = (text.size() + 1) * growth_ * 2;
  std::vector<std::uint64_t> memory((units * kWorkspacePerUnit + 7) / 8);
  const tidbit_tokenize_options options{};
  Steps steps(options);
  const Tables tables(reinterpret_cast<const std::byte *>(section_.data()));
  Normalizer normalizer(tables, cut_workspace(memory.data(), units), steps);
  std::string result(units, 0);
  std::uint32_t size = 0;
  if (!normalizer.run(text.data(), static_cast<std::uint32_t>(text.size()), result.data(),
                      static_cast<std::uint32_t>(units), &size)) {
    throw ConvertError("the normalizer makes the text " + in_quotes(text) + " too long");
  }
  result.resize(size);
  return result;
}

}  // namespace tidbit::convert
