// The deterministic form of the rules, as runtime/grammar reads it, before it has bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "converter/grammar/network.h"

namespace tidbit::convert {

struct PushEdge {
  std::uint8_t first, last;
  std::uint32_t target;
  std::vector<std::uint32_t> pushes;  // states to return to, the last one first

  bool operator==(const PushEdge &) const = default;
};

struct PushAutomaton {
  struct State {
    std::vector<PushEdge> edges;  // ascending, not overlapping
    bool accepts = false;
    std::uint32_t needs = 0;  // places of the stack
  };
  std::vector<State> states;
  std::uint32_t start = 0;
};

// By subsets of the network's states.
PushAutomaton determinize(Network &network);

// Removes what leads to no end within the stack's depth, and merges states that allow the same texts. Throws if nothing
// is left.
PushAutomaton minimized(PushAutomaton automaton, const Network &network);

}  // namespace tidbit::convert
