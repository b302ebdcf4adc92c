// Checks a compiled grammar. After that, every state leads to a legal byte or may end, at every depth of the stack: a
// state needs a number of free places of it, an edge is only taken where there are as many as its states need, and each
// state that does not accept has an edge that costs no more than the state needs.
#include "format/model.h"
#include "grammar/automaton.h"

namespace tidbit {
namespace {

class Check {
 public:
  Check(const std::byte *bytes, std::uint64_t size, std::uint64_t &fault) : bytes_(bytes), size_(size), fault_(fault) {}

  tidbit_status run() {
    const auto &h = *reinterpret_cast<const GrammarHeader *>(bytes_);
    fault_ = 0;
    if (size_ < sizeof h || h.magic != format::kGrammarMagic) return TIDBIT_ERR_GRAMMAR;
    if (h.version != format::kGrammarVersion) return at(&h.version, TIDBIT_ERR_VERSION);
    if (h.states == 0 || h.states > format::kMaxGrammarStates) return at(&h.states);
    if (h.edges > format::kMaxGrammarEdges) return at(&h.edges);
    if (h.return_count > format::kMaxGrammarReturns) return at(&h.return_count);
    if (h.start >= h.states) return at(&h.start);
    if (h.reserved[0] != 0 || h.reserved[1] != 0) return at(h.reserved);
    if (format::grammar_bytes(h) > size_) return at(&h, TIDBIT_ERR_TRUNCATED);
    grammar_ = grammar_at(bytes_);
    return tables();
  }

 private:
  tidbit_status at(const void *place, tidbit_status status = TIDBIT_ERR_GRAMMAR) const {
    fault_ = static_cast<std::uint64_t>(static_cast<const std::byte *>(place) - bytes_);
    return status;
  }

  tidbit_status tables() const {
    const GrammarHeader &h = *grammar_.header;
    if (grammar_.first_edge[0] != 0) return at(grammar_.first_edge);
    for (std::uint32_t s = 0; s < h.states; ++s) {
      if (grammar_.first_edge[s + 1] < grammar_.first_edge[s] || grammar_.first_edge[s + 1] > h.edges) {
        return at(grammar_.first_edge + s + 1);
      }
      if (grammar_.needs(s) > format::kGrammarDepth) return at(grammar_.states + s);
    }
    if (grammar_.first_edge[h.states] != h.edges) return at(grammar_.first_edge + h.states);
    for (std::uint32_t i = 0; i < h.return_count; ++i) {
      if (grammar_.returns[i] >= h.states) return at(grammar_.returns + i);
    }
    for (std::uint32_t s = 0; s < h.states; ++s) {
      if (const tidbit_status status = state(s); status != TIDBIT_OK) return status;
    }
    return TIDBIT_OK;
  }

  tidbit_status state(std::uint32_t s) const {
    bool goes_on = grammar_.accepts(s);
    for (std::uint32_t i = grammar_.first_edge[s]; i < grammar_.first_edge[s + 1]; ++i) {
      const GrammarEdge &edge = grammar_.edges[i];
      const bool ascends = i == grammar_.first_edge[s] || grammar_.edges[i - 1].last < edge.first;
      if (edge.first > edge.last || !ascends || edge.target >= grammar_.header->states) return at(&edge);
      if (edge.pushes > format::kGrammarDepth) return at(&edge);
      if (std::uint32_t{edge.push} + edge.pushes > grammar_.header->return_count) return at(&edge);
      goes_on = goes_on || grammar_.cost(edge) <= grammar_.needs(s);
    }
    if (!goes_on) return at(grammar_.states + s);
    return TIDBIT_OK;
  }

  const std::byte *bytes_;
  std::uint64_t size_;
  std::uint64_t &fault_;
  Grammar grammar_{};
};

}  // namespace
}  // namespace tidbit

using namespace tidbit;

extern "C" tidbit_status tidbit_grammar_open(const void *bytes, size_t size, tidbit_grammar *grammar, uint64_t *fault) {
  if (grammar == nullptr) return TIDBIT_ERR_ARGUMENT;
  *grammar = {};
  if (bytes == nullptr) return TIDBIT_ERR_ARGUMENT;
  if (reinterpret_cast<std::uintptr_t>(bytes) % 4 != 0) return TIDBIT_ERR_ALIGNMENT;
  std::uint64_t place = 0;
  const auto *data = static_cast<const std::byte *>(bytes);
  const tidbit_status status = Check(data, size, place).run();
  if (fault != nullptr) *fault = place;
  if (status != TIDBIT_OK) return status;
  const Grammar view = grammar_at(data);
  memcpy(grammar->opaque, &view, sizeof view);
  return TIDBIT_OK;
}

extern "C" const void *tidbit_model_grammar(const tidbit_model *model, size_t *bytes) {
  if (bytes == nullptr) return nullptr;
  *bytes = 0;
  if (!is_open(model)) return nullptr;
  std::uint32_t size = 0;
  const std::byte *grammar = model_of(model).record(format::SectionKind::grammars, format::kAnswerGrammar, size);
  *bytes = size;
  return grammar;
}

extern "C" tidbit_status tidbit_grammar_start(const tidbit_grammar *grammar, int first, tidbit_grammar_state *state) {
  if (!is_open(grammar) || state == nullptr) return TIDBIT_ERR_ARGUMENT;
  *state = {};
  state->state = static_cast<std::uint16_t>(grammar_of(grammar).header->start);
  state->first = first != 0 ? 1 : 0;
  return TIDBIT_OK;
}

extern "C" int tidbit_grammar_may_end(const tidbit_grammar *grammar, const tidbit_grammar_state *state) {
  if (!is_open(grammar) || state == nullptr || !is_sound(grammar_of(grammar), *state)) return 0;
  return may_end(grammar_of(grammar), *state) ? 1 : 0;
}
