// Chooses a memory of the board for the model and for each part of a session.
//
// The model goes into the fastest flash that holds it together with the program, or else into the fastest flash that
// holds the model alone. If no flash is large enough, it goes into the slowest RAM that holds it, which leaves the fast
// ones to the parts. Then activations, scratch, kv, logits and state are placed in this order, each in the fastest RAM
// that leaves room for the rest.
#pragma once

#include "cli/boards.h"
#include "tidbit/tidbit.h"

namespace tidbit::cli {

// Flash that we assume the program itself needs (library plus application).
inline constexpr uint64_t kProgramBytes = 60 * 1024;

struct Placement {
  size_t model;                         // index of its memory
  size_t parts[TIDBIT_PART_COUNT];      // indices of their memories
  uint64_t used[Board::kMostMemories];  // bytes
  uint64_t missing;                     // bytes that do not fit, over all memories; no placement has fewer
};

Placement place(const Board &board, uint64_t model_bytes, const tidbit_plan_result &plan);

// Bytes by which the use of a memory exceeds its size.
uint64_t missing_in(const Board &board, const Placement &placement, size_t memory);

// Tokens per second if only weights were read and the cache always held as many of them as possible. A computed upper
// bound; infinite if all of them may fit in the cache.
double most_tokens_per_second(const Board &board, const Placement &placement, uint64_t bytes_per_token);

}  // namespace tidbit::cli
