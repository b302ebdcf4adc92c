#include <algorithm>
#include <map>
#include <utility>

#include "converter/grammar/automaton.h"
#include "format/grammar_format.h"

namespace tidbit::convert {
namespace {

constexpr std::uint32_t kNever = 0xFFFF;         // needs more places of the stack than there are
constexpr std::uint64_t kMaxVisits = 200000000;  // of edges, while states are merged

using State = PushAutomaton::State;

std::uint32_t cost(const PushAutomaton &a, const PushEdge &edge) {
  std::uint32_t most = static_cast<std::uint32_t>(edge.pushes.size()) + a.states[edge.target].needs;
  for (std::uint32_t i = 0; i < edge.pushes.size(); ++i) most = std::max(most, i + a.states[edge.pushes[i]].needs);
  return most;
}

// From the ends of the texts back to their starts.
void find_needs(PushAutomaton &a) {
  std::vector<std::vector<std::uint32_t>> users(a.states.size());
  std::vector<std::uint32_t> open;
  for (std::uint32_t s = 0; s < a.states.size(); ++s) {
    a.states[s].needs = a.states[s].accepts ? 0 : kNever;
    if (a.states[s].accepts) open.push_back(s);
    for (const PushEdge &edge : a.states[s].edges) {
      users[edge.target].push_back(s);
      for (const std::uint32_t back : edge.pushes) users[back].push_back(s);
    }
  }
  while (!open.empty()) {
    std::vector<std::uint32_t> now;
    std::swap(now, open);
    std::sort(now.begin(), now.end());
    now.erase(std::unique(now.begin(), now.end()), now.end());
    for (const std::uint32_t used : now) {
      for (const std::uint32_t s : users[used]) {
        std::uint32_t least = a.states[s].needs;
        for (const PushEdge &edge : a.states[s].edges) least = std::min(least, cost(a, edge));
        if (least >= a.states[s].needs || least > format::kGrammarDepth) continue;
        a.states[s].needs = least;
        open.push_back(s);
      }
    }
  }
}

void drop_dead_edges(PushAutomaton &a) {
  for (State &state : a.states) {
    std::erase_if(state.edges, [&](const PushEdge &edge) { return cost(a, edge) > format::kGrammarDepth; });
  }
}

// Numbers the states that are reached in the order in which they are. `to` gives what takes a state's place.
PushAutomaton reached(const PushAutomaton &a, const std::vector<std::uint32_t> &to) {
  constexpr std::uint32_t kNone = 0xFFFFFFFF;
  std::vector<std::uint32_t> number(a.states.size(), kNone), order;
  const auto visit = [&](std::uint32_t s) {
    s = to[s];
    if (number[s] == kNone) {
      number[s] = static_cast<std::uint32_t>(order.size());
      order.push_back(s);
    }
    return number[s];
  };
  PushAutomaton result;
  result.start = visit(a.start);
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    State state = a.states[order[i]];
    for (PushEdge &edge : state.edges) {
      edge.target = visit(edge.target);
      for (std::uint32_t &back : edge.pushes) back = visit(back);
    }
    std::vector<PushEdge> edges;
    for (PushEdge &edge : state.edges) {
      const bool goes_on = !edges.empty() && edges.back().last + 1 == edge.first &&
                           edges.back().target == edge.target && edges.back().pushes == edge.pushes;
      if (goes_on) {
        edges.back().last = edge.last;
      } else {
        edges.push_back(std::move(edge));
      }
    }
    state.edges = std::move(edges);
    result.states.push_back(std::move(state));
  }
  return result;
}

// A state as its class sees it: what it accepts and needs, and its edges to classes, with neighbors put together.
std::vector<std::uint32_t> signature(const State &state, const std::vector<std::uint32_t> &classes) {
  std::vector<std::uint32_t> out = {(state.accepts ? 1u : 0u), state.needs};
  std::size_t last = 0;  // where the last edge begins in `out`
  for (const PushEdge &edge : state.edges) {
    const std::size_t begin = out.size();
    out.insert(out.end(),
               {edge.first, edge.last, static_cast<std::uint32_t>(edge.pushes.size()), classes[edge.target]});
    for (const std::uint32_t back : edge.pushes) out.push_back(classes[back]);
    const bool goes_on = last != 0 && out[last + 1] + 1 == edge.first &&
                         std::equal(out.begin() + static_cast<std::ptrdiff_t>(last + 2),
                                    out.begin() + static_cast<std::ptrdiff_t>(begin),
                                    out.begin() + static_cast<std::ptrdiff_t>(begin + 2), out.end());
    if (goes_on) {
      out[last + 1] = edge.last;
      out.resize(begin);
    } else {
      last = begin;
    }
  }
  return out;
}

// Moore's algorithm: splits the classes until states of one class have equal edges. Where it would take too long, all
// states stay as they are.
std::vector<std::uint32_t> representatives(const PushAutomaton &a) {
  std::vector<std::uint32_t> classes(a.states.size(), 0), first;
  std::size_t edges = a.states.size(), count = 0;
  for (const State &state : a.states) edges += state.edges.size();
  std::uint64_t visits = 0;
  for (;;) {
    std::map<std::vector<std::uint32_t>, std::uint32_t> found;
    std::vector<std::uint32_t> next(a.states.size());
    first.clear();
    for (std::uint32_t s = 0; s < a.states.size(); ++s) {
      std::vector<std::uint32_t> key = signature(a.states[s], classes);
      key.push_back(classes[s]);
      const auto [place, is_new] = found.emplace(std::move(key), static_cast<std::uint32_t>(found.size()));
      if (is_new) first.push_back(s);
      next[s] = place->second;
    }
    classes = std::move(next);
    if (found.size() == count) break;
    count = found.size();
    visits += 16 * edges;
    if (visits > kMaxVisits) {
      for (std::uint32_t s = 0; s < a.states.size(); ++s) classes[s] = s;
      return classes;
    }
  }
  for (std::uint32_t &c : classes) c = first[c];
  return classes;
}

std::vector<std::uint32_t> themselves(std::size_t count) {
  std::vector<std::uint32_t> all(count);
  for (std::uint32_t i = 0; i < count; ++i) all[i] = i;
  return all;
}

}  // namespace

PushAutomaton minimized(PushAutomaton automaton, const Network &network) {
  find_needs(automaton);
  if (automaton.states[automaton.start].needs > format::kGrammarDepth) network.refuse("no text at all would be valid");
  drop_dead_edges(automaton);
  automaton = reached(automaton, themselves(automaton.states.size()));
  return reached(automaton, representatives(automaton));
}

}  // namespace tidbit::convert
