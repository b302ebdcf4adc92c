// Turns the tree of an expression into a deterministic automaton with leftmost-first matches: of the matches that begin
// at a place, the automaton finds the one that the expression prefers, which is not always the longest.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "converter/tokenizer/split_program/regex.h"

namespace tidbit::convert {

// Code points that no set tells apart have the same symbol.
class Alphabet {
 public:
  // Makes the coarsest alphabet in which each set is a set of symbols. Throws if it has too many symbols.
  Alphabet(std::vector<CharSet> sets, const std::string &source);

  std::uint32_t size() const { return size_; }  // without the end of the text, which comes after them
  std::uint32_t symbol(std::uint32_t code_point) const;
  std::vector<bool> symbols_of(const CharSet &set) const;

  struct Range {
    std::uint32_t first;  // code point; the range lasts until the next one
    std::uint32_t symbol;
  };
  const std::vector<Range> &ranges() const { return ranges_; }

 private:
  std::vector<Range> ranges_;
  std::uint32_t size_ = 1;
};

// One row a state, one entry a symbol, the last for the end of the text. See runtime/text/split_program.h.
struct Automaton {
  std::uint32_t states = 0;
  std::vector<std::uint16_t> entries;
};

// Appends the sets in the tree.
void collect_sets(const RegexNode &tree, std::vector<CharSet> &sets);

// `what` names the expression in error messages.
Automaton compile(const RegexNode &tree, const Alphabet &alphabet, const std::string &what);

}  // namespace tidbit::convert
