// Plain characters: those that a JSON string may have without an escape. Inside a string each of them leads to the same
// place, so that what a token of plain characters does is known from their number, and most tokens of a vocabulary are
// of that kind.
#pragma once

#include "grammar/automaton.h"

namespace tidbit {

struct ByteRange {
  std::uint8_t first, last;
};

// Characters of `bytes` bytes: one of `lead`, one of `second`, and then any continuations.
struct PlainRange {
  std::uint32_t bytes;
  ByteRange lead, second;
};
inline constexpr ByteRange kContinuation = {0x80, 0xBF};
static constexpr PlainRange kPlain[] = {
    {1, {0x20, 0x21}, {}},           {1, {0x23, 0x5B}, {}},           {1, {0x5D, 0x7E}, {}},
    {2, {0xC2, 0xDF}, {0x80, 0xBF}}, {3, {0xE0, 0xE0}, {0xA0, 0xBF}}, {3, {0xE1, 0xEC}, {0x80, 0xBF}},
    {3, {0xED, 0xED}, {0x80, 0x9F}}, {3, {0xEE, 0xEF}, {0x80, 0xBF}}, {4, {0xF0, 0xF0}, {0x90, 0xBF}},
    {4, {0xF1, 0xF3}, {0x80, 0xBF}}, {4, {0xF4, 0xF4}, {0x80, 0x8F}},
};

// The range of the n-th byte.
inline ByteRange nth_byte(const PlainRange &range, std::uint32_t n) {
  return n == 0 ? range.lead : n == 1 ? range.second : kContinuation;
}

// The number of characters of a text of at most kMaxGrammarToken bytes, or 0 if one is not plain.
inline std::uint32_t plain_characters(const char *text, std::uint32_t bytes) {
  const auto is_inside = [&](std::uint32_t at, ByteRange range) {
    const auto byte = static_cast<std::uint8_t>(text[at]);
    return byte >= range.first && byte <= range.last;
  };
  std::uint32_t count = 0;
  for (std::uint32_t at = 0; at < bytes; ++count) {
    const PlainRange *found = nullptr;
    for (const PlainRange &range : kPlain) {
      if (is_inside(at, range.lead)) found = &range;
    }
    if (found == nullptr || found->bytes > bytes - at) return 0;
    for (std::uint32_t n = 1; n < found->bytes; ++n) {
      if (!is_inside(at + n, nth_byte(*found, n))) return 0;
    }
    at += found->bytes;
  }
  return count;
}

// How many plain characters may follow, whichever they are.
class PlainReach {
 public:
  static constexpr std::uint32_t kAll = kMaxGrammarToken;
  static constexpr std::uint32_t kDepends = 0xFFFFFFFF;  // on the characters

  PlainReach(const Grammar &grammar, std::uint32_t depth) : grammar_(grammar), depth_(depth) {}

  std::uint32_t from(std::uint32_t state) const {
    for (std::uint32_t count = 0; count < kAll; ++count) {
      const std::uint32_t next = behind_any(state);
      if (next == state) return kAll;
      if (next == kNone) return may_follow(state) ? kDepends : count;
      state = next;
    }
    return kAll;
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  // The state behind each byte of the range, or kNone if they differ, if one is not allowed, or if one changes the
  // stack.
  std::uint32_t behind(std::uint32_t state, ByteRange range) const {
    const GrammarEdge *edge = grammar_.find(state, range.first);
    if (edge == nullptr) return kNone;
    const std::uint32_t target = edge->target;
    if (depth_ + grammar_.needs(target) > format::kGrammarDepth) return kNone;
    for (std::uint32_t last = edge->last;; last = edge->last) {
      if (edge->target != target || edge->pushes != 0) return kNone;
      if (last >= range.last) return target;
      ++edge;
      if (edge == grammar_.edges + grammar_.first_edge[state + 1] || edge->first != last + 1) return kNone;
    }
  }

  // The state behind a plain character, or kNone if that depends on the character.
  std::uint32_t behind_any(std::uint32_t state) const {
    std::uint32_t next = kNone;
    for (const PlainRange &range : kPlain) {
      std::uint32_t at = state;
      for (std::uint32_t n = 0; n < range.bytes && at != kNone; ++n) at = behind(at, nth_byte(range, n));
      if (at == kNone || (next != kNone && at != next)) return kNone;
      next = at;
    }
    return next;
  }

  // Whether some plain character might follow, here or where the state returns to.
  bool may_follow(std::uint32_t state) const {
    if (depth_ > 0 && grammar_.accepts(state)) return true;
    for (std::uint32_t i = grammar_.first_edge[state]; i < grammar_.first_edge[state + 1]; ++i) {
      for (const PlainRange &range : kPlain) {
        if (grammar_.edges[i].first <= range.lead.last && grammar_.edges[i].last >= range.lead.first) return true;
      }
    }
    return false;
  }

  const Grammar &grammar_;
  std::uint32_t depth_;
};

}  // namespace tidbit
