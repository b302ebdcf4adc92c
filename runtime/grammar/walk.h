// Goes through a grammar byte by byte, and back to where it was some bytes ago. Places share what is below them on the
// stack, so that a place is 8 bytes and going back is free.
#pragma once

#include "grammar/automaton.h"

namespace tidbit {

class Walk {
 public:
  Walk(const Grammar &grammar, const tidbit_grammar_state &state) : grammar_(grammar) {
    for (std::uint32_t i = 0; i < state.depth; ++i) {
      frames_[i] = {state.stack[i], static_cast<std::uint16_t>(i)};
    }
    places_[0] = {state.state, state.depth, state.depth, state.depth};
    for (std::uint32_t i = grammar.first_edge[state.state]; i < grammar.first_edge[state.state + 1u]; ++i) {
      const GrammarEdge &edge = grammar.edges[i];
      if (edge.target != state.state || edge.pushes != 0) continue;
      for (std::uint32_t b = edge.first; b <= edge.last; ++b) stays_[b] = 1;
    }
  }

  // Reads the byte behind the first `at` ones (below kMaxGrammarToken). False if the grammar does not allow it.
  bool step(std::uint32_t at, std::uint8_t byte) {
    Place place = places_[at];
    if (stays_[byte] != 0 && place.state == places_[0].state) {
      places_[at + 1] = place;
      return true;
    }
    for (;;) {
      const GrammarEdge *edge = grammar_.find(place.state, byte);
      if (edge != nullptr && place.depth + grammar_.cost(*edge) <= format::kGrammarDepth) {
        if (edge->pushes != 0 && !push(*edge, place)) return false;
        place.state = edge->target;
        places_[at + 1] = place;
        return true;
      }
      if (place.depth == 0 || !grammar_.accepts(place.state)) return false;
      place.state = frames_[place.top - 1].state;
      place.top = frames_[place.top - 1].below;
      --place.depth;
    }
  }

  // The state behind `at` bytes.
  void get(std::uint32_t at, tidbit_grammar_state &state) const {
    const Place &place = places_[at];
    state.state = place.state;
    state.depth = place.depth;
    std::uint32_t top = place.top;
    for (std::uint32_t i = place.depth; i > 0; --i) {
      state.stack[i - 1] = frames_[top - 1].state;
      top = frames_[top - 1].below;
    }
    for (std::uint32_t i = place.depth; i < format::kGrammarDepth; ++i) state.stack[i] = 0;
  }

 private:
  // The first token of a walk finds room for the whole stack; a token that takes more than three is not allowed.
  static constexpr std::uint32_t kFrames = 4 * format::kGrammarDepth;
  struct Frame {
    std::uint16_t state;
    std::uint16_t below;  // 1 + the frame below it, or 0
  };
  struct Place {
    std::uint16_t state, depth;
    std::uint16_t top;   // 1 + the frame on top, or 0
    std::uint16_t used;  // frames that this place and those before it use
  };

  bool push(const GrammarEdge &edge, Place &place) {
    if (place.used + edge.pushes > kFrames) return false;
    for (std::uint32_t i = 0; i < edge.pushes; ++i) {
      frames_[place.used++] = {grammar_.returns[edge.push + i], place.top};
      place.top = place.used;
    }
    place.depth = static_cast<std::uint16_t>(place.depth + edge.pushes);
    return true;
  }

  const Grammar &grammar_;
  // Bytes that lead from the first state to itself. Inside a string, that is most of what there is to read.
  std::uint8_t stays_[256] = {};
  Frame frames_[kFrames];
  Place places_[kMaxGrammarToken + 1];
};

}  // namespace tidbit
