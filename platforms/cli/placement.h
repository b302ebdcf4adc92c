// Which of a board's memories holds the model, and which each part of a session.
//
// The model lies in the fastest flash that holds it and a program, or else it alone; on a board without such a flash in
// the slowest RAM, which leaves the fast ones to the parts. These follow in turns (activations, scratch, kv, logits,
// state), each to the fastest RAM that leaves room for the rest.
#pragma once

#include "cli/boards.h"
#include "tidbit/tidbit.h"

namespace tidbit::cli {

// What a program is taken to need of the flash where it lies: the library and an application around it.
inline constexpr uint64_t kProgramBytes = 60 * 1024;

struct Placement {
  size_t model;                     // index of a memory
  size_t parts[TIDBIT_PART_COUNT];  // the same
  uint64_t used[Board::kMostMemories];
  uint64_t missing;  // bytes, in all memories together: as few as any placement leaves
};

Placement place(const Board &board, uint64_t model_bytes, const tidbit_plan_result &plan);

// Bytes by which more is used of a memory than there is.
uint64_t missing_in(const Board &board, const Placement &placement, size_t memory);

// Tokens a second if the weights were all that is read, and the cache held as many of them as it can. A computed upper
// bound; infinite where the cache may hold them all.
double most_tokens_per_second(const Board &board, const Placement &placement, uint64_t bytes_per_token);

}  // namespace tidbit::cli
