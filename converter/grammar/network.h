// The first form of the rules: a nondeterministic automaton over bytes, with calls of the rules that contain
// themselves. All other rules are written out where they are used.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <vector>

#include "converter/grammar/expression.h"

namespace tidbit::convert {

class Network {
 public:
  struct ByteEdge {
    std::uint8_t first, last;
    std::uint32_t to;
  };
  struct Call {
    std::uint32_t rule;
    std::uint32_t to;
    bool written_out = false;  // there is an edge to a copy of the rule now
  };
  struct State {
    std::vector<std::uint32_t> empty;  // edges that read nothing
    std::vector<ByteEdge> bytes;
    std::vector<Call> calls;
    bool is_final = false;
  };
  using Bytes = std::bitset<256>;

  // Throws ConvertError for rules that are too large, or that begin with themselves.
  Network(const Rules &rules, const std::string &source);

  std::uint32_t start(std::uint32_t rule) const { return starts_[rule]; }
  const State &state(std::uint32_t i) const { return states_[i]; }
  const Bytes &first_bytes(std::uint32_t rule) const { return first_bytes_[rule]; }
  bool is_recursive(std::uint32_t rule) const { return recursive_[rule]; }
  std::uint32_t rule_count() const { return static_cast<std::uint32_t>(starts_.size()); }

  // Sorted, with all states that are reached without reading.
  std::vector<std::uint32_t> closure(const std::vector<std::uint32_t> &states) const;

  // Puts a copy of the rule beside a call, which then counts no more.
  void write_out(std::uint32_t state, std::size_t call);

  [[noreturn]] void refuse(const std::string &what) const;

 private:
  std::uint32_t add_state();
  std::uint32_t build(const Expression &e, std::uint32_t from, std::uint32_t depth);
  std::uint32_t build_set(const CharSet &set, std::uint32_t from);
  std::uint32_t build_repeat(const Expression &e, std::uint32_t from, std::uint32_t depth);
  void find_recursion();
  void build_rules();
  void find_empty_rules();
  void find_first_bytes();
  std::vector<std::uint32_t> called_at_start(std::uint32_t rule) const;

  const Rules &rules_;
  const std::string &source_;
  std::vector<State> states_;
  std::vector<std::uint32_t> starts_;  // of the first rule and of those that contain themselves
  std::vector<bool> recursive_;
  std::vector<bool> may_be_empty_;
  std::vector<Bytes> first_bytes_;
  std::uint64_t steps_ = 0;
  mutable std::uint64_t closure_steps_ = 0;
  mutable std::vector<std::uint32_t> marks_;  // of the states that the closure with the number mark_ has found
  mutable std::uint32_t mark_ = 0;
};

}  // namespace tidbit::convert
