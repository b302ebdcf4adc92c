// A checked grammar, and a place in it.
#pragma once

#include <string.h>

#include "format/grammar_format.h"

namespace tidbit {

using format::GrammarEdge;
using format::GrammarHeader;

inline constexpr std::uint32_t kMaxGrammarToken = 64;  // bytes of the longest token that a grammar allows

// The view of a grammar's tables, which a tidbit_grammar contains.
struct Grammar {
  const GrammarHeader *header;
  const std::uint32_t *first_edge;
  const GrammarEdge *edges;
  const std::uint16_t *returns;
  const std::uint8_t *states;

  bool accepts(std::uint32_t state) const { return (states[state] & format::grammar_state::kAccepts) != 0; }
  std::uint32_t needs(std::uint32_t state) const { return states[state] & format::grammar_state::kNeeds; }

  // Places of the stack that the edge itself takes or that its states need, above those that are taken already.
  std::uint32_t cost(const GrammarEdge &edge) const {
    std::uint32_t most = edge.pushes + needs(edge.target);
    for (std::uint32_t i = 0; i < edge.pushes; ++i) {
      const std::uint32_t need = i + needs(returns[edge.push + i]);
      most = need > most ? need : most;
    }
    return most;
  }

  // The edge for a byte, or null. The edges of a state are in ascending order.
  const GrammarEdge *find(std::uint32_t state, std::uint8_t byte) const {
    std::uint32_t low = first_edge[state], high = first_edge[state + 1];
    while (high - low > 4) {
      const std::uint32_t middle = (low + high) / 2;
      (edges[middle].first <= byte ? low : high) = middle;
    }
    for (; low < high; ++low) {
      if (byte <= edges[low].last) return byte >= edges[low].first ? edges + low : nullptr;
    }
    return nullptr;
  }
};
static_assert(sizeof(Grammar) <= sizeof(tidbit_grammar));

inline Grammar grammar_at(const std::byte *bytes) {
  Grammar g{};
  g.header = reinterpret_cast<const GrammarHeader *>(bytes);
  g.first_edge = reinterpret_cast<const std::uint32_t *>(g.header + 1);
  g.edges = reinterpret_cast<const GrammarEdge *>(g.first_edge + g.header->states + 1);
  g.returns = reinterpret_cast<const std::uint16_t *>(g.edges + g.header->edges);
  g.states = reinterpret_cast<const std::uint8_t *>(g.returns + g.header->return_count);
  return g;
}

inline Grammar grammar_of(const tidbit_grammar *grammar) {
  Grammar view;
  memcpy(&view, grammar->opaque, sizeof view);
  return view;
}

// Whether tidbit_grammar_open succeeded. It clears the grammar otherwise.
inline bool is_open(const tidbit_grammar *grammar) {
  return grammar != nullptr && grammar_of(grammar).header != nullptr;
}

// Whether a state, which may come from outside, is one that tidbit_grammar_accept can give.
inline bool is_sound(const Grammar &grammar, const tidbit_grammar_state &state) {
  const std::uint32_t states = grammar.header->states;
  if (state.state >= states || state.depth > format::kGrammarDepth || state.first > 1) return false;
  for (std::uint32_t i = 0; i < state.depth; ++i) {
    if (state.stack[i] >= states || i + grammar.needs(state.stack[i]) > format::kGrammarDepth) return false;
  }
  return state.depth + grammar.needs(state.state) <= format::kGrammarDepth;
}

// Whether the text may end here: the state accepts, and so do all that it returns to.
inline bool may_end(const Grammar &grammar, const tidbit_grammar_state &state) {
  bool accepts = grammar.accepts(state.state);
  for (std::uint32_t i = 0; i < state.depth; ++i) accepts = accepts && grammar.accepts(state.stack[i]);
  return accepts;
}

}  // namespace tidbit
