#include "cli/placement.h"

namespace tidbit::cli {
namespace {

// Parts in the order in which they are placed: the most frequently accessed first.
constexpr tidbit_part kTurns[] = {TIDBIT_PART_ACTIVATIONS, TIDBIT_PART_SCRATCH, TIDBIT_PART_KV, TIDBIT_PART_LOGITS,
                                  TIDBIT_PART_STATE};
constexpr size_t kTurnCount = sizeof kTurns / sizeof *kTurns;
static_assert(kTurnCount == TIDBIT_PART_COUNT);

size_t largest_memory(const Board &board) {
  size_t largest = 0;
  for (size_t i = 1; i < board.memory_count(); ++i) {
    if (board.memories[i].bytes > board.memories[largest].bytes) largest = i;
  }
  return largest;
}

// Index of the fastest flash with room for `bytes`, or memory_count() if there is none.
size_t flash_for(const Board &board, uint64_t bytes) {
  const size_t count = board.memory_count();
  for (size_t i = 0; i < count && board.memories[i].kind == MemoryKind::flash; ++i) {
    if (board.memories[i].bytes >= bytes) return i;
  }
  return count;
}

// Falls back to the largest memory if none is large enough.
size_t memory_of_model(const Board &board, uint64_t bytes) {
  const size_t count = board.memory_count();
  size_t flash = flash_for(board, bytes + kProgramBytes);
  if (flash == count) flash = flash_for(board, bytes);
  if (flash != count) return flash;
  for (size_t i = count; i > 0 && board.memories[i - 1].kind == MemoryKind::ram; --i) {
    if (board.memories[i - 1].bytes >= bytes) return i - 1;
  }
  return largest_memory(board);
}

// Tries all placements of the parts (at most 4^5), starting with those that put the first parts into fast memories.
class Search {
 public:
  Search(const Board &board, const tidbit_plan_result &plan, const Placement &start)
      : board_(board), plan_(plan), tried_(start), best_(start) {
    best_.missing = UINT64_MAX;
  }

  const Placement &run() {
    place_from(0);
    return best_;
  }

 private:
  void place_from(size_t turn) {
    if (turn == kTurnCount) return keep_if_better();
    const tidbit_part part = kTurns[turn];
    for (size_t i = 0; i < board_.memory_count() && best_.missing > 0; ++i) {
      if (board_.memories[i].kind != MemoryKind::ram) continue;
      tried_.parts[part] = i;
      tried_.used[i] += plan_.bytes[part];
      place_from(turn + 1);
      tried_.used[i] -= plan_.bytes[part];
    }
  }

  void keep_if_better() {
    tried_.missing = 0;
    for (size_t i = 0; i < board_.memory_count(); ++i) tried_.missing += missing_in(board_, tried_, i);
    if (tried_.missing < best_.missing) best_ = tried_;
  }

  const Board &board_;
  const tidbit_plan_result &plan_;
  Placement tried_, best_;
};

}  // namespace

Placement place(const Board &board, uint64_t model_bytes, const tidbit_plan_result &plan) {
  Placement start = {};
  start.model = memory_of_model(board, model_bytes);
  start.used[start.model] = model_bytes;
  return Search(board, plan, start).run();
}

uint64_t missing_in(const Board &board, const Placement &placement, size_t memory) {
  const uint64_t bytes = board.memories[memory].bytes, used = placement.used[memory];
  return used > bytes ? used - bytes : 0;
}

double most_tokens_per_second(const Board &board, const Placement &placement, uint64_t bytes_per_token) {
  if (bytes_per_token <= board.cache) return __builtin_inf();
  const auto bandwidth = static_cast<double>(board.memories[placement.model].bytes_per_second());
  return bandwidth / static_cast<double>(bytes_per_token - board.cache);
}

}  // namespace tidbit::cli
