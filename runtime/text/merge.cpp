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

// The rank of merging two neighbors; kNoRank if they do not merge. Their texts are contiguous.
std::uint32_t Merger::rank_of(std::uint32_t left, std::uint32_t right, std::uint32_t *result) const {
  if (features::has(TokenizerKind::sentencepiece) && tables_.header().merge_by == MergeBy::text) {
    *result = tables_.find(text_ + left, work_.span[left] + work_.span[right]);
    return *result == kNoToken ? kNoRank : tables_.text_rank(*result);
  }
  const std::uint32_t rank = tables_.pair_rank(work_.token[left], work_.token[right]);
  *result = rank == kNoRank ? kNoToken : tables_.pair_result(rank);
  return *result == kNoToken ? kNoRank : rank;
}

// Queues the merge of the symbol at `at` with its right neighbor, if there is one.
void Merger::consider(std::uint32_t at) {
  const std::uint32_t right = at + work_.span[at];
  std::uint32_t result = kNoToken;
  work_.rank[at] = right < units_ ? rank_of(at, right, &result) : kNoRank;
  if (work_.rank[at] != kNoRank) push(std::uint64_t{work_.rank[at]} << 32 | at);
}

void Merger::join(std::uint32_t at) {
  const std::uint32_t right = at + work_.span[at];
  std::uint32_t result = kNoToken;
  rank_of(at, right, &result);
  const std::uint32_t span = work_.span[at] + work_.span[right];
  work_.rank[right] = kNoRank;
  work_.token[at] = result;
  work_.span[at] = span;
  work_.span[at + span - 1] = span;
  consider(at);
  if (at > 0) consider(at - work_.span[at - 1]);
}

void Merger::merge() {
  for (std::uint32_t at = 0; at < units_; at += work_.span[at]) consider(at);
  while (heap_size_ > 0) {
    const std::uint64_t entry = pop();
    const std::uint32_t at = static_cast<std::uint32_t>(entry);
    if (work_.rank[at] == entry >> 32) join(at);
  }
}

}  // namespace tidbit
