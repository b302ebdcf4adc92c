#include "converter/tokenizer/split_program/program.h"

#include <algorithm>

#include "converter/error.h"
#include "converter/tokenizer/split_program/automaton.h"

namespace tidbit::convert {
namespace {

using Kind = RegexNode::Kind;
namespace layout = format::split_program;

constexpr std::size_t kMaxElements = 100000;  // of the table

void move_blank(RegexNode &node) {
  const bool blank = contains(node.set, 0x2581);
  node.set = blank ? united(std::move(node.set), set_of(' ', ' '))
                   : intersection(node.set, {{0, 0x1F}, {0x21, kLastCodePoint}});
  for (RegexNode &child : node.children) move_blank(child);
}

bool never_matches(const RegexNode &node) {
  if (node.kind == Kind::character) return node.set.empty();
  return node.kind == Kind::sequence && std::any_of(node.children.begin(), node.children.end(), never_matches);
}

}  // namespace

bool see_blanks(SplitStage &stage) {
  move_blank(stage.expression);
  return never_matches(stage.expression) && !stage.invert;
}

SplitStage regex_stage(const std::string &pattern, const std::string &source) {
  return {parse_regex(pattern, source), source + ": the regular expression " + pattern};
}

SplitProgram make_split_program(const std::vector<SplitStage> &stages, const std::string &source) {
  if (stages.size() > layout::kMaxStages) {
    throw ConvertError(source + ": more than " + std::to_string(layout::kMaxStages) +
                       " pre-tokenizers after one another are not supported");
  }
  std::vector<CharSet> sets;
  for (const SplitStage &stage : stages) collect_sets(stage.expression, sets);
  const Alphabet alphabet(std::move(sets), source);

  SplitProgram program;
  std::vector<std::uint16_t> &table = program.table;
  table = {static_cast<std::uint16_t>(stages.size()), static_cast<std::uint16_t>(alphabet.size() + 1)};
  std::vector<std::uint16_t> entries;
  for (const SplitStage &stage : stages) {
    const Automaton automaton = compile(stage.expression, alphabet, stage.what);
    std::uint32_t bits = static_cast<std::uint32_t>(stage.behavior);
    if (stage.invert) bits |= layout::kInvert;
    if (stage.byte_level) bits |= layout::kByteLevel;
    table.push_back(static_cast<std::uint16_t>(bits));
    table.push_back(static_cast<std::uint16_t>(automaton.states));
    entries.insert(entries.end(), automaton.entries.begin(), automaton.entries.end());
  }
  for (std::uint32_t c = 0; c < layout::kAscii; ++c) {
    table.push_back(static_cast<std::uint16_t>(alphabet.symbol(c)));
  }
  table.insert(table.end(), entries.begin(), entries.end());
  if (table.size() > kMaxElements) throw ConvertError(source + ": the pre-tokenizer needs too many states");
  for (const Alphabet::Range &range : alphabet.ranges()) {
    program.classes.push_back(range.first << layout::kSymbolBits | range.symbol);
  }
  return program;
}

}  // namespace tidbit::convert
