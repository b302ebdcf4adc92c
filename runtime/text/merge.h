// Byte pair merging of one word: the lowest rank first, the leftmost among equals, in O(n log n).
#pragma once

#include "text/tables.h"

namespace tidbit {

// Caller memory, cut up for words of at most `units` bytes.
//
// A symbol is named by the place of its first unit. span[] holds its length at its first and its last unit, so that
// both neighbours are found without links. rank[] is that of the merge with the right neighbour. The heap holds rank <<
// 32 | place; an entry counts only while rank[place] is still its rank, so nothing is ever removed from the middle.
// Each merge takes one entry and adds at most two: 2 * units entries are enough.
struct Workspace {
  std::uint64_t *heap;
  std::uint32_t *span;
  std::uint32_t *token;
  std::uint32_t *rank;
  char *text;  // `units` bytes for the normalised text
};

inline constexpr std::uint64_t kWorkspacePerUnit = 2 * 8 + 3 * 4 + 1;

inline Workspace cut_workspace(void *memory, std::uint64_t units) {
  auto *heap = static_cast<std::uint64_t *>(memory);
  auto *span = reinterpret_cast<std::uint32_t *>(heap + 2 * units);
  return {heap, span, span + units, span + 2 * units, reinterpret_cast<char *>(span + 3 * units)};
}

class Merger {
 public:
  Merger(const Tables &tables, const Workspace &workspace) : tables_(tables), work_(workspace) {}

  void clear(const char *text) {
    text_ = text;
    units_ = 0;
    heap_size_ = 0;
  }
  // Appends a symbol. Under MergeBy::text `span` is its bytes and no byte of the text may be left out.
  void append(std::uint32_t span, std::uint32_t token) {
    work_.span[units_] = span;
    work_.span[units_ + span - 1] = span;
    work_.token[units_] = token;
    units_ += span;
  }
  void merge();

  // The symbols that are left: for (at = 0; at < units(); at += span(at)).
  std::uint32_t units() const { return units_; }
  std::uint32_t span(std::uint32_t at) const { return work_.span[at]; }
  std::uint32_t token(std::uint32_t at) const { return work_.token[at]; }

 private:
  std::uint32_t rank_of(std::uint32_t left, std::uint32_t right, std::uint32_t *result) const;
  void consider(std::uint32_t at);
  void join(std::uint32_t at);
  void push(std::uint64_t entry);
  std::uint64_t pop();

  const Tables &tables_;
  Workspace work_;
  const char *text_ = nullptr;
  std::uint32_t units_ = 0;
  std::uint32_t heap_size_ = 0;
};

}  // namespace tidbit
