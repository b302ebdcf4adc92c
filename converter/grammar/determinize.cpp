// Subsets of the network's states become states. A call becomes the edges with which its rule begins, each of which
// also pushes the state behind the call; so the automaton reads a byte in each step and never decides by looking ahead.
#include <algorithm>
#include <map>

#include "converter/grammar/automaton.h"

namespace tidbit::convert {
namespace {

constexpr std::size_t kMaxStates = 80000;
constexpr std::size_t kMaxEdges = 1000000;

using Subset = std::vector<std::uint32_t>;

class Determinizer {
 public:
  explicit Determinizer(Network &network) : network_(network), rule_states_(network.rule_count(), kNone) {}

  PushAutomaton run() {
    id_of({network_.start(0)});
    for (std::uint32_t i = 0; i < subsets_.size(); ++i) read(i);
    for (std::uint32_t i = 0; i < subsets_.size(); ++i) resolve(i);
    for (std::uint32_t i = 0; i < subsets_.size(); ++i) drop_idle_returns(i);
    return std::move(automaton_);
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  struct CallEdge {
    std::uint32_t rule;
    std::uint32_t back;  // the state behind the call
  };

  std::uint32_t id_of(Subset subset) {
    std::sort(subset.begin(), subset.end());
    subset.erase(std::unique(subset.begin(), subset.end()), subset.end());
    const auto [place, is_new] = ids_.emplace(subset, static_cast<std::uint32_t>(subsets_.size()));
    if (is_new) {
      if (subsets_.size() == kMaxStates) network_.refuse("the grammar is too complex: it needs too many states");
      subsets_.push_back(std::move(subset));
      automaton_.states.emplace_back();
      calls_.emplace_back();
      resolved_.push_back(false);
    }
    return place->second;
  }

  // The rules called from these states, each with all states behind its calls.
  std::map<std::uint32_t, Subset> calls_of(const Subset &all) const {
    std::map<std::uint32_t, Subset> calls;
    for (const std::uint32_t s : all) {
      for (const auto &call : network_.state(s).calls) {
        if (!call.written_out) calls[call.rule].push_back(call.to);
      }
    }
    return calls;
  }

  // If a byte could begin several of the calls, or a call and something else, copies of those rules take their place.
  bool write_out_conflicts(const Subset &all, const std::map<std::uint32_t, Subset> &calls) {
    Network::Bytes once, twice;
    const auto add = [&](const Network::Bytes &bytes) {
      twice |= once & bytes;
      once |= bytes;
    };
    Network::Bytes direct;
    for (const std::uint32_t s : all) {
      for (const auto &e : network_.state(s).bytes) {
        for (std::uint32_t b = e.first; b <= e.last; ++b) direct.set(b);
      }
    }
    add(direct);
    for (const auto &[rule, to] : calls) add(network_.first_bytes(rule));
    if (twice.none()) return false;
    bool any = false;
    for (const std::uint32_t s : all) {
      for (std::size_t c = 0; c < network_.state(s).calls.size(); ++c) {
        const auto &call = network_.state(s).calls[c];
        if (call.written_out || (network_.first_bytes(call.rule) & twice).none()) continue;
        network_.write_out(s, c);
        any = true;
      }
    }
    return any;
  }

  void read(std::uint32_t id) {
    Subset all = network_.closure(subsets_[id]);
    auto calls = calls_of(all);
    while (!calls.empty() && write_out_conflicts(all, calls)) {
      all = network_.closure(subsets_[id]);
      calls = calls_of(all);
    }
    for (const std::uint32_t s : all) {
      if (network_.state(s).is_final) automaton_.states[id].accepts = true;
    }
    read_bytes(id, all);
    for (auto &[rule, to] : calls) {
      if (network_.first_bytes(rule).none()) continue;
      if (rule_states_[rule] == kNone) rule_states_[rule] = id_of({network_.start(rule)});
      const std::uint32_t back = id_of(std::move(to));
      calls_[id].push_back({rule, back});
    }
  }

  void read_bytes(std::uint32_t id, const Subset &all) {
    std::vector<Network::ByteEdge> edges;
    std::vector<bool> begins(257);
    for (const std::uint32_t s : all) {
      for (const auto &e : network_.state(s).bytes) {
        edges.push_back(e);
        begins[e.first] = begins[e.last + 1u] = true;
      }
    }
    std::sort(edges.begin(), edges.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
    std::vector<Network::ByteEdge> open;
    std::size_t next = 0;
    for (std::uint32_t begin = 0; begin < 256;) {
      std::uint32_t end = begin + 1;
      while (end < 256 && !begins[end]) ++end;
      std::erase_if(open, [&](const auto &e) { return e.last < begin; });
      for (; next < edges.size() && edges[next].first <= begin; ++next) open.push_back(edges[next]);
      Subset to;
      for (const auto &e : open) to.push_back(e.to);
      if (!to.empty()) {
        const std::uint32_t target = id_of(std::move(to));
        add_edge(id, {static_cast<std::uint8_t>(begin), static_cast<std::uint8_t>(end - 1), target, {}});
      }
      begin = end;
    }
  }

  void add_edge(std::uint32_t id, PushEdge edge) {
    if (++edges_ > kMaxEdges) network_.refuse("the grammar is too complex: it needs too many edges");
    automaton_.states[id].edges.push_back(std::move(edge));
  }

  // Rules do not begin with themselves, so this ends; the depth is that of calls at the start of calls.
  void resolve(std::uint32_t id) {
    if (resolved_[id]) return;
    resolved_[id] = true;
    for (const CallEdge call : calls_[id]) {
      const std::uint32_t start = rule_states_[call.rule];
      resolve(start);
      const std::vector<PushEdge> edges = automaton_.states[start].edges;
      for (PushEdge edge : edges) {
        edge.pushes.insert(edge.pushes.begin(), call.back);
        add_edge(id, std::move(edge));
      }
    }
    auto &edges = automaton_.states[id].edges;
    std::sort(edges.begin(), edges.end(), [](const PushEdge &a, const PushEdge &b) { return a.first < b.first; });
  }

  // Behind the last call of a rule there is nothing to return to, so that lists written as  a ::= b | b "," a  do not
  // fill the stack.
  void drop_idle_returns(std::uint32_t id) {
    for (PushEdge &edge : automaton_.states[id].edges) {
      std::erase_if(edge.pushes, [&](std::uint32_t back) {
        return automaton_.states[back].edges.empty() && automaton_.states[back].accepts;
      });
    }
  }

  Network &network_;
  PushAutomaton automaton_;
  std::vector<Subset> subsets_;  // before the states that are reached without reading
  std::map<Subset, std::uint32_t> ids_;
  std::vector<std::vector<CallEdge>> calls_;
  std::vector<std::uint32_t> rule_states_;
  std::vector<bool> resolved_;
  std::size_t edges_ = 0;
};

}  // namespace

PushAutomaton determinize(Network &network) { return Determinizer(network).run(); }

}  // namespace tidbit::convert
