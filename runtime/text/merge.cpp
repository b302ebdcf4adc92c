#include "text/merge.h"

#include "text/tokenizer_features.h"

namespace tidbit {

using format::kNoRank;
using format::MergeBy;
using format::TokenizerKind;

void Merger::push(std::uint64_t entry) {
  TIDBIT_ASSERT(heap_size_ < 2 * std::uint64_t{units_});
  std::uint32_t at = heap_size_++;
  while (at > 0) {
    const std::uint32_t parent = (at - 1) / 2;
    if (work_.heap[parent] <= entry) break;
    work_.heap[at] = work_.heap[parent];
    at = parent;
  }
  work_.heap[at] = entry;
}

std::uint64_t Merger::pop() {
  const std::uint64_t top = work_.heap[0];
  const std::uint64_t entry = work_.heap[--heap_size_];
  std::uint32_t at = 0;
  while (2 * at + 1 < heap_size_) {
    std::uint32_t child = 2 * at + 1;
    if (child + 1 < heap_size_ && work_.heap[child + 1] < work_.heap[child]) ++child;
    if (entry <= work_.heap[child]) break;
    work_.heap[at] = work_.heap[child];
    at = child;
  }
  work_.heap[at] = entry;
  return top;
}

bool Merger::by_text() const {
  return features::has(TokenizerKind::sentencepiece) && tables_.header().merge_by == MergeBy::text;
}

// The token of the joined text of the symbol at `at` and its right neighbor.
std::uint32_t Merger::find_joined(std::uint32_t at) const {
  return tables_.find(text_ + at, work_.span[at] + work_.span[at + work_.span[at]]);
}

// The rank of merging the symbol at `at` with its right neighbor; kNoRank if there is none, or if they do not merge.
std::uint32_t Merger::rank_of(std::uint32_t at) const {
  const std::uint32_t right = at + work_.span[at];
  if (right >= units_) return kNoRank;
  if (!by_text()) return tables_.pair_rank(work_.token[at], work_.token[right]);
  const std::uint32_t token = find_joined(at);
  return token == kNoToken ? kNoRank : tables_.text_rank(token);
}

// Queues the merge of the symbol at `at` with its right neighbor.
void Merger::consider(std::uint32_t at) {
  const std::uint32_t rank = rank_of(at);
  work_.rank[at] = rank;
  if (rank != kNoRank) push(std::uint64_t{rank} << 32 | at);
}

void Merger::join(std::uint32_t at) {
  const std::uint32_t right = at + work_.span[at];
  const std::uint32_t span = work_.span[at] + work_.span[right];
  work_.token[at] = by_text() ? find_joined(at) : tables_.pair_result(work_.rank[at]);
  work_.rank[right] = kNoRank;
  work_.span[at] = span;
  work_.span[at + span - 1] = span;
  consider(at);
  if (at > 0) consider(at - work_.span[at - 1]);
}

void Merger::merge() {
  for (std::uint32_t at = 0; at < units_ && steps_.take(); at += work_.span[at]) consider(at);
  while (heap_size_ > 0 && steps_.take()) {
    const std::uint64_t entry = pop();
    const std::uint32_t at = static_cast<std::uint32_t>(entry);
    if (work_.rank[at] == entry >> 32) join(at);
  }
}

}  // namespace tidbit
