// Which tokens a grammar allows. Neighbors in the sorted vocabulary share the bytes at their start, and so the places
// in the grammar behind them; where a byte is not allowed, no token that shares it is looked at.
#include "grammar/plain.h"
#include "grammar/vocabulary.h"
#include "grammar/walk.h"

namespace tidbit {
namespace {

// Calls body(id, allowed) for tokens `from` to `to` of the trie, until it returns false. The first shares nothing.
template <class Body>
bool each_walked(Walk &walk, const Vocabulary &v, std::uint32_t from, std::uint32_t to, Body &body) {
  std::uint32_t reached = 0;  // bytes of the last text that are allowed
  for (std::uint32_t i = from; i < to; ++i) {
    std::uint32_t at = v.shared[i];
    const std::uint32_t begin = v.offsets[i], end = v.offsets[i + 1];
    bool allowed = at <= reached;
    if (allowed) {
      for (std::uint32_t b = begin; b < end && allowed; ++b) {
        allowed = walk.step(at, v.bytes[b]);
        at += allowed ? 1 : 0;
      }
      reached = at;
    }
    if (!body(v.ids[i], allowed)) return false;
  }
  return true;
}

// The same for the plain tokens. Inside a string, those with at most `reach` characters are allowed.
template <class Body>
bool each_plain(const Vocabulary &v, std::uint32_t reach, Body &body) {
  if (reach >= PlainReach::kAll) return body.all(v.ids, v.plain);
  for (std::uint32_t i = 0; i < v.plain; ++i) {
    if (!body(v.ids[i], v.characters[i] <= reach)) return false;
  }
  return true;
}

template <class Body>
bool each_token(const Grammar &grammar, const Vocabulary &v, const tidbit_grammar_state &state, Body &body) {
  Walk walk(grammar, state);
  const std::uint32_t reach = PlainReach(grammar, state.depth).from(state.state);
  const bool goes_on =
      reach == PlainReach::kDepends ? each_walked(walk, v, 0, v.plain, body) : each_plain(v, reach, body);
  return goes_on && each_walked(walk, v, v.plain, v.count, body);
}

// At the start of a text some tokens lose a space. Most texts do not start there, so this may be slow.
template <class Body>
bool each_first_token(const Grammar &grammar, const Vocabulary &v, const tidbit_grammar_state &state, Body &body) {
  Walk walk(grammar, state);
  TokenText t;
  for (std::uint32_t i = 0; i < v.count; ++i) {
    int first = 1;
    t.read(v.model, v.ids[i], &first);
    bool allowed = t.bytes > 0 && t.bytes <= kMaxGrammarToken;
    for (std::uint32_t b = 0; b < t.bytes && allowed; ++b) {
      allowed = walk.step(b, static_cast<std::uint8_t>(t.text[b]));
    }
    if (!body(v.ids[i], allowed)) return false;
  }
  return true;
}

// The same for all tokens.
template <class Body>
void each(const Grammar &grammar, const Vocabulary &v, const tidbit_grammar_state &state, Body &body) {
  bool goes_on = state.first != 0 ? each_first_token(grammar, v, state, body) : each_token(grammar, v, state, body);
  const bool ends = may_end(grammar, state);
  for (std::uint32_t i = v.count; i < v.size && goes_on; ++i) {
    goes_on = body(v.ids[i], ends && tidbit_is_end(v.model, static_cast<std::int32_t>(v.ids[i])) != 0);
  }
}

// Forbids what is not allowed, and counts the rest.
struct Mask {
  bool operator()(std::uint32_t id, bool allowed) {
    found += allowed ? 1 : 0;
    if (!allowed) logits[id] = -__builtin_inff();
    return true;
  }
  bool all(const std::uint32_t *, std::uint32_t count) {
    found += count;
    return true;
  }

  float *logits;
  std::uint32_t found = 0;
};

// Finds an allowed token, until there are two.
struct Forced {
  bool operator()(std::uint32_t id, bool allowed) {
    if (allowed) token = static_cast<std::int32_t>(id);
    found += allowed ? 1 : 0;
    return found < 2;
  }
  bool all(const std::uint32_t *ids, std::uint32_t count) {
    if (count > 0) token = static_cast<std::int32_t>(ids[0]);
    found += count;
    return found < 2;
  }

  std::int32_t token = -1;
  std::uint32_t found = 0;
};

bool is_valid(const tidbit_grammar *grammar, const tidbit_vocabulary *vocabulary, const tidbit_grammar_state *state) {
  return is_open(grammar) && is_ready(vocabulary) && state != nullptr && is_sound(grammar_of(grammar), *state);
}

}  // namespace
}  // namespace tidbit

using namespace tidbit;

extern "C" tidbit_status tidbit_grammar_mask(const tidbit_grammar *grammar, const tidbit_vocabulary *vocabulary,
                                             const tidbit_grammar_state *state, float *logits, uint32_t count,
                                             uint32_t *allowed_count) {
  if (!is_valid(grammar, vocabulary, state) || logits == nullptr) return TIDBIT_ERR_ARGUMENT;
  const Vocabulary v = vocabulary_of(vocabulary);
  if (count != v.size) return TIDBIT_ERR_ARGUMENT;
  Mask mask = {logits};
  each(grammar_of(grammar), v, *state, mask);
  if (allowed_count != nullptr) *allowed_count = mask.found;
  return mask.found > 0 ? TIDBIT_OK : TIDBIT_ERR_NO_TOKEN;
}

extern "C" int32_t tidbit_grammar_forced(const tidbit_grammar *grammar, const tidbit_vocabulary *vocabulary,
                                         const tidbit_grammar_state *state) {
  if (!is_valid(grammar, vocabulary, state)) return -1;
  Forced forced;
  each(grammar_of(grammar), vocabulary_of(vocabulary), *state, forced);
  return forced.found == 1 ? forced.token : -1;
}

extern "C" tidbit_status tidbit_grammar_accept(const tidbit_grammar *grammar, const tidbit_model *model, int32_t token,
                                               tidbit_grammar_state *state) {
  if (!is_open(grammar) || state == nullptr) return TIDBIT_ERR_ARGUMENT;
  const Grammar g = grammar_of(grammar);
  if (!is_sound(g, *state)) return TIDBIT_ERR_ARGUMENT;
  TokenText t;
  int first = state->first;
  const tidbit_status status = tidbit_token_text(model, token, &first, 0, t.small, &t.text, &t.bytes);
  if (status != TIDBIT_OK) return status;
  if (tidbit_is_end(model, token) != 0) {
    return may_end(g, *state) ? TIDBIT_OK : TIDBIT_ERR_NO_TOKEN;
  }
  if (t.bytes == 0 || t.bytes > kMaxGrammarToken) return TIDBIT_ERR_NO_TOKEN;
  Walk walk(g, *state);
  for (std::uint32_t b = 0; b < t.bytes; ++b) {
    if (!walk.step(b, static_cast<std::uint8_t>(t.text[b]))) return TIDBIT_ERR_NO_TOKEN;
  }
  walk.get(t.bytes, *state);
  state->first = first != 0 ? 1 : 0;
  return TIDBIT_OK;
}
