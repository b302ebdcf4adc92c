#include "converter/grammar/network.h"

#include <algorithm>

#include "converter/error.h"
#include "converter/grammar/utf8_ranges.h"

namespace tidbit::convert {
namespace {

using Kind = Expression::Kind;

constexpr std::size_t kMaxStates = 500000;
constexpr std::uint64_t kMaxSteps = 2000000;  // subexpressions that are written out
constexpr std::uint64_t kMaxClosureSteps = 10000000;
constexpr std::uint32_t kMaxNesting = 1000;
constexpr std::size_t kMaxRules = 4096;

void collect_rules(const Expression &e, std::vector<std::uint32_t> &rules) {
  if (e.kind == Kind::rule) rules.push_back(e.rule);
  for (const Expression &child : e.children) collect_rules(child, rules);
}

}  // namespace

Network::Network(const Rules &rules, const std::string &source) : rules_(rules), source_(source) {
  if (rules.expressions.size() > kMaxRules) refuse("has more than " + std::to_string(kMaxRules) + " rules");
  find_recursion();
  build_rules();
  find_empty_rules();
  find_first_bytes();
}

void Network::refuse(const std::string &what) const { throw ConvertError(source_ + ": " + what); }

void Network::find_recursion() {
  const std::size_t count = rules_.expressions.size();
  std::vector<std::vector<std::uint32_t>> uses(count);
  for (std::size_t i = 0; i < count; ++i) {
    collect_rules(rules_.expressions[i], uses[i]);
    std::sort(uses[i].begin(), uses[i].end());
    uses[i].erase(std::unique(uses[i].begin(), uses[i].end()), uses[i].end());
  }
  std::uint64_t steps = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<bool> seen(count);
    std::vector<std::uint32_t> open = uses[i];
    while (!open.empty() && !seen[i]) {
      const std::uint32_t at = open.back();
      open.pop_back();
      if (seen[at]) continue;
      seen[at] = true;
      steps += uses[at].size();
      if (steps > 100 * kMaxSteps) refuse("the rules refer to one another too often");
      open.insert(open.end(), uses[at].begin(), uses[at].end());
    }
    recursive_.push_back(seen[i]);
  }
}

std::uint32_t Network::add_state() {
  if (states_.size() == kMaxStates) refuse("the grammar is too large; use smaller counts or fewer rules");
  states_.emplace_back();
  return static_cast<std::uint32_t>(states_.size() - 1);
}

void Network::build_rules() {
  for (std::uint32_t i = 0; i < rules_.expressions.size(); ++i) {
    starts_.push_back(0);
    if (i != 0 && !recursive_[i]) continue;
    const std::uint32_t start = add_state();
    starts_[i] = start;
    states_[build(rules_.expressions[i], start, 0)].is_final = true;
  }
}

// Returns the state behind the expression.
std::uint32_t Network::build(const Expression &e, std::uint32_t from, std::uint32_t depth) {
  if (depth > kMaxNesting) refuse("too many groups or rules are inside one another");
  if (++steps_ > kMaxSteps) refuse("the grammar is too large; use smaller counts or fewer rules");
  switch (e.kind) {
    case Kind::sequence:
      for (const Expression &child : e.children) from = build(child, from, depth + 1);
      return from;
    case Kind::alternatives: {
      const std::uint32_t end = add_state();
      for (const Expression &child : e.children) {
        const std::uint32_t begin = add_state();
        states_[from].empty.push_back(begin);
        const std::uint32_t last = build(child, begin, depth + 1);
        states_[last].empty.push_back(end);
      }
      return end;
    }
    case Kind::repeat:
      return build_repeat(e, from, depth + 1);
    case Kind::character:
      return build_set(e.set, from);
    case Kind::rule:
      break;
  }
  if (!recursive_[e.rule]) return build(rules_.expressions[e.rule], from, depth + 1);
  const std::uint32_t end = add_state();
  states_[from].calls.push_back({e.rule, end});
  return end;
}

