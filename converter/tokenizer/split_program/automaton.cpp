#include "converter/tokenizer/split_program/automaton.h"

#include <algorithm>
#include <map>

#include "converter/error.h"
#include "text/tokenizer_format.h"

namespace tidbit::convert {
namespace {

using Kind = RegexNode::Kind;
using format::split_entry::kMatch;

constexpr std::size_t kMaxSymbols = 400;
constexpr std::size_t kMaxSteps = 20000;  // instructions of an expression, with its repeats written out
constexpr std::size_t kMaxWork =
    10000000;  // instructions looked at while states are made, or entries while they are joined
constexpr std::size_t kMaxEntries = 60000;

// Instructions of a nondeterministic automaton. `next` comes before `other`.
struct Step {
  enum class Kind : std::uint8_t { both, character, look, match };
  Kind kind = Kind::match;
  std::uint32_t next = 0;
  std::uint32_t other = 0;
  std::uint32_t set = 0;  // index in `symbols`
};

class Builder {
 public:
  Builder(const Alphabet &alphabet, const std::string &what) : alphabet_(alphabet), what_(what) {}

  // Appends the instructions of a node; they go on at `next`. Returns the first.
  std::uint32_t add(const RegexNode &node, std::uint32_t next) {
    switch (node.kind) {
      case Kind::sequence:
        for (auto child = node.children.rbegin(); child != node.children.rend(); ++child) next = add(*child, next);
        return next;
      case Kind::alternatives: {
        std::uint32_t begin = add(node.children.back(), next);
        for (std::size_t i = node.children.size() - 1; i > 0; --i) {
          const std::uint32_t first = add(node.children[i - 1], next);
          begin = push({Step::Kind::both, first, begin});
        }
        return begin;
      }
      case Kind::repeat:
        return repeat(node, next);
      case Kind::character:
        return push({Step::Kind::character, next, 0, symbols_of(node)});
      case Kind::look:
        return push({Step::Kind::look, next, 0, symbols_of(node)});
    }
    return next;
  }
  std::uint32_t push(const Step &step) {
    if (steps.size() == kMaxSteps) throw ConvertError(what_ + " is too large with its repeats written out");
    steps.push_back(step);
    return static_cast<std::uint32_t>(steps.size() - 1);
  }

  std::vector<Step> steps;
  std::vector<std::vector<bool>> symbols;

 private:
  std::uint32_t choice(bool greedy, std::uint32_t inside, std::uint32_t outside) {
    return greedy ? push({Step::Kind::both, inside, outside}) : push({Step::Kind::both, outside, inside});
  }
  std::uint32_t repeat(const RegexNode &node, std::uint32_t next) {
    if (node.most == 0) return next;
    const RegexNode &child = node.children[0];
    std::uint32_t begin = next;
    if (node.most == RegexNode::kNoLimit) {
      begin = choice(node.greedy, 0, next);
      const std::uint32_t inside = add(child, begin);
      (node.greedy ? steps[begin].next : steps[begin].other) = inside;
    } else {
      for (std::uint32_t i = node.least; i < node.most; ++i) begin = choice(node.greedy, add(child, begin), next);
    }
    for (std::uint32_t i = 0; i < node.least; ++i) {
      const std::size_t before = steps.size();
      begin = add(child, begin);
      if (steps.size() == before) break;  // it is empty, so nothing would be repeated
    }
    return begin;
  }
  std::uint32_t symbols_of(const RegexNode &node) {
    const auto [place, is_new] = known_.try_emplace({node.set, node.at_end}, static_cast<std::uint32_t>(known_.size()));
    if (is_new) {
      symbols.push_back(alphabet_.symbols_of(node.set));
      symbols.back().push_back(node.at_end);
    }
    return place->second;
  }

  const Alphabet &alphabet_;
  const std::string &what_;
  std::map<std::pair<CharSet, bool>, std::uint32_t> known_;
};

// Makes the states as lists of instructions, the preferred ones first. An instruction is entered when the next symbol
// is known, so that it can be looked at; a match is therefore seen one symbol late.
class Determinizer {
 public:
  Determinizer(const Builder &builder, std::uint32_t symbols, const std::string &what)
      : steps_(builder.steps),
        sets_(builder.symbols),
        symbols_(symbols),
        what_(what),
        seen_(steps_.size()),
        listed_(steps_.size()) {}

  Automaton run(std::uint32_t begin) {
    state({begin});
    Automaton result;
    for (std::size_t i = 0; i < lists_.size(); ++i) {
      for (std::uint32_t symbol = 0; symbol < symbols_; ++symbol) {
        result.entries.push_back(entry(std::vector<std::uint32_t>(*lists_[i]), symbol));
      }
    }
    result.states = static_cast<std::uint32_t>(lists_.size());
    return result;
  }

 private:
  std::uint16_t state(const std::vector<std::uint32_t> &list) {
    const auto [place, is_new] = known_.try_emplace(list, static_cast<std::uint16_t>(lists_.size()));
    if (is_new) {
      lists_.push_back(&place->first);
      if (lists_.size() * symbols_ > kMaxEntries) throw ConvertError(what_ + " needs too many states");
    }
    return place->second;
  }

  std::uint16_t entry(const std::vector<std::uint32_t> &list, std::uint32_t symbol) {
    ++round_;
    std::vector<std::uint32_t> next;
    bool match = false;
    for (auto at = list.begin(); at != list.end() && !match; ++at) match = enter(*at, symbol, next);
    std::uint16_t result = match ? kMatch : 0;
    if (!next.empty()) result = static_cast<std::uint16_t>(result | (state(next) + 1));
    return result;
  }

