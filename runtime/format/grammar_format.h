// The layout of a compiled grammar: a deterministic automaton over bytes with a stack. GRAMMAR_FORMAT.md is the
// specification; the library and the converter share this transcription into C++.
#pragma once

#include "base/types.h"
#include "tidbit/tidbit.h"

namespace tidbit::format {

inline constexpr std::uint32_t kGrammarMagic = 0x52474254;  // "TBGR"
inline constexpr std::uint32_t kGrammarVersion = 1;
inline constexpr std::uint32_t kMaxGrammarStates = 65535;
inline constexpr std::uint32_t kMaxGrammarEdges = 1u << 24;
inline constexpr std::uint32_t kMaxGrammarReturns = 65535;
inline constexpr std::uint32_t kGrammarDepth = TIDBIT_GRAMMAR_DEPTH;

// Behind it: u32 first_edge[states + 1]; GrammarEdge[edges]; u16 returns[return_count]; u8 state[states].
struct GrammarHeader {
  std::uint32_t magic;
  std::uint32_t version;
  std::uint32_t states;
  std::uint32_t edges;
  std::uint32_t return_count;
  std::uint32_t start;
  std::uint32_t reserved[2];  // 0
};
static_assert(sizeof(GrammarHeader) == 32);

// Reads a byte from `first` to `last`, pushes returns[push .. push + pushes), and goes to `target`.
struct GrammarEdge {
  std::uint8_t first, last;
  std::uint16_t target;
  std::uint16_t push, pushes;
};
static_assert(sizeof(GrammarEdge) == 8);

// The byte of a state.
namespace grammar_state {
inline constexpr std::uint8_t kAccepts = 0x80;
inline constexpr std::uint8_t kNeeds = 0x7F;  // places of the stack that are enough to come to an accepting state
}  // namespace grammar_state

inline std::uint64_t grammar_bytes(const GrammarHeader &h) {
  return sizeof(GrammarHeader) + 4 * (std::uint64_t{h.states} + 1) + 8 * std::uint64_t{h.edges} +
         2 * std::uint64_t{h.return_count} + h.states;
}

}  // namespace tidbit::format