std::uint32_t Network::build_repeat(const Expression &e, std::uint32_t from, std::uint32_t depth) {
  for (std::uint32_t i = 0; i < e.least; ++i) from = build(e.children[0], from, depth);
  if (e.most == Expression::kNoLimit) {
    const std::uint32_t begin = add_state();
    states_[from].empty.push_back(begin);
    const std::uint32_t last = build(e.children[0], begin, depth);
    states_[last].empty.push_back(begin);
    const std::uint32_t end = add_state();
    states_[begin].empty.push_back(end);
    return end;
  }
  std::vector<std::uint32_t> exits;
  for (std::uint32_t i = e.least; i < e.most; ++i) {
    exits.push_back(from);
    const std::uint32_t begin = add_state();
    states_[from].empty.push_back(begin);
    from = build(e.children[0], begin, depth);
  }
  const std::uint32_t end = add_state();
  states_[from].empty.push_back(end);
  for (const std::uint32_t exit : exits) states_[exit].empty.push_back(end);
  return end;
}

std::uint32_t Network::build_set(const CharSet &set, std::uint32_t from) {
  const std::uint32_t end = add_state();
  for (const ByteRanges &ranges : utf8_ranges(set)) {
    std::uint32_t at = from;
    for (std::uint32_t i = 0; i < ranges.size; ++i) {
      const std::uint32_t to = i + 1 == ranges.size ? end : add_state();
      states_[at].bytes.push_back({ranges.bytes[i].first, ranges.bytes[i].last, to});
      at = to;
    }
  }
  return end;
}

std::vector<std::uint32_t> Network::closure(const std::vector<std::uint32_t> &states) const {
  marks_.resize(states_.size());
  ++mark_;
  std::vector<std::uint32_t> found;
  const auto reach = [&](std::uint32_t to) {
    if (marks_[to] == mark_) return;
    marks_[to] = mark_;
    found.push_back(to);
  };
  for (const std::uint32_t s : states) reach(s);
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const std::uint32_t to : states_[found[i]].empty) reach(to);
    for (const Call &call : states_[found[i]].calls) {
      if (!may_be_empty_.empty() && may_be_empty_[call.rule]) reach(call.to);
    }
  }
  closure_steps_ += found.size();
  if (closure_steps_ > kMaxClosureSteps) refuse("the grammar is too complex; use smaller counts or fewer alternatives");
  std::sort(found.begin(), found.end());
  return found;
}

void Network::find_empty_rules() {
  may_be_empty_.assign(starts_.size(), false);
  for (bool changed = true; changed;) {
    changed = false;
    for (std::uint32_t i = 0; i < starts_.size(); ++i) {
      if (!recursive_[i] || may_be_empty_[i]) continue;
      for (const std::uint32_t s : closure({starts_[i]})) {
        if (!states_[s].is_final) continue;
        may_be_empty_[i] = true;
        changed = true;
      }
    }
  }
}

std::vector<std::uint32_t> Network::called_at_start(std::uint32_t rule) const {
  std::vector<std::uint32_t> called;
  for (const std::uint32_t s : closure({starts_[rule]})) {
    for (const Call &call : states_[s].calls) called.push_back(call.rule);
  }
  return called;
}

// Rules are done after those that they may begin with; if none is left that can be, some begin with themselves.
void Network::find_first_bytes() {
  first_bytes_.resize(starts_.size());
  std::vector<std::uint32_t> left;
  std::vector<bool> done(starts_.size());
  for (std::uint32_t i = 0; i < starts_.size(); ++i) {
    if (recursive_[i]) left.push_back(i);
  }
  while (!left.empty()) {
    std::vector<std::uint32_t> later;
    for (const std::uint32_t rule : left) {
      const auto called = called_at_start(rule);
      if (!std::all_of(called.begin(), called.end(), [&](std::uint32_t c) { return done[c]; })) {
        later.push_back(rule);
        continue;
      }
      for (const std::uint32_t c : called) first_bytes_[rule] |= first_bytes_[c];
      for (const std::uint32_t s : closure({starts_[rule]})) {
        for (const ByteEdge &e : states_[s].bytes) {
          for (std::uint32_t b = e.first; b <= e.last; ++b) first_bytes_[rule].set(b);
        }
      }
      done[rule] = true;
    }
    if (later.size() == left.size()) {
      refuse("the rule \"" + rules_.names[later[0]] +
             "\" can begin with itself (left recursion); write it as a repeat, as in  a ::= b (\",\" b)*");
    }
    left = std::move(later);
  }
}

void Network::write_out(std::uint32_t state, std::size_t call) {
  const Call what = states_[state].calls[call];
  states_[state].calls[call].written_out = true;
  const std::uint32_t begin = add_state();
  states_[state].empty.push_back(begin);
  const std::uint32_t last = build(rules_.expressions[what.rule], begin, 0);
  states_[last].empty.push_back(what.to);
}

}  // namespace tidbit::convert