  // Follows everything up to the characters, which are appended to `next` if they are `symbol`. True if it comes to a
  // match; what is less preferred does not count then.
  bool enter(std::uint32_t begin, std::uint32_t symbol, std::vector<std::uint32_t> &next) {
    stack_.assign(1, begin);
    while (!stack_.empty()) {
      const std::uint32_t at = stack_.back();
      stack_.pop_back();
      if (++work_ > kMaxWork) throw ConvertError(what_ + " is too complex");
      if (seen_[at] == round_) continue;
      seen_[at] = round_;
      const Step &step = steps_[at];
      if (step.kind == Step::Kind::match) return true;
      if (step.kind == Step::Kind::both) {
        stack_.push_back(step.other);
        stack_.push_back(step.next);
      } else if (sets_[step.set][symbol]) {
        if (step.kind == Step::Kind::look) {
          stack_.push_back(step.next);
        } else if (listed_[step.next] != round_) {
          listed_[step.next] = round_;
          next.push_back(step.next);
        }
      }
    }
    return false;
  }

  const std::vector<Step> &steps_;
  const std::vector<std::vector<bool>> &sets_;
  std::uint32_t symbols_;
  const std::string &what_;
  std::vector<std::size_t> seen_;    // the round in which an instruction was last entered
  std::vector<std::size_t> listed_;  // ... appended to a list
  std::size_t round_ = 0;
  std::size_t work_ = 0;
  std::vector<std::uint32_t> stack_;
  std::map<std::vector<std::uint32_t>, std::uint16_t> known_;
  std::vector<const std::vector<std::uint32_t> *> lists_;
};

// Joins states that cannot be told apart (Moore's algorithm).
Automaton smallest(const Automaton &automaton, std::uint32_t symbols) {
  const std::uint16_t dead = 0;
  std::vector<std::uint32_t> group(automaton.states, 0);
  std::size_t groups = 0;
  const auto target = [&](std::uint16_t entry) {
    const std::uint32_t next = entry & ~kMatch & 0xFFFFu;
    return (next == dead ? 0 : group[next - 1] + 1) | (entry & kMatch);
  };
  std::size_t work = 0;
  for (std::size_t before = 1; groups != before;) {
    before = groups;
    work += automaton.entries.size();
    if (work > kMaxWork) return automaton;
    std::map<std::vector<std::uint32_t>, std::uint32_t> rows;
    std::vector<std::uint32_t> next(automaton.states);
    for (std::uint32_t i = 0; i < automaton.states; ++i) {
      std::vector<std::uint32_t> row;
      row.reserve(symbols);
      for (std::uint32_t s = 0; s < symbols; ++s) row.push_back(target(automaton.entries[i * symbols + s]));
      next[i] = rows.try_emplace(std::move(row), static_cast<std::uint32_t>(rows.size())).first->second;
    }
    groups = rows.size();
    group = next;
  }
  Automaton result;
  for (std::uint32_t i = 0; i < automaton.states; ++i) {  // a group's number is that of its first state, in order
    if (group[i] != result.states) continue;
    ++result.states;
    for (std::uint32_t s = 0; s < symbols; ++s) {
      result.entries.push_back(static_cast<std::uint16_t>(target(automaton.entries[i * symbols + s])));
    }
  }
  return result;
}

}  // namespace

Alphabet::Alphabet(std::vector<CharSet> sets, const std::string &source) {
  std::sort(sets.begin(), sets.end());
  sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
  std::vector<std::uint32_t> begins{0};
  for (const CharSet &set : sets) {
    for (const CharRange range : set) {
      begins.push_back(range.first);
      if (range.last < kLastCodePoint) begins.push_back(range.last + 1);
    }
  }
  std::sort(begins.begin(), begins.end());
  begins.erase(std::unique(begins.begin(), begins.end()), begins.end());
  std::vector<std::uint32_t> symbols(begins.size(), 0);
  for (const CharSet &set : sets) {
    std::map<std::pair<std::uint32_t, bool>, std::uint32_t> split;
    for (std::size_t i = 0; i < begins.size(); ++i) {
      const auto next = static_cast<std::uint32_t>(split.size());
      symbols[i] = split.try_emplace({symbols[i], contains(set, begins[i])}, next).first->second;
    }
    size_ = static_cast<std::uint32_t>(split.size());
    if (size_ > kMaxSymbols) throw ConvertError(source + ": the pre-tokenizer has too many sets of characters");
  }
  for (std::size_t i = 0; i < begins.size(); ++i) {
    if (ranges_.empty() || ranges_.back().symbol != symbols[i]) ranges_.push_back({begins[i], symbols[i]});
  }
}

std::uint32_t Alphabet::symbol(std::uint32_t code_point) const {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), code_point,
                                      [](std::uint32_t c, const Range &range) { return c < range.first; });
  return (after - 1)->symbol;
}

std::vector<bool> Alphabet::symbols_of(const CharSet &set) const {
  std::vector<bool> result(size_);
  for (const Range &range : ranges_) {
    if (contains(set, range.first)) result[range.symbol] = true;
  }
  return result;
}

void collect_sets(const RegexNode &tree, std::vector<CharSet> &sets) {
  if (tree.kind == Kind::character || tree.kind == Kind::look) sets.push_back(tree.set);
  for (const RegexNode &child : tree.children) collect_sets(child, sets);
}

Automaton compile(const RegexNode &tree, const Alphabet &alphabet, const std::string &what) {
  Builder builder(alphabet, what);
  const std::uint32_t match = builder.push({Step::Kind::match});
  const std::uint32_t begin = builder.add(tree, match);
  const std::uint32_t symbols = alphabet.size() + 1;
  return smallest(Determinizer(builder, symbols, what).run(begin), symbols);
}

}  // namespace tidbit::convert
