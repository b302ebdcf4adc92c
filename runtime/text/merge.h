// Byte pair merging of one word: lowest rank first, leftmost among equals, in O(n log n).
#pragma once

#include "base/assert.h"
#include "text/steps.h"
#include "text/tables.h"

namespace tidbit {

// The caller's memory, divided into arrays for words of at most `units` bytes.
//
// A symbol is identified by the index of its first unit. span[] holds its length at its first and at its last unit, so
// both neighbors can be found without links. rank[] is the rank of its merge with the right neighbor. A heap entry is
// rank << 32 | index; it is valid only while rank[index] is unchanged, so nothing is removed from inside the heap.
// Each merge pops one entry and pushes at most two, so 2 * units entries are enough.
struct Workspace {
  std::uint64_t *heap;
  std::uint32_t *span;
  std::uint32_t *token;
  std::uint32_t *rank;
  char *text;  // `units` bytes for the normalized text
};

inline constexpr std::uint64_t kWorkspacePerUnit = 2 * 8 + 3 * 4 + 1;

inline Workspace cut_workspace(void *memory, std::uint64_t units) {
  auto *heap = static_cast<std::uint64_t *>(memory);
  auto *span = reinterpret_cast<std::uint32_t *>(heap + 2 * units);
  return {heap, span, span + units, span + 2 * units, reinterpret_cast<char *>(span + 3 * units)};
}

class Merger {
 public:
  Merger(const Tables &tables, const Workspace &workspace, Steps &steps)
      : tables_(tables), work_(workspace), steps_(steps) {}

  void clear(const char *text) {
    text_ = text;
    units_ = 0;
    heap_size_ = 0;
  }
  // Appends a symbol. With MergeBy::text, `span` is its length in bytes, and the symbols must cover the whole text.
  void append(std::uint32_t span, std::uint32_t token) {
    TIDBIT_ASSERT(span > 0);
    work_.span[units_] = span;
    work_.span[units_ + span - 1] = span;
    work_.token[units_] = token;
    units_ += span;
  }
  void merge();

  // To visit the symbols that are left: for (at = 0; at < units(); at += span(at)).
  std::uint32_t units() const { return units_; }
  std::uint32_t span(std::uint32_t at) const { return work_.span[at]; }
  std::uint32_t token(std::uint32_t at) const { return work_.token[at]; }

 private:
  bool by_text() const;
  std::uint32_t find_joined(std::uint32_t at) const;
  std::uint32_t rank_of(std::uint32_t at) const;
  void consider(std::uint32_t at);
  void join(std::uint32_t at);
  void push(std::uint64_t entry);
  std::uint64_t pop();

  const Tables &tables_;
  Workspace work_;
  Steps &steps_;
  const char *text_ = nullptr;
  std::uint32_t units_ = 0;
  std::uint32_t heap_size_ = 0;
};

}  // namespace tidbit
