#include "converter/grammar/compile.h"

#include <cstring>
#include <map>

#include "converter/checkpoint/file.h"
#include "converter/grammar/automaton.h"
#include "converter/grammar/tools.h"
#include "format/grammar_format.h"

namespace tidbit::convert {
namespace {

template <class T>
std::byte *put(std::byte *to, const std::vector<T> &items) {
  if (!items.empty()) std::memcpy(to, items.data(), items.size() * sizeof(T));
  return to + items.size() * sizeof(T);
}

struct Tables {
  std::vector<std::uint32_t> first_edge = {0};
  std::vector<format::GrammarEdge> edges;
  std::vector<std::uint16_t> returns;
  std::vector<std::uint8_t> states;
};

// Equal lists of returns are stored once.
std::uint16_t place_of(const std::vector<std::uint32_t> &pushes, Tables &tables,
                       std::map<std::vector<std::uint32_t>, std::size_t> &known, const Network &network) {
  if (pushes.empty()) return 0;
  const auto [place, is_new] = known.emplace(pushes, tables.returns.size());
  if (is_new) tables.returns.insert(tables.returns.end(), pushes.begin(), pushes.end());
  if (tables.returns.size() > format::kMaxGrammarReturns) network.refuse("the grammar has too many recursive rules");
  return static_cast<std::uint16_t>(place->second);
}

Tables tables_of(const PushAutomaton &automaton, const Network &network) {
  Tables tables;
  std::map<std::vector<std::uint32_t>, std::size_t> known;
  for (const auto &state : automaton.states) {
    for (const PushEdge &edge : state.edges) {
      const std::uint16_t push = place_of(edge.pushes, tables, known, network);
      tables.edges.push_back({edge.first, edge.last, static_cast<std::uint16_t>(edge.target), push,
                              static_cast<std::uint16_t>(edge.pushes.size())});
    }
    tables.first_edge.push_back(static_cast<std::uint32_t>(tables.edges.size()));
    tables.states.push_back(
        static_cast<std::uint8_t>(state.needs | (state.accepts ? format::grammar_state::kAccepts : 0u)));
  }
  return tables;
}

}  // namespace

std::vector<std::byte> compile_grammar(const Rules &rules, const std::string &source) {
  Network network(rules, source);
  const PushAutomaton automaton = minimized(determinize(network), network);
  if (automaton.states.size() > format::kMaxGrammarStates) {
    network.refuse("the grammar needs " + std::to_string(automaton.states.size()) + " states, and " +
                   std::to_string(format::kMaxGrammarStates) + " are the limit; use smaller counts");
  }
  const Tables tables = tables_of(automaton, network);
  format::GrammarHeader header = {};
  header.magic = format::kGrammarMagic;
  header.version = format::kGrammarVersion;
  header.states = static_cast<std::uint32_t>(automaton.states.size());
  header.edges = static_cast<std::uint32_t>(tables.edges.size());
  header.return_count = static_cast<std::uint32_t>(tables.returns.size());
  header.start = automaton.start;
  std::vector<std::byte> bytes(format::grammar_bytes(header));
  std::memcpy(bytes.data(), &header, sizeof header);
  std::byte *to = put(bytes.data() + sizeof header, tables.first_edge);
  to = put(put(to, tables.edges), tables.returns);
  put(to, tables.states);
  return bytes;
}

std::vector<std::byte> compile_regex(const std::string &pattern, const std::string &source) {
  Rules rules;
  rules.expressions.push_back(regex_expression(pattern, source));
  rules.names.emplace_back("the expression");
  return compile_grammar(rules, source);
}

std::vector<std::byte> compile(const GrammarSource &source) {
  if (source.kind == GrammarSource::Kind::regex) return compile_regex(source.text, "--regex");
  const std::string text = read_whole_file(source.text, kMostConfigBytes);
  if (source.kind == GrammarSource::Kind::tools) {
    return compile_tools(read_tools(text, source.text), source.text, std::nullopt);
  }
  return source.kind == GrammarSource::Kind::schema ? compile_schema(text, source.text)
                                                    : compile_gbnf(text, source.text);
}

}  // namespace tidbit::convert
